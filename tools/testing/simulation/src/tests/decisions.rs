// SPDX-License-Identifier: GPL-2.0

//! Tests of the pure functions.
//!
//! Each states the ABI in another form than the code does: as a table, or as the list of checks in
//! the order in which user space sees their errors.

mod area;
mod critical_section;
mod ids;
mod registration;
mod slice;
