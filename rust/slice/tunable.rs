// SPDX-License-Identifier: GPL-2.0

//! The length of a slice, `rseq/slice_ext_nsec` in debugfs.

use crate::logic::slice::tunable::MIN_NSEC;
use kernel::{
    bindings,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};
#[cfg(CONFIG_DEBUG_FS)]
use {
    crate::logic::slice::tunable::acceptable,
    kernel::prelude::*, //
};

// Read on every grant, so kept away from what is written often.
#[link_section = ".data..read_mostly"]
static SLICE_NSEC: Atomic<u32> = Atomic::new(MIN_NSEC);

/// The length of slices in ns.
pub(crate) fn nsec() -> u32 {
    SLICE_NSEC.load(Relaxed)
}

/// Sets the length of the slices that are granted from now on, in ns.
///
/// # Errors
///
/// `ERANGE` outside of 5 to 50 us.
#[cfg(CONFIG_DEBUG_FS)]
pub(crate) fn set_nsec(nsec: u32) -> Result {
    if !acceptable(nsec) {
        return Err(ERANGE);
    }
    SLICE_NSEC.store(nsec, Relaxed);
    Ok(())
}

/// The end of a slice that starts now, in ns of the monotonic clock.
#[inline(always)]
pub(crate) fn expiry() -> u64 {
    // SAFETY: Safe in any context.
    unsafe { bindings::ktime_get_mono_fast_ns() }.wrapping_add(nsec().into())
}
