// SPDX-License-Identifier: GPL-2.0

//! User memory, a field at a time.

use super::{
    call,
    context::Entry,
    user_address::{
        Checked,
        UserObject, //
    }, //
};
use crate::{
    abi::SliceCtrl,
    world::{
        check::{
            violated,
            Contract, //
        },
        memory::{
            self,
            Access,
            TASK_SIZE, //
        },
        point::{
            point,
            Op, //
        },
        with, //
    }, //
};
use core::marker::PhantomData;
use kernel::prelude::*;

/// User memory could not be accessed, or does not hold what it has to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault;

impl From<Fault> for Error {
    fn from(_: Fault) -> Self {
        EFAULT
    }
}

/// The right to open user memory.
pub(crate) struct UserMemory {
    entry: Entry,
}

impl UserMemory {
    /// The right to open user memory.
    ///
    /// # Safety
    ///
    /// None here; the machine finds out.
    pub(super) unsafe fn new() -> Self {
        Self {
            entry: Entry::current(),
        }
    }

    /// Opens user access to the `T` at `object`; to be used by way of [`open!`] only.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the address is not one of user space; on a machine that masks addresses the
    /// first access reports that.
    ///
    /// # Safety
    ///
    /// None here; the machine finds out what is done with the region open.
    pub(crate) unsafe fn open<T>(
        &mut self,
        object: impl Into<UserObject<T>>,
    ) -> Result<Region<'_, T>, Fault> {
        self.entry.check("user memory");
        // Finds an open region too: regions do not nest.
        call(Op::Open);

        let object = object.into();
        let lies_inside = object.addr().saturating_add(size_of::<T>() as u64) <= TASK_SIZE;
        let masked = with(|world| world.setup.addresses_are_masked);
        if !lies_inside && !masked {
            return Err(Fault);
        }
        with(|world| world.frame().region_open = true);
        let addr = if lies_inside {
            object.addr()
        } else {
            TASK_SIZE
        };
        Ok(Region {
            // SAFETY: It has been checked or masked.
            object: unsafe { Checked::new(addr) },
            entry: self.entry,
            _memory: PhantomData,
        })
    }
}

/// Opens user access to an object for an expression: `open!(memory, object, |region| ...)`.
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
#[must_use = "user access is closed when the region is dropped"]
pub(crate) struct Region<'a, T> {
    object: Checked<T>,
    entry: Entry,
    _memory: PhantomData<&'a mut UserMemory>,
}

impl<T> Drop for Region<'_, T> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.entry.check("end of a region");
            point(Op::Close, 0);
            with(|world| world.frame().region_open = false);
        }
    }
}

impl<T> Region<'_, T> {
    /// Loads a field.
    pub(crate) fn load<F: Load>(&self, field: Field<T, F>) -> Result<F, Fault> {
        self.load_at(self.object, field)
    }

    /// Stores to a field.
    pub(crate) fn store<F: Store>(&self, field: Field<T, F>, value: F) -> Result<(), Fault> {
        self.store_at(self.object, field, value)
    }

    /// Loads a field of another object.
    pub(crate) fn load_at<U, F: Load>(
        &self,
        object: Checked<U>,
        field: Field<U, F>,
    ) -> Result<F, Fault> {
        let addr = self.reach(object, &field, Access::Load)?;
        with(|world| Ok(F::from_bytes(world.memory().read(addr))))
    }

    /// Stores to a field of another object.
    pub(crate) fn store_at<U, F: Store>(
        &self,
        object: Checked<U>,
        field: Field<U, F>,
        value: F,
    ) -> Result<(), Fault> {
        let addr = self.reach(object, &field, Access::Store)?;
        with(|world| value.to_bytes(|bytes| world.memory().write(addr, bytes)));
        Ok(())
    }

    /// The address of a field, with memory there that allows the access.
    fn reach<U, F>(
        &self,
        object: Checked<U>,
        field: &Field<U, F>,
        access: Access,
    ) -> Result<u64, Fault> {
        self.entry.check("region");
        let addr = object.addr() + field.offset as u64;
        if !with(|world| world.frame().region_open) {
            violated(Contract::NoAccessOutside, format_args!("{addr:#x}"));
        }
        point(
            match access {
                Access::Load => Op::Load,
                Access::Store => Op::Store,
            },
            addr,
        );
        if memory::reach(addr, access) {
            Ok(addr)
        } else {
            Err(Fault)
        }
    }
}

/// A field of type `F` in a `T`; made by [`field!`](crate::machine::user_memory::field).
pub(crate) struct Field<T, F> {
    offset: usize,
    _type: PhantomData<fn(T) -> F>,
}

impl<T, F> Field<T, F> {
    /// The field at `offset`, whose type the projection `_proof` establishes.
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
            $crate::machine::user_memory::Field::new(
                ::core::mem::offset_of!($type, $field),
                |it: &$type| &it.$field,
            )
        }
    };
}
pub(crate) use field;

/// Values that can be loaded from user memory in one access.
pub(crate) trait Load: Sized {
    /// The value that is in memory.
    fn from_bytes(bytes: [u8; 8]) -> Self;
}

/// Values that can be stored to user memory in one access.
pub(crate) trait Store: Sized {
    /// Hands the bytes of the value to `write`.
    fn to_bytes(self, write: impl FnOnce(&[u8]));
}

impl Load for u32 {
    fn from_bytes([a, b, c, d, ..]: [u8; 8]) -> Self {
        Self::from_ne_bytes([a, b, c, d])
    }
}

impl Store for u32 {
    fn to_bytes(self, write: impl FnOnce(&[u8])) {
        write(&self.to_ne_bytes());
    }
}

impl Load for u64 {
    fn from_bytes(bytes: [u8; 8]) -> Self {
        Self::from_ne_bytes(bytes)
    }
}

impl Store for u64 {
    fn to_bytes(self, write: impl FnOnce(&[u8])) {
        write(&self.to_ne_bytes());
    }
}

impl Load for SliceCtrl {
    fn from_bytes(bytes: [u8; 8]) -> Self {
        Self::from_word(u32::from_bytes(bytes))
    }
}

impl Store for SliceCtrl {
    fn to_bytes(self, write: impl FnOnce(&[u8])) {
        self.to_word().to_bytes(write);
    }
}
