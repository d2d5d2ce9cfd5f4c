// SPDX-License-Identifier: GPL-2.0

//! Per-CPU variables, and the tokens that tell that the code stays on its CPU.
//!
//! A [`PerCpu`] lives in the kernel's per-CPU section, so each possible CPU has its own copy. Which
//! one is "this" is stable only while the task cannot migrate. [`PerCpu::this`] therefore wants to
//! see a [`StaysHere`] token, and what it returns does not outlive that token.

// Only slices have per-CPU variables of their own.
#![cfg_attr(not(CONFIG_RSEQ_SLICE_EXTENSION), allow(unused))]

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
    cpumask::Cpumask,
    types::NotThreadSafe, //
};

/// Types whose existence keeps the current task on its CPU.
///
/// # Safety
///
/// While a value exists, the task must not migrate.
pub(crate) unsafe trait StaysHere {}

// SAFETY: By the type invariant interrupts are disabled, so nothing schedules.
unsafe impl StaysHere for IrqsDisabled {}

// SAFETY: By the type invariant preemption is disabled.
unsafe impl StaysHere for PreemptDisabled {}

/// A guard that keeps preemption disabled; dropping it may schedule.
///
/// # Invariants
///
/// Preemption is disabled.
pub(crate) struct PreemptDisabled(NotThreadSafe);

impl PreemptDisabled {
    /// Disables preemption.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        // SAFETY: Paired with the enable in `drop`.
        unsafe { bindings::preempt_disable() };
        // INVARIANT: Preemption has just been disabled.
        Self(NotThreadSafe)
    }
}

impl Drop for PreemptDisabled {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: By the type invariant preemption is disabled; this is its only end.
        unsafe { bindings::preempt_enable() };
    }
}

/// A guard that keeps interrupts disabled on this CPU.
///
/// The kernel crate's `LocalInterruptDisabled` counts, to allow nesting. Here nothing nests, and
/// two instructions do.
///
/// # Invariants
///
/// Interrupts are disabled.
pub(crate) struct IrqsDisabled(NotThreadSafe);

impl IrqsDisabled {
    /// Disables interrupts until the guard is dropped, which enables them whatever they were
    /// before: to be used in task context only.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        // SAFETY: Paired with the enable in `drop`.
        unsafe { bindings::local_irq_disable() };
        // INVARIANT: Interrupts have just been disabled.
        Self(NotThreadSafe)
    }

    /// A token for code that is called with interrupts disabled.
    ///
    /// # Safety
    ///
    /// Interrupts must be disabled for all of `'a`.
    #[inline(always)]
    pub(crate) unsafe fn assume<'a>() -> &'a Self {
        // INVARIANT: Guaranteed by the caller. A constant is never dropped.
        const TOKEN: &IrqsDisabled = &IrqsDisabled(NotThreadSafe);

        // SAFETY: Only checks, and only with lockdep.
        unsafe { bindings::lockdep_assert_irqs_disabled() };
        TOKEN
    }
}

impl Drop for IrqsDisabled {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: `new` disabled them; this is its only end.
        unsafe { bindings::local_irq_enable() };
    }
}

/// A variable of which each possible CPU has a copy; made by [`per_cpu!`](crate::percpu::per_cpu).
///
/// # Invariants
///
/// Lives in the per-CPU section, so that its address is a per-CPU offset.
#[repr(transparent)]
pub(crate) struct PerCpu<T>(UnsafeCell<MaybeUninit<T>>);

// SAFETY: Every CPU gets at a copy only through a shared reference.
unsafe impl<T: Send + Sync> Sync for PerCpu<T> {}

impl<T> PerCpu<T> {
    /// The section template that the kernel copies for each CPU: all zero.
    ///
    /// # Safety
    ///
    /// The value must be placed in the per-CPU section, and [`Self::init`] must run before
    /// [`Self::this`].
    pub(crate) const unsafe fn template() -> Self {
        // INVARIANT: The caller places the value.
        Self(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    /// Initializes the copy of every possible CPU with `write`, which gets the place of each.
    pub(crate) fn init(&self, write: impl Fn(*mut T)) {
        for cpu in possible_cpus() {
            // SAFETY: By the type invariant this is a per-CPU offset; `cpu` is possible.
            let copy = unsafe { bindings::per_cpu_ptr(self.0.get().cast(), cpu.as_u32()) };
            write(copy.cast());
        }
    }

    /// The copy of the CPU on which `_here` keeps the task.
    #[inline(always)]
    pub(crate) fn this<'a>(&'a self, _here: &'a impl StaysHere) -> &'a T {
        // SAFETY: By the type invariant this is a per-CPU offset, and the task stays on its CPU.
        let copy = unsafe { bindings::this_cpu_ptr(self.0.get().cast()) };
        // SAFETY: Whoever made the variable initializes it first, see `template`.
        unsafe { &*copy.cast::<T>() }
    }
}

/// Declares a [`PerCpu`] variable. The same safety requirements hold as for `PerCpu::template`.
macro_rules! per_cpu {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $template:expr) => {
        $(#[$attr])*
        #[cfg_attr(CONFIG_SMP, link_section = ".data..percpu")]
        static $name: $crate::percpu::PerCpu<$type> = $template;
    };
}
pub(crate) use per_cpu;

/// The CPUs that have a copy of each per-CPU variable.
pub(crate) fn possible_cpus() -> impl Iterator<Item = CpuId> {
    // SAFETY: The mask is a valid global that does not change after boot.
    let possible = unsafe { Cpumask::from_raw(&raw const bindings::__cpu_possible_mask) };

    (0..nr_cpu_ids() as i32)
        .filter_map(CpuId::from_i32)
        .filter(|&cpu| possible.test(cpu))
}

/// Increments a counter of this CPU; safe against migration and interrupts.
///
/// # Safety
///
/// `counter` must be the per-CPU offset of an `unsigned long`.
#[cfg(CONFIG_RSEQ_STATS)]
#[inline(always)]
pub(crate) unsafe fn increment(counter: *mut usize) {
    // SAFETY: Guaranteed by the caller.
    unsafe { bindings::this_cpu_inc_ulong(counter) };
}

/// The sum of a counter over all possible CPUs; a snapshot that others may count on meanwhile.
///
/// # Safety
///
/// `counter` must be the per-CPU offset of an `unsigned long`.
#[cfg(all(CONFIG_RSEQ_STATS, any(CONFIG_DEBUG_FS, CONFIG_RSEQ_RUST_KUNIT_TEST)))]
pub(crate) unsafe fn sum(counter: *mut usize) -> usize {
    possible_cpus()
        .map(|cpu| {
            // SAFETY: Guaranteed by the caller; `cpu` is possible.
            let copy = unsafe { bindings::per_cpu_ptr(counter.cast(), cpu.as_u32()) };
            // SAFETY: This is the copy of `cpu`.
            unsafe { copy.cast::<usize>().read_volatile() }
        })
        .fold(0, usize::wrapping_add)
}
