// SPDX-License-Identifier: GPL-2.0 OR MIT

//! Mistakes that the compiler finds. (That a guard must be kept is shown in the documentation.)

#![cfg(not(shuttle))]

use rseq_slice::{Guard, MutexGuard, SpinGuard, Thread};
use static_assertions::{assert_impl_all, assert_not_impl_any};

// A section ends in the thread where it began.
assert_not_impl_any!(Guard: Send);
assert_not_impl_any!(SpinGuard<'static, u32>: Send);
assert_not_impl_any!(MutexGuard<'static, u32>: Send);
// Its thread alone counts.
assert_not_impl_any!(Thread: Send, Sync);
// What locks protect is for all threads.
assert_impl_all!(rseq_slice::SpinLock<u32>: Send, Sync);
assert_impl_all!(rseq_slice::Mutex<u32>: Send, Sync);
