// SPDX-License-Identifier: GPL-2.0

//! What happens on the way out to user space, and before a signal.
//!
//! The scheduler marks a thread whose area needs attention when it comes back. The fast path sees
//! to that as the very last thing, with interrupts disabled, where no page can be brought in:
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
//!
//! The slow path takes the mark away before it looks at anything, so that a migration in the middle
//! of it marks the thread again, and the fast path finds out.

use crate::{
    critical_section,
    ids,
    logic::ids::renewed_by_signal,
    regs::UserRegs,
    stats::{
        count,
        Event, //
    },
    task::Current,
    uaccess::{
        Fault,
        PageFaultsDisabled, //
    }, //
};
use kernel::ffi::c_int;

/// The fast path, for a marked thread; returns whether it is done. Interrupts disabled.
#[inline(always)]
pub(crate) fn fast(task: Current, regs: UserRegs) -> bool {
    let _resident = PageFaultsDisabled::new();

    refresh(task, regs).is_ok()
}

#[inline(always)]
fn refresh(task: Current, regs: UserRegs) -> Result<(), Fault> {
    let announcement = if task.ids_changed() {
        ids::publish(task, task.current_ids())?
    } else {
        ids::keep(task)?
    };
    critical_section::settle(task, regs, announcement)
}

/// The slow path, if the thread is still marked. Task context, may sleep.
///
/// Hypervisors do the exit work before they enter a guest, without registers. The thread does not
/// enter user space then, and the mark can wait.
///
/// A thread whose area is of no use gets `SIGSEGV`.
pub(crate) fn slow(task: Current, regs: Option<UserRegs>) {
    let Some(regs) = regs else { return };
    if task.is_exiting() {
        return;
    }

    count(Event::Slowpath);
    let Some(ids) = task.take_mark() else { return };
    let settled = ids::publish(task, ids)
        .and_then(|announcement| critical_section::settle(task, regs, announcement));
    if settled.is_err() {
        task.segfault();
    }
}

/// Leaves the critical section that `signal` interrupts. Task context, may sleep.
///
/// IDs can wait for the way to user space. In legacy mode they are written then in any case, since
/// programs depend on that.
///
/// A thread whose area is of no use gets `SIGSEGV`; if `signal` is just that, it dies.
pub(crate) fn before_signal(task: Current, signal: c_int, regs: UserRegs) {
    count(Event::Signal);

    if critical_section::interrupt(task, regs).is_err() {
        task.forget_slow_path();
        task.segfault_in(signal);
    }
    if renewed_by_signal(task.is_v2()) {
        task.mark();
    }
}

/// Debug mode: kills a thread that made a system call in a critical section. May sleep.
#[cold]
pub(crate) fn after_syscall(task: Current, regs: UserRegs) {
    if task.is_registered() && critical_section::check_after_syscall(task, regs).is_err() {
        task.segfault();
    }
}
