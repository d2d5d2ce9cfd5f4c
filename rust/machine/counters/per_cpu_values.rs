// SPDX-License-Identifier: GPL-2.0

//! `struct rseq_stats` as an array of counters.

use super::Counter;
use core::mem::offset_of;
use kernel::{
    bindings::{
        self,
        rseq_stats, //
    },
    cpu::CpuId, //
};

/// Increments a counter on this CPU; safe against migration and interrupts.
#[inline(always)] // One instruction on x86_64.
pub(super) fn increment(counter: Counter) {
    // SAFETY: `offset` gives a per-CPU offset.
    unsafe { bindings::this_cpu_inc_ulong(offset(counter)) };
}

/// The sum of a counter over all possible CPUs.
#[cfg(CONFIG_DEBUG_FS)]
pub(super) fn sum(counter: Counter) -> usize {
    crate::machine::per_cpu::possible_cpus()
        .map(|cpu| of(counter, cpu))
        .fold(0, usize::wrapping_add)
}

/// A counter of one CPU.
#[cfg(any(CONFIG_DEBUG_FS, CONFIG_RSEQ_RUST_KUNIT_TEST))]
pub(super) fn of(counter: Counter, cpu: CpuId) -> usize {
    // SAFETY: `offset` gives a per-CPU offset; the CPU is possible.
    let copy = unsafe { bindings::per_cpu_ptr(offset(counter).cast(), cpu.as_u32()) };
    // SAFETY: This is the copy of `cpu`.
    unsafe { copy.cast::<usize>().read_volatile() }
}

/// The per-CPU offset of a counter.
#[inline(always)] // A constant.
fn offset(counter: Counter) -> *mut usize {
    (&raw mut bindings::rseq_stats)
        .cast::<usize>()
        .wrapping_add(counter as usize)
}

const _: () = {
    macro_rules! assert_index {
        ($($counter:ident = $member:ident),+ $(,)?) => {
            $(assert!(
                offset_of!(rseq_stats, $member) == Counter::$counter as usize * size_of::<usize>()
            );)+
        };
    }

    assert!(size_of::<rseq_stats>() == (Counter::Aborted as usize + 1) * size_of::<usize>());
    assert_index! {
        Exit = exit, Signal = signal, Slowpath = slowpath, Fastpath = fastpath, Ids = ids, Cs = cs,
        Clear = clear, Fixup = fixup, Granted = s_granted, Expired = s_expired,
        Revoked = s_revoked, Yielded = s_yielded, Aborted = s_aborted,
    }
};
