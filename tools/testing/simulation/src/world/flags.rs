// SPDX-License-Identifier: GPL-2.0

//! The thread flags, and the mirror of one of them in the preempt count.

use super::{
    check::{
        violated,
        Contract, //
    },
    cpu::CpuId,
    point::Urgency,
    with, //
};
use core::ops::{
    BitAnd,
    BitOr,
    Not, //
};

/// A set of thread flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Work(u8);

impl Work {
    /// No flag.
    pub(crate) const NONE: Self = Self(0);
    /// `TIF_NEED_RESCHED`.
    pub(crate) const RESCHEDULE: Self = Self(1 << 0);
    /// `TIF_NEED_RESCHED_LAZY`.
    pub(crate) const RESCHEDULE_LAZILY: Self = Self(1 << 1);
    /// `TIF_SIGPENDING`.
    pub(crate) const SIGNAL: Self = Self(1 << 2);
    /// `TIF_NOTIFY_RESUME`.
    pub(crate) const NOTIFY_RESUME: Self = Self(1 << 3);
    /// `TIF_RSEQ`.
    pub(crate) const RSEQ: Self = Self(1 << 4);
    /// `TIF_HRTIMER_REARM`.
    pub(crate) const REARM: Self = Self(1 << 5);

    /// Either reschedule.
    pub(crate) const ANY_RESCHEDULE: Self = Self(Self::RESCHEDULE.0 | Self::RESCHEDULE_LAZILY.0);
    /// `EXIT_TO_USER_MODE_WORK`.
    pub(crate) const EXIT: Self =
        Self(Self::ANY_RESCHEDULE.0 | Self::SIGNAL.0 | Self::NOTIFY_RESUME.0 | Self::RSEQ.0);

    /// Says that one of `flags` is set.
    pub(crate) fn has(self, flags: Self) -> bool {
        self & flags != Self::NONE
    }

    /// Sets `flags`.
    pub(crate) fn set(&mut self, flags: Self) {
        *self = *self | flags;
    }

    /// Clears `flags`.
    pub(crate) fn clear(&mut self, flags: Self) {
        *self = *self & !flags;
    }
}

impl BitOr for Work {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Work {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for Work {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

/// The two places that say that a reschedule is due.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// The task's flag, which other CPUs can set.
    Flag,
    /// Its mirror in the preempt count of the CPU, which they cannot.
    Mirror,
}

/// Half of `set_need_resched_current()`.
pub(crate) fn set_need_resched(part: Part) {
    with(|world| match part {
        Part::Flag => world.current().work.set(Work::RESCHEDULE),
        Part::Mirror => {
            let cpu = world.this_cpu();
            world.cpu(cpu).need_resched = true;
        }
    });
}

/// Half of clearing the flags that can be delayed, and the mirror if its flag is one of them.
pub(crate) fn clear_delayed(part: Part) {
    with(|world| {
        let delayed = world.setup.delayed();
        match part {
            Part::Flag => world.current().work.clear(delayed),
            Part::Mirror if delayed.has(Work::RESCHEDULE) => {
                let cpu = world.this_cpu();
                world.cpu(cpu).need_resched = false;
            }
            Part::Mirror => {}
        }
    });
}

/// Somebody becomes ready to run on `cpu`, and is preferred to its current task:
/// `__resched_curr()`, on that CPU or on another one.
pub(crate) fn request(cpu: CpuId, urgency: Urgency, from: Requester) {
    with(|world| {
        let current = world.cpu(cpu).current;
        let task = world.task(current);
        let flag = match urgency {
            Urgency::Lazily if !task.is_idle() => Work::RESCHEDULE_LAZILY,
            _ => Work::RESCHEDULE,
        };
        if urgency == Urgency::Now {
            task.realtime_waits = true;
        }
        if task.work.has(flag | Work::RESCHEDULE) {
            return;
        }
        task.work.set(flag);
        match (from, flag) {
            (Requester::ThisCpu, Work::RESCHEDULE) => world.cpu(cpu).need_resched = true,
            (Requester::ThisCpu, _) => {}
            (Requester::AnotherCpu, Work::RESCHEDULE) => world.cpu(cpu).ipi_reschedule = true,
            // Nobody is interrupted for it: it is found on the next way out.
            (Requester::AnotherCpu, _) => task.unread.set(flag),
        }
    });
}

/// Who asks for a reschedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Requester {
    /// An interrupt of the CPU itself.
    ThisCpu,
    /// Another CPU.
    AnotherCpu,
}

/// `read_thread_flags()`.
pub(crate) fn read() -> Work {
    with(|world| {
        let task = world.current();
        task.unread = Work::NONE;
        task.work
    })
}

/// Flag and mirror have to agree where interrupts are on, except for the time that an interrupt
/// takes from another CPU.
pub(crate) fn check_mirror(cpu: CpuId) {
    let (flag, mirror, on_its_way) = with(|world| {
        let current = world.cpu(cpu).current;
        let flag = world.task(current).work.has(Work::RESCHEDULE);
        let cpu = world.cpu(cpu);
        (flag, cpu.need_resched, cpu.ipi_reschedule)
    });
    if flag != mirror && !(flag && on_its_way) {
        violated(
            Contract::FlagAndMirrorAgree,
            format_args!("flag {flag}, mirror {mirror} on {cpu:?}"),
        );
    }
}
