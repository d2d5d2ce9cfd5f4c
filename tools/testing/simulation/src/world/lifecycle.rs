// SPDX-License-Identifier: GPL-2.0

//! Tasks come and go: fork, clone, exec, exit.

use super::{
    check::{
        violated,
        Contract, //
    },
    flags::Work,
    frame,
    marking,
    memory::Memory,
    signals::HANDLER,
    task_data::{
        Entered,
        Exit,
        Standing,
        Task,
        TaskId, //
    },
    with, //
};

/// What a new task shares with its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shares {
    /// Nothing: fork(2). The pages of the child are copied when they are written to.
    Nothing,
    /// The memory: clone(2) with `CLONE_VM`.
    Memory,
}

/// `copy_process()` and `wake_up_new_task()`; returns the child, which waits to be scheduled.
pub(crate) fn fork(shares: Shares) -> TaskId {
    with(|world| {
        let parent = world.current().clone();
        let mut child = Task {
            standing: Standing::Parked(Exit::Start(Entered::Syscall)),
            pending: Vec::new(),
            result: 0,
            switches: 0,
            ..parent
        };
        child.work.clear(Work::ANY_RESCHEDULE | Work::SIGNAL);
        child.unread = Work::NONE;
        child.realtime_waits = false;
        if shares == Shares::Nothing {
            let mut memory = world.memory().clone();
            memory.page_out();
            child.space = Some(world.add_memory(memory));
            child.mm_cid = 0;
        } else {
            // rseq_fork()
            child.rseq.reset();
            child.mm_cid = world.tasks().count() as u32;
        }
        marking::ids_changed(&mut child);
        world.add_task(child)
    })
}

/// `bprm_execve()`: says whether the new program runs.
pub(crate) fn exec(fails: bool) {
    with(|world| {
        if fails {
            marking::force_update(world.current());
        } else {
            let space = world.add_memory(Memory::default());
            let task = world.current();
            task.rseq.reset();
            task.space = Some(space);
            task.ip = HANDLER;
            task.interrupted.clear();
            task.area_is_forged = false;
        }
    });
}

/// `do_exit()`, where the task runs in the kernel.
pub(crate) fn die() {
    with(|world| {
        world.frame().interrupts_on = true;
        world.current().exiting = true;
    });
    marking::slice_exit();
    if with(|world| world.current().grant_is_counted) {
        violated(
            Contract::GrantEndsOnce,
            format_args!("the thread is gone, its grant is not"),
        );
    }
    with(|world| {
        let cpu = world.this_cpu();
        let work = world.current().work;
        world.rearm_deferred(work);
        world.current().standing = Standing::Dead;
        world.cpu(cpu).current = world.cpu(cpu).idle;
        world.cpu(cpu).need_resched = false;
        world.note("exit", 0);
    });
    frame::leave();
}
