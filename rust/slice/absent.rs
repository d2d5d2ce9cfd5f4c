// SPDX-License-Identifier: GPL-2.0

//! A kernel without `CONFIG_RSEQ_SLICE_EXTENSION`: no control word, no requests, no grants.

use crate::{
    abi::{
        Area,
        Version, //
    },
    machine::{
        task::Current,
        user_memory::{
            Fault,
            Region, //
        }, //
    },
};

/// Says that this kernel does not offer slices.
pub(crate) fn offered() -> bool {
    false
}

/// Leaves to user space what would be the control word.
#[inline(always)] // User access is open.
pub(crate) fn initialize(_: &Region<'_, Area>, _: Version) -> Result<(), Fault> {
    Ok(())
}

/// Enables nothing.
pub(crate) fn adopt(_: Current, _flags: u32) {}

/// Leaves to user space what would be the control word.
#[inline(always)] // User access is open.
pub(crate) fn clear_request(_: Current, _: &Region<'_, Area>) -> Result<(), Fault> {
    Ok(())
}

/// Ends nothing.
#[inline(always)] // Nothing.
pub(crate) fn revoke(_: Current) {}
