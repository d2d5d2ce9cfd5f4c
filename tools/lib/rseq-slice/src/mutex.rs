// SPDX-License-Identifier: GPL-2.0 OR MIT

//! A mutex whose owner asks not to be preempted.

use std::time::{Duration, Instant};

use lock_api::{GuardNoSend, RawMutex, RawMutexTimed};

use crate::{
    futex, slice,
    sync::{
        spin_loop, AtomicU32,
        Ordering::{Acquire, Relaxed, Release},
    },
    thread::unlikely,
};

const FREE: u32 = 0;
const LOCKED: u32 = 1;
/// Locked, and somebody may wait for it in the kernel.
const CONTENDED: u32 = 2;

/// Looks at a lock before a thread goes to sleep, as in the standard library.
const SPINS: u32 = if cfg!(shuttle) { 1 } else { 100 };

/// A mutex for use by [`lock_api`]. Waiters spin for a moment and then sleep in `futex(2)`.
///
/// There is a request while the lock is held and for each attempt to take it, not while a thread
/// waits. As with parking_lot, a panic does not poison the lock, whoever comes first gets it, and
/// the timed variants return whether they did.
pub struct RawSliceMutex {
    state: AtomicU32,
}

impl RawSliceMutex {
    /// Takes the lock as `owned`, if it is free.
    #[inline(always)] // The lock is a few instructions itself.
    fn attempt(&self, owned: u32) -> bool {
        slice::enter();
        let taken = match owned {
            LOCKED => self
                .state
                .compare_exchange(FREE, LOCKED, Acquire, Relaxed)
                .is_ok(),
            // Whoever has it by now is told that somebody waits.
            _ => self.state.swap(CONTENDED, Acquire) == FREE,
        };
        if !taken {
            unlikely();
            slice::withdraw();
        }
        taken
    }

    /// Returns whether the lock was taken before `deadline`.
    #[cold]
    fn lock_contended(&self, deadline: Option<Instant>) -> bool {
        if self.spin() == FREE && self.attempt(LOCKED) {
            return true;
        }
        // Others may be asleep as well: whoever has waited leaves the lock contended.
        while !self.attempt(CONTENDED) {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return false;
            }
            futex::wait(&self.state, CONTENDED, left);
            self.spin();
        }
        true
    }

    /// Gives the owner a moment, unless others sleep already. Returns the state.
    fn spin(&self) -> u32 {
        for _ in 0..SPINS {
            let state = self.state.load(Relaxed);
            if state != LOCKED {
                return state;
            }
            spin_loop();
        }
        LOCKED
    }
}

// SAFETY: Of those that find `state` free, one exchange succeeds, until that thread unlocks.
unsafe impl RawMutex for RawSliceMutex {
    #[allow(clippy::declare_interior_mutable_const)] // It is what `lock_api` asks for.
    const INIT: Self = Self {
        state: AtomicU32::new(FREE),
    };

    // The section of a thread is its own, so another thread cannot end it.
    type GuardMarker = GuardNoSend;

    #[inline]
    fn lock(&self) {
        if !self.attempt(LOCKED) {
            self.lock_contended(None);
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        self.attempt(LOCKED)
    }

    #[inline]
    unsafe fn unlock(&self) {
        let contended = self.state.swap(FREE, Release) == CONTENDED;
        // The system call that wakes a waiter would end a grant and count as misuse of it.
        slice::leave();
        if contended {
            futex::wake_one(&self.state);
        }
    }

    fn is_locked(&self) -> bool {
        self.state.load(Relaxed) != FREE
    }
}

// SAFETY: As `RawMutex`: a lock is taken by the same exchanges.
unsafe impl RawMutexTimed for RawSliceMutex {
    type Duration = Duration;
    type Instant = Instant;

    fn try_lock_for(&self, timeout: Duration) -> bool {
        // A time that is too far away for the clock never comes.
        self.attempt(LOCKED) || self.lock_contended(Instant::now().checked_add(timeout))
    }

    fn try_lock_until(&self, timeout: Instant) -> bool {
        self.attempt(LOCKED) || self.lock_contended(Some(timeout))
    }
}

/// A value behind a [`RawSliceMutex`].
pub type Mutex<T> = lock_api::Mutex<RawSliceMutex, T>;
/// A [`Mutex`] that is locked.
pub type MutexGuard<'a, T> = lock_api::MutexGuard<'a, RawSliceMutex, T>;
