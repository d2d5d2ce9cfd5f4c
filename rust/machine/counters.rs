// SPDX-License-Identifier: GPL-2.0

//! The per-CPU counters, `struct rseq_stats`: what an operator sees in `rseq/stats`.
//!
//! Every grant is counted once when it starts and once when it ends, so with the tasks quiet
//! `sgrant = syield + sabort + srevok`. `sexpir` counts timers that fired in time; the revocation
//! that follows is counted as such.
//!
//! Inline C counts two events by itself: `exit`, each way out to user space, and `fastp`, each time
//! [`crate::user_return::fast`] is entered.

#[cfg_attr(not(CONFIG_RSEQ_STATS), path = "counters/uncounted.rs")]
mod per_cpu_values;

/// The events that are counted, in the order of `struct rseq_stats`.
#[derive(Clone, Copy)]
#[repr(usize)]
// Inline C counts two of them, and a kernel without slices lacks five.
#[allow(dead_code)]
pub(crate) enum Counter {
    /// `exit`: the thread went to user space.
    Exit,
    /// `signal`: a signal was delivered to a registered thread; in V2, to one that was interrupted.
    Signal,
    /// `slowp`: the slow path looked at a thread.
    Slowpath,
    /// `fastp`: the fast path looked at a thread.
    Fastpath,
    /// `ids`: IDs were published.
    Ids,
    /// `cs`: an announced critical section was evaluated.
    Cs,
    /// `clear`: the thread was outside of it.
    Clear,
    /// `fixup`: the thread was inside and was aborted.
    Fixup,
    /// `sgrant`: a slice was granted.
    Granted,
    /// `sexpir`: the timer of a slice forced a reschedule.
    Expired,
    /// `srevok`: a slice ended because the kernel took it back.
    Revoked,
    /// `syield`: a slice ended with `rseq_slice_yield(2)`.
    Yielded,
    /// `sabort`: a slice ended with another system call.
    Aborted,
}

/// Counts an event on this CPU. Any context.
#[inline(always)] // One instruction on x86_64.
pub(crate) fn count(counter: Counter) {
    per_cpu_values::increment(counter);
}

/// How often `counter` was counted on this CPU.
#[cfg(CONFIG_RSEQ_RUST_KUNIT_TEST)]
pub(crate) fn of_this_cpu(counter: Counter) -> usize {
    per_cpu_values::of(counter, kernel::cpu::CpuId::current())
}

/// Every counter's name and its sum over all CPUs, in the order of the file.
#[cfg(all(CONFIG_RSEQ_STATS, CONFIG_DEBUG_FS))]
pub(super) fn totals() -> impl Iterator<Item = (&'static str, usize)> {
    const NAMES: [(Counter, &str); Counter::Aborted as usize + 1] = [
        (Counter::Exit, "exit"),
        (Counter::Signal, "signal"),
        (Counter::Slowpath, "slowp"),
        (Counter::Fastpath, "fastp"),
        (Counter::Ids, "ids"),
        (Counter::Cs, "cs"),
        (Counter::Clear, "clear"),
        (Counter::Fixup, "fixup"),
        (Counter::Granted, "sgrant"),
        (Counter::Expired, "sexpir"),
        (Counter::Revoked, "srevok"),
        (Counter::Yielded, "syield"),
        (Counter::Aborted, "sabort"),
    ];
    let shown = if cfg!(CONFIG_RSEQ_SLICE_EXTENSION) {
        NAMES.len()
    } else {
        Counter::Granted as usize
    };

    NAMES
        .into_iter()
        .take(shown)
        .map(|(counter, name)| (name, per_cpu_values::sum(counter)))
}
