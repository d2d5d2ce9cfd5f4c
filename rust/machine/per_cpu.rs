// SPDX-License-Identifier: GPL-2.0

//! Per-CPU variables.
//!
//! A [`PerCpu`] lives in the kernel's per-CPU section, so each possible CPU has its own copy. Which
//! one is "this" is stable only while the task cannot migrate. [`PerCpu::this`] therefore wants to
//! see a context that [`StaysHere`], and what it returns does not outlive that.

// Only slices have per-CPU variables of their own.
#![cfg_attr(not(CONFIG_RSEQ_SLICE_EXTENSION), allow(unused))]

use super::context::StaysHere;
use core::{
    cell::UnsafeCell,
    mem::MaybeUninit, //
};
use kernel::{
    bindings,
    cpu::{
        nr_cpu_ids,
        CpuId, //
    },
    cpumask::Cpumask, //
};

/// A variable of which each possible CPU has a copy; made by [`per_cpu!`].
///
/// # Invariants
///
/// Lives in the per-CPU section, so that its address is a per-CPU offset.
#[repr(transparent)]
pub(super) struct PerCpu<T>(UnsafeCell<MaybeUninit<T>>);

// SAFETY: Every CPU gets at a copy only through a shared reference.
unsafe impl<T: Send + Sync> Sync for PerCpu<T> {}

impl<T> PerCpu<T> {
    /// The section template that the kernel copies for each CPU: all zero.
    ///
    /// # Safety
    ///
    /// The value must be placed in the per-CPU section, and [`Self::init`] must run before
    /// [`Self::this`].
    pub(super) const unsafe fn template() -> Self {
        // INVARIANT: The caller places the value.
        Self(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    /// Initializes the copy of every possible CPU with `write`, which gets the place of each.
    pub(super) fn init(&self, write: impl Fn(*mut T)) {
        for cpu in possible_cpus() {
            // SAFETY: By the type invariant this is a per-CPU offset; `cpu` is possible.
            let copy = unsafe { bindings::per_cpu_ptr(self.0.get().cast(), cpu.as_u32()) };
            write(copy.cast());
        }
    }

    /// The copy of the CPU on which `_here` keeps the task.
    #[inline(always)] // One load and an addition.
    pub(super) fn this<'a>(&'a self, _here: &'a impl StaysHere) -> &'a T {
        // SAFETY: By the type invariant this is a per-CPU offset, and the task stays on its CPU.
        let copy = unsafe { bindings::this_cpu_ptr(self.0.get().cast()) };
        // SAFETY: Whoever made the variable initializes it first, see `template`.
        unsafe { &*copy.cast::<T>() }
    }
}

/// Declares a [`PerCpu`] variable. The same safety requirements hold as for [`PerCpu::template`].
macro_rules! per_cpu {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $template:expr) => {
        $(#[$attr])*
        #[cfg_attr(CONFIG_SMP, link_section = ".data..percpu")]
        static $name: $crate::machine::per_cpu::PerCpu<$type> = $template;
    };
}
pub(super) use per_cpu;

/// The CPUs that have a copy of each per-CPU variable.
pub(super) fn possible_cpus() -> impl Iterator<Item = CpuId> {
    // SAFETY: The mask is a valid global that does not change after boot.
    let possible = unsafe { Cpumask::from_raw(&raw const bindings::__cpu_possible_mask) };

    (0..nr_cpu_ids() as i32)
        .filter_map(CpuId::from_i32)
        .filter(|&cpu| possible.test(cpu))
}
