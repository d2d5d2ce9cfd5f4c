// SPDX-License-Identifier: GPL-2.0

//! The end of a grant in a system call, which gives up the CPU first.

use crate::{
    abi::{
        Area,
        SliceCtrl, //
    },
    failure::fatal,
    machine::{
        context::{
            PreemptionOff,
            TaskContext, //
        },
        counters::{
            count,
            Counter, //
        },
        slice_state::SliceState,
        switches::debugging,
        task::Current,
        timer::SliceTimer,
        user_memory::{
            field,
            open,
            Fault,
            UserMemory, //
        }, //
    }, //
};
use kernel::ffi::c_long;

/// The system call that a thread makes during a grant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syscall {
    /// `rseq_slice_yield(2)`, the way out without side effects.
    Yield,
    /// Any other. It is accepted as well, since layered applications cannot control what runs
    /// inside of their critical sections.
    Other,
}

/// Runs before `syscall` of a thread that went to user space with a grant, or whose last yield was
/// not carried out. May sleep, may schedule.
///
/// # Errors
///
/// [`Fault`] if the area cannot be written to. In debug mode it is fatal too if the control word
/// holds something else than the kernel wrote.
#[inline(always)] // Its only caller is the entry point.
pub(crate) fn before_syscall(
    task: Current,
    context: &mut TaskContext,
    syscall: Syscall,
) -> Result<(), Fault> {
    let slice = task.slice();
    // The grant may be gone: revocation leaves the work flag alone.
    let granted = slice.is_granted();

    if debugging() {
        // The grant ends all the same.
        let checked = check(task, context.memory(), granted);
        fatal(task, context, checked);
    }
    if !granted {
        forget(slice);
        return Ok(());
    }
    relinquish(task, context, syscall)
}

/// Ends the grant and lets the others run.
#[inline(always)] // Its only caller is `before_syscall`.
fn relinquish(task: Current, context: &mut TaskContext, syscall: Syscall) -> Result<(), Fault> {
    context.with_preemption_off(|here| {
        cancel_timer(task, here);
        if task.marks().rescheduled() {
            // The scheduler was faster: the CPU has been given up already.
            forget(task.slice());
            count(Counter::Revoked);
        } else {
            note(task, syscall);
            here.with_interrupts_off(|interrupts| interrupts.request_reschedule());
        }
    });
    context.reschedule_point();

    task.slice().end();
    open!(context.memory(), task.area(), |area| {
        area.store(field!(Area, slice_ctrl), SliceCtrl::CLEAR)?;
    });
    Ok(())
}

/// Cancels the timer of this CPU if it was armed for `task`.
///
/// Mostly it is the first timer to expire, so this reprograms the hardware; still cheaper than to
/// take the interrupt for nothing.
#[inline(always)] // Its only caller is `relinquish`.
fn cancel_timer(task: Current, here: &PreemptionOff) {
    let timer = SliceTimer::of_this_cpu(here);
    if timer.is_armed_for(task) {
        timer.cancel(here);
    }
}

/// Notes how the grant ends.
///
/// A yield is reported when it is carried out. It is not if seccomp or a tracer suppresses it, so
/// the work for the next system call stays registered, which forgets the note.
#[inline(always)] // Its only caller is `relinquish`.
fn note(task: Current, syscall: Syscall) {
    match syscall {
        Syscall::Yield => {
            task.slice().set_yielded(true);
            count(Counter::Yielded);
        }
        Syscall::Other => {
            forget(task.slice());
            count(Counter::Aborted);
        }
    }
}

/// Leaves nothing to report, and nothing to do before the next system call.
#[inline(always)] // A store and an atomic instruction.
fn forget(slice: SliceState) {
    slice.set_yielded(false);
    slice.unwatch_syscalls();
}

#[cold]
fn check(task: Current, memory: &mut UserMemory, granted: bool) -> Result<(), Fault> {
    let ctrl = open!(memory, task.area(), |area| area
        .load(field!(Area, slice_ctrl))?);
    if consistent(ctrl, granted) {
        Ok(())
    } else {
        Err(Fault)
    }
}

/// Compares the control word with what the kernel left there.
///
/// With a grant out, user space leaves the word alone; a second request is inconsistent. Without
/// one, the thread may be in its next critical section and have a new request in it.
pub(crate) fn consistent(ctrl: SliceCtrl, granted: bool) -> bool {
    ctrl.granted == granted.into() && ctrl.reserved == 0 && !(granted && ctrl.request != 0)
}

/// The result of `rseq_slice_yield(2)`: 1 if it ended a grant, which happened on its entry.
pub(crate) fn yielded(task: Current) -> c_long {
    let slice = task.slice();
    if !slice.has_yielded() {
        return 0;
    }
    forget(slice);
    1
}
