// SPDX-License-Identifier: GPL-2.0

//! A task.

use super::{
    cpu::CpuId,
    flags::Work,
    signals::Signal, //
};
use crate::abi::{
    Ids,
    Version,
    CPU_ID_UNINITIALIZED, //
};
use std::fmt;

/// The number of a task.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskId(pub(crate) usize);

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.0)
    }
}

/// `struct rseq_data`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RseqData {
    pub(crate) area: u64,
    pub(crate) len: u32,
    pub(crate) sig: u32,
    pub(crate) version: Option<Version>,
    pub(crate) sched_switch: bool,
    pub(crate) ids_changed: bool,
    pub(crate) user_irq: bool,
    pub(crate) slow_path: bool,
    pub(crate) ids: Ids,
    pub(crate) enabled: bool,
    pub(crate) granted: bool,
    pub(crate) expires: u64,
    pub(crate) yielded: bool,
}

impl RseqData {
    /// Without a registration.
    const NONE: Self = Self {
        area: 0,
        len: 0,
        sig: 0,
        version: None,
        sched_switch: false,
        ids_changed: false,
        user_irq: false,
        slow_path: false,
        ids: Ids {
            cpu: CPU_ID_UNINITIALIZED,
            node: 0,
            mm_cid: 0,
        },
        enabled: false,
        granted: false,
        expires: 0,
        yielded: false,
    };

    /// `rseq_reset()`.
    pub(crate) fn reset(&mut self) {
        *self = Self::NONE;
    }

    /// `rseq_v2()`.
    pub(crate) fn is_v2(&self) -> bool {
        self.version == Some(Version::V2)
    }
}

/// How a task came into the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// By an interrupt or an exception.
    Interrupt,
    /// By a system call.
    Syscall,
}

/// Where a task that was scheduled out goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exit {
    /// At the beginning of the way to user space.
    Start(Entered),
    /// Behind `schedule()` in the exit work, with the work that was read before.
    Scheduled(Entered, Work),
}

/// Where a task is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standing {
    /// In user space, on its CPU.
    UserSpace,
    /// In the kernel, on the host's stack.
    Kernel,
    /// Scheduled out, and ready to run.
    Parked(Exit),
    /// Gone.
    Dead,
}

/// A task.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) rseq: RseqData,
    /// The thread flags.
    pub(crate) work: Work,
    /// Those that another CPU has set without an interrupt, and that were not read since.
    pub(crate) unread: Work,
    /// `SYSCALL_WORK_SYSCALL_RSEQ_SLICE`.
    pub(crate) watches_syscalls: bool,
    pub(crate) cpu: CpuId,
    pub(crate) mm_cid: u32,
    /// The address space; an idle task has none.
    pub(crate) space: Option<usize>,
    /// The instruction pointer in user space.
    pub(crate) ip: u64,
    /// The signals that are pending.
    pub(crate) pending: Vec<Signal>,
    /// What the signal handlers that run have interrupted.
    pub(crate) interrupted: Vec<u64>,
    /// `SIGSEGV` has a handler.
    pub(crate) survives_segv: bool,
    pub(crate) exiting: bool,
    pub(crate) standing: Standing,
    /// The result of the last system call.
    pub(crate) result: isize,
    /// How often it was scheduled out.
    pub(crate) switches: usize,
    /// Not part of the kernel: a grant that was counted and has not ended.
    pub(crate) grant_is_counted: bool,
    /// Not part of the kernel: a grant has delayed a reschedule that nothing made up for.
    pub(crate) reschedule_is_delayed: bool,
    /// Not part of the kernel: somebody has asked for the CPU who is not to be delayed, if he is a
    /// realtime thread on a realtime kernel.
    pub(crate) realtime_waits: bool,
    /// Not part of the kernel: user space wrote what is the kernel's, IDs or control word.
    pub(crate) area_is_forged: bool,
}

impl Task {
    /// The idle task of `cpu`.
    pub(crate) fn idle(cpu: CpuId) -> Self {
        Self {
            rseq: RseqData::NONE,
            work: Work::NONE,
            unread: Work::NONE,
            watches_syscalls: false,
            cpu,
            mm_cid: 0,
            space: None,
            ip: 0,
            pending: Vec::new(),
            interrupted: Vec::new(),
            survives_segv: false,
            exiting: false,
            standing: Standing::UserSpace,
            result: 0,
            switches: 0,
            grant_is_counted: false,
            reschedule_is_delayed: false,
            realtime_waits: false,
            area_is_forged: false,
        }
    }

    /// Says that it is an idle task.
    pub(crate) fn is_idle(&self) -> bool {
        self.space.is_none()
    }
}
