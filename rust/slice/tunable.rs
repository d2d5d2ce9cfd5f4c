// SPDX-License-Identifier: GPL-2.0

//! The length of a slice, `rseq/slice_ext_nsec` in debugfs.

// Without debugfs nobody can change it.
#![cfg_attr(not(CONFIG_DEBUG_FS), allow(dead_code))]

use crate::{
    abi::{
        MAX_NSEC,
        MIN_NSEC, //
    },
    machine::{
        clock,
        setting, //
    }, //
};
use kernel::prelude::*;

/// The length of slices in ns.
pub(crate) fn nsec() -> u32 {
    setting::slice_nsec()
}

/// Sets the length of the slices that are granted from now on, in ns.
///
/// # Errors
///
/// `ERANGE` outside of 5 to 50 us.
pub(crate) fn set_nsec(nsec: u32) -> Result {
    if !(MIN_NSEC..=MAX_NSEC).contains(&nsec) {
        return Err(ERANGE);
    }
    setting::set_slice_nsec(nsec);
    Ok(())
}

/// The end of a slice that starts now, in ns of the monotonic clock.
#[inline(always)] // Folds into the grant.
pub(crate) fn expiry() -> u64 {
    clock::now().wrapping_add(setting::slice_nsec().into())
}
