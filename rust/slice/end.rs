// SPDX-License-Identifier: GPL-2.0

//! A system call during a grant ends the grant, and gives up the CPU first.

use super::timer;
use crate::{
    abi::{
        Area,
        SliceCtrl, //
    },
    logic::slice::syscall_entry::{
        consistent,
        end,
        End, //
    },
    percpu::{
        IrqsDisabled,
        PreemptDisabled, //
    },
    stats::{
        count,
        Event, //
    },
    task::{
        debugging,
        Current, //
    },
    uaccess::{
        field,
        Fault, //
    }, //
};
use kernel::{
    bindings,
    ffi::c_long, //
};

/// The number of `rseq_slice_yield(2)`.
pub(crate) const YIELD: c_long = bindings::__NR_rseq_slice_yield as c_long;

/// Runs before system call `nr` of a thread that went to user space with a grant. Interrupts on,
/// may sleep, may schedule.
///
/// `rseq_slice_yield(2)` is the way out without side effects. Any other call is accepted as well,
/// since layered applications cannot control what runs inside their critical sections.
///
/// A thread whose area cannot be written to, or in debug mode holds something else than the kernel
/// wrote, gets `SIGSEGV`.
pub(crate) fn work(nr: c_long) {
    let task = Current::get();
    // The grant may be gone: revocation leaves the work flag alone.
    let granted = task.granted();

    task.unwatch_syscalls();

    if debugging() && !matches!(check(task, granted), Ok(true)) {
        task.segfault();
    }
    if granted {
        relinquish(task, nr);
    }
}

/// Ends the grant and lets the others run.
#[inline(always)]
fn relinquish(task: Current, nr: c_long) {
    {
        // Keeps the task with the timer of this CPU. Leaving the scope schedules on preemptible
        // kernels.
        let here = PreemptDisabled::new();

        timer::cancel(task, &here);
        let event = match end(task.rescheduled(), nr == YIELD) {
            End::Yielded => {
                task.set_yielded();
                Event::Yielded
            }
            End::Aborted => Event::Aborted,
            End::Revoked => Event::Revoked,
        };
        count(event);
        if !matches!(event, Event::Revoked) {
            task.request_reschedule(&IrqsDisabled::new());
        }
    }
    // SAFETY: Task context without locks. Schedules on kernels that are not preemptible.
    unsafe { bindings::cond_resched() };

    task.set_granted(false);
    if clear(task).is_err() {
        task.segfault();
    }
}

fn clear(task: Current) -> Result<(), Fault> {
    let area = task.area().open()?;
    area.store(field!(Area, slice_ctrl), SliceCtrl::CLEAR)
}

/// Loads the control word and checks it.
#[cold]
fn check(task: Current, granted: bool) -> Result<bool, Fault> {
    let area = task.area().open()?;
    Ok(consistent(area.load(field!(Area, slice_ctrl))?, granted))
}
