// SPDX-License-Identifier: GPL-2.0

//! Tests of the decisions, with the very files that the kernel compiles.
//!
//! Each test states the ABI in another form than the code does: as a table, or as the list of
//! checks in the order in which user space sees their errors.

#![cfg(test)]

#[path = "../../../../rust/abi.rs"]
mod abi;
#[path = "../../../../rust/logic/mod.rs"]
mod logic;

mod area;
mod critical_section;
mod ids;
mod registration;
mod slice;
