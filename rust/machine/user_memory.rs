// SPDX-License-Identifier: GPL-2.0

//! User memory, a field at a time.
//!
//! The `uaccess` module of the kernel crate copies slices. What runs on the way to user space needs
//! less: open user access once, load and store a few words, close it. A [`Region`] is that span. It
//! exists only inside of [`open!`], which closes it on every way out: it cannot be kept, leaked or
//! nested, and a [`Fault`] is a value that cannot be overlooked.
//!
//! No reference to user memory ever exists: another thread may write to it, or unmap it, at any
//! time. Each load is a snapshot, and what has been checked must not be loaded again.
//!
//! With `CONFIG_RUST_INLINE_HELPERS` a region compiles to the sequence that
//! `scoped_user_rw_access()` gives in C. Without it every load and store opens and closes user
//! access for itself; the behaviour is the same.
//!
//! Nothing may be called while a region is open: the build of the tests looks for calls. Whatever
//! a region uses is inlined, anything else belongs before or after.

use super::{
    user_address::{
        Checked,
        UserObject, //
    },
    user_field::{
        Field,
        Load,
        Store, //
    }, //
};
use core::marker::PhantomData;
use kernel::{
    bindings,
    error::Error,
    prelude::*,
    types::NotThreadSafe, //
};

pub(crate) use super::user_field::field;

/// User memory could not be accessed, or does not hold what it has to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault;

impl From<Fault> for Error {
    fn from(_: Fault) -> Self {
        EFAULT
    }
}

/// The right to open user memory. There is at most one in each entry into the kernel, lent by the
/// context, and an open region borrows it: regions do not nest.
///
/// # Invariants
///
/// User access is closed, and may be opened.
pub(crate) struct UserMemory(NotThreadSafe);

impl UserMemory {
    /// The right to open user memory.
    ///
    /// # Safety
    ///
    /// User access must be closed, and nobody else have that right meanwhile.
    #[inline(always)] // A value without size.
    pub(super) unsafe fn new() -> Self {
        // INVARIANT: Guaranteed by the caller.
        Self(NotThreadSafe)
    }

    /// Opens user access to the `T` at `object`; to be used by way of [`open!`] only.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the address is not one of user space. Where the architecture masks addresses
    /// instead of checking them, or helpers are not inlined, the first access reports that.
    ///
    /// # Safety
    ///
    /// The region must be dropped before anything else happens in this context.
    #[inline(always)] // User access must not be open across a return.
    pub(crate) unsafe fn open<T>(
        &mut self,
        object: impl Into<UserObject<T>>,
    ) -> Result<Region<'_, T>, Fault> {
        let mut base = object.into().as_ptr().cast();

        // SAFETY: `base` is valid for writing. By the type invariant user access is closed; what
        // this opens is closed by the drop of the region.
        if !unsafe { bindings::user_region_begin(&mut base, size_of::<T>()) } {
            return Err(Fault);
        }
        // INVARIANT: User access has just been opened, for `size_of::<T>()` bytes from `base`.
        Ok(Region {
            // SAFETY: The address has been checked or masked. Without inlined helpers each access
            // checks it.
            object: unsafe { Checked::new(base.cast()) },
            _memory: PhantomData,
        })
    }
}

/// Opens user access to an object for an expression: `open!(memory, object, |region| ...)`.
///
/// Loads and stores may sleep to bring a page in, unless the context forbids it. `?` works as
/// anywhere, for the opening too: it leaves the function and closes the region. The macro is in the
/// place of a closure, which the compiler would be free not to inline.
macro_rules! open {
    ($memory:expr, $object:expr, |$region:ident| $access:expr $(,)?) => {{
        let (memory, object) = ($memory, $object);
        // SAFETY: Nobody else can name the guard, so it is dropped when the expression is left.
        let guard = unsafe { memory.open(object) }?;
        let $region = &guard;
        $access
    }};
}
pub(crate) use open;

/// A span of code in which a `T` in user memory can be accessed; made by [`open!`].
///
/// # Invariants
///
/// User access is open, or each access opens it for itself.
#[must_use = "user access is closed when the region is dropped"]
pub(crate) struct Region<'a, T> {
    object: Checked<T>,
    _memory: PhantomData<&'a mut UserMemory>,
}

impl<T> Drop for Region<'_, T> {
    #[inline(always)] // User access is open.
    fn drop(&mut self) {
        // SAFETY: By the type invariant user access is open; this is its only end.
        unsafe { bindings::user_region_end() };
    }
}

impl<T> Region<'_, T> {
    /// Loads a field.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it is not readable, or not resident where that is required.
    #[inline(always)] // User access is open.
    pub(crate) fn load<F: Load>(&self, field: Field<T, F>) -> Result<F, Fault> {
        self.load_at(self.object, field)
    }

    /// Stores to a field.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it is not writable, or not resident where that is required.
    #[inline(always)] // User access is open.
    pub(crate) fn store<F: Store>(&self, field: Field<T, F>, value: F) -> Result<(), Fault> {
        self.store_at(self.object, field, value)
    }

    /// Loads a field of another object.
    ///
    /// # Errors
    ///
    /// As [`Self::load`].
    #[inline(always)] // User access is open.
    pub(crate) fn load_at<U, F: Load>(
        &self,
        object: Checked<U>,
        field: Field<U, F>,
    ) -> Result<F, Fault> {
        // SAFETY: By the type invariants the field lies in user space, and user access is open.
        unsafe { F::load(field.of(object.as_ptr())) }
    }

    /// Stores to a field of another object.
    ///
    /// # Errors
    ///
    /// As [`Self::store`].
    #[inline(always)] // User access is open.
    pub(crate) fn store_at<U, F: Store>(
        &self,
        object: Checked<U>,
        field: Field<U, F>,
        value: F,
    ) -> Result<(), Fault> {
        // SAFETY: By the type invariants the field lies in user space, and user access is open.
        unsafe { value.store(field.of(object.as_ptr())) }
    }
}
