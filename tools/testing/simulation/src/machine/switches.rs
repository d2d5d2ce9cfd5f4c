// SPDX-License-Identifier: GPL-2.0

//! What is switched on in this kernel.

use super::operation;
use crate::world::{
    point::Op,
    with, //
};

/// Is debug mode on?
pub(crate) fn debugging() -> bool {
    operation(Op::Switch);
    with(|world| world.debugging)
}

/// Does this kernel offer slices?
pub(crate) fn slices_offered() -> bool {
    operation(Op::Switch);
    with(|world| world.setup.slices_offered)
}
