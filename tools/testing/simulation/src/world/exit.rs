// SPDX-License-Identifier: GPL-2.0

//! The way to user space: `include/linux/irq-entry-common.h`, `kernel/entry/common.c` and
//! `include/linux/rseq_entry.h`, as far as they matter here.

use super::{
    flags::{
        self,
        Work, //
    },
    frame,
    lifecycle,
    point::{
        point,
        Op, //
    },
    scheduler::{
        self,
        Scheduled, //
    },
    signals,
    task_data::{
        Entered,
        Exit,
        Standing, //
    },
    user_space,
    with, //
};
use crate::{
    entry_points,
    machine::counters::Counter, //
};

/// The current entry into the kernel is on its way to user space, interrupts being off:
/// `irqentry_exit_to_user_mode_prepare()` and its like for system calls.
pub(crate) fn to_user_space(entered: Entered) {
    let mut work = flags::read();
    let mask = match entered {
        Entered::Interrupt => Work::EXIT | Work::REARM,
        Entered::Syscall => Work::EXIT,
    };
    if work.has(mask) && !rearm_deferred_user_irq(&mut work, entered) {
        work_loop(entered, work, false);
    } else {
        arrive(entered);
    }
}

/// A task that was scheduled out goes on.
pub(crate) fn resume(exit: Exit) {
    match exit {
        Exit::Start(Entered::Interrupt) => to_user_space(Entered::Interrupt),
        Exit::Start(Entered::Syscall) => from_syscall(),
        Exit::Scheduled(entered, work) => {
            with(|world| world.frame().interrupts_on = true);
            work_loop(entered, work, true);
        }
    }
}

/// A system call is over: `syscall_exit_to_user_mode()`.
pub(crate) fn from_syscall() {
    with(|world| world.frame().interrupts_on = true);
    if with(|world| world.debugging) {
        entry_points::debug_syscall_return();
    }
    with(|world| world.frame().interrupts_on = false);
    to_user_space(Entered::Syscall);
}

/// `hrtimer_rearm_deferred_user_irq()`: says that nothing is left to do.
fn rearm_deferred_user_irq(work: &mut Work, entered: Entered) -> bool {
    let considered = Work::ANY_RESCHEDULE | Work::REARM;
    if entered == Entered::Syscall || *work & considered != Work::REARM {
        return false;
    }
    with(|world| world.rearm_deferred(*work));
    work.clear(Work::REARM);
    *work == Work::NONE
}

/// `exit_to_user_mode_loop()`. `resumed` behind its `schedule()`, or from the beginning.
fn work_loop(entered: Entered, mut work: Work, mut resumed: bool) {
    loop {
        while resumed || work.has(Work::EXIT & !Work::RSEQ) {
            if !resumed {
                with(|world| world.frame().interrupts_on = true);
                point(Op::ExitWork, 0);
                if work.has(Work::ANY_RESCHEDULE)
                    && !grant_slice_extension(work)
                    && scheduler::schedule(Some(Exit::Scheduled(entered, work)))
                        == Scheduled::Parked
                {
                    return;
                }
            }
            resumed = false;
            if work.has(Work::SIGNAL) && signals::deliver() == signals::Delivered::Fatally {
                lifecycle::die();
                return;
            }
            if work.has(Work::NOTIFY_RESUME) {
                resume_user_mode_work();
            }
            with(|world| world.frame().interrupts_on = false);
            work = flags::read();
        }
        if !exit_to_user_mode_restart(work) {
            break;
        }
        work = flags::read();
    }
    arrive(entered);
}

/// `rseq_grant_slice_extension()`, the inline check included.
fn grant_slice_extension(work: Work) -> bool {
    let (rseq, setup) = with(|world| (world.current().rseq, world.setup));
    let may_ask = rseq.enabled && rseq.user_irq;
    if !setup.slices_offered || !(may_ask || rseq.granted) {
        return false;
    }
    if !entry_points::slice_grant(work.has(Work::EXIT & !setup.delayed())) {
        return false;
    }
    with(|world| {
        world.frame().interrupts_on = false;
        world.rearm_deferred(work);
        world.frame().interrupts_on = true;
    });
    true
}

/// `resume_user_mode_work()`.
fn resume_user_mode_work() {
    let slow_path = with(|world| {
        let task = world.current();
        task.work.clear(Work::NOTIFY_RESUME);
        task.rseq.slow_path
    });
    if slow_path {
        entry_points::handle_slowpath(true);
    }
}

/// `rseq_exit_to_user_mode_restart()`: the last check, interrupts being off. Says that there is
/// work again.
fn exit_to_user_mode_restart(work: Work) -> bool {
    if work.has(Work::RSEQ) {
        if with(|world| world.current().rseq.sched_switch) {
            with(|world| world.counters[Counter::Fastpath as usize] += 1);
            if !entry_points::exit_user_update() {
                with(|world| {
                    let task = world.current();
                    task.rseq.slow_path = true;
                    task.work.set(Work::NOTIFY_RESUME);
                });
                return true;
            }
        }
        with(|world| {
            let task = world.current();
            forget_events(&mut task.rseq);
            task.work.clear(Work::RSEQ);
        });
    }
    // rseq_arm_slice_extension_timer()
    let (offered, granted) =
        with(|world| (world.setup.slices_offered, world.current().rseq.granted));
    offered && granted && entry_points::arm_slice_extension_timer()
}

/// `rseq_event::events = 0`.
fn forget_events(rseq: &mut super::task_data::RseqData) {
    rseq.sched_switch = false;
    rseq.ids_changed = false;
    rseq.user_irq = false;
}

/// The task is in user space, once what has to hold there was checked.
fn arrive(entered: Entered) {
    with(|world| world.counters[Counter::Exit as usize] += 1);
    user_space::check_marks();
    if entered == Entered::Syscall {
        user_space::check_syscall_work();
    }
    // rseq_irqentry_exit_to_user_mode()
    if entered == Entered::Interrupt {
        with(|world| forget_events(&mut world.current().rseq));
    }
    user_space::check();
    with(|world| {
        world.note("user space", 0);
        world.current().standing = Standing::UserSpace;
    });
    frame::leave();
}
