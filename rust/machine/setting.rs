// SPDX-License-Identifier: GPL-2.0

//! The setting that an operator can change while grants are given.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

// Read on every grant, so kept away from what is written often.
#[link_section = ".data..read_mostly"]
static SLICE_NSEC: Atomic<u32> = Atomic::new(crate::abi::MIN_NSEC);

/// The length of slices in ns. Any context; an operator may change it at any time.
#[inline(always)] // One load.
pub(crate) fn slice_nsec() -> u32 {
    SLICE_NSEC.load(Relaxed)
}

/// Sets the length of slices in ns, which the caller has found acceptable. Any context.
pub(crate) fn set_slice_nsec(nsec: u32) {
    SLICE_NSEC.store(nsec, Relaxed);
}
