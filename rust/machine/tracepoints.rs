// SPDX-License-Identifier: GPL-2.0

//! The tracepoints `rseq_update` and `rseq_ip_fixup`.
//!
//! Any context. They cost a branch that is not taken while nobody traces.

use super::task::Current;
use crate::abi::Section;

mod events {
    use kernel::{
        bindings,
        ffi::c_ulong,
        tracepoint::declare_trace, //
    };

    declare_trace! {
        /// # Safety
        ///
        /// `task` must be valid.
        pub(super) unsafe fn rseq_update(task: *mut bindings::task_struct);

        /// # Safety
        ///
        /// None, the values are only recorded.
        pub(super) unsafe fn rseq_ip_fixup(
            ip: c_ulong,
            start: c_ulong,
            length: c_ulong,
            abort: c_ulong,
        );
    }
}

/// The IDs of `task` were published.
#[inline(always)] // A patched branch.
pub(crate) fn rseq_update(task: Current) {
    // SAFETY: The current task is valid.
    unsafe { events::rseq_update(task.as_ptr()) };
}

/// A thread at `ip` was sent to the abort handler of `section`.
#[inline(always)] // A patched branch.
pub(crate) fn rseq_ip_fixup(ip: u64, section: Section) {
    // SAFETY: There is nothing to guarantee.
    unsafe {
        events::rseq_ip_fixup(
            ip as usize,
            section.start as usize,
            section.length as usize,
            section.abort as usize,
        )
    };
}
