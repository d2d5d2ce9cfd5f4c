// SPDX-License-Identifier: GPL-2.0

//! `prctl(PR_RSEQ_SLICE_EXTENSION)`: enables, disables and reports.

use super::offered;
use crate::{
    abi::{
        Area,
        Version,
        AREA_SLICE_EXT_AVAILABLE,
        AREA_SLICE_EXT_ENABLED,
        PRCTL_ENABLE,
        PRCTL_GET,
        PRCTL_SET, //
    },
    failure::{
        Failure,
        Refusal, //
    },
    machine::{
        context::TaskContext,
        task::Current,
        user_memory::{
            field,
            open,
            Fault, //
        }, //
    },
};

/// The rights of the calling thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The kernel offers slices.
    pub(crate) offered: bool,
    /// The version of the thread's registration, if it has one.
    pub(crate) version: Option<Version>,
    /// The thread has slices enabled.
    pub(crate) enabled: bool,
}

/// The effect of a valid call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Report the state of the thread.
    Report,
    /// Nothing, the thread is in that state already.
    Keep,
    /// Enable what is disabled, or disable what is enabled.
    Flip,
}

/// Carries out a call with the second and third argument of `prctl(2)`. May sleep.
///
/// Returns [`PRCTL_ENABLE`] or 0 for a report, 0 for a change.
///
/// # Errors
///
/// A [`Refusal`]; or a [`Fault`] if the area cannot be accessed, or user space wrote to bits of its
/// flags that are the kernel's.
#[inline(always)] // Its only caller is the entry point.
pub(crate) fn control(
    task: Current,
    context: &mut TaskContext,
    arg2: usize,
    arg3: usize,
) -> Result<usize, Failure> {
    let enabled = task.slice().is_enabled();
    let caller = Caller {
        offered: offered(),
        version: task.version(),
        enabled,
    };

    match decide(arg2, arg3, caller)? {
        Action::Report => Ok(if enabled { PRCTL_ENABLE } else { 0 }),
        Action::Keep => Ok(0),
        Action::Flip => {
            open!(context.memory(), task.area(), |area| {
                let Some(flags) = flip(area.load(field!(Area, flags))?, enabled) else {
                    return Err(Failure::Fatal(Fault));
                };
                area.store(field!(Area, flags), flags)?;
            });
            task.slice().set_enabled(!enabled);
            Ok(0)
        }
    }
}

/// Decides on a call with the second and third `prctl` argument.
///
/// # Errors
///
/// [`Refusal::Invalid`], [`Refusal::Unsupported`] or [`Refusal::Unregistered`].
#[inline(always)] // Its only caller is `control`.
pub(crate) fn decide(arg2: usize, arg3: usize, caller: Caller) -> Result<Action, Refusal> {
    match (arg2, arg3) {
        (PRCTL_GET, 0) => Ok(Action::Report),
        (PRCTL_SET, 0) => set(false, caller),
        (PRCTL_SET, PRCTL_ENABLE) => set(true, caller),
        _ => Err(Refusal::Invalid),
    }
}

#[inline(always)] // Folds into the branches of `decide`.
fn set(enable: bool, caller: Caller) -> Result<Action, Refusal> {
    if !caller.offered {
        return Err(Refusal::Unsupported);
    }
    match caller.version {
        None => Err(Refusal::Unregistered),
        Some(Version::Legacy) => Err(Refusal::Unsupported),
        Some(Version::V2) if enable == caller.enabled => Ok(Action::Keep),
        Some(Version::V2) => Ok(Action::Flip),
    }
}

/// The area's flags after [`Action::Flip`] by a thread that was `enabled`.
///
/// [`None`] if user space wrote to the bits that are the kernel's: they have to show that slices
/// are available, and enabled if they are.
#[inline(always)] // User access is open.
pub(crate) fn flip(flags: u32, enabled: bool) -> Option<u32> {
    let expected = if enabled {
        AREA_SLICE_EXT_AVAILABLE | AREA_SLICE_EXT_ENABLED
    } else {
        AREA_SLICE_EXT_AVAILABLE
    };
    if flags & expected != expected {
        return None;
    }
    Some(if enabled {
        flags & !AREA_SLICE_EXT_ENABLED
    } else {
        flags | AREA_SLICE_EXT_ENABLED
    })
}
