// SPDX-License-Identifier: GPL-2.0

//! A CPU.

use super::task_data::TaskId;
use std::fmt;

/// The number of a CPU.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CpuId(pub(crate) usize);

impl fmt::Debug for CpuId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CPU {}", self.0)
    }
}

/// The slice timer of a CPU.
#[derive(Clone, Copy, Default)]
pub(crate) struct Timer {
    /// The task that started it last, not reset on expiry.
    pub(crate) armed_for: Option<TaskId>,
    /// When it expires, if it is queued.
    pub(crate) expires: Option<u64>,
}

/// A CPU.
pub(crate) struct Cpu {
    /// Who runs there.
    pub(crate) current: TaskId,
    /// Who runs there if nobody else wants to.
    pub(crate) idle: TaskId,
    /// The mirror of the current task's need-resched flag, in the preempt count.
    pub(crate) need_resched: bool,
    /// The timer.
    pub(crate) timer: Timer,
    /// The clock event device waits for the end of the timer interrupt's deferred part.
    pub(crate) rearm_is_deferred: bool,
    /// An interrupt of another CPU is under way: it has set the need-resched flag.
    pub(crate) ipi_reschedule: bool,
    /// An interrupt of another CPU is under way: membarrier with the RSEQ command.
    pub(crate) ipi_membarrier: bool,
}

impl Cpu {
    /// A CPU that is idle.
    pub(crate) fn new(idle: TaskId) -> Self {
        Self {
            current: idle,
            idle,
            need_resched: false,
            timer: Timer::default(),
            rearm_is_deferred: false,
            ipi_reschedule: false,
            ipi_membarrier: false,
        }
    }

    /// Says that nobody wants to run there.
    pub(crate) fn is_idle(&self) -> bool {
        self.current == self.idle
    }

    /// Says that the timer would interrupt at `now`.
    pub(crate) fn timer_is_due(&self, now: u64) -> bool {
        !self.rearm_is_deferred && self.timer.expires.is_some_and(|expires| expires <= now)
    }
}
