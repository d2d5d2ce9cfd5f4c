// SPDX-License-Identifier: GPL-2.0

//! The monotonic clock.

use kernel::bindings;

/// Now, in ns. Any context, NMIs included.
#[inline(always)] // A call as it is.
pub(crate) fn now() -> u64 {
    // SAFETY: Safe in any context.
    unsafe { bindings::ktime_get_mono_fast_ns() }
}
