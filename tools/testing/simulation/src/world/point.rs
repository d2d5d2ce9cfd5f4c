// SPDX-License-Identifier: GPL-2.0

//! Points where something may happen: each operation of the machine, and some in the C code.

use super::{
    chooser,
    cpu::CpuId,
    flags::{
        self,
        Requester, //
    },
    interrupts,
    memory,
    signals::{
        self,
        Signal, //
    },
    task_data::TaskId,
    with,
    World, //
};
use crate::machine::counters::Counter;

/// The kinds of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// A region of user memory is opened.
    Open,
    /// A field is loaded.
    Load,
    /// A field is stored to.
    Store,
    /// The region is closed.
    Close,
    /// A mark is read or written.
    Mark,
    /// The registration is read or written.
    Registration,
    /// The instruction pointer is read or written.
    Registers,
    /// An ID is read or written.
    Ids,
    /// The slice's state is read or written.
    Slice,
    /// The need-resched flag is written.
    Flag,
    /// Its mirror is written.
    Mirror,
    /// Interrupts go off.
    InterruptsOff,
    /// Interrupts are on again.
    InterruptsOn,
    /// Preemption goes off.
    PreemptionOff,
    /// Preemption is about to be on again.
    PreemptionOn,
    /// Here a kernel without preemption reschedules.
    ReschedulePoint,
    /// The slice timer is looked at.
    Timer,
    /// It is started.
    TimerStart,
    /// It is canceled.
    TimerCancel,
    /// The clock is read.
    Clock,
    /// The length of slices is read.
    Setting,
    /// A switch is read.
    Switch,
    /// An event is counted.
    Count(Counter),
    /// A tracepoint is passed.
    Tracepoint,
    /// `SIGSEGV` is raised.
    Segfault,

    /// In C: a system call has been entered, the entry work is next.
    SyscallEntry,
    /// In C: the exit work begins, interrupts are on.
    ExitWork,
    /// In C: the scheduler decides who runs.
    Schedule,
    /// In C: the timer interrupt looks for other timers that have expired.
    TimerInterrupt,
    /// In C: a page fault is served.
    Fault,
    /// In user space, while another task of this CPU waits on the host's stack.
    UserSpace,
}

/// How urgent a reschedule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// It preempts the kernel too, and realtime threads ask for it.
    Now,
    /// On the way to user space.
    Lazily,
}

/// What may happen at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Nothing. For the scheduler: the task goes on.
    Nothing,
    /// An interrupt of this CPU wakes up somebody.
    Wakeup(Urgency),
    /// An interrupt of this CPU queues task work.
    TaskWork,
    /// Another CPU asks for a reschedule. For one that is urgent it interrupts this CPU, unless the
    /// flag was set already.
    RemoteReschedule(Urgency),
    /// Another CPU's membarrier(2) with the RSEQ command interrupts this one.
    Membarrier,
    /// Another CPU sends a signal.
    Signal(Signal),
    /// Time passes, until the timer of this CPU expires.
    Expiry,
    /// Time passes, more than a slice is long.
    Delay,
    /// The page that is accessed has to be brought in first.
    PageOut,
    /// The same with interrupts off: another CPU has changed the page table, and this one has not
    /// answered its flush yet.
    UnflushedPageOut,
    /// The page that is accessed is read-only from now on.
    Protect,
    /// The page that is accessed does not exist any more.
    Unmap,
    /// For the scheduler: somebody else runs, for that long in ns.
    Idle(u64),
    /// For the scheduler: when the task runs again, it is on another CPU.
    Migrate(CpuId),
    /// For the scheduler: when the task runs again, it has another concurrency ID.
    NewCid,
    /// For the scheduler: that task runs, and this one waits.
    Run(TaskId),
    /// For the scheduler: the task waits, and its CPU is idle. A task that waits on the host's
    /// stack goes on.
    Leave,
    /// For a fault: it takes time, and the task sleeps.
    Sleep,
    /// In user space: the thread asks for a slice.
    Ask,
    /// In user space: the thread yields.
    Yield,
    /// In user space: the thread makes another system call.
    Call,
}

/// The longest slice, and then some, in ns.
const DELAY: u64 = 60_000;

/// A point: `op` is about to happen. What else happens is up to the chooser.
pub(crate) fn point(op: Op, detail: u64) {
    with(|world| {
        world.clock = world.clock.wrapping_add(1);
        world.record(op, detail);
    });
    interrupts::deliver();
    check();
    let alternatives = with(|world| world.alternatives(op));
    happen(chooser::choose(op, &alternatives), detail);
    interrupts::deliver();
}

fn check() {
    if let Some(cpu) = with(|world| world.frame().interrupts_on.then(|| world.this_cpu())) {
        flags::check_mirror(cpu);
    }
}

impl World {
    /// What can happen in front of an operation: interrupts only if they are on, and whatever other
    /// CPUs do in any case.
    fn alternatives(&mut self, op: Op) -> Vec<Event> {
        let mut events = vec![Event::Nothing];
        if self.frame().interrupts_on {
            events.extend([
                Event::Wakeup(Urgency::Now),
                Event::Wakeup(Urgency::Lazily),
                Event::TaskWork,
            ]);
        }
        events.extend([
            Event::RemoteReschedule(Urgency::Now),
            Event::RemoteReschedule(Urgency::Lazily),
            Event::Membarrier,
            Event::Expiry,
            Event::Delay,
            Event::Signal(signals::SIGUSR1),
            Event::Signal(signals::SIGKILL),
        ]);
        if matches!(op, Op::Load | Op::Store) {
            events.push(if self.frame().interrupts_on {
                Event::PageOut
            } else {
                Event::UnflushedPageOut
            });
            events.extend([Event::Protect, Event::Unmap]);
        }
        events
    }
}

fn happen(event: Event, addr: u64) {
    match event {
        Event::Nothing => {}
        Event::Wakeup(urgency) => interrupts::interrupt_kernel(interrupts::Irq::Wakeup(urgency)),
        Event::TaskWork => interrupts::interrupt_kernel(interrupts::Irq::TaskWork),
        Event::RemoteReschedule(urgency) => {
            let cpu = with(|world| world.this_cpu());
            flags::request(cpu, urgency, Requester::AnotherCpu);
        }
        Event::Membarrier => with(|world| {
            let cpu = world.this_cpu();
            world.cpu(cpu).ipi_membarrier = true;
        }),
        Event::Signal(signal) => with(|world| signals::force(world.current(), signal)),
        Event::Expiry => with(|world| {
            let cpu = world.this_cpu();
            let expires = world.cpu(cpu).timer.expires.unwrap_or(0);
            world.clock = world.clock.max(expires);
        }),
        Event::Delay => with(|world| world.clock += DELAY),
        Event::PageOut | Event::UnflushedPageOut => memory::change(addr, memory::Presence::Missing),
        Event::Protect => memory::change(addr, memory::Presence::ReadOnly),
        Event::Unmap => memory::change(addr, memory::Presence::Gone),
        Event::Idle(_)
        | Event::Migrate(_)
        | Event::NewCid
        | Event::Run(_)
        | Event::Leave
        | Event::Sleep
        | Event::Ask
        | Event::Yield
        | Event::Call => unreachable!("{event:?} is no event of an operation"),
    }
}
