// SPDX-License-Identifier: GPL-2.0

//! Races around the decision.

use super::{
    granted,
    kernels,
    revoked,
    OTHERS,
    WAKEUP, //
};
use crate::{
    abi::SliceCtrl,
    tests::{
        stage::Stage,
        thread::Thread, //
    },
    world::{
        chooser::Chooser,
        cpu::CpuId,
        interrupts::Irq,
        point::{
            Event,
            Op,
            Urgency, //
        },
        script::Script,
        setup::Setup,
        syscalls::Call,
        with, //
    }, //
};

/// Another CPU asks for a reschedule that does not wait.
const REMOTE: Event = Event::RemoteReschedule(Urgency::Now);

/// The thread takes its request back, an interrupt grants it: before the store of 0 or after it, a
/// third order does not exist.
#[test]
fn take_back_or_grant() {
    for stage in kernels() {
        let thread = stage.thread(0);
        thread.request();
        thread.interrupt(WAKEUP);
        thread.take_back();
        assert!(thread.sees_grant());
        assert_eq!(thread.syscall(Call::SliceYield), 1);
        assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
        assert_eq!(stage.slices(), [1, 0, 0, 1, 0]);
    }
    for stage in kernels() {
        let thread = stage.thread(0);
        thread.request();
        thread.take_back();
        let switches = thread.task().switches;
        thread.interrupt(WAKEUP);
        assert_eq!(thread.task().switches, switches + 1);
        assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
        assert_eq!(stage.slices(), [0; 5]);
    }
}

/// Another CPU sets the flag after the grant cleared it, and before it cleared the mirror.
#[test]
fn remote_resched_late() {
    for stage in kernels() {
        let thread = stage.thread(0);
        thread.request();
        let switches = thread.task().switches;
        let script = Script::default()
            .at(Op::Mirror, REMOTE)
            .at(Op::Schedule, OTHERS);
        stage.during(script, || thread.interrupt(WAKEUP));
        assert_eq!(thread.task().switches, switches + 1);
        assert_eq!(stage.slices(), [1, 0, 1, 0, 0]);
        assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
        stage.is_balanced();
    }
}

/// Another CPU sets the flag, which is set, just before the grant clears it: lost like the
/// reschedule that is delayed, and made up for by the timer.
#[test]
fn remote_resched_early() {
    for stage in kernels() {
        let thread = stage.thread(0);
        thread.request();
        let script = Script::default().at(Op::Flag, REMOTE);
        stage.during(script, || thread.interrupt(WAKEUP));
        assert!(thread.sees_grant());

        let switches = thread.task().switches;
        stage.pass(u64::from(with(|world| world.slice_nsec)));
        assert_eq!(thread.task().switches, switches + 1);
        assert_eq!(stage.slices(), [1, 1, 1, 0, 0]);
        stage.is_balanced();
    }
}

/// A realtime thread becomes ready on another CPU while the kernel decides on a request, or drops
/// what it delays. A realtime kernel has it run at once.
#[test]
fn remote_resched_realtime() {
    for moment in [Op::Load, Op::Store, Op::InterruptsOff, Op::Flag, Op::Mirror] {
        let stage = Stage::new(Setup {
            realtime: true,
            ..Setup::default()
        });
        let thread = stage.thread(0);
        thread.request();
        let switches = thread.task().switches;
        let script = Script::default()
            .at(moment, REMOTE)
            .at(Op::Schedule, OTHERS);
        stage.during(script, || thread.interrupt(Irq::Wakeup(Urgency::Lazily)));
        assert!(thread.task().switches > switches, "{moment:?}");
        assert!(!thread.sees_grant(), "{moment:?}");
        stage.is_balanced();
    }
}

/// Watches what could happen where flag and mirror change.
#[derive(Default)]
struct Watch {
    seen: usize,
}

impl Chooser for Watch {
    fn choose(&mut self, op: Op, alternatives: &[Event]) -> usize {
        if matches!(op, Op::Flag | Op::Mirror) {
            self.seen += 1;
            for event in alternatives {
                assert!(
                    !matches!(event, Event::Wakeup(_) | Event::TaskWork),
                    "{event:?} at {op:?}"
                );
            }
        }
        0
    }

    fn left_over(&self) -> Option<String> {
        (self.seen == 0).then(|| "nothing to watch".to_string())
    }
}

/// An interrupt of this CPU would wake up somebody between flag and mirror.
#[test]
fn local_wakeup() {
    let grant: fn(Thread) = |thread| thread.interrupt(WAKEUP);
    let end: fn(Thread) = |thread| {
        thread.syscall(Call::SliceYield);
    };
    for stage in kernels() {
        let thread = stage.thread(0);
        for step in [grant, end] {
            thread.request();
            stage.with_chooser(Box::new(Watch::default()), || step(thread));
        }
        assert_eq!(stage.slices(), [1, 0, 0, 1, 0]);
    }
}

/// The thread is preempted while the kernel decides on its request. A reschedule that comes after
/// that is not the one that it asked to delay.
#[test]
fn preempted_while_deciding() {
    let moments = [Op::Load, Op::Store, Op::InterruptsOff];
    let ways = [OTHERS, Event::Migrate(CpuId(1)), Event::NewCid];
    let later = [
        None,
        Some(REMOTE),
        Some(Event::RemoteReschedule(Urgency::Lazily)),
        Some(Event::Wakeup(Urgency::Now)),
        Some(Event::Wakeup(Urgency::Lazily)),
    ];
    for moment in moments {
        for way in ways {
            for later in later {
                let stage = Stage::preemptible();
                let thread = stage.thread(0);
                thread.request();
                let mut script = Script::default()
                    .at(moment, Event::Wakeup(Urgency::Now))
                    .at(Op::Schedule, way);
                if let Some(event) = later {
                    let at = match moment {
                        Op::InterruptsOff => Op::InterruptsOn,
                        _ => Op::InterruptsOff,
                    };
                    script = script.at(at, event);
                }
                let switches = thread.task().switches;
                stage.during(script, || thread.interrupt(WAKEUP));

                assert!(thread.task().switches >= switches + 2);
                assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
                assert_eq!(stage.slices(), [1, 0, 1, 0, 0]);
                let cpu = thread.cpu();
                assert_eq!(with(|world| world.cpu(cpu).timer.expires), None);
            }
        }
    }
}

/// A request of the next section finds a kernel that is done with the last grant.
#[test]
fn one_grant_after_another() {
    for stage in kernels() {
        let thread = granted(&stage, 0);
        revoked(&stage, thread);
        thread.request();
        thread.interrupt(WAKEUP);
        assert!(thread.sees_grant());
        assert_eq!(thread.syscall(Call::GetPid), thread.id.0 as isize);
        assert_eq!(stage.slices(), [2, 0, 1, 0, 1]);
    }
}
