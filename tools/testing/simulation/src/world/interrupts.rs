// SPDX-License-Identifier: GPL-2.0

//! Interrupts, from user space and from the kernel.

use super::{
    chooser,
    cpu::CpuId,
    exit,
    flags::{
        self,
        Requester,
        Work, //
    },
    frame,
    marking,
    point::{
        Event,
        Op,
        Urgency, //
    },
    scheduler,
    task_data::{
        Entered,
        Standing, //
    },
    with,
    World, //
};
use crate::entry_points;

/// The interrupts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Irq {
    /// A device wakes up somebody.
    Wakeup(Urgency),
    /// A device queues task work for the current task.
    TaskWork,
    /// A device that has nothing to say to this task.
    Device,
    /// Another CPU has set the need-resched flag.
    Reschedule,
    /// Another CPU's membarrier(2) with the RSEQ command.
    Membarrier,
    /// The slice timer.
    Timer,
}

impl Irq {
    /// The interrupt, for the history.
    fn name(self) -> &'static str {
        match self {
            Self::Wakeup(Urgency::Now) => "interrupt: wakeup",
            Self::Wakeup(Urgency::Lazily) => "interrupt: lazy wakeup",
            Self::TaskWork => "interrupt: task work",
            Self::Device => "interrupt: device",
            Self::Reschedule => "interrupt: reschedule",
            Self::Membarrier => "interrupt: membarrier",
            Self::Timer => "interrupt: timer",
        }
    }
}

impl World {
    /// The interrupt that comes next on `cpu`.
    pub(crate) fn pending(&mut self, cpu: CpuId) -> Option<Irq> {
        let now = self.clock;
        let cpu = self.cpu(cpu);
        if cpu.ipi_reschedule {
            Some(Irq::Reschedule)
        } else if cpu.ipi_membarrier {
            Some(Irq::Membarrier)
        } else if cpu.timer_is_due(now) {
            Some(Irq::Timer)
        } else {
            None
        }
    }

    /// `hrtimer_rearm_deferred_tif()`: the deferred part of the timer interrupt.
    pub(crate) fn rearm_deferred(&mut self, work: Work) {
        if work.has(Work::REARM) {
            let cpu = self.this_cpu();
            self.current().work.clear(Work::REARM);
            self.cpu(cpu).rearm_is_deferred = false;
        }
    }
}

/// What the handler does, interrupts being off.
fn handle(irq: Irq) {
    let cpu = with(|world| {
        world.note(irq.name(), 0);
        world.this_cpu()
    });
    match irq {
        Irq::Device => {}
        Irq::Wakeup(urgency) => flags::request(cpu, urgency, Requester::ThisCpu),
        Irq::TaskWork => with(|world| world.current().work.set(Work::NOTIFY_RESUME)),
        // scheduler_ipi(): fold_need_resched()
        Irq::Reschedule => with(|world| {
            world.cpu(cpu).ipi_reschedule = false;
            if world.current().work.has(Work::RESCHEDULE) {
                world.cpu(cpu).need_resched = true;
            }
        }),
        // ipi_rseq()
        Irq::Membarrier => {
            with(|world| world.cpu(cpu).ipi_membarrier = false);
            marking::slice_restore_resched();
            with(|world| marking::sched_switch_event(world.current()));
        }
        // hrtimer_interrupt()
        Irq::Timer => {
            with(|world| {
                world.cpu(cpu).timer.expires = None;
                world.cpu(cpu).rearm_is_deferred = true;
                world.current().work.set(Work::REARM);
            });
            entry_points::slice_expired();
            other_timers(cpu);
        }
    }
}

/// Other timers that expire in the same interrupt, such as the tick.
fn other_timers(cpu: CpuId) {
    let alternatives = [
        Event::Nothing,
        Event::Wakeup(Urgency::Now),
        Event::Wakeup(Urgency::Lazily),
    ];
    if let Event::Wakeup(urgency) = chooser::choose(Op::TimerInterrupt, &alternatives) {
        flags::request(cpu, urgency, Requester::ThisCpu);
    }
}

/// The interrupts that have to come now in the kernel, if they are on.
pub(crate) fn deliver() {
    while let Some(irq) = with(|world| {
        let cpu = world.this_cpu();
        if world.frame().interrupts_on {
            world.pending(cpu)
        } else {
            None
        }
    }) {
        interrupt_kernel(irq);
    }
}

/// An interrupt of the kernel: `irqentry_exit_to_kernel_mode()` at its end.
pub(crate) fn interrupt_kernel(irq: Irq) {
    let interrupted = with(|world| *world.frame());
    frame::in_interrupt(|| {
        handle(irq);
        if interrupted.preemption_off == 0 {
            scheduler::preempt();
        }
        with(|world| {
            let work = world.current().work;
            world.rearm_deferred(work);
        });
    });
}

/// An interrupt of whatever runs on `cpu` in user space, or of its idle task.
pub(crate) fn interrupt(cpu: CpuId, irq: Irq) {
    let (task, is_idle) = with(|world| {
        let task = world.cpu(cpu).current;
        (task, world.task(task).is_idle())
    });
    frame::enter(task);
    if is_idle {
        handle(irq);
        with(|world| {
            let work = world.current().work;
            world.rearm_deferred(work);
            world.current().work = Work::NONE;
            world.cpu(cpu).need_resched = false;
        });
        frame::leave();
        return;
    }
    with(|world| {
        world.current().standing = Standing::Kernel;
        // rseq_note_user_irq_entry()
        world.current().rseq.user_irq = true;
    });
    handle(irq);
    exit::to_user_space(Entered::Interrupt);
}
