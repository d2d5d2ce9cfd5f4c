// SPDX-License-Identifier: GPL-2.0

//! `rseq(2)`: registers and unregisters the area of the calling thread.
//!
//! A thread has at most one area. Its length selects the ABI version, [`Version::Legacy`] or
//! [`Version::V2`], and the version decides what the kernel does with the area from then on.

use crate::{
    abi::{
        Area,
        Registration,
        Version,
        AREA_SLICE_EXT_AVAILABLE,
        AREA_SLICE_EXT_ENABLED,
        CPU_ID_UNINITIALIZED,
        FEATURE_ALIGN,
        FEATURE_SIZE,
        LEGACY_SIZE,
        REGISTER_SLICE_EXT_DEFAULT_ON,
        REGISTER_UNREGISTER, //
    },
    failure::{
        Failure,
        Refusal, //
    },
    machine::{
        context::TaskContext,
        task::Current,
        user_address::{
            Checked,
            UserObject, //
        },
        user_memory::{
            field,
            open,
            Fault,
            UserMemory, //
        }, //
    },
    slice, //
};

/// The request of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Take the area into use.
    Register(Version),
    /// Give up the area in use.
    Unregister,
}

/// Carries out a call for the area `asked`.
///
/// # Errors
///
/// A [`Refusal`]; or a [`Fault`] if an area to be unregistered cannot be accessed, since the kernel
/// could not keep it up to date any more either.
#[inline(always)] // Its only caller is the entry point.
pub(crate) fn control(
    task: Current,
    context: &mut TaskContext,
    asked: Registration,
    flags: u32,
) -> Result<(), Failure> {
    match decide(asked, flags, task.registration())? {
        Call::Register(version) => Ok(register(task, context, asked, version, flags)?),
        Call::Unregister => Ok(unregister(task, context)?),
    }
}

/// Decides on a call with `asked` and `flags` by a thread that has `current` in use.
///
/// # Errors
///
/// [`Refusal::Invalid`], [`Refusal::WrongSignature`] or [`Refusal::AlreadyRegistered`].
#[inline(always)] // Its only caller is `control`.
pub(crate) fn decide(
    asked: Registration,
    flags: u32,
    current: Option<Registration>,
) -> Result<Call, Refusal> {
    let unregister = flags == REGISTER_UNREGISTER;
    if !unregister && flags & !REGISTER_SLICE_EXT_DEFAULT_ON != 0 {
        return Err(Refusal::Invalid);
    }

    match current {
        Some(current) => {
            compare(asked, current)?;
            if unregister {
                Ok(Call::Unregister)
            } else {
                Err(Refusal::AlreadyRegistered)
            }
        }
        None if unregister => Err(Refusal::Invalid),
        None => Ok(Call::Register(version(asked.addr, asked.len)?)),
    }
}

/// Finds out whether `asked` is the area in use, and whether the caller knows its signature.
fn compare(asked: Registration, current: Registration) -> Result<(), Refusal> {
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
fn version(addr: usize, len: u32) -> Result<Version, Refusal> {
    let (version, align) = match len {
        LEGACY_SIZE => (Version::Legacy, LEGACY_SIZE),
        FEATURE_SIZE.. => (Version::V2, FEATURE_ALIGN),
        _ => return Err(Refusal::Invalid),
    };
    if addr % align as usize == 0 {
        Ok(version)
    } else {
        Err(Refusal::Invalid)
    }
}

/// The initial [`flags`](Area::flags) of an area.
///
/// `flags` are those of the call, `offered` tells whether this kernel offers slices. A legacy area
/// never sees slices, and asking for them there is harmless.
pub(crate) fn area_flags(version: Version, flags: u32, offered: bool) -> u32 {
    match version {
        Version::V2 if offered => {
            if flags & REGISTER_SLICE_EXT_DEFAULT_ON != 0 {
                AREA_SLICE_EXT_AVAILABLE | AREA_SLICE_EXT_ENABLED
            } else {
                AREA_SLICE_EXT_AVAILABLE
            }
        }
        _ => 0,
    }
}

#[inline(always)] // Its only caller is `control`.
fn register(
    task: Current,
    context: &mut TaskContext,
    asked: Registration,
    version: Version,
    flags: u32,
) -> Result<(), Refusal> {
    let area = UserObject::<Area>::at(asked.addr)
        .check(asked.len)
        .ok_or(Refusal::Inaccessible)?;
    let flags = area_flags(version, flags, slice::offered());
    initialize(context.memory(), area, version, flags).or(Err(Refusal::Inaccessible))?;

    task.register(context, area, asked.len, asked.sig, version);
    slice::adopt(task, flags);
    // The IDs follow before the thread is back in user space.
    task.marks().set();
    Ok(())
}

/// Writes the initial values.
///
/// A stale `rseq_cs` is overwritten without a look: C libraries reuse the areas of threads that
/// have exited. What lies behind `mm_cid` in a legacy area belongs to user space.
#[inline(always)] // Its only caller is `register`.
fn initialize(
    memory: &mut UserMemory,
    area: Checked<Area>,
    version: Version,
    flags: u32,
) -> Result<(), Fault> {
    open!(memory, area, |user| {
        user.store(field!(Area, rseq_cs), 0)?;
        user.store(field!(Area, flags), flags)?;
        user.store(field!(Area, cpu_id_start), CPU_ID_UNINITIALIZED)?;
        user.store(field!(Area, cpu_id), CPU_ID_UNINITIALIZED)?;
        user.store(field!(Area, node_id), 0)?;
        user.store(field!(Area, mm_cid), 0)?;
        slice::initialize(user, version)?;
    });
    Ok(())
}

/// Leaves ID fields that tell user space that nobody keeps them up to date.
#[inline(always)] // Its only caller is `control`.
fn unregister(task: Current, context: &mut TaskContext) -> Result<(), Fault> {
    open!(context.memory(), task.area(), |user| {
        user.store(field!(Area, cpu_id_start), 0)?;
        user.store(field!(Area, cpu_id), CPU_ID_UNINITIALIZED)?;
        user.store(field!(Area, node_id), 0)?;
        user.store(field!(Area, mm_cid), 0)?;
    });
    task.unregister(context);
    Ok(())
}
