// SPDX-License-Identifier: GPL-2.0

//! User memory, a field at a time.
//!
//! The `uaccess` module of the kernel crate copies slices. What runs on the way to user space needs
//! less: open user access once, load and store a few words, close it. A [`Region`] is that span. It
//! closes when it is dropped, so every way out of a function, `?` included, leaves user access
//! closed, and a [`Fault`] is a value that cannot be overlooked.
//!
//! No reference to user memory ever exists: another thread may write to it, or unmap it, at any
//! time. Each load is a snapshot, and what has been checked must not be loaded again.
//!
//! With `CONFIG_RUST_INLINE_HELPERS` a region compiles to the sequence that
//! `scoped_user_rw_access()` gives in C. Without it every load and store opens and closes user
//! access for itself; the behaviour is the same.
//!
//! Nothing may be called while a region is open. Loads and stores are inlined; anything else
//! belongs before or after.

use crate::abi::SliceCtrl;
use core::{
    marker::PhantomData,
    ptr, //
};
use kernel::{
    bindings,
    error::Error,
    prelude::*,
    types::NotThreadSafe, //
};

/// User memory could not be accessed, or does not hold what it has to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault;

impl From<Fault> for Error {
    fn from(_: Fault) -> Self {
        EFAULT
    }
}

/// The address of a `T` in user memory, valid or not.
pub(crate) struct UserPtr<T>(*mut T);

impl<T> UserPtr<T> {
    /// Takes an address as user space passed it.
    #[inline(always)]
    pub(crate) fn new(ptr: *mut T) -> Self {
        Self(ptr)
    }

    /// Do `len` bytes from here lie in the user part of the address space?
    #[inline]
    pub(crate) fn access_ok(&self, len: usize) -> bool {
        // SAFETY: The address is only compared with the bounds of user space.
        unsafe { bindings::access_ok(self.0.cast(), len) }
    }

    /// Opens user access to the `T`.
    ///
    /// Loads and stores may sleep to bring a page in, unless page faults are disabled.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the address is not one of user space. Where the architecture masks addresses
    /// instead of checking them, the first access reports that.
    #[inline(always)]
    pub(crate) fn open(&self) -> Result<Region<T>, Fault> {
        let mut base = self.0.cast();

        // SAFETY: `base` is valid for writing. The region that this opens is closed by the drop of
        // the `Region` below.
        if !unsafe { bindings::user_region_begin(&mut base, size_of::<T>()) } {
            return Err(Fault);
        }
        // INVARIANT: User access has just been opened, for `size_of::<T>()` bytes from `base`.
        Ok(Region {
            at: Checked(base.cast()),
            _cpu: NotThreadSafe,
        })
    }
}

/// The address of a `T` that is known to lie in user space. Whether memory is there is not.
///
/// # Invariants
///
/// The address has been checked or masked to be one of user space.
pub(crate) struct Checked<T>(*mut T);

impl<T> Checked<T> {
    /// Takes an address that was checked by other means.
    ///
    /// # Safety
    ///
    /// All of the `T` at `addr` must lie in the user part of the address space.
    #[inline(always)]
    pub(crate) unsafe fn new(addr: usize) -> Self {
        // INVARIANT: Guaranteed by the caller.
        Self(ptr::with_exposed_provenance_mut(addr))
    }
}

/// A span of code in which a `T` in user memory can be accessed.
///
/// # Invariants
///
/// User access is open.
pub(crate) struct Region<T> {
    at: Checked<T>,
    _cpu: NotThreadSafe,
}

impl<T> Region<T> {
    /// Loads a field.
    #[inline(always)]
    pub(crate) fn load<F: Load>(&self, field: Field<T, F>) -> Result<F, Fault> {
        self.load_at(&self.at, field)
    }

    /// Stores to a field.
    #[inline(always)]
    pub(crate) fn store<F: Store>(&self, field: Field<T, F>, value: F) -> Result<(), Fault> {
        self.store_at(&self.at, field, value)
    }

    /// Loads a field of another object.
    #[inline(always)]
    pub(crate) fn load_at<U, F: Load>(
        &self,
        at: &Checked<U>,
        field: Field<U, F>,
    ) -> Result<F, Fault> {
        // SAFETY: By the type invariants the field lies in user space, and user access is open.
        unsafe { F::load(at.0.wrapping_byte_add(field.offset).cast()) }
    }

    /// Stores to a field of another object.
    #[inline(always)]
    pub(crate) fn store_at<U, F: Store>(
        &self,
        at: &Checked<U>,
        field: Field<U, F>,
        value: F,
    ) -> Result<(), Fault> {
        // SAFETY: By the type invariants the field lies in user space, and user access is open.
        unsafe { value.store(at.0.wrapping_byte_add(field.offset).cast()) }
    }
}

impl<T> Drop for Region<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: By the type invariant user access is open; this is its only end.
        unsafe { bindings::user_region_end() };
    }
}

/// A field of type `F` in a `T`; made by [`field!`](crate::uaccess::field).
pub(crate) struct Field<T, F> {
    offset: usize,
    _type: PhantomData<fn(T) -> F>,
}

impl<T, F> Field<T, F> {
    /// The field at `offset`, whose type the projection `_proof` establishes.
    #[inline(always)]
    pub(crate) const fn new(offset: usize, _proof: fn(&T) -> &F) -> Self {
        Self {
            offset,
            _type: PhantomData,
        }
    }
}

/// Names a field for [`Region::load`] and [`Region::store`]: `field!(Area, flags)`.
macro_rules! field {
    ($type:ty, $field:ident) => {
        const {
            $crate::uaccess::Field::new(::core::mem::offset_of!($type, $field), |it: &$type| {
                &it.$field
            })
        }
    };
}
pub(crate) use field;

/// Values that can be loaded from user memory in one access.
pub(crate) trait Load: Sized {
    /// Loads a value.
    ///
    /// # Safety
    ///
    /// User access must be open and `from` be checked or masked.
    unsafe fn load(from: *const Self) -> Result<Self, Fault>;
}

/// Values that can be stored to user memory in one access.
pub(crate) trait Store {
    /// Stores the value.
    ///
    /// # Safety
    ///
    /// User access must be open and `to` be checked or masked.
    unsafe fn store(self, to: *mut Self) -> Result<(), Fault>;
}

#[inline(always)]
fn done(ok: bool) -> Result<(), Fault> {
    if ok {
        Ok(())
    } else {
        Err(Fault)
    }
}

impl Load for u32 {
    #[inline(always)]
    unsafe fn load(from: *const Self) -> Result<Self, Fault> {
        let mut value = 0;
        // SAFETY: The caller has opened user access; `value` is valid for writing.
        done(unsafe { bindings::user_region_get_u32(&mut value, from) })?;
        Ok(value)
    }
}

impl Store for u32 {
    #[inline(always)]
    unsafe fn store(self, to: *mut Self) -> Result<(), Fault> {
        // SAFETY: The caller has opened user access.
        done(unsafe { bindings::user_region_put_u32(self, to) })
    }
}

impl Load for u64 {
    #[inline(always)]
    unsafe fn load(from: *const Self) -> Result<Self, Fault> {
        let mut value = 0;
        // SAFETY: The caller has opened user access; `value` is valid for writing.
        done(unsafe { bindings::user_region_get_u64(&mut value, from) })?;
        Ok(value)
    }
}

impl Store for u64 {
    #[inline(always)]
    unsafe fn store(self, to: *mut Self) -> Result<(), Fault> {
        // SAFETY: The caller has opened user access.
        done(unsafe { bindings::user_region_put_u64(self, to) })
    }
}

impl Load for SliceCtrl {
    #[inline(always)]
    unsafe fn load(from: *const Self) -> Result<Self, Fault> {
        // SAFETY: The caller keeps the promises; the control word is a `u32` in user memory.
        unsafe { u32::load(from.cast()) }.map(Self::from_word)
    }
}

impl Store for SliceCtrl {
    #[inline(always)]
    unsafe fn store(self, to: *mut Self) -> Result<(), Fault> {
        // SAFETY: The caller keeps the promises; the control word is a `u32` in user memory.
        unsafe { self.to_word().store(to.cast()) }
    }
}

/// A guard that has accesses to memory that is not there fail, instead of bringing it in. For code
/// that must not sleep.
///
/// # Invariants
///
/// Page faults are disabled.
pub(crate) struct PageFaultsDisabled(NotThreadSafe);

impl PageFaultsDisabled {
    /// Disables page faults.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        // SAFETY: Paired with the enable in `drop`.
        unsafe { bindings::pagefault_disable() };
        // INVARIANT: Page faults have just been disabled.
        Self(NotThreadSafe)
    }
}

impl Drop for PageFaultsDisabled {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: By the type invariant page faults are disabled; this is its only end.
        unsafe { bindings::pagefault_enable() };
    }
}
