// SPDX-License-Identifier: GPL-2.0

//! The races that the documentation draws, one each, and the cases in which the C implementation
//! answers differently.
//!
//! Tests of races are named as the labels of `Documentation/userspace-api/rseq-slice.rst`, without
//! `race-`; those of differences as the labels of `Documentation/dev/differences.rst`.

mod differences;
mod end;
mod grant;
mod timer;

use super::{
    stage::Stage,
    thread::Thread, //
};
use crate::world::{
    interrupts::Irq,
    point::{
        Event,
        Op,
        Urgency, //
    },
    script::Script,
    setup::Setup, //
};

/// An interrupt that finds that somebody else should run.
const WAKEUP: Irq = Irq::Wakeup(Urgency::Now);

/// Somebody else runs on this CPU for a while.
const OTHERS: Event = Event::Idle(1_000);

/// Kernels that are preemptible themselves, and those that are not.
fn kernels() -> impl Iterator<Item = Stage> {
    [true, false].into_iter().map(|preemptible| {
        Stage::new(Setup {
            preemptible,
            ..Setup::default()
        })
    })
}

/// A thread in user space with a grant out.
fn granted(stage: &Stage, cpu: usize) -> Thread {
    let thread = stage.thread(cpu);
    thread.request();
    thread.interrupt(WAKEUP);
    assert!(thread.sees_grant());
    thread
}

/// An interrupt revokes the grant of `thread`, and somebody else runs before the thread is back.
fn revoked(stage: &Stage, thread: Thread) {
    let script = Script::default().at(Op::Schedule, OTHERS);
    stage.during(script, || thread.interrupt(WAKEUP));
    assert!(!thread.sees_grant());
}
