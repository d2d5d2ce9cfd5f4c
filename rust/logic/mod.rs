// SPDX-License-Identifier: GPL-2.0

//! The decisions, as pure functions.
//!
//! Values go in, an enum comes out. Nothing here knows the kernel crate, reads memory or changes
//! state, so the same files are compiled again on the host, where `tools/testing/logic` runs every
//! decision through all of its inputs.

#![deny(unsafe_code)]

pub(crate) mod critical_section;
pub(crate) mod ids;
pub(crate) mod registration;
#[cfg(any(CONFIG_RSEQ_SLICE_EXTENSION, test))]
pub(crate) mod slice;
