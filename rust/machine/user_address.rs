// SPDX-License-Identifier: GPL-2.0

//! Addresses of user space, and what is known of them.
//!
//! - [`UserObject`]: nothing, it is what user space passed.
//! - [`UserAddr`]: it is one of user space.
//! - [`Checked`]: a whole object lies in user space.
//!
//! Whether memory is mapped there shows only in the access. Values, to be used in any context.

use crate::abi::{
    Area,
    LEGACY_SIZE, //
};
use core::ptr;
use kernel::{
    bindings,
    types::NotThreadSafe, //
};

/// The addresses that user space can have in the current task.
#[derive(Clone, Copy)]
pub(crate) struct UserSpace {
    end: u64,
    _here: NotThreadSafe,
}

impl UserSpace {
    /// The user space of the current task. Any context.
    #[inline(always)] // A constant or one load.
    pub(crate) fn current() -> Self {
        Self {
            // SAFETY: Reads the current task's personality, if that matters at all.
            end: unsafe { bindings::task_size() as u64 },
            _here: NotThreadSafe,
        }
    }

    /// The first address behind user space.
    #[cfg(CONFIG_RSEQ_RUST_KUNIT_TEST)]
    pub(crate) fn end(self) -> u64 {
        self.end
    }

    /// `addr`, if it lies in user space.
    #[inline(always)] // One comparison, also while user access is open.
    pub(crate) fn at(self, addr: u64) -> Option<UserAddr> {
        if addr < self.end {
            // INVARIANT: Just checked.
            Some(UserAddr(addr, NotThreadSafe))
        } else {
            None
        }
    }

    /// `addr` with the `T` that ends in front of it, if both lie in user space.
    #[inline(always)] // One comparison, also while user access is open.
    pub(crate) fn at_with_prefix<T>(self, addr: u64) -> Option<(UserAddr, Checked<T>)> {
        let size = size_of::<T>() as u64;
        let start = addr.wrapping_sub(size);

        // User space is larger than any `T`. Where `addr` is too low, `start` is at the other end.
        if start < self.end.wrapping_sub(size) {
            let prefix = ptr::with_exposed_provenance_mut(start as usize);
            // INVARIANT: Just checked, for both.
            Some((UserAddr(addr, NotThreadSafe), Checked(prefix)))
        } else {
            None
        }
    }
}

/// An address in user space, with memory there or not.
///
/// # Invariants
///
/// Lies below the end of the current task's user space.
#[derive(Clone, Copy)]
pub(crate) struct UserAddr(u64, NotThreadSafe);

impl UserAddr {
    /// The address itself.
    #[inline(always)] // A wrapped integer.
    pub(crate) fn get(self) -> u64 {
        self.0
    }

    /// The `T` that starts here.
    #[inline(always)] // A wrapped integer.
    pub(crate) fn object<T>(self) -> UserObject<T> {
        UserObject::at(self.0 as usize)
    }
}

/// The address of a `T` as user space passed it, which may be any.
pub(crate) struct UserObject<T>(*mut T);

impl<T> UserObject<T> {
    /// The `T` at `addr`.
    #[inline(always)] // A wrapped integer.
    pub(crate) fn at(addr: usize) -> Self {
        Self(ptr::with_exposed_provenance_mut(addr))
    }

    /// The address itself.
    #[inline(always)] // A wrapped integer.
    pub(super) fn as_ptr(&self) -> *mut T {
        self.0
    }
}

impl UserObject<Area> {
    /// The area, if it lies in user space with all of its `len` bytes, and with all fields in use
    /// in any case.
    #[inline(always)] // Two comparisons.
    pub(crate) fn check(self, len: u32) -> Option<Checked<Area>> {
        let len = len.max(LEGACY_SIZE) as usize;

        // SAFETY: The address is only compared with the bounds of user space.
        if unsafe { bindings::access_ok(self.0.cast(), len) } {
            // INVARIANT: Just checked: whatever is in use of a longer area lies next to that.
            Some(Checked(self.0))
        } else {
            None
        }
    }
}

impl<T> From<Checked<T>> for UserObject<T> {
    #[inline(always)] // A wrapped integer.
    fn from(checked: Checked<T>) -> Self {
        Self(checked.0)
    }
}

/// The address of a `T` that is known to lie in user space. Whether memory is there is not.
///
/// # Invariants
///
/// All fields in use have been checked or masked to lie in user space; without inlined helpers each
/// access checks that again.
pub(crate) struct Checked<T>(*mut T);

impl<T> Clone for Checked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Checked<T> {}

impl<T> Checked<T> {
    /// Takes an address that was checked before, such as that of the registered area.
    ///
    /// # Safety
    ///
    /// All fields in use of the `T` at `ptr` must lie in user space.
    #[inline(always)] // A wrapped integer.
    pub(super) unsafe fn new(ptr: *mut T) -> Self {
        // INVARIANT: Guaranteed by the caller.
        Self(ptr)
    }

    /// The address itself.
    #[inline(always)] // A wrapped integer.
    pub(super) fn as_ptr(self) -> *mut T {
        self.0
    }
}
