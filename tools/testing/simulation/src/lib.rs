// SPDX-License-Identifier: GPL-2.0

//! The concepts of `rust/`, the very files that the kernel compiles, on a simulated machine.

#![cfg(test)]
