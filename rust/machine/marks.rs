// SPDX-License-Identifier: GPL-2.0

//! The marks of a task whose area needs attention on the way to user space.
//!
//! The scheduler, membarrier's interrupt and the entry code set them with inline C, the first two
//! between any two accesses here. `TIF_RSEQ` makes the exit code look; it is set with
//! `sched_switch`.

use super::{
    context::InterruptsOff,
    rseq_data::Event, //
};
use kernel::bindings;

/// The marks of the current task, `struct rseq_event`.
#[derive(Clone, Copy)]
pub(crate) struct Marks(pub(super) &'static Event);

impl Marks {
    #[inline(always)] // A wrapped pointer.
    pub(super) fn of(event: &'static Event) -> Self {
        Self(event)
    }

    /// Says that the task was scheduled since it entered the kernel, in a way that concerns its
    /// area, or was marked as if it had been.
    #[inline(always)] // One load.
    pub(crate) fn rescheduled(&self) -> bool {
        self.0.sched_switch.get() != 0
    }

    /// Says that the IDs changed since they were published, or that programs expect them anew.
    #[inline(always)] // One load.
    pub(crate) fn ids_changed(&self) -> bool {
        self.0.ids_changed.get() != 0
    }

    /// Says that it was an interrupt that brought the task into the kernel.
    #[inline(always)] // One load, also while user access is open.
    pub(crate) fn interrupted(&self) -> bool {
        self.0.user_irq.get() != 0
    }

    /// Marks the current task, if it has a registration: its area is updated, IDs included, on the
    /// way to user space. Task context.
    #[inline(always)] // Two stores and a flag.
    pub(crate) fn set(&self) {
        // SAFETY: Sets flags of the current task.
        unsafe { bindings::rseq_force_update() };
    }

    /// Takes the marks away, and the request for the slow path; returns whether the task was
    /// rescheduled. Nothing can be set meanwhile that is lost.
    pub(crate) fn take(&self, _interrupts: &InterruptsOff) -> bool {
        let rescheduled = self.rescheduled();

        self.0.sched_switch.set(0);
        self.0.ids_changed.set(0);
        self.forget_slow_path();
        rescheduled
    }

    /// Takes back the request for the slow path, and what else the last attempt noted. Task context.
    pub(crate) fn forget_slow_path(&self) {
        self.0.error.set(0);
    }
}
