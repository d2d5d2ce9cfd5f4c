// SPDX-License-Identifier: GPL-2.0

//! What a grant owes: one end, and the reschedule that it delays.

use super::{
    check::{
        violated,
        Contract, //
    },
    with, //
};
use crate::machine::counters::Counter;

/// `counter` was incremented for the current task.
pub(crate) fn counted(counter: Counter) {
    let starts = match counter {
        Counter::Granted => true,
        Counter::Revoked | Counter::Yielded | Counter::Aborted => false,
        _ => return,
    };
    let was_out = with(|world| {
        let task = world.current();
        core::mem::replace(&mut task.grant_is_counted, starts)
    });
    if was_out == starts {
        violated(
            Contract::GrantEndsOnce,
            format_args!("{counter:?} counted while a grant is out: {was_out}"),
        );
    }
}

/// The current task has its pending reschedule dropped.
pub(crate) fn delays() {
    with(|world| world.current().reschedule_is_delayed = true);
}

/// `sgrant` and the sum of the three ways to end.
pub(crate) fn balance() -> (usize, usize) {
    with(|world| {
        let of = |counter: Counter| world.counters[counter as usize];
        let ended = of(Counter::Revoked) + of(Counter::Yielded) + of(Counter::Aborted);
        (of(Counter::Granted), ended)
    })
}
