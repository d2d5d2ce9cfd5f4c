// SPDX-License-Identifier: GPL-2.0 OR MIT
#![cfg_attr(not(feature = "std"), no_std)]
#![doc = include_str!("../README.md")]

#[cfg(all(test, not(feature = "std")))]
extern crate std;

#[cfg(not(target_os = "linux"))]
compile_error!("time slice extensions are a feature of Linux");
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64"
)))]
compile_error!("rseq-slice knows x86_64, aarch64 and riscv64");

pub mod abi;
mod c_library;
mod control_word;
mod kernel;
#[cfg(feature = "std")]
mod registration;
#[cfg(feature = "std")]
mod slice;
#[cfg_attr(not(feature = "statistics"), path = "statistics/off.rs")]
mod statistics;
mod support;
mod thread;

#[cfg(feature = "lock_api")]
mod futex;
#[cfg(feature = "lock_api")]
mod mutex;
#[cfg(feature = "lock_api")]
mod spin;
#[cfg(feature = "lock_api")]
mod sync;

#[cfg(feature = "lock_api")]
pub use mutex::{Mutex, MutexGuard, RawSliceMutex};
#[cfg(feature = "std")]
pub use registration::{set_policy, Policy};
#[cfg(feature = "std")]
pub use slice::{support, Guard, Slice};
#[cfg(feature = "lock_api")]
pub use spin::{RawSliceSpin, SpinGuard, SpinLock};
#[cfg(feature = "statistics")]
pub use statistics::{take as take_statistics, Histogram, Statistics};
pub use support::Support;
pub use thread::Thread;
