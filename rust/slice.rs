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
//! - *Abort*: the thread makes another system call instead, with the same effect. So it is called
//!   in the statistics; nothing is undone.
//! - *Expiry*: the time is over before that, and the timer forces a reschedule.
//! - *Refuse*: the request is dropped, for other work has to be done first.
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
//!     |  |  |   or it is refused     |                     |  |  |         |
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
//!   registered the system call work; see [`expiry::arm`].
//! - A yield is noted only while that work is registered, so that every call takes the note back
//!   but the one that reports it.
//! - It ends exactly once: at [`end`], by a refusal in [`grant`], by the update after the thread
//!   was scheduled out, or with the thread, in inline C. Each clears both places and counts.

pub(crate) mod end;
pub(crate) mod expiry;
pub(crate) mod grant;
pub(crate) mod prctl;
pub(crate) mod tunable;

use crate::{
    abi::{
        Area,
        SliceCtrl,
        Version,
        AREA_SLICE_EXT_ENABLED, //
    },
    machine::{
        counters::{
            count,
            Counter, //
        },
        task::Current,
        user_memory::{
            field,
            Fault,
            Region, //
        }, //
    },
};

pub(crate) use crate::machine::switches::slices_offered as offered;

/// Writes the initial control word to an area, if one of `version` has it.
///
/// # Errors
///
/// [`Fault`] if the area cannot be accessed.
#[inline(always)] // User access is open.
pub(crate) fn initialize(area: &Region<'_, Area>, version: Version) -> Result<(), Fault> {
    match version {
        Version::V2 => area.store(field!(Area, slice_ctrl), SliceCtrl::CLEAR),
        Version::Legacy => Ok(()),
    }
}

/// Enables slices for `task` if the `flags` of its new area say so.
#[inline(always)] // One store.
pub(crate) fn adopt(task: Current, flags: u32) {
    task.slice()
        .set_enabled(flags & AREA_SLICE_EXT_ENABLED != 0);
}

/// Clears the control word, if `task` has one: what lies there in a legacy area is the thread's.
///
/// # Errors
///
/// [`Fault`] if the area cannot be accessed.
#[inline(always)] // User access is open.
pub(crate) fn clear_request(task: Current, area: &Region<'_, Area>) -> Result<(), Fault> {
    if task.is_v2() && offered() {
        area.store(field!(Area, slice_ctrl), SliceCtrl::CLEAR)?;
    }
    Ok(())
}

/// Ends a grant, if there is one; the control word is clear already.
#[inline(always)] // The last step to user space: C has no call here either.
pub(crate) fn revoke(task: Current) {
    let slice = task.slice();

    if slice.is_granted() {
        count(Counter::Revoked);
    }
    slice.end();
}
