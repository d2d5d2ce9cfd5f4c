// SPDX-License-Identifier: GPL-2.0

//! The slice timer: one for each CPU.

use super::{
    call,
    context::{
        InterruptsOff,
        PreemptionOff,
        StaysHere, //
    },
    operation,
    task::Current, //
};
use crate::world::{
    check::{
        violated,
        Contract, //
    },
    cpu::CpuId,
    point::Op,
    with, //
};

/// The timer of one CPU.
pub(crate) struct SliceTimer {
    cpu: CpuId,
}

impl SliceTimer {
    /// The timer of the CPU on which `here` keeps the task.
    pub(crate) fn of_this_cpu(here: &impl StaysHere) -> &Self {
        operation(Op::Timer);
        here.timer()
    }

    /// The timer of the CPU on which the current entry into the kernel runs, to be kept in a
    /// context.
    pub(super) fn here() -> Self {
        Self {
            cpu: with(|world| world.this_cpu()),
        }
    }

    /// The timer that has just expired on this CPU.
    pub(crate) fn expired() -> Self {
        Self::here()
    }

    /// Reports a use on another CPU, or where the task could be sent to another one.
    fn check(&self) {
        let (cpu, frame) = with(|world| (world.this_cpu(), *world.frame()));
        if cpu != self.cpu {
            violated(
                Contract::TimerOfThisCpu,
                format_args!("timer of {:?} used on {cpu:?}", self.cpu),
            );
        }
        if frame.interrupts_on && frame.preemption_off == 0 {
            violated(
                Contract::TimerOfThisCpu,
                format_args!("timer used by a task that may migrate"),
            );
        }
    }

    /// Says that `task` was the last to start it.
    pub(crate) fn is_armed_for(&self, task: Current) -> bool {
        operation(Op::Timer);
        self.check();
        task == with(|world| world.cpu(self.cpu).timer.armed_for)
    }

    /// Lets the timer expire for `task` at `expires`.
    pub(crate) fn start(&self, task: Current, expires: u64, here: &InterruptsOff) {
        here.check();
        operation(Op::Timer);
        self.check();
        with(|world| world.cpu(self.cpu).timer.armed_for = Some(task.id()));
        call(Op::TimerStart);
        with(|world| world.cpu(self.cpu).timer.expires = Some(expires));
    }

    /// Stops the timer.
    pub(crate) fn cancel(&self, here: &PreemptionOff) {
        here.check();
        call(Op::TimerCancel);
        self.check();
        with(|world| world.cpu(self.cpu).timer.expires = None);
    }
}
