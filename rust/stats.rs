// SPDX-License-Identifier: GPL-2.0

//! What an operator sees in `rseq/stats`.
//!
//! Every grant is counted once when it starts and once when it ends, so with the tasks quiet
//! `sgrant = syield + sabort + srevok`. `sexpir` counts timers that fired in time; the revocation
//! that follows is counted as such.
//!
//! Inline C counts two events by itself: `exit`, each way out to user space, and `fastp`,
//! each time [`crate::user_return::fast`] is entered.

#[cfg(CONFIG_RSEQ_STATS)]
use {
    core::mem::offset_of,
    kernel::bindings::rseq_stats, //
};

/// The events that are counted, named as in `struct rseq_stats`.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    /// `signal`: a signal was delivered to a thread that was interrupted.
    Signal,
    /// `slowp`: the slow path looked at a thread.
    Slowpath,
    /// `ids`: IDs were published.
    Ids,
    /// `cs`: an announced critical section was looked at.
    Cs,
    /// `clear`: the thread was outside of it.
    Clear,
    /// `fixup`: the thread was inside and was aborted.
    Fixup,
    /// `sgrant`: a slice was granted.
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    Granted,
    /// `sexpir`: the timer of a slice forced a reschedule.
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    Expired,
    /// `srevok`: a slice ended because the kernel took it back.
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    Revoked,
    /// `syield`: a slice ended with `rseq_slice_yield(2)`.
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    Yielded,
    /// `sabort`: a slice ended with another system call.
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    Aborted,
}

/// Counts an event on this CPU. Any context.
#[inline(always)]
pub(crate) fn count(event: Event) {
    #[cfg(CONFIG_RSEQ_STATS)]
    // SAFETY: This is a counter of the per-CPU variable.
    unsafe {
        crate::percpu::increment(counter(event.offset()))
    };
    #[cfg(not(CONFIG_RSEQ_STATS))]
    let _ = event;
}

#[cfg(CONFIG_RSEQ_STATS)]
impl Event {
    /// Where its counter is in `struct rseq_stats`.
    const fn offset(self) -> usize {
        match self {
            Event::Signal => offset_of!(rseq_stats, signal),
            Event::Slowpath => offset_of!(rseq_stats, slowpath),
            Event::Ids => offset_of!(rseq_stats, ids),
            Event::Cs => offset_of!(rseq_stats, cs),
            Event::Clear => offset_of!(rseq_stats, clear),
            Event::Fixup => offset_of!(rseq_stats, fixup),
            #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
            Event::Granted => offset_of!(rseq_stats, s_granted),
            #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
            Event::Expired => offset_of!(rseq_stats, s_expired),
            #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
            Event::Revoked => offset_of!(rseq_stats, s_revoked),
            #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
            Event::Yielded => offset_of!(rseq_stats, s_yielded),
            #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
            Event::Aborted => offset_of!(rseq_stats, s_aborted),
        }
    }

    /// How often it was counted, on all CPUs.
    #[cfg(CONFIG_RSEQ_RUST_KUNIT_TEST)]
    pub(crate) fn total(self) -> usize {
        total(self.offset())
    }
}

/// The counter at `offset` of the per-CPU variable.
#[cfg(CONFIG_RSEQ_STATS)]
#[inline(always)]
fn counter(offset: usize) -> *mut usize {
    (&raw mut kernel::bindings::rseq_stats)
        .wrapping_byte_add(offset)
        .cast()
}

#[cfg(all(CONFIG_RSEQ_STATS, any(CONFIG_DEBUG_FS, CONFIG_RSEQ_RUST_KUNIT_TEST)))]
fn total(offset: usize) -> usize {
    // SAFETY: This is a counter of the per-CPU variable.
    unsafe { crate::percpu::sum(counter(offset)) }
}

/// Every counter's name and its sum over all CPUs, in the order of the file.
#[cfg(all(CONFIG_RSEQ_STATS, CONFIG_DEBUG_FS))]
pub(crate) fn totals() -> impl Iterator<Item = (&'static str, usize)> {
    COUNTERS.iter().map(|&(name, offset)| (name, total(offset)))
}

#[cfg(all(CONFIG_RSEQ_STATS, CONFIG_DEBUG_FS))]
const COUNTERS: &[(&str, usize)] = &[
    ("exit", offset_of!(rseq_stats, exit)),
    ("signal", Event::Signal.offset()),
    ("slowp", Event::Slowpath.offset()),
    ("fastp", offset_of!(rseq_stats, fastpath)),
    ("ids", Event::Ids.offset()),
    ("cs", Event::Cs.offset()),
    ("clear", Event::Clear.offset()),
    ("fixup", Event::Fixup.offset()),
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    ("sgrant", Event::Granted.offset()),
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    ("sexpir", Event::Expired.offset()),
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    ("srevok", Event::Revoked.offset()),
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    ("syield", Event::Yielded.offset()),
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    ("sabort", Event::Aborted.offset()),
];
