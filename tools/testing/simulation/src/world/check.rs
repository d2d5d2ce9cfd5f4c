// SPDX-License-Identifier: GPL-2.0

//! What has to hold, and what is printed when it does not.

use super::{
    point::Op,
    task_data::TaskId,
    with,
    World, //
};
use std::{
    collections::VecDeque,
    fmt, //
};

/// The contracts that are checked. Each violation panics and names one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contract {
    /// A context proves what is the case.
    ContextHolds,
    /// A context is used in the entry into the kernel that it was made in.
    ContextInItsEntry,
    /// Only the current task is used.
    CurrentOnly,
    /// Nothing is called while a region of user memory is open.
    NoCallInRegion,
    /// User memory is accessed in an open region only.
    NoAccessOutside,
    /// A page is brought in only where the task may sleep.
    NoFaultHere,
    /// Nothing schedules with a region open, interrupts off or preemption off.
    NoScheduleHere,
    /// The slice timer is used on its CPU, by a task that stays there.
    TimerOfThisCpu,
    /// The need-resched flag of a CPU's task and its mirror in the preempt count agree.
    FlagAndMirrorAgree,
    /// Nobody is sent to an address of the kernel, and nothing there is taken for user memory.
    NoKernelAddress,
    /// Every grant is counted once when it starts and once when it ends.
    GrantEndsOnce,
    /// A thread with a grant is in user space only with the timer of its CPU armed for it.
    GrantIsBounded,
    /// A system call that is over leaves the work for the next one only if it was a yield that was
    /// not carried out.
    SyscallsAreWatched,
    /// The control word says what the kernel's own record says.
    GrantAgrees,
    /// A reschedule that a grant has delayed is made up for when the grant ends.
    RescheduleIsNotLost,
    /// On a realtime kernel, a slice delays no realtime thread.
    RealtimeDoesNotWait,
    /// Nobody enters user space with a reschedule pending.
    RescheduleBeforeUserSpace,
    /// The work that was marked is done before user space.
    MarksAreTaken,
    /// The area shows where the thread runs.
    IdsAreRight,
    /// The clock event device is programmed before user space.
    TimerIsProgrammed,
}

/// The last operations, to be printed with a violation.
#[derive(Default)]
pub(crate) struct History(VecDeque<Entry>);

#[derive(Clone, Copy)]
struct Entry {
    clock: u64,
    task: Option<TaskId>,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Operation(Op, u64),
    Note(&'static str, u64),
}

const LENGTH: usize = 80;

impl World {
    /// Notes an operation of the machine.
    pub(crate) fn record(&mut self, op: Op, detail: u64) {
        self.remember(What::Operation(op, detail));
    }

    /// Notes what the C code or the chooser does.
    pub(crate) fn note(&mut self, what: &'static str, detail: u64) {
        self.remember(What::Note(what, detail));
    }

    fn remember(&mut self, what: What) {
        let task = self.frames.last().map(|frame| frame.task);
        let History(entries) = &mut self.history;
        if entries.len() == LENGTH {
            entries.pop_front();
        }
        entries.push_back(Entry {
            clock: self.clock,
            task,
            what,
        });
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.0 {
            write!(f, "{:>12} ", entry.clock)?;
            match entry.task {
                Some(task) => write!(f, "{task:?}: ")?,
                None => write!(f, "user space: ")?,
            }
            match entry.what {
                What::Operation(op, 0) => writeln!(f, "    {op:?}")?,
                What::Operation(op, detail) => writeln!(f, "    {op:?} {detail:#x}")?,
                What::Note(note, detail) => writeln!(f, "{note} {detail}")?,
            }
        }
        Ok(())
    }
}

/// Reports that a contract is violated: panics, with the last operations.
pub(crate) fn violated(contract: Contract, how: fmt::Arguments<'_>) -> ! {
    let history = with(|world| world.history.to_string());
    panic!("contract {contract:?} violated: {how}\nthe last operations:\n{history}");
}
