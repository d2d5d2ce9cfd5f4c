// SPDX-License-Identifier: GPL-2.0 OR MIT

//! Waiting in the kernel for a word to change.

#[cfg(not(shuttle))]
pub(crate) use real::{wait, wake_one};
#[cfg(shuttle)]
pub(crate) use simulated::{wait, wake_one};

#[cfg(not(shuttle))]
mod real {
    use core::{ptr::null, sync::atomic::AtomicU32, time::Duration};

    use crate::kernel;

    /// Sleeps while `word` is `expected`, until somebody wakes this thread or `timeout` is over.
    ///
    /// May return early: the caller looks again.
    pub(crate) fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) {
        let timeout = timeout.map(|left| libc::timespec {
            // Longer than anybody waits, where it does not fit.
            tv_sec: left.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        let timeout = timeout.as_ref().map_or(null(), |time| &raw const *time);
        // Whatever it fails with, the caller looks again.
        let _ = kernel::result(|| {
            let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
            // SAFETY: Reads the word and the time, both of which are there until it returns.
            unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, expected, timeout) }
        });
    }

    /// Wakes one thread that waits for `word`.
    pub(crate) fn wake_one(word: &AtomicU32) {
        // Another thread may have freed the word by now: then nobody waits there.
        let _ = kernel::result(|| {
            let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
            // SAFETY: The kernel uses the address only to find waiters.
            unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, 1) }
        });
    }
}

/// What the kernel promises, for `tests/interleavings.rs`, where time stands still.
#[cfg(shuttle)]
mod simulated {
    use std::time::Duration;

    use shuttle::sync::{atomic::AtomicU32, atomic::Ordering::SeqCst, Condvar, Mutex};

    shuttle::lazy_static! {
        static ref QUEUE: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
    }

    pub(crate) fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) {
        let guard = QUEUE.0.lock().unwrap();
        if word.load(SeqCst) == expected && timeout.is_none() {
            drop(QUEUE.1.wait(guard));
        }
    }

    pub(crate) fn wake_one(_: &AtomicU32) {
        drop(QUEUE.0.lock());
        QUEUE.1.notify_one();
    }
}
