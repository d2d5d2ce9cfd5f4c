// SPDX-License-Identifier: GPL-2.0 OR MIT

//! Atomic variables, those of the standard library or ones whose interleavings are explored.

#[cfg(not(shuttle))]
pub(crate) use core::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};
#[cfg(shuttle)]
pub(crate) use shuttle::{
    hint::spin_loop,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};
