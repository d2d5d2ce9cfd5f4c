// SPDX-License-Identifier: GPL-2.0

//! The bound of a grant: the timer is armed as the last thing before a granted thread goes to user
//! space, and forces the thread out when it expires.

use crate::machine::{
    clock,
    context::InterruptsOff,
    counters::{
        count,
        Counter, //
    },
    task::Current,
    timer::SliceTimer, //
};

/// The next step of a granted thread on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// User space.
    UserSpace,
    /// The exit work again, a reschedule being pending.
    ExitWork,
}

/// Arms the timer for a granted task that is about to enter user space.
///
/// If the grant has run out on the way, a reschedule is requested instead. The grant itself ends
/// when the task is back from that.
#[inline(always)] // Its only caller is the entry point.
pub(crate) fn arm(task: Current, context: &InterruptsOff) -> Next {
    let slice = task.slice();
    let expires = slice.expires();

    if expires < clock::now() {
        context.request_reschedule();
        return Next::ExitWork;
    }
    SliceTimer::of_this_cpu(context).start(task, expires, context);
    slice.watch_syscalls();
    Next::UserSpace
}

/// Forces the thread out whose grant `timer` bounds. In the interrupt, on the timer's CPU.
///
/// The thread that `timer` was armed for may have been scheduled out, with the timer left running
/// and somebody else on the CPU now. If it is in user space, the reschedule revokes the grant. If
/// it entered a system call and the timer was faster than the cancel, it reschedules there.
#[inline(always)] // Its only caller is the entry point.
pub(crate) fn expire(task: Current, timer: &SliceTimer, context: &InterruptsOff) {
    if timer.is_armed_for(task) && task.slice().is_granted() {
        count(Counter::Expired);
        context.request_reschedule();
    }
}
