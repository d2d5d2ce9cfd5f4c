// SPDX-License-Identifier: GPL-2.0

//! The one place where a fault becomes a signal.
//!
//! A thread whose area is of no use to the kernel cannot go on: the kernel would have to skip an
//! abort, or let a grant stand in memory that has ended. Concepts return a [`Fault`]; their entry
//! points pass it on to here.

use crate::machine::{
    context::TaskContext,
    task::Current,
    user_memory::Fault, //
};
use kernel::ffi::c_int;

/// Raises `SIGSEGV` if `result` is a fault; returns the value otherwise.
#[inline(always)] // Folds into the branches of its callers.
pub(crate) fn fatal<T>(
    task: Current,
    context: &TaskContext,
    result: Result<T, Fault>,
) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Fault) => {
            task.segfault(context);
            None
        }
    }
}

/// [`fatal`] while `signal` is delivered, which kills the thread if that is `SIGSEGV` itself.
#[inline(always)] // Folds into the branches of its callers.
pub(crate) fn fatal_in_signal(
    task: Current,
    context: &TaskContext,
    signal: c_int,
    result: Result<(), Fault>,
) {
    if let Err(Fault) = result {
        task.segfault_in(context, signal);
    }
}
