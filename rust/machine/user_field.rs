// SPDX-License-Identifier: GPL-2.0

//! The fields of objects in user memory, and the accesses that load and store them.

use super::user_memory::Fault;
use crate::abi::SliceCtrl;
use core::marker::PhantomData;
use kernel::bindings;

/// A field of type `F` in a `T`; made by [`field!`](crate::machine::user_field::field).
///
/// # Invariants
///
/// `offset` is that of a field of type `F` in a `T`.
pub(crate) struct Field<T, F> {
    offset: usize,
    _type: PhantomData<fn(T) -> F>,
}

impl<T, F> Field<T, F> {
    /// The field at `offset`, whose type the projection `_proof` establishes.
    ///
    /// # Safety
    ///
    /// `offset` must be that of the field that `_proof` projects to.
    #[inline(always)] // A constant.
    pub(crate) const unsafe fn new(offset: usize, _proof: fn(&T) -> &F) -> Self {
        // INVARIANT: Guaranteed by the caller.
        Self {
            offset,
            _type: PhantomData,
        }
    }

    /// The address of the field in `object`.
    #[inline(always)] // User access is open.
    pub(super) fn of(self, object: *mut T) -> *mut F {
        object.wrapping_byte_add(self.offset).cast()
    }
}

/// Names a field for loads and stores: `field!(Area, flags)`.
macro_rules! field {
    ($type:ty, $field:ident) => {
        const {
            // SAFETY: The offset and the projection are of the same field.
            unsafe {
                $crate::machine::user_field::Field::new(
                    ::core::mem::offset_of!($type, $field),
                    |it: &$type| &it.$field,
                )
            }
        }
    };
}
pub(crate) use field;

/// Values that can be loaded from user memory in one access.
pub(crate) trait Load: Sized {
    /// Loads a value.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it is not readable.
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
    /// # Errors
    ///
    /// [`Fault`] if the place is not writable.
    ///
    /// # Safety
    ///
    /// User access must be open and `to` be checked or masked.
    unsafe fn store(self, to: *mut Self) -> Result<(), Fault>;
}

#[inline(always)] // User access is open.
fn done(ok: bool) -> Result<(), Fault> {
    if ok {
        Ok(())
    } else {
        Err(Fault)
    }
}

impl Load for u32 {
    #[inline(always)] // User access is open.
    unsafe fn load(from: *const Self) -> Result<Self, Fault> {
        let mut value = 0;
        // SAFETY: The caller has opened user access; `value` is valid for writing.
        done(unsafe { bindings::user_region_get_u32(&mut value, from) })?;
        Ok(value)
    }
}

impl Store for u32 {
    #[inline(always)] // User access is open.
    unsafe fn store(self, to: *mut Self) -> Result<(), Fault> {
        // SAFETY: The caller has opened user access.
        done(unsafe { bindings::user_region_put_u32(self, to) })
    }
}

impl Load for u64 {
    #[inline(always)] // User access is open.
    unsafe fn load(from: *const Self) -> Result<Self, Fault> {
        let mut value = 0;
        // SAFETY: The caller has opened user access; `value` is valid for writing.
        done(unsafe { bindings::user_region_get_u64(&mut value, from) })?;
        Ok(value)
    }
}

impl Store for u64 {
    #[inline(always)] // User access is open.
    unsafe fn store(self, to: *mut Self) -> Result<(), Fault> {
        // SAFETY: The caller has opened user access.
        done(unsafe { bindings::user_region_put_u64(self, to) })
    }
}

impl Load for SliceCtrl {
    #[inline(always)] // User access is open.
    unsafe fn load(from: *const Self) -> Result<Self, Fault> {
        // SAFETY: The caller keeps the promises; the control word is a `u32` in user memory.
        match unsafe { u32::load(from.cast()) } {
            Ok(word) => Ok(Self::from_word(word)),
            Err(Fault) => Err(Fault),
        }
    }
}

impl Store for SliceCtrl {
    #[inline(always)] // User access is open.
    unsafe fn store(self, to: *mut Self) -> Result<(), Fault> {
        // SAFETY: The caller keeps the promises; the control word is a `u32` in user memory.
        unsafe { self.to_word().store(to.cast()) }
    }
}
