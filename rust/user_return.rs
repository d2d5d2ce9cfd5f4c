// SPDX-License-Identifier: GPL-2.0

//! The way out to user space, and what happens before a signal.
//!
//! The scheduler marks a thread whose area needs attention when it comes back. The fast path sees
//! to that as the very last thing, with interrupts off, where no page can be brought in:
//!
//! ```text
//!     exit work done, interrupts off, marked?
//!        |                       |
//!        | no                    | yes
//!        v                       v
//!     user space <-- done -- fast path
//!        ^                       |
//!        |                       | fault: leave the mark, ask for the slow path
//!        |                       v
//!        |                exit work again, interrupts on
//!        |                       |
//!        |                       v
//!        +-- fast path <---- slow path: may sleep. A fault is final here: SIGSEGV
//! ```

use crate::{
    critical_section,
    ids,
    machine::{
        context::{
            InterruptsOff,
            TaskContext, //
        },
        counters::{
            count,
            Counter, //
        },
        registers::UserRegs,
        task::Current,
        user_memory::Fault, //
    }, //
};

/// The fast path, for a marked thread.
///
/// # Errors
///
/// [`Fault`] if something could not be accessed just now, or is not acceptable: the slow path finds
/// out which. The marks are still there.
#[inline(always)] // The last step to user space: C has no call here either.
pub(crate) fn fast(
    task: Current,
    context: &mut InterruptsOff,
    regs: UserRegs,
) -> Result<(), Fault> {
    context.with_resident_memory(|memory| {
        let announcement = if task.marks().ids_changed() {
            ids::publish(task, memory, task.current_ids())?
        } else {
            ids::keep(task, memory)?
        };
        critical_section::before_user_space(task, memory, regs, announcement)
    })
}

/// The slow path, if the thread is still marked. May sleep.
///
/// Hypervisors do the exit work before they enter a guest, without registers. The thread does not
/// enter user space then, and the mark can wait.
///
/// # Errors
///
/// [`Fault`] if the thread's area is of no use.
pub(crate) fn slow(
    task: Current,
    context: &mut TaskContext,
    regs: Option<UserRegs>,
) -> Result<(), Fault> {
    let Some(regs) = regs else { return Ok(()) };
    if task.is_exiting() {
        return Ok(());
    }

    count(Counter::Slowpath);
    // The mark goes first. With interrupts off the scheduler cannot set a mark that is lost, nor
    // move the task to where the IDs are others:
    //
    //     take the mark
    //     read the IDs
    //     <preempted: migrates, sets the mark>
    //     publish the IDs                          wrong, but the mark has it done again
    let ids = context.with_interrupts_off(|interrupts| {
        task.marks().take(interrupts).then(|| task.current_ids())
    });
    let Some(ids) = ids else { return Ok(()) };

    let memory = context.memory();
    let announcement = ids::publish(task, memory, ids)?;
    critical_section::before_user_space(task, memory, regs, announcement)
}

/// Aborts the critical section that a signal interrupts. May sleep.
///
/// IDs can wait for the way to user space. In legacy mode they are written then, changed or not,
/// since programs depend on that.
///
/// # Errors
///
/// [`Fault`] if the thread's area is of no use.
pub(crate) fn before_signal(
    task: Current,
    context: &mut TaskContext,
    regs: UserRegs,
) -> Result<(), Fault> {
    count(Counter::Signal);
    if task.is_legacy() {
        task.marks().set();
    }

    critical_section::before_signal(task, context.memory(), regs)
        .inspect_err(|Fault| task.marks().forget_slow_path())
}

/// Debug mode: finds a thread that made a system call in a critical section. May sleep.
///
/// # Errors
///
/// [`Fault`] if it did, or if the thread's area is of no use.
#[cold]
pub(crate) fn after_syscall(
    task: Current,
    context: &mut TaskContext,
    regs: UserRegs,
) -> Result<(), Fault> {
    if task.is_registered() {
        critical_section::after_syscall(task, context.memory(), regs)?;
    }
    Ok(())
}
