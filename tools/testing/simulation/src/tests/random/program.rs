// SPDX-License-Identifier: GPL-2.0

//! The steps of a program.

use crate::{
    abi::*,
    slice::tunable::set_nsec,
    tests::{
        stage::{
            Stage,
            ELSEWHERE,
            SECTION, //
        },
        thread::Thread, //
    },
    world::{
        cpu::CpuId,
        flags::{
            self,
            Requester, //
        },
        interrupts::Irq,
        memory::{
            Presence,
            TASK_SIZE, //
        },
        point::Urgency,
        scheduler,
        signals::{
            self,
            Signal, //
        },
        syscalls::{
            self,
            Call,
            DISABLE,
            ENABLE, //
        },
        task_data::Standing,
        with, //
    }, //
};
use proptest::prelude::*;

/// A step of one of the threads, or something that happens to it in user space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    thread: usize,
    act: Act,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    /// Asks for a slice, unless it has one.
    Request,
    /// Takes the request back, and yields a grant.
    Finish,
    /// Is interrupted.
    Interrupt(Irq),
    /// Another CPU has it rescheduled.
    RescheduleRemotely(Urgency),
    /// Makes a system call, outside of any section.
    Syscall(Call),
    /// Announces a section and is in it.
    EnterSection,
    /// Is out of it.
    LeaveSection,
    /// Is in front of a section with half a descriptor, which debug mode does not mind. No code is
    /// behind its start.
    ApproachSection,
    /// Uses membarrier(2): all other CPUs are interrupted.
    Membarrier,
    /// Gets a signal.
    Signal(Signal),
    /// Time passes.
    Pass(u64),
    /// The operator changes the length of slices.
    SliceLength(u32),
    /// The operator switches debug mode.
    Debugging(bool),
    /// A page of its has to be brought in anew.
    PageOut { area: bool },
    /// A page of its is gone, or read-only.
    Spoil { area: bool, presence: Presence },
    /// Writes a byte to its area.
    Forge { offset: usize, byte: u8 },
    /// Announces something that is no section.
    Announce(u64),
    /// Is in a section with its abort handler in the kernel.
    EnterBadSection,
}

/// What does not end a well-behaved thread.
fn acts() -> impl Strategy<Value = Act> {
    let irq = prop::sample::select(vec![
        Irq::Wakeup(Urgency::Now),
        Irq::Wakeup(Urgency::Now),
        Irq::Wakeup(Urgency::Lazily),
        Irq::Wakeup(Urgency::Lazily),
        Irq::TaskWork,
        Irq::Device,
    ]);
    let urgency = prop::sample::select(vec![Urgency::Now, Urgency::Lazily]);
    let call = prop::sample::select(vec![
        Call::SliceYield,
        Call::SkippedSliceYield,
        Call::GetPid,
        Call::Wait,
        Call::SigReturn,
        Call::Fork,
        Call::CloneThread,
        Call::FailingExec,
        Call::EnterGuest,
        Call::Prctl(PRCTL_GET, 0),
        ENABLE,
        DISABLE,
    ]);
    prop_oneof![
        8 => Just(Act::Request),
        3 => Just(Act::Finish),
        8 => irq.prop_map(Act::Interrupt),
        1 => urgency.prop_map(Act::RescheduleRemotely),
        3 => call.prop_map(Act::Syscall),
        2 => Just(Act::EnterSection),
        1 => Just(Act::LeaveSection),
        1 => Just(Act::ApproachSection),
        1 => Just(Act::Membarrier),
        1 => Just(Act::Signal(signals::SIGUSR1)),
        2 => (0..60_000u64).prop_map(Act::Pass),
        1 => (MIN_NSEC..=MAX_NSEC).prop_map(Act::SliceLength),
        1 => any::<bool>().prop_map(|area| Act::PageOut { area }),
    ]
}

/// A step of a thread that keeps to the ABI.
pub(crate) fn well_behaved() -> impl Strategy<Value = Step> {
    (0..3usize, acts()).prop_map(|(thread, act)| Step { thread, act })
}

/// Any step.
pub(crate) fn hostile() -> impl Strategy<Value = Step> {
    let presence = prop::sample::select(vec![Presence::Gone, Presence::ReadOnly]);
    let address = prop::sample::select(vec![0, 8, TASK_SIZE - 8, TASK_SIZE, u64::MAX]);
    let call = prop::sample::select(vec![Call::Exec, Call::Exit]);
    let act = prop_oneof![
        24 => acts(),
        1 => (any::<bool>(), presence).prop_map(|(area, presence)| Act::Spoil { area, presence }),
        2 => (0..33usize, any::<u8>()).prop_map(|(offset, byte)| Act::Forge { offset, byte }),
        1 => address.prop_map(Act::Announce),
        1 => Just(Act::EnterBadSection),
        1 => any::<bool>().prop_map(Act::Debugging),
        1 => call.prop_map(Act::Syscall),
        1 => Just(Act::Signal(signals::SIGKILL)),
    ];
    (0..3usize, act).prop_map(|(thread, act)| Step { thread, act })
}

/// The threads of a program: two with slices, one with a legacy registration.
pub(crate) struct Threads([Thread; 3]);

impl Threads {
    /// Starts the threads.
    pub(crate) fn new(stage: &Stage) -> Self {
        Self([stage.thread(0), stage.thread(1), stage.legacy_thread(2)])
    }

    /// Says that none has been killed.
    pub(crate) fn are_alive(&self) -> bool {
        self.0.iter().all(|thread| !thread.is_dead())
    }

    /// Takes a step, if the thread is there to take it.
    pub(crate) fn take(&self, stage: &Stage, step: Step) {
        let thread = self.0[step.thread];
        if !bring(thread) {
            return;
        }
        match step.act {
            Act::Request if !thread.sees_grant() => thread.request(),
            Act::Request => {}
            Act::Finish => finish(thread),
            Act::Interrupt(irq) => thread.interrupt(irq),
            Act::RescheduleRemotely(urgency) => {
                flags::request(thread.cpu(), urgency, Requester::AnotherCpu);
                scheduler::settle();
            }
            Act::Syscall(call) => {
                leave_section(thread);
                thread.syscall(call);
            }
            Act::EnterSection => thread.announce(SECTION, SECTION.start),
            Act::LeaveSection => leave_section(thread),
            Act::ApproachSection => approach_section(thread),
            Act::Membarrier => membarrier(thread),
            Act::Signal(signal) => with(|world| signals::force(world.task(thread.id), signal)),
            Act::Pass(nsec) => stage.pass(nsec),
            Act::SliceLength(nsec) => assert_eq!(set_nsec(nsec), Ok(())),
            Act::Debugging(on) => with(|world| world.debugging = on),
            Act::PageOut { area } => spoil(thread, area, Presence::Missing),
            Act::Spoil { area, presence } => spoil(thread, area, presence),
            Act::Forge { offset, byte } => thread.forge(offset, &[byte]),
            Act::EnterBadSection => {
                let section = Section {
                    abort: 1 << 63,
                    ..SECTION
                };
                thread.announce(section, section.start);
            }
            Act::Announce(address) => thread.set_announcement(address),
        }
    }
}

/// Brings a thread to user space: says whether it is there.
fn bring(thread: Thread) -> bool {
    scheduler::settle();
    if let Standing::Parked(_) = thread.task().standing {
        if let Some(cpu) = idle_cpu() {
            scheduler::switch_in(thread.id, cpu);
            scheduler::settle();
        }
    }
    matches!(thread.task().standing, Standing::UserSpace)
}

fn idle_cpu() -> Option<CpuId> {
    with(|world| {
        let idle = world.all_cpus().find(|(_, cpu)| cpu.is_idle());
        idle.map(|(cpu, _)| cpu)
    })
}

fn finish(thread: Thread) {
    leave_section(thread);
    thread.take_back();
    if thread.sees_grant() {
        thread.syscall(Call::SliceYield);
    }
}

/// A system call in a section would be a mistake.
fn leave_section(thread: Thread) {
    with(|world| {
        let task = world.task(thread.id);
        if (SECTION.start..SECTION.start + SECTION.length).contains(&task.ip) {
            task.ip = ELSEWHERE;
        }
    });
}

fn approach_section(thread: Thread) {
    if with(|world| world.debugging) {
        let section = Section {
            start: TASK_SIZE - 1,
            ..SECTION
        };
        thread.announce_up_to_length(section, ELSEWHERE);
    }
}

fn membarrier(thread: Thread) {
    leave_section(thread);
    let here = thread.cpu();
    with(|world| {
        let cpus: Vec<CpuId> = world.all_cpus().map(|(cpu, _)| cpu).collect();
        for cpu in cpus.into_iter().filter(|&cpu| cpu != here) {
            world.cpu(cpu).ipi_membarrier = true;
        }
    });
    thread.syscall(Call::GetPid);
}

fn spoil(thread: Thread, area: bool, presence: Presence) {
    if area {
        thread.set_area_presence(presence);
    } else {
        thread.set_descriptor_presence(presence);
    }
}

/// Lets everybody finish, children included: takes all grants back.
pub(crate) fn quiet() {
    scheduler::settle();
    loop {
        let cpus: Vec<CpuId> = with(|world| world.all_cpus().map(|(cpu, _)| cpu).collect());
        for cpu in cpus {
            if with(|world| world.cpu(cpu).is_idle()) {
                continue;
            }
            // The children's own programs: one system call, and the end.
            syscalls::syscall(cpu, Call::GetPid);
            scheduler::settle();
            if with(|world| !world.cpu(cpu).is_idle()) {
                syscalls::syscall(cpu, Call::Exit);
                scheduler::settle();
            }
        }
        let parked = with(|world| {
            let parked = world
                .tasks()
                .find(|(_, task)| matches!(task.standing, Standing::Parked(_)));
            parked.map(|(task, _)| task)
        });
        let (Some(task), Some(cpu)) = (parked, idle_cpu()) else {
            return;
        };
        scheduler::switch_in(task, cpu);
        scheduler::settle();
    }
}
