// SPDX-License-Identifier: GPL-2.0

//! The scheduler. Who runs, where and for how long is up to the chooser.

use super::{
    check::{
        violated,
        Contract, //
    },
    chooser,
    cpu::CpuId,
    exit,
    flags::Work,
    frame,
    interrupts::{
        self,
        Irq, //
    },
    marking,
    point::{
        Event,
        Op,
        Urgency, //
    },
    syscalls::{
        self,
        Call, //
    },
    task_data::{
        Exit,
        Standing,
        TaskId, //
    },
    user_space,
    with,
    World, //
};

/// Where `schedule()` returns to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheduled {
    /// The task, on the CPU that it has now.
    Back,
    /// Whoever runs now: the task waits, as data.
    Parked,
}

/// The time that others have if nothing else is known of them, in ns.
const A_WHILE: u64 = 1_000;

/// `preempt_enable()`, and the end of an interrupt of the kernel: schedules if that is due and the
/// kernel is preemptible.
pub(crate) fn preempt() {
    let due = with(|world| {
        let cpu = world.this_cpu();
        let off = world.frame().preemption_off > 0 || world.current().is_idle();
        world.setup.preemptible && !off && world.cpu(cpu).need_resched
    });
    if due {
        schedule(None);
    }
}

/// `cond_resched()`.
pub(crate) fn reschedule_point() {
    let due = with(|world| {
        let cpu = world.this_cpu();
        !world.setup.preemptible && world.cpu(cpu).need_resched
    });
    if due {
        schedule(None);
    }
}

/// The task waits for something in the middle of what it does, so somebody else runs.
pub(crate) fn sleep() {
    let cpu = out();
    idle(cpu, A_WHILE);
    others_run(None, true);
}

/// `schedule()`. A task that tells where it goes on can wait as data.
pub(crate) fn schedule(exit: Option<Exit>) -> Scheduled {
    out();
    others_run(exit, false)
}

/// The task stops running: `__schedule()` clears what asked for that.
fn out() -> CpuId {
    let frame = with(|world| *world.frame());
    // The end of an interrupt enables them in the scheduler.
    let allowed = frame.interrupts_on || frame.interrupts_kernel;
    if !allowed || frame.preemption_off > 0 || frame.region_open {
        violated(Contract::NoScheduleHere, format_args!("{frame:?}"));
    }
    with(|world| {
        let cpu = world.this_cpu();
        let task = world.current();
        let work = task.work;
        task.work.clear(Work::ANY_RESCHEDULE);
        task.unread = Work::NONE;
        task.reschedule_is_delayed = false;
        task.realtime_waits = false;
        task.switches += 1;
        world.cpu(cpu).need_resched = false;
        world.rearm_deferred(work);
        world.note("schedule", 0);
        cpu
    })
}

/// Lets others run, until the task is back or waits as data.
fn others_run(exit: Option<Exit>, mut switched: bool) -> Scheduled {
    let task = with(|world| world.frame().task);
    loop {
        let alternatives = with(|world| world.who_runs(exit));
        match chooser::choose(Op::Schedule, &alternatives) {
            Event::Nothing => break,
            Event::Idle(nsec) => idle(with(|world| world.this_cpu()), nsec),
            Event::Migrate(cpu) => with(|world| world.migrate(task, cpu)),
            Event::NewCid => with(|world| world.new_cid(task)),
            Event::Run(other) => match exit {
                Some(exit) => {
                    with(|world| world.park(task, exit));
                    switch_in(other, with(|world| world.task(task).cpu));
                    return Scheduled::Parked;
                }
                None => run_on_top(other),
            },
            Event::Leave => {
                let exit = exit.expect("offered to those who can wait as data");
                with(|world| world.park(task, exit));
                return Scheduled::Parked;
            }
            event => unreachable!("{event:?} was not offered"),
        }
        switched = true;
    }
    if switched {
        with(|world| marking::sched_switch_event(world.task(task)));
    }
    Scheduled::Back
}

impl World {
    /// What the scheduler can do.
    fn who_runs(&mut self, exit: Option<Exit>) -> Vec<Event> {
        let here = self.this_cpu();
        let mut events = vec![Event::Nothing];
        if exit.is_some() {
            events.push(Event::Leave);
            if self.is_nested() {
                // Whoever waits on the host's stack has to go on some time.
                events.swap(0, 1);
            }
        }
        events.extend([Event::Idle(1_000), Event::Idle(60_000), Event::NewCid]);
        events.extend(
            self.all_cpus()
                .filter(|&(cpu, data)| cpu != here && data.current == data.idle)
                .map(|(cpu, _)| Event::Migrate(cpu)),
        );
        events.extend(
            self.tasks()
                .filter(|&(task, data)| {
                    matches!(data.standing, Standing::Parked(_))
                        && self.all_cpus().all(|(_, cpu)| cpu.current != task)
                })
                .map(|(task, _)| Event::Run(task)),
        );
        events
    }

    /// `__set_task_cpu()`, of a task that does not run.
    pub(crate) fn migrate(&mut self, task: TaskId, to: CpuId) {
        let from = core::mem::replace(&mut self.task(task).cpu, to);
        if from != to {
            if self.cpu(from).current == task {
                self.cpu(from).current = self.cpu(from).idle;
            }
            self.cpu(to).current = task;
            marking::ids_changed(self.task(task));
        }
    }

    /// `mm_cid_update_task_cid()`.
    fn new_cid(&mut self, task: TaskId) {
        let task = self.task(task);
        task.mm_cid += 1;
        marking::ids_changed(task);
    }

    fn park(&mut self, task: TaskId, exit: Exit) {
        self.task(task).standing = Standing::Parked(exit);
        let cpu = self.task(task).cpu;
        self.cpu(cpu).current = self.cpu(cpu).idle;
        self.frames.pop();
    }
}

/// Somebody else runs on `cpu` for `nsec`, of whom nothing matters.
fn idle(cpu: CpuId, nsec: u64) {
    let (task, idle) = with(|world| {
        let idle = world.cpu(cpu).idle;
        world.clock += nsec;
        (core::mem::replace(&mut world.cpu(cpu).current, idle), idle)
    });
    frame::enter(idle);
    with(|world| world.frame().interrupts_on = true);
    interrupts::deliver();
    frame::leave();
    with(|world| {
        world.task(idle).work = Work::NONE;
        world.cpu(cpu).need_resched = false;
        world.cpu(cpu).current = task;
    });
}

/// `context_switch()` to a task that waits as data.
pub(crate) fn switch_in(task: TaskId, cpu: CpuId) {
    with(|world| {
        world.migrate(task, cpu);
        world.cpu(cpu).current = task;
        marking::sched_switch_event(world.task(task));
    });
}

/// `task` runs while another one waits on the host's stack, until it is scheduled out.
fn run_on_top(task: TaskId) {
    let (waits, cpu) = with(|world| (world.frame().task, world.this_cpu()));
    switch_in(task, cpu);
    loop {
        run(cpu);
        if with(|world| world.cpu(cpu).is_idle()) {
            break;
        }
        let alternatives = [Event::Nothing, Event::Ask, Event::Yield, Event::Call];
        match chooser::choose(Op::UserSpace, &alternatives) {
            Event::Ask => user_space::ask(with(|world| world.cpu(cpu).current)),
            Event::Yield => syscalls::syscall(cpu, Call::SliceYield),
            Event::Call => syscalls::syscall(cpu, Call::GetPid),
            _ => interrupts::interrupt(cpu, Irq::Wakeup(Urgency::Now)),
        }
    }
    with(|world| world.cpu(cpu).current = waits);
}

/// Has all CPUs take the interrupts that are due, and all tasks that were switched in go on to user
/// space.
pub(crate) fn settle() {
    let cpus: Vec<CpuId> = with(|world| world.all_cpus().map(|(cpu, _)| cpu).collect());
    loop {
        let mut settled = true;
        for &cpu in &cpus {
            run(cpu);
            if let Some(irq) = with(|world| world.pending(cpu)) {
                interrupts::interrupt(cpu, irq);
                settled = false;
            }
        }
        if settled {
            return;
        }
    }
}

/// Has whoever was switched in on `cpu` go on to user space, and the next one if he is scheduled
/// out on the way.
pub(crate) fn run(cpu: CpuId) {
    loop {
        let (task, standing) = with(|world| {
            let task = world.cpu(cpu).current;
            (task, world.task(task).standing)
        });
        let Standing::Parked(exit) = standing else {
            return;
        };
        with(|world| world.task(task).standing = Standing::Kernel);
        frame::enter(task);
        exit::resume(exit);
    }
}
