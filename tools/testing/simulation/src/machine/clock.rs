// SPDX-License-Identifier: GPL-2.0

//! The monotonic clock.

use super::call;
use crate::world::{
    point::Op,
    with, //
};

/// Now, in ns. Time passes between any two operations.
pub(crate) fn now() -> u64 {
    call(Op::Clock);
    with(|world| world.clock)
}
