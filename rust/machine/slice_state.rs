// SPDX-License-Identifier: GPL-2.0

//! The kernel's record of a task's slice.
//!
//! Only the task writes it. Interrupts read whether a slice is granted.

use super::{
    rseq_data::Slice,
    task::Current, //
};
use crate::abi::Version;
use kernel::bindings;

/// The slice of the current task, `struct rseq_slice`, and the system call work that goes with it.
///
/// # Invariants
///
/// `task` is the current task, and `slice` is its.
#[derive(Clone, Copy)]
pub(crate) struct SliceState {
    task: *mut bindings::task_struct,
    slice: &'static Slice,
}

impl Current {
    /// The task's slice.
    #[inline(always)] // A wrapped pointer.
    pub(crate) fn slice(&self) -> SliceState {
        // INVARIANT: Both are those of the current task.
        SliceState {
            task: self.as_ptr(),
            slice: &self.data().slice,
        }
    }

    /// The version of the registration in use.
    #[inline(always)] // One load.
    pub(crate) fn version(&self) -> Option<Version> {
        if !self.is_registered() {
            None
        } else if self.is_legacy() {
            Some(Version::Legacy)
        } else {
            Some(Version::V2)
        }
    }
}

impl SliceState {
    /// The task.
    #[cfg(CONFIG_RSEQ_RUST_KUNIT_TEST)]
    pub(super) fn as_ptr(&self) -> *mut bindings::task_struct {
        self.task
    }

    /// Says that the thread has slices enabled.
    #[inline(always)] // One load.
    pub(crate) fn is_enabled(&self) -> bool {
        self.slice.enabled.get() != 0
    }

    /// Enables slices, or disables them.
    #[inline(always)] // One store.
    pub(crate) fn set_enabled(&self, on: bool) {
        self.slice.enabled.set(on.into());
    }

    /// Says that a slice is granted.
    #[inline(always)] // One load, also while user access is open.
    pub(crate) fn is_granted(&self) -> bool {
        self.slice.granted.get() != 0
    }

    /// Notes that a slice is granted, until `expires` in ns of the monotonic clock.
    #[inline(always)] // Two stores.
    pub(crate) fn begin(&self, expires: u64) {
        self.slice.granted.set(1);
        self.slice.expires.set(expires);
    }

    /// Notes that no slice is granted, or no longer.
    #[inline(always)] // One store.
    pub(crate) fn end(&self) {
        self.slice.granted.set(0);
    }

    /// The end of the granted slice, in ns of the monotonic clock.
    #[inline(always)] // One load.
    pub(crate) fn expires(&self) -> u64 {
        self.slice.expires.get()
    }

    /// Notes that the slice was given back with `rseq_slice_yield(2)`, or clears the note.
    #[inline(always)] // One store.
    pub(crate) fn set_yielded(&self, on: bool) {
        self.slice.yielded.set(on.into());
    }

    /// Says that the slice was given back.
    #[inline(always)] // One load.
    pub(crate) fn has_yielded(&self) -> bool {
        self.slice.yielded.get() != 0
    }

    /// Has [`crate::slice::end`] run before the next system call.
    #[inline(always)] // One atomic instruction.
    pub(crate) fn watch_syscalls(&self) {
        // SAFETY: By the type invariant the pointer is valid.
        unsafe { bindings::set_syscall_work_rseq_slice(self.task) };
    }

    /// Ends [`Self::watch_syscalls`].
    #[inline(always)] // One atomic instruction.
    pub(crate) fn unwatch_syscalls(&self) {
        // SAFETY: By the type invariant the pointer is valid.
        unsafe { bindings::clear_syscall_work_rseq_slice(self.task) };
    }
}
