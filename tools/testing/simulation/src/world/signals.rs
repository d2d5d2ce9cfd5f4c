// SPDX-License-Identifier: GPL-2.0

//! Signals.

use super::{
    flags::Work,
    task_data::Task,
    with, //
};
use crate::entry_points;
use kernel::ffi::c_int;

/// The number of a signal.
pub(crate) type Signal = c_int;

/// Kills.
pub(crate) const SIGKILL: Signal = 9;
/// Has a handler.
pub(crate) const SIGUSR1: Signal = 10;
/// Kills, unless the task has a handler for it.
pub(crate) const SIGSEGV: Signal = 11;

/// Where signal handlers begin.
pub(crate) const HANDLER: u64 = 0x50_0000;

/// What became of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// A handler is going to run.
    ToHandler,
    /// There was none.
    Nothing,
    /// The task has to go.
    Fatally,
}

/// `force_sig()`.
pub(crate) fn force(task: &mut Task, signal: Signal) {
    // Those that the task causes itself come first.
    if signal == SIGSEGV {
        task.pending.insert(0, signal);
    } else {
        task.pending.push(signal);
    }
    task.work.set(Work::SIGNAL);
}

/// `force_sigsegv()`.
pub(crate) fn force_segv(task: &mut Task, delivered: Signal) {
    if delivered == SIGSEGV {
        task.survives_segv = false;
    }
    force(task, SIGSEGV);
}

/// `arch_do_signal_or_restart()`: delivers one signal.
pub(crate) fn deliver() -> Delivered {
    let Some((signal, task)) = with(|world| {
        let task = world.current();
        let signal = (!task.pending.is_empty()).then(|| task.pending.remove(0));
        if task.pending.is_empty() {
            task.work.clear(Work::SIGNAL);
        }
        signal.map(|signal| (signal, task.clone()))
    }) else {
        return Delivered::Nothing;
    };
    if signal == SIGKILL || signal == SIGSEGV && !task.survives_segv {
        return Delivered::Fatally;
    }

    // rseq_signal_deliver()
    let concerned = if task.rseq.is_v2() {
        task.rseq.user_irq
    } else {
        task.rseq.version.is_some()
    };
    if concerned {
        entry_points::signal_deliver(signal);
    }
    with(|world| {
        let task = world.current();
        task.interrupted.push(task.ip);
        task.ip = HANDLER;
    });
    Delivered::ToHandler
}
