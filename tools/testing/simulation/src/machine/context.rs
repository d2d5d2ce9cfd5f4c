// SPDX-License-Identifier: GPL-2.0

//! Execution contexts, as values that prove them, and that notice when they prove what is no longer
//! true.

use super::{
    call,
    timer::SliceTimer,
    user_memory::UserMemory, //
};
use crate::world::{
    check::{
        violated,
        Contract, //
    },
    flags::{
        self,
        Part, //
    },
    grants,
    point::Op,
    scheduler,
    with, //
};

/// The entry into the kernel that a context was made in.
#[derive(Clone, Copy)]
pub(super) struct Entry(u64);

impl Entry {
    /// The entry that is on top.
    pub(super) fn current() -> Self {
        Self(with(|world| world.frame().serial))
    }

    /// Reports the use of a context in another entry, nested or later, than it was made in.
    pub(super) fn check(self, what: &str) {
        let serial = with(|world| world.frame().serial);
        if serial != self.0 {
            violated(Contract::ContextInItsEntry, format_args!("{what}"));
        }
    }
}

fn demand(what: &str, holds: bool) {
    if !holds {
        violated(Contract::ContextHolds, format_args!("{what}"));
    }
}

/// A context in which the task cannot migrate.
pub(crate) trait StaysHere {
    /// Reports a context that is not what it says.
    fn check(&self);

    /// The timer of the CPU on which the task stays.
    fn timer(&self) -> &SliceTimer;
}

/// The current task in the kernel on its own behalf, or on its way back to user space.
#[must_use = "a context is proof of what an entry point may do"]
pub(crate) struct TaskContext {
    entry: Entry,
    memory: UserMemory,
}

impl TaskContext {
    /// The context of an entry point.
    ///
    /// # Safety
    ///
    /// None here; the machine finds out what is not as the real one demands.
    pub(crate) unsafe fn new() -> Self {
        let frame = with(|world| *world.frame());
        demand("interrupts are on", frame.interrupts_on);
        demand("preemption is on", frame.preemption_off == 0);
        demand("it is the only context", !frame.has_context);
        demand("user access is closed", !frame.region_open);
        with(|world| world.frame().has_context = true);
        Self {
            entry: Entry::current(),
            // SAFETY: User access is closed, and there is no other context.
            memory: unsafe { UserMemory::new() },
        }
    }

    /// Reports a context that is not what it says.
    pub(super) fn check(&self) {
        self.entry.check("task context");
        let frame = with(|world| *world.frame());
        demand("interrupts are on", frame.interrupts_on);
        demand("preemption is on", frame.preemption_off == 0);
    }

    /// The right to access user memory; may sleep to bring a page in.
    pub(crate) fn memory(&mut self) -> &mut UserMemory {
        self.check();
        &mut self.memory
    }

    /// Runs `act` with preemption off. Schedules at its end, if that is due and the kernel is
    /// preemptible.
    pub(crate) fn with_preemption_off<R>(
        &mut self,
        act: impl FnOnce(&mut PreemptionOff) -> R,
    ) -> R {
        self.check();
        call(Op::PreemptionOff);
        with(|world| world.frame().preemption_off += 1);
        let result = act(&mut PreemptionOff {
            entry: self.entry,
            timer: SliceTimer::here(),
        });
        call(Op::PreemptionOn);
        with(|world| world.frame().preemption_off -= 1);
        scheduler::preempt();
        result
    }

    /// Runs `act` with interrupts off.
    pub(crate) fn with_interrupts_off<R>(
        &mut self,
        act: impl FnOnce(&mut InterruptsOff) -> R,
    ) -> R {
        self.check();
        between_interrupts(self.entry, act)
    }

    /// Schedules if that is due, on kernels that do not do so by themselves.
    pub(crate) fn reschedule_point(&mut self) {
        self.check();
        call(Op::ReschedulePoint);
        scheduler::reschedule_point();
    }
}

impl Drop for TaskContext {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.entry.check("end of task context");
            with(|world| world.frame().has_context = false);
        }
    }
}

/// The task stays on its CPU; interrupts may come at any time.
pub(crate) struct PreemptionOff {
    entry: Entry,
    timer: SliceTimer,
}

impl PreemptionOff {
    /// Runs `act` with interrupts off too.
    pub(crate) fn with_interrupts_off<R>(
        &mut self,
        act: impl FnOnce(&mut InterruptsOff) -> R,
    ) -> R {
        self.check();
        between_interrupts(self.entry, act)
    }
}

impl StaysHere for PreemptionOff {
    fn check(&self) {
        self.entry.check("preemption off");
        let off = with(|world| world.frame().preemption_off > 0);
        demand("preemption is off", off);
    }

    fn timer(&self) -> &SliceTimer {
        self.check();
        &self.timer
    }
}

/// Runs `act` between two interrupts.
fn between_interrupts<R>(entry: Entry, act: impl FnOnce(&mut InterruptsOff) -> R) -> R {
    call(Op::InterruptsOff);
    with(|world| world.frame().interrupts_on = false);
    let result = act(&mut InterruptsOff {
        entry,
        timer: SliceTimer::here(),
    });
    with(|world| world.frame().interrupts_on = true);
    call(Op::InterruptsOn);
    result
}

/// Nothing else happens on this CPU; other CPUs go on.
#[must_use = "a context is proof of what an entry point may do"]
pub(crate) struct InterruptsOff {
    entry: Entry,
    timer: SliceTimer,
}

impl InterruptsOff {
    /// The context of an entry point that C calls with interrupts off.
    ///
    /// # Safety
    ///
    /// None here; the machine finds out.
    pub(crate) unsafe fn new() -> Self {
        let context = Self {
            entry: Entry::current(),
            timer: SliceTimer::here(),
        };
        context.check();
        context
    }

    /// Runs `access` with the right to access user memory that is resident.
    pub(crate) fn with_resident_memory<R>(
        &mut self,
        access: impl FnOnce(&mut UserMemory) -> R,
    ) -> R {
        self.check();
        with(|world| world.frame().faults_off = true);
        // SAFETY: User access is closed, and the only context is borrowed meanwhile.
        let result = access(&mut unsafe { UserMemory::new() });
        with(|world| world.frame().faults_off = false);
        result
    }

    /// Requests a reschedule of the current task.
    pub(crate) fn request_reschedule(&self) {
        self.check();
        call(Op::Flag);
        flags::set_need_resched(Part::Flag);
        call(Op::Mirror);
        flags::set_need_resched(Part::Mirror);
    }

    /// Drops the pending reschedule of the current task, as far as this kernel lets a slice delay
    /// it.
    pub(crate) fn drop_reschedule(&self) {
        self.check();
        call(Op::Flag);
        grants::delays();
        flags::clear_delayed(Part::Flag);
        call(Op::Mirror);
        flags::clear_delayed(Part::Mirror);
    }
}

impl StaysHere for InterruptsOff {
    fn check(&self) {
        self.entry.check("interrupts off");
        let off = with(|world| !world.frame().interrupts_on);
        demand("interrupts are off", off);
    }

    fn timer(&self) -> &SliceTimer {
        self.check();
        &self.timer
    }
}
