// SPDX-License-Identifier: GPL-2.0

//! The concepts of `rust/`, the very files that the kernel compiles, on a simulated machine.
//!
//! [`machine`] offers the modules and types of `rust/machine/`, so that the concepts compile
//! unchanged; [`entry_points`] is what the crate root is in the kernel. Both stand on the
//! [`world`]: CPUs, tasks, user memory, and around the Rust code a model of the C code that calls
//! it. There each operation of the machine is a point where anything may happen that could happen
//! in a kernel, and where the machine's contracts are checked.
//!
//! | tests | what |
//! |---|---|
//! | `tests/decisions` | pure functions, against tables and against the ABI in another form |
//! | `tests/behaviour` | single rules of the ABI, shown through the entry points |
//! | `tests/scenarios` | the documented races, step by step |
//! | `tests/contracts` | misuse of the machine, which its types mostly rule out |
//! | `tests/random` | random programs and random events against all that is checked |
//! | `tests/mutants.rs` of the package | contracts broken on purpose are found |

#![cfg(test)]

mod entry_points;
mod machine;
#[path = "../../../../rust"]
mod shipped {
    pub(crate) mod abi;
    pub(crate) mod critical_section;
    pub(crate) mod failure;
    pub(crate) mod ids;
    pub(crate) mod registration;
    pub(crate) mod slice;
    pub(crate) mod user_return;
}
mod tests;
mod world;

pub(crate) use shipped::{
    abi,
    critical_section,
    failure,
    ids,
    registration,
    slice,
    user_return, //
};
