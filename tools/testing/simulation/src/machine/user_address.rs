// SPDX-License-Identifier: GPL-2.0

//! Addresses of user space, and what is known of them.

use crate::{
    abi::{
        Area,
        LEGACY_SIZE, //
    },
    world::memory::TASK_SIZE, //
};
use core::marker::PhantomData;

/// The addresses that user space can have.
#[derive(Clone, Copy)]
pub(crate) struct UserSpace {
    end: u64,
}

impl UserSpace {
    /// The user space of the current task.
    pub(crate) fn current() -> Self {
        Self { end: TASK_SIZE }
    }

    /// A user space of another size, for tests of decisions.
    pub(crate) fn ending_at(end: u64) -> Self {
        Self { end }
    }

    /// `addr`, if it lies in user space.
    pub(crate) fn at(self, addr: u64) -> Option<UserAddr> {
        (addr < self.end).then_some(UserAddr(addr))
    }

    /// `addr` with the `T` that ends in front of it, if both lie in user space.
    pub(crate) fn at_with_prefix<T>(self, addr: u64) -> Option<(UserAddr, Checked<T>)> {
        let start = addr.checked_sub(size_of::<T>() as u64)?;
        Some((self.at(addr)?, Checked(start, PhantomData)))
    }
}

/// An address in user space, with memory there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UserAddr(u64);

impl UserAddr {
    /// The address itself.
    pub(crate) fn get(self) -> u64 {
        self.0
    }

    /// The `T` that starts here.
    pub(crate) fn object<T>(self) -> UserObject<T> {
        UserObject::at(self.0 as usize)
    }
}

/// The address of a `T` as user space passed it, which may be any.
pub(crate) struct UserObject<T>(u64, PhantomData<fn() -> T>);

impl<T> UserObject<T> {
    /// The `T` at `addr`.
    pub(crate) fn at(addr: usize) -> Self {
        Self(addr as u64, PhantomData)
    }

    /// The address itself.
    pub(super) fn addr(&self) -> u64 {
        self.0
    }
}

impl UserObject<Area> {
    /// The area, if it lies in user space with all of its `len` bytes, and with all fields in use
    /// in any case.
    pub(crate) fn check(self, len: u32) -> Option<Checked<Area>> {
        let end = self.0.checked_add(len.max(LEGACY_SIZE).into())?;
        (end <= TASK_SIZE).then_some(Checked(self.0, PhantomData))
    }
}

impl<T> From<Checked<T>> for UserObject<T> {
    fn from(checked: Checked<T>) -> Self {
        Self(checked.0, PhantomData)
    }
}

/// The address of a `T` that is known to lie in user space. Whether memory is there is not.
pub(crate) struct Checked<T>(u64, PhantomData<fn() -> T>);

impl<T> Clone for Checked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Checked<T> {}

impl<T> Checked<T> {
    /// Takes an address that was checked before.
    ///
    /// # Safety
    ///
    /// None here; the world has no memory but that of user space.
    pub(super) unsafe fn new(addr: u64) -> Self {
        Self(addr, PhantomData)
    }

    /// The address itself.
    pub(super) fn addr(self) -> u64 {
        self.0
    }
}
