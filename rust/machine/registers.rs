// SPDX-License-Identifier: GPL-2.0

//! The registers that the current thread has in user space.

use super::user_address::UserAddr;
use kernel::{
    bindings,
    types::NotThreadSafe, //
};

/// The saved user registers of the current thread, `struct pt_regs`.
///
/// Only this entry into the kernel uses them: interrupts save their own.
///
/// # Invariants
///
/// The pointer is valid while this entry into the kernel lasts, and nothing else uses it meanwhile.
#[derive(Clone, Copy)]
pub(crate) struct UserRegs(*mut bindings::pt_regs, NotThreadSafe);

impl UserRegs {
    /// Takes the registers that the entry code passes on.
    ///
    /// # Safety
    ///
    /// `regs` must be the saved user registers of the current thread, and not be used by others
    /// while the value exists.
    #[inline(always)] // A wrapped pointer.
    pub(crate) unsafe fn new(regs: *mut bindings::pt_regs) -> Self {
        // INVARIANT: Guaranteed by the caller.
        Self(regs, NotThreadSafe)
    }

    /// [`Self::new`] for callers that may have none, which pass null.
    ///
    /// # Safety
    ///
    /// As for [`Self::new`], except for null.
    #[inline(always)] // A wrapped pointer.
    pub(crate) unsafe fn from_raw(regs: *mut bindings::pt_regs) -> Option<Self> {
        if regs.is_null() {
            return None;
        }
        // SAFETY: Guaranteed by the caller.
        Some(unsafe { Self::new(regs) })
    }

    /// The instruction pointer.
    #[inline(always)] // One load.
    pub(crate) fn ip(&self) -> u64 {
        // SAFETY: By the type invariant the pointer is valid.
        unsafe { bindings::instruction_pointer(self.0) as u64 }
    }

    /// Has the thread continue at `ip`, which is never an address of the kernel.
    #[inline(always)] // One store.
    pub(crate) fn set_ip(&self, ip: UserAddr) {
        // SAFETY: By the type invariant the pointer is valid.
        unsafe { bindings::instruction_pointer_set(self.0, ip.get() as usize) };
    }
}
