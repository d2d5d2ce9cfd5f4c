// SPDX-License-Identifier: GPL-2.0 OR MIT

//! Sections of the calling thread.

use core::marker::PhantomData;

use crate::{registration, Support, Thread};

std::thread_local! {
    // Needs no initialization and no destructor, so signal handlers can use it.
    static THREAD: Thread = const { Thread::new() };
}

/// A time slice extension, as a section sees it: a request.
pub struct Slice;

impl Slice {
    /// Begins a section that others wait for. It should take less than a slice does, by default
    /// 5 microseconds.
    ///
    /// The outermost section of the thread sets the request; dropping the guard takes it back, and
    /// gives up the CPU if the kernel has granted it. Nothing fails: where there are no slices, the
    /// section runs as it would without the guard. [`support`] tells.
    ///
    /// Make it for each *attempt* to take a lock, not while waiting for it: a waiter would keep the
    /// owner from the CPU. The locks of this crate do that.
    ///
    /// Safe in signal handlers, but for the first section of a thread that registers an area of its
    /// own: see [`Policy`](crate::Policy).
    ///
    /// ```
    /// # use std::sync::atomic::{AtomicU64, Ordering};
    /// # use rseq_slice::Slice;
    /// # static NEWEST: AtomicU64 = AtomicU64::new(0);
    /// let slice = Slice::enter();
    /// NEWEST.fetch_add(1, Ordering::Relaxed); // ... while others spin on something of ours
    /// drop(slice);
    /// ```
    #[inline]
    pub fn enter() -> Guard {
        enter();
        Guard {
            _stays: PhantomData,
        }
    }
}

/// A section that has begun. It ends when the guard is dropped, in the same thread.
///
/// A guard that is not kept is a section without content:
///
/// ```compile_fail
/// # #![deny(unused_must_use)]
/// # use rseq_slice::Slice;
/// Slice::enter();
/// ```
#[must_use = "the section ends at once unless the guard is kept"]
pub struct Guard {
    _stays: PhantomData<*mut ()>,
}

impl Guard {
    /// Whether the kernel has granted a slice, and others wait for the section to end.
    ///
    /// A section that can be divided ends early if so. The grant may be over by the next
    /// instruction.
    #[must_use]
    pub fn is_granted(&self) -> bool {
        THREAD.with(Thread::is_granted)
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        leave();
    }
}

/// What sections of the calling thread can expect, and what to do about it. Sets the thread up.
pub fn support() -> Support {
    THREAD.with(|thread| thread.support_with(registration::area))
}

#[inline(always)] // The lock that it belongs to is a few instructions itself.
pub(crate) fn enter() {
    if !THREAD.with(Thread::enter_outermost) {
        enter_rarely();
    }
}

// Has no arguments, so that the usual case does not prepare any.
#[cold]
#[inline(never)]
fn enter_rarely() {
    THREAD.with(|thread| thread.enter_rarely(registration::area));
}

#[inline(always)] // As `enter`
pub(crate) fn leave() {
    if !THREAD.with(Thread::leave_outermost) {
        leave_inner();
    }
}

/// As [`leave`], where an attempt to take a lock has failed.
#[cfg(feature = "lock_api")]
#[cold]
#[inline(never)] // As `enter_rarely`
pub(crate) fn withdraw() {
    leave();
}

#[cold]
#[inline(never)] // As `enter_rarely`
fn leave_inner() {
    THREAD.with(Thread::leave_inner);
}

pub(crate) fn give_up() {
    THREAD.with(Thread::give_up);
}
