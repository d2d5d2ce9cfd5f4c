// SPDX-License-Identifier: GPL-2.0

//! The tracepoints: recorded by the world, to be read by tests.

use super::{
    call,
    task::Current, //
};
use crate::{
    abi::Section,
    world::{
        point::Op,
        with, //
    }, //
};

/// What a tracepoint recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traced {
    /// `rseq_update`.
    Update,
    /// `rseq_ip_fixup`: the instruction pointer and the section.
    Fixup(u64, Section),
}

/// The IDs of `task` were published.
pub(crate) fn rseq_update(_task: Current) {
    call(Op::Tracepoint);
    with(|world| world.traced.push(Traced::Update));
}

/// A thread at `ip` was sent to the abort handler of `section`.
pub(crate) fn rseq_ip_fixup(ip: u64, section: Section) {
    call(Op::Tracepoint);
    with(|world| world.traced.push(Traced::Fixup(ip, section)));
}
