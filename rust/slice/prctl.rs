// SPDX-License-Identifier: GPL-2.0

//! `prctl(PR_RSEQ_SLICE_EXTENSION)`: enables, disables and reports.

use crate::{
    abi::{
        Area,
        PRCTL_ENABLE, //
    },
    logic::slice::prctl::{
        decide,
        flip,
        Action,
        Refusal,
        Thread, //
    },
    slice,
    task::Current,
    uaccess::{
        field,
        Fault, //
    }, //
};
use kernel::prelude::*;

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid => EINVAL,
            Refusal::Unsupported => ENOTSUPP,
            Refusal::Unregistered => ENXIO,
        }
    }
}

/// Carries out a call with the second and third argument of `prctl(2)`. Task context, may sleep.
///
/// Returns [`PRCTL_ENABLE`] or 0 for a report, 0 for a change.
///
/// # Errors
///
/// - `EINVAL`: unknown operation or argument.
/// - `ENOTSUPP`: slices are off, on the command line or because the registration is a legacy one.
/// - `ENXIO`: no registration.
/// - `EFAULT`, with `SIGSEGV`: the area cannot be accessed, or user space wrote to bits of its
///   flags that are the kernel's.
#[inline(always)]
pub(crate) fn control(arg2: usize, arg3: usize) -> Result<usize> {
    let task = Current::get();
    let enabled = task.slices_enabled();
    let thread = Thread {
        available: slice::offered(),
        version: task.version(),
        enabled,
    };

    match decide(arg2, arg3, thread)? {
        Action::Report => Ok(if enabled { PRCTL_ENABLE } else { 0 }),
        Action::Keep => Ok(0),
        Action::Flip => match announce(task, enabled) {
            Ok(()) => {
                task.enable_slices(!enabled);
                Ok(0)
            }
            Err(fault) => {
                task.segfault();
                Err(fault.into())
            }
        },
    }
}

/// Turns the flag over that tells user space whether slices are `enabled`.
#[inline(always)]
fn announce(task: Current, enabled: bool) -> Result<(), Fault> {
    let area = task.area().open()?;
    let flags = flip(area.load(field!(Area, flags))?, enabled).ok_or(Fault)?;
    area.store(field!(Area, flags), flags)
}
