// SPDX-License-Identifier: GPL-2.0

//! What the kernel keeps of a task's slice.

use super::{
    operation,
    task::Current, //
};
use crate::world::{
    point::Op,
    task_data::{
        RseqData,
        Task, //
    }, //
};

/// The slice of the current task, and the system call work that goes with it.
#[derive(Clone, Copy)]
pub(crate) struct SliceState(pub(super) Current);

impl SliceState {
    fn slice<R>(&self, access: impl FnOnce(&mut RseqData) -> R) -> R {
        operation(Op::Slice);
        self.0.with(|task| access(&mut task.rseq))
    }

    fn task<R>(&self, access: impl FnOnce(&mut Task) -> R) -> R {
        operation(Op::Slice);
        self.0.with(access)
    }

    /// Says that the thread has slices enabled.
    pub(crate) fn is_enabled(&self) -> bool {
        self.slice(|slice| slice.enabled)
    }

    /// Enables slices, or disables them.
    pub(crate) fn set_enabled(&self, on: bool) {
        self.slice(|slice| slice.enabled = on);
    }

    /// Says that a slice is granted.
    pub(crate) fn is_granted(&self) -> bool {
        self.slice(|slice| slice.granted)
    }

    /// Notes that a slice is granted, until `expires` in ns of the monotonic clock.
    pub(crate) fn begin(&self, expires: u64) {
        self.slice(|slice| slice.granted = true);
        self.slice(|slice| slice.expires = expires);
    }

    /// Notes that no slice is granted, or no longer.
    pub(crate) fn end(&self) {
        self.slice(|slice| slice.granted = false);
    }

    /// The end of the granted slice, in ns of the monotonic clock.
    pub(crate) fn expires(&self) -> u64 {
        self.slice(|slice| slice.expires)
    }

    /// Notes that the slice was given back with `rseq_slice_yield(2)`, or clears the note.
    pub(crate) fn set_yielded(&self, on: bool) {
        self.slice(|slice| slice.yielded = on);
    }

    /// Says that the slice was given back.
    pub(crate) fn has_yielded(&self) -> bool {
        self.slice(|slice| slice.yielded)
    }

    /// Has [`crate::slice::end`] run before the next system call.
    pub(crate) fn watch_syscalls(&self) {
        self.task(|task| task.watches_syscalls = true);
    }

    /// Ends [`Self::watch_syscalls`].
    pub(crate) fn unwatch_syscalls(&self) {
        self.task(|task| task.watches_syscalls = false);
    }
}
