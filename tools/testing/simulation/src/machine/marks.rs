// SPDX-License-Identifier: GPL-2.0

//! The marks of a task whose area needs attention on the way to user space.

use super::{
    context::{
        InterruptsOff,
        StaysHere, //
    },
    operation,
    task::Current, //
};
use crate::world::{
    marking,
    point::Op, //
};

/// The marks of the current task.
#[derive(Clone, Copy)]
pub(crate) struct Marks(pub(super) Current);

impl Marks {
    /// Says that the task was scheduled since it entered the kernel, or was marked as if it had
    /// been.
    pub(crate) fn rescheduled(&self) -> bool {
        operation(Op::Mark);
        self.0.with(|task| task.rseq.sched_switch)
    }

    /// Says that the IDs changed since they were published, or that programs expect them anew.
    pub(crate) fn ids_changed(&self) -> bool {
        operation(Op::Mark);
        self.0.with(|task| task.rseq.ids_changed)
    }

    /// Says that it was an interrupt that brought the task into the kernel.
    pub(crate) fn interrupted(&self) -> bool {
        operation(Op::Mark);
        self.0.with(|task| task.rseq.user_irq)
    }

    /// Marks the current task, if it has a registration.
    pub(crate) fn set(&self) {
        operation(Op::Mark);
        self.0.with(marking::force_update);
    }

    /// Takes the marks away, and the request for the slow path; returns whether the task was
    /// marked.
    pub(crate) fn take(&self, interrupts: &InterruptsOff) -> bool {
        interrupts.check();
        let rescheduled = self.rescheduled();

        self.0.with(|task| {
            task.rseq.sched_switch = false;
            task.rseq.ids_changed = false;
        });
        self.forget_slow_path();
        rescheduled
    }

    /// Takes back the request for the slow path.
    pub(crate) fn forget_slow_path(&self) {
        operation(Op::Mark);
        self.0.with(|task| task.rseq.slow_path = false);
    }
}
