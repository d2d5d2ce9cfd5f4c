// SPDX-License-Identifier: GPL-2.0

//! May this `rseq(2)` call go ahead, and as which ABI version?

use crate::abi::{
    AREA_SLICE_EXT_AVAILABLE,
    AREA_SLICE_EXT_ENABLED,
    FEATURE_ALIGN,
    FEATURE_SIZE,
    LEGACY_SIZE,
    REGISTER_SLICE_EXT_DEFAULT_ON,
    REGISTER_UNREGISTER, //
};

/// The ABI version that a registration selects by its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Version {
    /// 32 bytes: every ID update is unconditional, no slices.
    Legacy = 1,
    /// At least the advertised feature size: IDs are read-only, slices are on offer.
    V2 = 2,
}

/// A registered area: where, how long, and the signature in front of its abort handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Registration {
    /// User address of the area.
    pub(crate) addr: usize,
    /// Length in bytes.
    pub(crate) len: u32,
    /// Abort signature.
    pub(crate) sig: u32,
}

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Take the area into use.
    Register(Version),
    /// Give up the area in use.
    Unregister,
}

/// Why a call is turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Unknown flags, bad length or alignment, or not the area in use: `EINVAL`.
    Invalid,
    /// The signature is not the registered one: `EPERM`.
    WrongSignature,
    /// Exactly this area is in use already: `EBUSY`.
    AlreadyRegistered,
}

/// Decides on a call with `asked` and `flags` by a thread that has `current` in use.
pub(crate) const fn decide(
    asked: Registration,
    flags: u32,
    current: Option<Registration>,
) -> Result<Action, Refusal> {
    let unregister = flags == REGISTER_UNREGISTER;
    if !unregister && flags & !REGISTER_SLICE_EXT_DEFAULT_ON != 0 {
        return Err(Refusal::Invalid);
    }

    match current {
        Some(current) => match compare(asked, current) {
            Ok(()) if unregister => Ok(Action::Unregister),
            Ok(()) => Err(Refusal::AlreadyRegistered),
            Err(refusal) => Err(refusal),
        },
        None if unregister => Err(Refusal::Invalid),
        None => match version(asked.addr, asked.len) {
            Some(version) => Ok(Action::Register(version)),
            None => Err(Refusal::Invalid),
        },
    }
}

/// Is `asked` the area in use, and does the caller know its signature?
const fn compare(asked: Registration, current: Registration) -> Result<(), Refusal> {
    if asked.addr != current.addr || asked.len != current.len {
        Err(Refusal::Invalid)
    } else if asked.sig != current.sig {
        Err(Refusal::WrongSignature)
    } else {
        Ok(())
    }
}

/// The version that an area of `len` bytes at `addr` selects, if both are acceptable.
///
/// The original length comes with the original alignment. Anything longer has to hold all fields
/// and to be aligned as the auxiliary vector says.
const fn version(addr: usize, len: u32) -> Option<Version> {
    let (version, align) = match len {
        LEGACY_SIZE => (Version::Legacy, LEGACY_SIZE),
        FEATURE_SIZE.. => (Version::V2, FEATURE_ALIGN),
        _ => return None,
    };
    if addr % align as usize == 0 {
        Some(version)
    } else {
        None
    }
}

/// The initial [`flags`](crate::abi::Area::flags) of an area.
///
/// `flags` are those of the call, `available` tells whether this kernel offers slices. A legacy
/// area never sees slices, and asking for them there is harmless.
pub(crate) const fn area_flags(version: Version, flags: u32, available: bool) -> u32 {
    match version {
        Version::V2 if available => {
            if flags & REGISTER_SLICE_EXT_DEFAULT_ON != 0 {
                AREA_SLICE_EXT_AVAILABLE | AREA_SLICE_EXT_ENABLED
            } else {
                AREA_SLICE_EXT_AVAILABLE
            }
        }
        _ => 0,
    }
}
