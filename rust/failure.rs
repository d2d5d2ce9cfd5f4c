// SPDX-License-Identifier: GPL-2.0

//! The one place where a refusal becomes an error number, and a fault a signal.
//!
//! A thread whose area is of no use to the kernel cannot go on: the kernel would have to skip an
//! abort, or let a grant stand in memory that has ended. Concepts return a [`Fault`]; their entry
//! points pass it on to here.

use crate::machine::{
    context::TaskContext,
    task::Current,
    user_memory::Fault, //
};
use kernel::{
    ffi::c_int,
    prelude::*, //
};

/// The reason why a system call is turned down. The thread is as it was.
// Two of them only prctl has, so only kernels with slices.
#[allow(dead_code)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `EINVAL`: unknown flags or arguments, bad length or alignment, or not the area in use.
    Invalid,
    /// `EPERM`: the signature is not the registered one.
    WrongSignature,
    /// `EBUSY`: exactly this area is in use already.
    AlreadyRegistered,
    /// `EFAULT`: the area is not writable user memory.
    Inaccessible,
    /// `ENXIO`: the thread has no registration.
    Unregistered,
    /// `ENOTSUPP`: slices are off for this kernel or for a legacy registration.
    Unsupported,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid => EINVAL,
            Refusal::WrongSignature => EPERM,
            Refusal::AlreadyRegistered => EBUSY,
            Refusal::Inaccessible => EFAULT,
            Refusal::Unregistered => ENXIO,
            Refusal::Unsupported => ENOTSUPP,
        }
    }
}

/// The failure of a system call.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The call is turned down.
    Refused(Refusal),
    /// The area in use is of no use: `EFAULT`, with `SIGSEGV`.
    Fatal(Fault),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fatal(fault)
    }
}

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

/// The result of a system call, with the signal that may go with it.
#[inline(always)] // Folds into the branches of its callers.
pub(crate) fn answer<T>(
    task: Current,
    context: &TaskContext,
    result: Result<T, Failure>,
) -> Result<T> {
    match result {
        Ok(value) => Ok(value),
        Err(Failure::Refused(refusal)) => Err(refusal.into()),
        Err(Failure::Fatal(fault)) => fatal(task, context, Err(fault)).ok_or(EFAULT),
    }
}
