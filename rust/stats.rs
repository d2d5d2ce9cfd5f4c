// SPDX-License-Identifier: GPL-2.0

//! What an operator sees in `rseq/stats`.
//!
//! Every grant is counted once when it starts and once when it ends, so with the tasks quiet
//! `sgrant = syield + sabort + srevok`. `sexpir` counts timers that fired in time; the revocation
//! that follows is counted as such.

/// The events of time slice extensions.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[derive(Clone, Copy)]
pub(crate) enum SliceEvent {
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
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[inline(always)]
pub(crate) fn count(event: SliceEvent) {
    #[cfg(CONFIG_RSEQ_STATS)]
    {
        let stats = &raw mut kernel::bindings::rseq_stats;
        // SAFETY: The counters exist, the offset of a member is a valid address.
        let counter = unsafe {
            match event {
                SliceEvent::Granted => &raw mut (*stats).s_granted,
                SliceEvent::Expired => &raw mut (*stats).s_expired,
                SliceEvent::Revoked => &raw mut (*stats).s_revoked,
                SliceEvent::Yielded => &raw mut (*stats).s_yielded,
                SliceEvent::Aborted => &raw mut (*stats).s_aborted,
            }
        };
        // SAFETY: `rseq_stats` is a per-CPU variable of `unsigned long` counters.
        unsafe { crate::percpu::increment(counter) };
    }
    #[cfg(not(CONFIG_RSEQ_STATS))]
    let _ = event;
}
