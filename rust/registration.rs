// SPDX-License-Identifier: GPL-2.0

//! `rseq(2)`: registers and unregisters the area of the calling thread.
//!
//! A thread has at most one area. Its length selects the ABI version, [`Version::Legacy`] or
//! [`Version::V2`], and the version decides what the kernel does with the area from then on.

use crate::{
    abi::{
        Area,
        SliceCtrl,
        CPU_ID_UNINITIALIZED, //
    },
    logic::registration::{
        area_flags,
        decide,
        Action,
        Refusal,
        Registration,
        Version, //
    },
    machine,
    slice,
    task::Current,
    uaccess::{
        field,
        Fault,
        UserPtr, //
    }, //
};
use kernel::prelude::*;

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid => EINVAL,
            Refusal::WrongSignature => EPERM,
            Refusal::AlreadyRegistered => EBUSY,
        }
    }
}

/// Carries out a call for the area of `len` bytes at `ptr`. Task context, may sleep.
///
/// # Errors
///
/// - `EINVAL`: unknown flags, length or alignment not acceptable, or not the area in use.
/// - `EPERM`: `sig` is not the registered signature.
/// - `EBUSY`: exactly this area is registered already.
/// - `EFAULT`: the area is not writable user memory. If that is found on unregistering, `SIGSEGV`
///   is raised too, because the kernel could not keep the area up to date any more either.
#[inline(always)]
pub(crate) fn control(ptr: *mut Area, len: u32, flags: u32, sig: u32) -> Result {
    let task = Current::get();
    let asked = Registration {
        addr: ptr.expose_provenance(),
        len,
        sig,
    };

    match decide(asked, flags, task.registration())? {
        Action::Register(version) => register(task, asked, version, flags),
        Action::Unregister => unregister(task),
    }
}

#[inline(always)]
fn register(task: Current, asked: Registration, version: Version, flags: u32) -> Result {
    let area = UserPtr::<Area>::new(core::ptr::with_exposed_provenance_mut(asked.addr));
    if !area.access_ok(asked.len as usize) {
        return Err(EFAULT);
    }

    let flags = area_flags(version, flags, slice::offered());
    initialize(&area, version, flags)?;

    task.register(asked, version);
    slice::adopt(machine::task::Current::get(), flags);
    Ok(())
}

/// Writes the initial values. The IDs follow before the thread is back in user space.
///
/// A stale `rseq_cs` is overwritten without a look: C libraries reuse the areas of threads that
/// have exited. What lies behind `mm_cid` in a legacy area belongs to user space.
#[inline(always)]
fn initialize(area: &UserPtr<Area>, version: Version, flags: u32) -> Result<(), Fault> {
    let area = area.open()?;

    area.store(field!(Area, rseq_cs), 0)?;
    area.store(field!(Area, flags), flags)?;
    area.store(field!(Area, cpu_id_start), CPU_ID_UNINITIALIZED)?;
    area.store(field!(Area, cpu_id), CPU_ID_UNINITIALIZED)?;
    area.store(field!(Area, node_id), 0)?;
    area.store(field!(Area, mm_cid), 0)?;
    if cfg!(CONFIG_RSEQ_SLICE_EXTENSION) && version == Version::V2 {
        area.store(field!(Area, slice_ctrl), SliceCtrl::CLEAR)?;
    }
    Ok(())
}

#[inline(always)]
fn unregister(task: Current) -> Result {
    if let Err(fault) = reset(&task.area()) {
        task.segfault();
        return Err(fault.into());
    }
    task.unregister();
    Ok(())
}

/// Leaves ID fields that tell user space that nobody keeps them up to date.
#[inline(always)]
fn reset(area: &UserPtr<Area>) -> Result<(), Fault> {
    let area = area.open()?;

    area.store(field!(Area, cpu_id_start), 0)?;
    area.store(field!(Area, cpu_id), CPU_ID_UNINITIALIZED)?;
    area.store(field!(Area, node_id), 0)?;
    area.store(field!(Area, mm_cid), 0)
}
