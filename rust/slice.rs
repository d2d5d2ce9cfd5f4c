// SPDX-License-Identifier: GPL-2.0

//! Time slice extensions.
//!
//! A thread in a critical section asks, with one byte in its area, not to be preempted just now.
//!
//! # Vocabulary
//!
//! - *Request*: the byte that user space sets.
//! - *Grant*: on return from an interrupt with a reschedule pending, the kernel drops the
//!   reschedule and lets the thread run on, for `slice_ext_nsec` at most.
//! - *Yield*: the thread gives the CPU back with `rseq_slice_yield(2)`.
//! - *Abort*: the thread makes another system call instead, with the same effect.
//! - *Expiry*: the time is over before that, and the timer forces a reschedule.
//! - *Revoke*: the kernel takes the grant back, after expiry or because other work came up.
//!
//! ## State Diagram
//!
//! ```text
//!              user sets request        interrupt, reschedule pending
//!   +---------+ -------------> +-----------+ -----------> +---------+
//!   |  idle   |                | requested |    grant     | granted | -- timer -> reschedule
//!   +---------+ <------------- +-----------+              +---------+      |
//!     ^  ^  ^   user clears it       |                     |  |  |         |
//!     |  |  |   or it is denied      |                     |  |  |         |
//!     |  |  +------------------------+                     |  |  |         |
//!     |  +------- rseq_slice_yield(2), other syscall ------+  |  |         |
//!     +---------- revoke: other work, second reschedule ------+--+---------+
//! ```
//!
//! # Invariants of a grant
//!
//! - Only a thread with a V2 registration and slices enabled has one, and at most one.
//! - `granted` in the task and in the control word are set together, in [`grant`]; while the
//!   thread is in user space, they agree.
//! - Whoever sends a granted thread to user space has armed the timer of that CPU for it and
//!   registered the syscall work; see [`timer::arm`].
//! - It ends exactly once: [`end`], a denied [`grant`], the update after the thread was
//!   scheduled out, or the end of the thread. Each clears both places and counts.

#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod end;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod grant;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod prctl;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod timer;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod tunable;

use crate::{
    abi::Area,
    task::Current,
    uaccess::{
        Fault,
        Region, //
    }, //
};

/// Does this kernel offer slices? They can be compiled out, and switched off on the command line.
pub(crate) fn available() -> bool {
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    {
        // SAFETY: Reads a static key.
        unsafe { kernel::bindings::rseq_slice_extension_enabled() }
    }
    #[cfg(not(CONFIG_RSEQ_SLICE_EXTENSION))]
    false
}

/// Enables or disables slices for `task`.
pub(crate) fn enable(task: Current, on: bool) {
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    task.enable_slices(on);
    #[cfg(not(CONFIG_RSEQ_SLICE_EXTENSION))]
    let _ = (task, on);
}

/// Clears the control word, if `task` has one. User access to `area` is open.
#[inline(always)]
pub(crate) fn clear_request(task: Current, area: &Region<Area>) -> Result<(), Fault> {
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    return grant::clear_request(task, area);
    #[cfg(not(CONFIG_RSEQ_SLICE_EXTENSION))]
    {
        let _ = (task, area);
        Ok(())
    }
}

/// Ends a grant, if there is one; the control word is clear already.
#[inline(always)]
pub(crate) fn revoke(task: Current) {
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    grant::revoke(task);
    #[cfg(not(CONFIG_RSEQ_SLICE_EXTENSION))]
    let _ = task;
}
