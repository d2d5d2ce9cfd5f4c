// SPDX-License-Identifier: GPL-2.0

//! Grant, refuse, revoke: what happens to a request on return from an interrupt.

use super::{
    revoke,
    tunable, //
};
use crate::{
    abi::{
        Area,
        SliceCtrl, //
    },
    machine::{
        context::TaskContext,
        counters::{
            count,
            Counter, //
        },
        task::Current,
        user_memory::{
            field,
            open,
            Fault, //
        }, //
    }, //
};

/// The work on the way to user space, apart from the reschedule.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherWork {
    /// None: the reschedule may be delayed.
    None,
    /// Something has to be done now, and a slice delays only the scheduler.
    Pending,
}

/// The fate of the pending reschedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reschedule {
    /// A slice was granted, and the thread may run on.
    Delayed,
    /// It has to be obeyed.
    Due,
}

/// Answers a request, or takes a grant back, with a reschedule pending. May sleep.
///
/// The inline check has seen that the thread may ask or has a grant out. A thread that was granted
/// a slice already does not get a second one for the next reschedule.
///
/// # Errors
///
/// [`Fault`] if the area cannot be accessed.
#[inline(always)] // Its only caller is the entry point.
pub(crate) fn on_reschedule(
    task: Current,
    context: &mut TaskContext,
    other: OtherWork,
) -> Result<Reschedule, Fault> {
    if other == OtherWork::Pending || task.slice().is_granted() {
        open!(context.memory(), task.area(), |area| {
            area.store(field!(Area, slice_ctrl), SliceCtrl::CLEAR)?;
        });
        revoke(task);
        return Ok(Reschedule::Due);
    }

    open!(context.memory(), task.area(), |area| {
        let Some(ctrl) = granting(area.load(field!(Area, slice_ctrl))?) else {
            return Ok(Reschedule::Due);
        };
        area.store(field!(Area, slice_ctrl), ctrl)?;
    });
    Ok(start(task, context))
}

/// The control word with the grant in it, or [`None`] if it holds no request. The reserved bits are
/// carried along.
#[inline(always)] // User access is open.
pub(crate) fn granting(ctrl: SliceCtrl) -> Option<SliceCtrl> {
    if ctrl.request == 0 {
        return None;
    }
    Some(SliceCtrl {
        request: 0,
        granted: 1,
        reserved: ctrl.reserved,
    })
}

/// Starts the grant that the control word announces.
///
/// The task flag and its mirror in the preempt count have to change as one for this CPU:
///
/// ```text
///     drop the reschedule
///         clear task flag
///     <interrupt>
///         wakeup
///             set task flag
///             set mirror
///     </interrupt>
///         clear mirror                  flag and mirror disagree
/// ```
///
/// Another CPU may set the task flag at any time. If it does before the clear, its request is lost
/// like the one that is delayed here, and the timer makes up for both. If it does after, its
/// interrupt sets the mirror.
///
/// A realtime thread does not wait for a timer. On `PREEMPT_RT` only a lazy reschedule is dropped,
/// so that one for a realtime thread stays due, wherever it comes from, and ends the grant.
#[inline(always)] // Its only caller is `on_reschedule`.
fn start(task: Current, context: &mut TaskContext) -> Reschedule {
    task.slice().begin(tunable::expiry());

    context.with_interrupts_off(|interrupts| {
        // Not earlier: with interrupts on, counting may be a point of preemption, and schedule for
        // the very reschedule that is about to be delayed.
        count(Counter::Granted);
        // A thread that was scheduled while the decision was made has nothing to delay any more:
        // the update of its area ends the grant on the way to user space, without a timer. A
        // reschedule that is pending by now is a new one.
        if task.marks().rescheduled() {
            return Reschedule::Due;
        }
        interrupts.drop_reschedule();
        Reschedule::Delayed
    })
}
