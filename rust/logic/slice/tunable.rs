// SPDX-License-Identifier: GPL-2.0

//! The bounds of the slice length.

// Without debugfs nobody can change it.
#![cfg_attr(not(CONFIG_DEBUG_FS), allow(dead_code))]

/// The shortest slice, and the default, in ns.
pub(crate) const MIN_NSEC: u32 = 5_000;
/// The longest slice, in ns.
pub(crate) const MAX_NSEC: u32 = 50_000;

/// Is `nsec` an acceptable slice length?
pub(crate) const fn acceptable(nsec: u32) -> bool {
    MIN_NSEC <= nsec && nsec <= MAX_NSEC
}
