// SPDX-License-Identifier: GPL-2.0

//! The pretences of KUnit tests about the current task.

use super::{
    marks::Marks,
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
