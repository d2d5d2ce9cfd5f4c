// SPDX-License-Identifier: GPL-2.0

//! The pretences of KUnit tests about the current task.

use super::{
    context::InterruptsOff,
    marks::Marks,
    slice_state::SliceState,
    task::Current, //
};
use kernel::bindings;

impl Marks {
    /// Pretends that the task went to user space, where its area is up to date.
    pub(crate) fn clear(&self) {
        self.0.sched_switch.set(0);
        self.0.ids_changed.set(0);
    }

    /// Pretends that the scheduler ran.
    pub(crate) fn set_rescheduled(&self) {
        self.0.sched_switch.set(1);
    }

    /// Pretends that the task came from user space, by an interrupt or otherwise.
    pub(crate) fn set_interrupted(&self, on: bool) {
        self.0.user_irq.set(on.into());
    }

    /// Pretends that the fast path failed.
    pub(crate) fn request_slow_path(&self) {
        self.0.error.set(u16::MAX);
    }

    /// Says that the slow path is requested.
    pub(crate) fn slow_path_requested(&self) -> bool {
        self.0.error.get() != 0
    }
}

impl Current {
    /// Pretends that the task exits, until told otherwise.
    pub(crate) fn set_exiting(&self, on: bool) {
        // SAFETY: By the type invariant the pointer is valid; only the task writes its flags.
        let flags = unsafe { &mut (*self.as_ptr()).flags };
        if on {
            *flags |= bindings::PF_EXITING;
        } else {
            *flags &= !bindings::PF_EXITING;
        }
    }
}

/// What asks for a reschedule of the current task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reschedule {
    /// `TIF_NEED_RESCHED`, for which a realtime thread asks.
    pub(crate) now: bool,
    /// The mirror of that in the preempt count, if the architecture has one.
    pub(crate) mirror: bool,
    /// `TIF_NEED_RESCHED_LAZY`, for which fair threads ask.
    pub(crate) lazily: bool,
}

impl InterruptsOff {
    /// Pretends that another CPU requested a reschedule. Its interrupt, which sets the mirror, is
    /// still to come.
    pub(crate) fn set_remotely(&self) {
        // SAFETY: Sets a flag of the current task.
        unsafe { bindings::set_need_resched(Current::get().as_ptr()) };
    }

    /// Pretends that a lazy reschedule was requested.
    pub(crate) fn set_lazily(&self) {
        // SAFETY: Sets a flag of the current task.
        unsafe { bindings::set_need_resched_lazy(Current::get().as_ptr()) };
    }

    /// Pretends that nothing is pending, and returns what was.
    pub(crate) fn take_reschedule(&self) -> Reschedule {
        let pending = Reschedule {
            // SAFETY: Reads a flag of the current task.
            now: unsafe { bindings::need_resched() },
            // SAFETY: Reads the preempt count.
            mirror: unsafe { bindings::test_preempt_need_resched() },
            // SAFETY: Reads a flag of the current task.
            lazily: unsafe { bindings::need_resched_lazy() },
        };
        // SAFETY: By the type invariant interrupts are off, so flag and mirror stay in step.
        unsafe { bindings::clear_need_resched_current() };
        pending
    }
}

impl SliceState {
    /// Says that [`Self::watch_syscalls`] is in effect.
    pub(crate) fn watches_syscalls(&self) -> bool {
        // SAFETY: By the type invariant the pointer is valid.
        unsafe { bindings::test_syscall_work_rseq_slice(self.as_ptr()) }
    }
}
