// SPDX-License-Identifier: GPL-2.0

//! Cases in which the C implementation contradicts the ABI.
//!
//! `difference-later-reschedule` and `difference-system-call-after-preemption` are races too, and
//! tested as such.

use super::{
    granted,
    kernels,
    revoked,
    OTHERS,
    WAKEUP, //
};
use crate::{
    abi::{
        Area,
        SliceCtrl,
        FEATURE_SIZE, //
    },
    machine::counters::Counter,
    tests::{
        stage::Stage,
        thread::Thread, //
    },
    world::{
        cpu::CpuId,
        interrupts::Irq,
        point::{
            Event,
            Op, //
        },
        script::Script,
        setup::Setup,
        signals::{
            self,
            SIGKILL, //
        },
        syscalls::Call,
        with, //
    }, //
};
use core::mem::offset_of;

/// membarrier(2) ends a grant. The reschedule that the grant has delayed is made up for.
#[test]
fn membarrier() {
    for stage in kernels() {
        let thread = granted(&stage, 0);
        let switches = thread.task().switches;
        thread.interrupt(Irq::Membarrier);
        assert_eq!(thread.task().switches, switches + 1);
        assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
        assert_eq!(stage.slices(), [1, 0, 1, 0, 0]);
    }
}

/// A thread that is killed takes its grant along.
#[test]
fn killed_thread() {
    for stage in kernels() {
        let thread = granted(&stage, 0);
        with(|world| signals::force(world.task(thread.id), SIGKILL));
        thread.interrupt(Irq::Device);
        assert!(thread.is_dead());
        assert_eq!(stage.slices(), [1, 0, 1, 0, 0]);
    }
}

fn debug_mode() -> Stage {
    Stage::new(Setup {
        debugging: true,
        ..Setup::default()
    })
}

/// Debug mode does not mind the request of the next section.
#[test]
fn armed_check() {
    let stage = debug_mode();
    let thread = granted(&stage, 0);
    revoked(&stage, thread);
    assert!(thread.task().watches_syscalls);
    thread.request();
    assert_eq!(thread.syscall(Call::GetPid), thread.id.0 as isize);
    assert!(!thread.is_dead() && !thread.task().watches_syscalls);
}

/// What it does mind.
#[test]
fn armed_check_of_what_is_wrong() {
    const CONTROL_WORD: usize = offset_of!(Area, slice_ctrl);
    let nested: fn(Thread) = |thread| thread.request();
    let granted_byte: fn(Thread) = |thread| thread.forge(CONTROL_WORD + 1, &[0]);
    let reserved: fn(Thread) = |thread| thread.forge(CONTROL_WORD + 2, &[1]);
    for act in [nested, granted_byte, reserved] {
        let stage = debug_mode();
        let thread = granted(&stage, 0);
        act(thread);
        thread.syscall(Call::SliceYield);
        assert!(thread.is_dead());
        stage.is_balanced();
    }
}

/// Debug mode takes 0 for no announcement.
#[test]
fn descriptor_at_0() {
    let stage = debug_mode();
    let thread = stage.thread(0);
    let ids = stage.count(Counter::Ids);
    let script = Script::default().at(Op::Schedule, OTHERS);
    stage.during(script, || thread.interrupt(WAKEUP));
    let counted = [Counter::Cs, Counter::Slowpath].map(|counter| stage.count(counter));
    assert_eq!(counted, [0, 0]);
    assert_eq!(stage.count(Counter::Ids), ids);
    assert!(!thread.is_dead());
}

/// A defect of both: the page of the area vanishes between two stores of an update, which another
/// CPU can bring about with interrupts off. The slow path takes what the fast path has written for
/// a forgery.
#[test]
fn torn_update() {
    for (nth, killed) in [(1, false), (2, true), (3, true), (4, true), (5, true)] {
        let stage = Stage::preemptible();
        let thread = stage.newcomer(0);
        thread.register(FEATURE_SIZE, 0);
        let script = Script::default()
            .at(Op::Schedule, Event::Migrate(CpuId(3)))
            .at_nth(nth, Op::Store, Event::UnflushedPageOut);
        stage.during(script, || thread.interrupt(WAKEUP));
        assert_eq!(thread.is_dead(), killed, "store {nth}");
    }
}
