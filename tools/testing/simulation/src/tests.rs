// SPDX-License-Identifier: GPL-2.0

//! The tests; see the [crate](crate).

mod behaviour;
mod contracts;
mod decisions;
mod random;
mod scenarios;
mod stage;
mod thread;
