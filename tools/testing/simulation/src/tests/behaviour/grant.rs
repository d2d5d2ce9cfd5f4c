// SPDX-License-Identifier: GPL-2.0

//! What is granted, what is not, and for how long.

use crate::{
    abi::*,
    entry_points,
    tests::{
        stage::Stage,
        thread::Thread, //
    },
    world::{
        flags::Work,
        interrupts::Irq,
        point::{
            Event,
            Op,
            Urgency, //
        },
        script::Script,
        setup::Setup,
        syscalls::Call,
        task_data::TaskId,
        with, //
    }, //
};
use core::mem::offset_of;

const WAKEUP: Irq = Irq::Wakeup(Urgency::Lazily);

/// A thread in user space with a grant out.
fn granted(stage: &Stage, cpu: usize) -> Thread {
    let thread = stage.thread(cpu);
    thread.request();
    thread.interrupt(WAKEUP);
    assert!(thread.sees_grant() && thread.task().rseq.granted);
    thread
}

#[test]
fn a_thread_is_asked_only_if_nothing_else_is_to_be_done() {
    for (has_grant, other_work, consulted) in [
        (false, false, true),
        (false, true, false),
        (true, false, false),
        (true, true, false),
    ] {
        let stage = Stage::preemptible();
        let thread = if has_grant {
            granted(&stage, 0)
        } else {
            stage.thread(0)
        };
        thread.request();
        if other_work {
            with(|world| world.task(thread.id).work.set(Work::NOTIFY_RESUME));
        }
        let before = stage.slices();
        thread.interrupt(WAKEUP);

        // Who is not consulted finds the word clear, and loses the grant.
        assert_eq!(thread.sees_grant(), consulted);
        assert_eq!(thread.ctrl().request, 0);
        let [granted, _, revoked, ..] = stage.slices();
        assert_eq!(granted - before[0], usize::from(consulted));
        assert_eq!(revoked - before[2], usize::from(has_grant));
    }
}

#[test]
fn a_grant_delays_only_the_reschedule_it_was_asked_for() {
    for (scheduled_meanwhile, delays) in [(false, true), (true, false)] {
        let stage = Stage::preemptible();
        let thread = stage.thread(0);
        let mut script = Script::default();
        if scheduled_meanwhile {
            script = script
                .at(Op::InterruptsOff, Event::Wakeup(Urgency::Now))
                .at(Op::Schedule, Event::Idle(1_000));
        }
        thread.request();
        let switches = thread.task().switches;
        stage.during(script, || thread.interrupt(WAKEUP));

        assert_eq!(thread.sees_grant(), delays);
        assert_eq!(thread.task().switches == switches, delays);
        assert_eq!(stage.slices(), [1, 0, usize::from(!delays), 0, 0]);
    }
}

#[test]
fn only_a_v2_area_of_a_kernel_with_slices_has_a_control_word() {
    let at = offset_of!(Area, slice_ctrl);
    for (v2, slices_offered, has_control_word) in [
        (true, true, true),
        (true, false, false),
        (false, true, false),
        (false, false, false),
    ] {
        let stage = Stage::new(Setup {
            slices_offered,
            ..Setup::default()
        });
        let thread = if v2 {
            stage.thread(0)
        } else {
            stage.legacy_thread(0)
        };
        thread.forge(at, &[0, 2, 3, 4]);
        let script = Script::default().at(Op::Schedule, Event::Idle(1_000));
        stage.during(script, || thread.interrupt(Irq::Wakeup(Urgency::Now)));
        let left = SliceCtrl::from_word(u32::from_ne_bytes([0, 2, 3, 4]));
        assert_eq!(
            thread.ctrl() != left,
            has_control_word,
            "{v2} {slices_offered}"
        );
    }
}

#[test]
fn every_way_a_syscall_ends_a_grant() {
    for (scheduled_before, yields, ends) in [
        (false, true, [1, 0, 0, 1, 0]),
        (false, false, [1, 0, 0, 0, 1]),
        (true, true, [1, 0, 1, 0, 0]),
        (true, false, [1, 0, 1, 0, 0]),
    ] {
        let stage = Stage::preemptible();
        let thread = granted(&stage, 0);
        let mut script = Script::default();
        if scheduled_before {
            script = script
                .at(Op::SyscallEntry, Event::Wakeup(Urgency::Now))
                .at(Op::Schedule, Event::NewCid);
        }
        let call = if yields {
            Call::SliceYield
        } else {
            Call::GetPid
        };
        let result = stage.during(script, || thread.syscall(call));
        assert_eq!(stage.slices(), ends);
        assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
        if yields {
            assert_eq!(result, isize::from(!scheduled_before));
        }
    }
}

#[test]
fn a_timer_concerns_only_the_granted_thread_that_armed_it() {
    for (is_mine, has_grant, concerned) in [
        (true, true, true),
        (true, false, false),
        (false, true, false),
        (false, false, false),
    ] {
        let stage = Stage::preemptible();
        let thread = stage.thread(0);
        let (cpu, owner) = (thread.cpu(), if is_mine { thread.id } else { TaskId(0) });
        with(|world| {
            world.task(thread.id).rseq.granted = has_grant;
            world.cpu(cpu).timer.armed_for = Some(owner);
        });
        stage.in_kernel(thread, entry_points::slice_expired);
        assert_eq!(thread.task().work.has(Work::RESCHEDULE), concerned);
        assert_eq!(stage.slices()[1], usize::from(concerned));
    }
}

/// Arms the timer of a grant until `expires` at the time `now`; says that the grant is over.
fn expired(expires: u64, now: u64) -> bool {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);
    // The clock is read by the second operation of the entry point.
    let arm = || {
        with(|world| {
            world.task(thread.id).rseq.expires = expires;
            world.clock = now.wrapping_sub(2);
        });
        entry_points::arm_slice_extension_timer()
    };
    let over = stage.in_kernel(thread, arm);
    let cpu = thread.task().cpu;
    let armed = with(|world| world.cpu(cpu).timer.expires);
    assert_eq!(armed, (!over).then_some(expires));
    assert_eq!(thread.task().work.has(Work::RESCHEDULE), over);
    over
}

#[test]
fn a_grant_lasts_through_its_last_nanosecond() {
    for expires in [0, 1, 5_000, u64::MAX - 1] {
        assert!(!expired(expires, expires));
        assert!(expired(expires, expires + 1));
    }
    assert!(!expired(u64::MAX, u64::MAX));
}

#[test]
fn only_lazy_reschedules_are_delayed_on_a_realtime_kernel() {
    for (realtime, urgency, delayed) in [
        (false, Urgency::Now, true),
        (false, Urgency::Lazily, true),
        (true, Urgency::Now, false),
        (true, Urgency::Lazily, true),
    ] {
        let stage = Stage::new(Setup {
            realtime,
            ..Setup::default()
        });
        let thread = stage.thread(0);
        thread.request();
        thread.interrupt(Irq::Wakeup(urgency));
        assert_eq!(thread.sees_grant(), delayed);
    }
}

#[test]
fn an_interrupt_without_a_reschedule_leaves_a_grant_alone() {
    let stage = Stage::preemptible();
    let thread = granted(&stage, 0);

    thread.interrupt(Irq::Device);
    assert!(thread.sees_grant());
    assert_eq!(thread.syscall(Call::SliceYield), 1);
    assert_eq!(thread.syscall(Call::SliceYield), 0);
    stage.is_balanced();
}

#[test]
fn a_system_call_begins_no_grant() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);

    thread.request();
    let script = Script::default().at(Op::SyscallEntry, Event::Wakeup(Urgency::Lazily));
    stage.during(script, || thread.syscall(Call::GetPid));
    assert_eq!(stage.slices(), [0; 5]);
}
