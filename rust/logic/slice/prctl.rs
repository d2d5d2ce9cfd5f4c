// SPDX-License-Identifier: GPL-2.0

//! `prctl(PR_RSEQ_SLICE_EXTENSION)`: which call is valid, and which bits it flips.

use crate::abi::{
    AREA_SLICE_EXT_AVAILABLE,
    AREA_SLICE_EXT_ENABLED,
    PRCTL_ENABLE,
    PRCTL_GET,
    PRCTL_SET, //
};
use crate::logic::registration::Version;

/// What the calling thread is entitled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thread {
    /// The kernel offers slices.
    pub(crate) available: bool,
    /// The version of the thread's registration, if it has one.
    pub(crate) version: Option<Version>,
    /// The thread has slices enabled.
    pub(crate) enabled: bool,
}

/// What a valid call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Report the state of the thread.
    Report,
    /// Nothing, the thread is in that state already.
    Keep,
    /// Enable what is disabled, or disable what is enabled.
    Flip,
}

/// Why a call is turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Unknown operation or argument: `EINVAL`.
    Invalid,
    /// Slices are off for this kernel or for a legacy registration: `ENOTSUPP`.
    Unsupported,
    /// The thread has no registration: `ENXIO`.
    Unregistered,
}

/// Decides on a call with the second and third `prctl` argument.
pub(crate) const fn decide(arg2: usize, arg3: usize, thread: Thread) -> Result<Action, Refusal> {
    match (arg2, arg3) {
        (PRCTL_GET, 0) => Ok(Action::Report),
        (PRCTL_SET, 0) => set(false, thread),
        (PRCTL_SET, PRCTL_ENABLE) => set(true, thread),
        _ => Err(Refusal::Invalid),
    }
}

const fn set(enable: bool, thread: Thread) -> Result<Action, Refusal> {
    if !thread.available {
        return Err(Refusal::Unsupported);
    }
    match thread.version {
        None => Err(Refusal::Unregistered),
        Some(Version::Legacy) => Err(Refusal::Unsupported),
        Some(Version::V2) if enable == thread.enabled => Ok(Action::Keep),
        Some(Version::V2) => Ok(Action::Flip),
    }
}

/// The area's flags after [`Action::Flip`] by a thread that was `enabled`.
///
/// [`None`] if user space wrote to the bits that are the kernel's: they have to show that slices
/// are available, and enabled if they are.
pub(crate) const fn flip(flags: u32, enabled: bool) -> Option<u32> {
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
