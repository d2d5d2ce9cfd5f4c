// SPDX-License-Identifier: GPL-2.0 OR MIT
#![no_std]

//! Time slice extensions of Linux.

#[cfg(test)]
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
mod support;
mod thread;

pub use support::Support;
pub use thread::Thread;
