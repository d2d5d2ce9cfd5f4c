// SPDX-License-Identifier: GPL-2.0

//! The counters, summed over all CPUs. The world watches those of grants: each has to start and to
//! end once.

use super::call;
use crate::world::{
    grants,
    point::Op,
    with, //
};

/// The events that are counted, in the order of `struct rseq_stats`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    /// `exit`, by the entry code.
    Exit,
    /// `signal`.
    Signal,
    /// `slowp`.
    Slowpath,
    /// `fastp`, by the entry code.
    Fastpath,
    /// `ids`.
    Ids,
    /// `cs`.
    Cs,
    /// `clear`.
    Clear,
    /// `fixup`.
    Fixup,
    /// `sgrant`.
    Granted,
    /// `sexpir`.
    Expired,
    /// `srevok`.
    Revoked,
    /// `syield`.
    Yielded,
    /// `sabort`.
    Aborted,
}

/// Counts an event.
pub(crate) fn count(counter: Counter) {
    call(Op::Count(counter));
    with(|world| world.counters[counter as usize] += 1);
    grants::counted(counter);
}
