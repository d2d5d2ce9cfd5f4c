// SPDX-License-Identifier: GPL-2.0

//! The setting that an operator can change while grants are given.

use super::operation;
use crate::world::{
    point::Op,
    with, //
};

/// The length of slices in ns.
pub(crate) fn slice_nsec() -> u32 {
    operation(Op::Setting);
    with(|world| world.slice_nsec)
}

/// Sets the length of slices in ns. The operator is not simulated, so this is no operation.
pub(crate) fn set_slice_nsec(nsec: u32) {
    with(|world| world.slice_nsec = nsec);
}
