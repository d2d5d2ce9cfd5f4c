// SPDX-License-Identifier: GPL-2.0 OR MIT

//! A spinlock whose owner asks not to be preempted.

use lock_api::{GuardNoSend, RawMutex};

use crate::{
    slice,
    sync::{
        spin_loop, AtomicBool,
        Ordering::{Acquire, Relaxed, Release},
    },
    thread::unlikely,
};

/// A spinlock for sections of at most a few microseconds, for use by [`lock_api`].
///
/// Waiters spin without a request, so the kernel may preempt them in favour of the owner. The lock
/// is not fair, and not poisoned by a panic. It suits threads that are not more than the CPUs for
/// long; [`RawSliceMutex`](crate::RawSliceMutex) puts waiters to sleep.
pub struct RawSliceSpin {
    locked: AtomicBool,
}

impl RawSliceSpin {
    #[cold]
    fn lock_contended(&self) {
        loop {
            while self.locked.load(Relaxed) {
                spin_loop();
            }
            if self.try_lock() {
                return;
            }
        }
    }
}

// SAFETY: Of those that find `locked` clear, the exchange has one succeed, until it unlocks.
unsafe impl RawMutex for RawSliceSpin {
    #[allow(clippy::declare_interior_mutable_const)] // It is what `lock_api` asks for.
    const INIT: Self = Self {
        locked: AtomicBool::new(false),
    };

    // The section of a thread is its own, so another thread cannot end it.
    type GuardMarker = GuardNoSend;

    #[inline]
    fn lock(&self) {
        if !self.try_lock() {
            self.lock_contended();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        slice::enter();
        let owned = self
            .locked
            .compare_exchange(false, true, Acquire, Relaxed)
            .is_ok();
        if !owned {
            unlikely();
            slice::withdraw();
        }
        owned
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.locked.store(false, Release);
        slice::leave();
    }

    fn is_locked(&self) -> bool {
        self.locked.load(Relaxed)
    }
}

/// A value behind a [`RawSliceSpin`].
pub type SpinLock<T> = lock_api::Mutex<RawSliceSpin, T>;
/// A [`SpinLock`] that is locked.
pub type SpinGuard<'a, T> = lock_api::MutexGuard<'a, RawSliceSpin, T>;
