// SPDX-License-Identifier: GPL-2.0

//! The seam, simulated: the modules and types of `rust/machine/`.
//!
//! A type here promises what its namesake promises, and panics if its contract is broken. What the
//! real types carry as pointers is a number here, by which the [`world`](crate::world) finds its
//! state. Each operation is an [`operation`], where something else may happen first.

pub(crate) mod clock;
pub(crate) mod context;
pub(crate) mod counters;
pub(crate) mod marks;
pub(crate) mod registers;
pub(crate) mod setting;
pub(crate) mod slice_state;
pub(crate) mod switches;
pub(crate) mod task;
pub(crate) mod timer;
pub(crate) mod tracepoints;
pub(crate) mod user_address;
pub(crate) mod user_memory;

use crate::world::{
    check::{
        violated,
        Contract, //
    },
    point::{
        point,
        Op, //
    },
    with, //
};

/// An operation that is a load or a store in the kernel: allowed in any context, in an open region
/// too.
fn operation(op: Op) {
    point(op, 0);
}

/// An operation that is, or may be, a call in the kernel: not in an open region.
fn call(op: Op) {
    if with(|world| world.frame().region_open) {
        violated(Contract::NoCallInRegion, format_args!("{op:?}"));
    }
    operation(op);
}
