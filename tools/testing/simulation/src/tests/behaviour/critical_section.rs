// SPDX-License-Identifier: GPL-2.0

//! When an announcement is looked at, and what becomes of it.

use crate::{
    abi::Section,
    machine::{
        counters::Counter,
        tracepoints::Traced, //
    },
    tests::{
        stage::{
            Stage,
            ELSEWHERE,
            SECTION, //
        },
        thread::Thread, //
    },
    world::{
        chooser::Chooser,
        cpu::CpuId,
        interrupts::Irq,
        memory::TASK_SIZE,
        point::{
            Event,
            Op,
            Urgency, //
        },
        script::Script,
        setup::Setup,
        signals::{
            HANDLER,
            SIGUSR1, //
        },
        syscalls::Call,
        with, //
    }, //
};

fn stage(debugging: bool) -> Stage {
    Stage::new(Setup {
        debugging,
        ..Setup::default()
    })
}

/// Somebody else runs on the thread's CPU, which makes its area be looked at.
fn preempted(stage: &Stage, thread: Thread) {
    let script = Script::default().at(Op::Schedule, Event::Idle(1_000));
    stage.during(script, || thread.interrupt(Irq::Wakeup(Urgency::Now)));
}

/// The thread is scheduled out in a system call, and comes back on another CPU.
fn moved_in_syscall(stage: &Stage, thread: Thread) {
    let to = CpuId(thread.cpu().0 + 1);
    let script = Script::default().at(Op::Schedule, Event::Migrate(to));
    stage.during(script, || thread.syscall(Call::Wait));
}

/// Debug mode is switched on when a thread on its way out has been moved, and is about to be
/// updated: behind the check of system calls.
#[derive(Default)]
struct SwitchedOnLate {
    moved: bool,
}

impl Chooser for SwitchedOnLate {
    fn choose(&mut self, op: Op, alternatives: &[Event]) -> usize {
        if op == Op::Mark {
            with(|world| world.debugging = true);
        }
        if op != Op::Schedule || self.moved {
            return 0;
        }
        self.moved = true;
        let moves = |event: &Event| matches!(event, Event::Migrate(_));
        alternatives.iter().position(moves).expect("a CPU is idle")
    }
}

#[test]
fn an_announcement_concerns_interrupted_threads_and_debug_mode() {
    let evaluated = |interrupted, debugging| {
        let stage = stage(interrupted && debugging);
        let thread = stage.thread(0);
        thread.announce(SECTION, ELSEWHERE);
        match (interrupted, debugging) {
            (true, _) => preempted(&stage, thread),
            (false, false) => moved_in_syscall(&stage, thread),
            (false, true) => {
                let chooser = Box::new(SwitchedOnLate::default());
                stage.with_chooser(chooser, || thread.syscall(Call::Wait));
            }
        }
        let counted = [Counter::Cs, Counter::Clear].map(|counter| stage.count(counter));
        let evaluated = thread.announcement() == 0;
        assert_eq!(counted, [usize::from(evaluated); 2]);
        evaluated
    };

    assert!(!evaluated(false, false));
    assert!(evaluated(true, false));
    assert!(evaluated(false, true));
    assert!(evaluated(true, true));
}

#[test]
fn debug_mode_aborts_only_plain_sections_of_interrupted_threads() {
    let abortable = |version, flags, interrupted| {
        let stage = stage(true);
        let thread = stage.thread(0);
        thread.announce_with(SECTION, version, flags, SECTION.start);
        if interrupted {
            preempted(&stage, thread);
        } else {
            moved_in_syscall(&stage, thread);
        }
        assert_eq!(thread.is_dead(), stage.count(Counter::Fixup) == 0);
        !thread.is_dead()
    };

    assert!(abortable(0, 0, true));
    assert!(!abortable(0, 0, false));
    for bit in (0..u32::BITS).map(|shift| 1 << shift) {
        assert!(!abortable(bit, 0, true));
        assert!(!abortable(0, bit, true));
        // Not even if the two cancel each other out.
        assert!(!abortable(bit, bit, true));
        assert!(!abortable(bit, bit.wrapping_neg(), true));
    }
}

#[test]
fn a_thread_that_was_inside_continues_at_the_handler() {
    let stage = stage(false);
    let thread = stage.thread(0);

    thread.announce(SECTION, SECTION.start + 4);
    preempted(&stage, thread);
    assert_eq!((thread.ip(), thread.announcement()), (SECTION.abort, 0));
    assert_eq!(stage.count(Counter::Fixup), 1);
    assert!(stage
        .traced()
        .contains(&Traced::Fixup(SECTION.start + 4, SECTION)));
}

#[test]
fn a_signal_aborts_before_its_handler_runs() {
    let stage = stage(false);
    let thread = stage.thread(0);

    thread.announce(SECTION, SECTION.start);
    stage.during(
        Script::default().at(Op::ExitWork, Event::Signal(SIGUSR1)),
        || thread.interrupt(Irq::TaskWork),
    );
    assert_eq!((thread.ip(), thread.announcement()), (HANDLER, 0));
    thread.syscall(Call::SigReturn);
    assert_eq!(thread.ip(), SECTION.abort);
    assert_eq!(stage.count(Counter::Signal), 1);
}

#[test]
fn a_section_without_the_signature_is_fatal() {
    let stage = stage(false);
    let thread = stage.thread(0);
    let section = Section {
        abort: SECTION.abort + 4,
        ..SECTION
    };

    thread.announce(section, section.start);
    preempted(&stage, thread);
    assert!(thread.is_dead());
}

#[test]
fn nobody_is_sent_to_the_kernel() {
    for abort in [TASK_SIZE, 1 << 63, u64::MAX, 0, 3] {
        let stage = stage(false);
        let thread = stage.thread(0);
        let section = Section { abort, ..SECTION };

        thread.announce(section, section.start);
        preempted(&stage, thread);
        assert!(thread.is_dead(), "{abort:#x}");
    }
}

#[test]
fn a_descriptor_outside_of_user_space_is_fatal() {
    for addresses_are_masked in [false, true] {
        for address in [TASK_SIZE - 8, TASK_SIZE, u64::MAX] {
            let stage = Stage::new(Setup {
                addresses_are_masked,
                ..Setup::default()
            });
            let thread = stage.thread(0);

            thread.set_announcement(address);
            preempted(&stage, thread);
            assert!(thread.is_dead(), "{address:#x}");
        }
    }
}

#[test]
fn debug_mode_finds_a_system_call_in_a_section() {
    for (ip, killed) in [(SECTION.start, true), (ELSEWHERE, false)] {
        for debugging in [false, true] {
            let stage = stage(debugging);
            let thread = stage.thread(0);

            thread.announce(SECTION, ip);
            thread.syscall(Call::GetPid);
            assert_eq!(thread.is_dead(), killed && debugging);
            assert_eq!(thread.announcement() == 0, !killed && debugging);
        }
    }
    let stage = stage(true);
    let thread = stage.newcomer(0);
    thread.syscall(Call::GetPid);
    assert!(!thread.is_dead());
}
