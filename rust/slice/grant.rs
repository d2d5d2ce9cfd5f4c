// SPDX-License-Identifier: GPL-2.0

//! Grant, refuse, revoke: what happens to a request on return from an interrupt.

use super::tunable;
use crate::{
    abi::{
        Area,
        SliceCtrl, //
    },
    logic::slice::grant::{
        answer,
        delays,
        standing,
        Standing, //
    },
    percpu::IrqsDisabled,
    stats::{
        count,
        Event, //
    },
    task::Current,
    uaccess::{
        field,
        Fault, //
    }, //
};

/// Tries to delay the pending reschedule; returns whether the thread may run on.
///
/// The gate has seen that the thread may ask or has a grant out. `work_pending` tells of work other
/// than rescheduling that waits on the way to user space. Task context, interrupts on, may sleep.
///
/// A thread whose area cannot be accessed gets `SIGSEGV`.
pub(crate) fn grant(work_pending: bool) -> bool {
    let task = Current::get();

    match negotiate(task, work_pending) {
        Ok(granted) => granted,
        Err(Fault) => {
            task.segfault();
            false
        }
    }
}

#[inline(always)]
fn negotiate(task: Current, work_pending: bool) -> Result<bool, Fault> {
    let area = task.area().open()?;

    if standing(work_pending, task.granted()) == Standing::Deny {
        area.store(field!(Area, slice_ctrl), SliceCtrl::CLEAR)?;
        drop(area);
        revoke(task);
        return Ok(false);
    }

    let Some(ctrl) = answer(area.load(field!(Area, slice_ctrl))?) else {
        return Ok(false);
    };
    area.store(field!(Area, slice_ctrl), ctrl)?;
    drop(area);
    Ok(start(task))
}

/// Ends a grant, if there is one; the control word is clear already.
#[inline(always)]
fn revoke(task: Current) {
    if task.granted() {
        count(Event::Revoked);
    }
    task.set_granted(false);
}

/// Starts the grant that the control word announces; returns whether the thread may run on.
#[inline(always)]
fn start(task: Current) -> bool {
    task.set_granted(true);
    task.set_expires(tunable::expiry());

    // The task flag and its mirror in the preempt count have to change as one for this CPU:
    //
    //     drop_reschedule()
    //         clear task flag
    //     <interrupt>
    //         wakeup
    //             set task flag
    //             set mirror
    //     </interrupt>
    //         clear mirror                  flag and mirror disagree
    //
    // Another CPU may set the task flag at any time. If it does before the clear, its request is
    // lost like the one that is delayed here, and the timer makes up for both. If it does after,
    // its interrupt sets the mirror.
    let irqs_off = IrqsDisabled::new();
    // Not earlier: where counting disables preemption for a moment, as on arm64, enabling it again
    // would obey the very reschedule that is to be delayed.
    count(Event::Granted);
    let delayed = delays(task.rescheduled());
    if delayed {
        task.drop_reschedule(&irqs_off);
    }
    delayed
}

/// Has a granted thread rescheduled, because its area is about to be updated and the grant with it.
///
/// membarrier interrupts a thread and marks its area for an update, which revokes a grant. The
/// reschedule that the grant delayed would be lost with it, and the timer would find nothing to
/// enforce. Interrupts disabled.
pub(crate) fn cut_short() {
    let task = Current::get();

    if task.granted() {
        // SAFETY: Called in an interrupt, which runs with interrupts disabled.
        task.request_reschedule(unsafe { IrqsDisabled::assume() });
    }
}

/// Ends the grant of a thread that exits. A fatal signal may do that without a reschedule.
pub(crate) fn end_with_thread() {
    revoke(Current::get());
}
