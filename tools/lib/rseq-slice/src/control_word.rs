// SPDX-License-Identifier: GPL-2.0 OR MIT

//! Requests and grants: two bytes that a thread shares with the kernel.
//!
//! The kernel accesses them only between two instructions of the thread, on the CPU where that
//! runs, like a signal handler. So each access is one plain load or store. What keeps the compiler
//! from moving it is that it is volatile, and the fences of the callers.

use core::ptr::NonNull;

use crate::abi::{field, Area, ControlWord};

/// The control word of the calling thread.
#[derive(Clone, Copy)]
pub(crate) struct Control(*mut ControlWord);

impl Control {
    /// The control word of `area`.
    pub(crate) fn of(area: NonNull<Area>) -> *mut ControlWord {
        field!(area.as_ptr(), Area, slice_ctrl: ControlWord)
    }

    /// # Safety
    ///
    /// It is part of the area that is registered for the calling thread, and stays so for as long
    /// as the result is used.
    #[inline(always)] // A move
    pub(crate) unsafe fn new(word: *mut ControlWord) -> Self {
        Self(word)
    }

    /// Asks for a slice. No grant is out.
    #[inline(always)] // One instruction
    pub(crate) fn request(self) {
        // SAFETY: `new`
        unsafe { field!(self.0, ControlWord, request: u8).write_volatile(1) }
    }

    /// Takes the request back. Returns whether a grant is out, and so a yield is due.
    ///
    /// The order matters: a grant between a look at it and the store would be missed.
    #[inline(always)] // Two instructions
    pub(crate) fn take_back(self) -> bool {
        // SAFETY: `new`
        unsafe { field!(self.0, ControlWord, request: u8).write_volatile(0) };
        self.is_granted()
    }

    /// Whether the kernel has not answered the request so far.
    #[cfg(feature = "statistics")]
    pub(crate) fn is_pending(self) -> bool {
        // SAFETY: `new`
        unsafe { field!(self.0, ControlWord, request: u8).read_volatile() != 0 }
    }

    /// Whether a grant is out. It may be over by the next instruction.
    #[inline(always)] // One instruction
    pub(crate) fn is_granted(self) -> bool {
        // SAFETY: `new`
        unsafe { field!(self.0, ControlWord, granted: u8).read_volatile() != 0 }
    }
}
