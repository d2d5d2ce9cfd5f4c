// SPDX-License-Identifier: GPL-2.0

//! Races with the timer, which nobody cancels when a thread is scheduled out.

use super::{
    granted,
    kernels,
    revoked,
    OTHERS,
    WAKEUP, //
};
use crate::{
    abi::{
        SliceCtrl,
        FEATURE_SIZE, //
    },
    tests::{
        stage::Stage,
        thread::Thread, //
    },
    world::{
        cpu::{
            CpuId,
            Timer, //
        },
        interrupts::Irq,
        point::{
            Event,
            Op,
            Urgency, //
        },
        script::Script,
        syscalls::Call,
        with, //
    }, //
};

fn timer(cpu: usize) -> Timer {
    with(|world| world.cpu(CpuId(cpu)).timer)
}

/// `other` runs where `thread` does, which waits.
fn replaced(stage: &Stage, thread: Thread, other: Thread) {
    let script = Script::default().at(Op::Schedule, Event::Run(other.id));
    stage.during(script, || thread.interrupt(WAKEUP));
}

/// The time is over between the grant and the arming of the timer.
#[test]
fn over_before_user_space() {
    for stage in kernels() {
        let thread = stage.thread(0);
        let switches = thread.task().switches;
        thread.request();
        let script = Script::default().at(Op::InterruptsOn, Event::Delay);
        stage.during(script, || thread.interrupt(WAKEUP));
        assert_eq!(thread.task().switches, switches + 1);
        assert_eq!(timer(0).armed_for, None);
        assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
        assert_eq!(stage.slices(), [1, 0, 1, 0, 0]);
    }
}

/// Work that comes up during a grant does not make it longer.
#[test]
fn armed_again_for_the_same_expiry() {
    for stage in kernels() {
        let thread = granted(&stage, 0);
        let expires = timer(0).expires;
        assert!(expires.is_some());
        thread.interrupt(Irq::TaskWork);
        assert!(thread.sees_grant());
        assert_eq!(timer(0).expires, expires);
        assert_eq!(thread.syscall(Call::SliceYield), 1);
        assert_eq!(timer(0).expires, None);
    }
}

/// The timer fires when another thread runs on its CPU.
#[test]
fn stale_timer() {
    for stage in kernels() {
        let other = stage.newcomer(0);
        assert_eq!(other.register(FEATURE_SIZE, 0), 0);
        other.wait(&stage);
        let thread = granted(&stage, 0);
        replaced(&stage, thread, other);
        assert_eq!(timer(0).armed_for, Some(thread.id));

        let switches = other.task().switches;
        stage.pass(60_000);
        assert_eq!(timer(0).expires, None);
        assert_eq!(other.task().switches, switches);
        assert_eq!(stage.slices(), [1, 0, 1, 0, 0]);
    }
}

/// The same, and the other thread has a grant of its own: there is one timer, and it is his.
#[test]
fn stale_timer_with_an_own_grant() {
    for stage in kernels() {
        let other = stage.thread(0);
        other.wait(&stage);
        let thread = granted(&stage, 0);
        replaced(&stage, thread, other);
        let old = timer(0).expires;

        other.request();
        other.interrupt(WAKEUP);
        assert!(other.sees_grant());
        assert_eq!(timer(0).armed_for, Some(other.id));
        assert!(timer(0).expires > old);
        stage.pass(60_000);
        assert!(!other.sees_grant());
        assert_eq!(stage.slices(), [2, 1, 2, 0, 0]);
    }
}

/// A thread asks, is granted and yields where it was migrated to.
#[test]
fn migrated_thread() {
    for stage in kernels() {
        let thread = granted(&stage, 0);
        let script = Script::default().at(Op::Schedule, Event::Migrate(CpuId(1)));
        stage.during(script, || thread.interrupt(WAKEUP));
        thread.request();
        thread.interrupt(WAKEUP);
        assert!(thread.sees_grant());
        assert_eq!(timer(1).armed_for, Some(thread.id));
        assert_eq!(thread.syscall(Call::SliceYield), 1);
        assert_eq!(timer(1).expires, None);
        assert_eq!(stage.slices(), [2, 0, 1, 1, 0]);
    }
}

/// A thread leaves the timer alone that it finds where it was migrated to.
#[test]
fn migrated_thread_finds_the_timer_of_another() {
    let stage = Stage::preemptible();
    let other = granted(&stage, 1);
    let script = Script::default().at(Op::Schedule, Event::Leave);
    stage.during(script, || other.interrupt(WAKEUP));
    let before = timer(1);
    assert_eq!(before.armed_for, Some(other.id));
    assert!(before.expires.is_some());

    let thread = granted(&stage, 0);
    let script = Script::default()
        .at(Op::SyscallEntry, Event::Wakeup(Urgency::Now))
        .at(Op::Schedule, Event::Migrate(CpuId(1)));
    stage.during(script, || thread.syscall(Call::SliceYield));
    assert_eq!(timer(1).armed_for, before.armed_for);
    assert_eq!(timer(1).expires, before.expires);
    assert_eq!(stage.slices(), [2, 0, 2, 0, 0]);
}

/// The timer of a grant that is over fires during the next one, before that is armed: the new grant
/// ends early.
#[test]
fn early_end() {
    for stage in kernels() {
        let thread = granted(&stage, 0);
        revoked(&stage, thread);
        thread.request();
        let script = Script::default()
            .at(Op::InterruptsOn, Event::Expiry)
            .at(Op::Schedule, OTHERS);
        stage.during(script, || thread.interrupt(WAKEUP));
        assert!(!thread.sees_grant());
        assert_eq!(stage.slices(), [2, 1, 2, 0, 0]);
    }
    // Armed first, there is no old expiry any more.
    for stage in kernels() {
        let thread = granted(&stage, 0);
        let old = timer(0).expires;
        revoked(&stage, thread);
        thread.request();
        thread.interrupt(WAKEUP);
        assert!(timer(0).expires > old);
        assert_eq!(stage.slices(), [2, 0, 1, 0, 0]);
    }
}
