// SPDX-License-Identifier: GPL-2.0

//! A world with threads in it, to be moved step by step.

use super::thread::Thread;
use crate::{
    abi::*,
    machine::{
        counters::Counter,
        tracepoints::Traced, //
    },
    world::{
        self,
        chooser::{
            self,
            Calm,
            Chooser, //
        },
        cpu::CpuId,
        frame,
        grants,
        memory::{
            Memory,
            PAGE, //
        },
        scheduler,
        script::Script,
        setup::Setup,
        task_data::Task,
        with, //
    }, //
};

/// The signature of abort handlers.
pub(crate) const SIG: u32 = 0x5305_3053;

/// A section that nothing is wrong with.
pub(crate) const SECTION: Section = Section {
    start: 0x40_0000,
    length: 0x40,
    abort: 0x40_0800,
};

/// Where a thread is that is in no section.
pub(crate) const ELSEWHERE: u64 = 0x40_0400;

/// Where threads have their areas, a page each.
const AREAS: u64 = 0x10_0000;
/// Where threads have their descriptors, a page each.
pub(super) const DESCRIPTORS: u64 = 0x20_0000;

/// A world, which ends with the value.
pub(crate) struct Stage;

impl Drop for Stage {
    fn drop(&mut self) {
        world::end();
    }
}

impl Stage {
    /// A kernel with one process, which has no threads yet.
    pub(crate) fn new(setup: Setup) -> Self {
        world::begin(setup, Box::new(Calm));
        with(|world| {
            let mut memory = Memory::default();
            memory.map(SECTION.start);
            memory.write(SECTION.abort - 4, &SIG.to_ne_bytes());
            world.add_memory(memory)
        });
        Self
    }

    /// The kernel that most scenarios take place in.
    pub(crate) fn preemptible() -> Self {
        Self::new(Setup::default())
    }

    /// A new thread in user space, alone on `cpu`, without a registration.
    pub(crate) fn newcomer(&self, cpu: usize) -> Thread {
        let cpu = CpuId(cpu);
        let id = with(|world| {
            assert!(world.cpu(cpu).is_idle(), "{cpu:?} is taken");
            let mm_cid = world.tasks().count() as u32;
            let task = world.add_task(Task {
                space: Some(0),
                ip: ELSEWHERE,
                mm_cid,
                ..Task::idle(cpu)
            });
            world.cpu(cpu).current = task;
            task
        });
        let thread = Thread {
            id,
            area: AREAS + id.0 as u64 * PAGE,
        };
        with(|world| {
            let memory = world.memory_of(Some(0));
            memory.map(thread.area);
            memory.map(thread.descriptor());
        });
        thread
    }

    /// A thread with a V2 registration and slices enabled, alone on `cpu`.
    pub(crate) fn thread(&self, cpu: usize) -> Thread {
        let thread = self.newcomer(cpu);
        let flags = REGISTER_SLICE_EXT_DEFAULT_ON;
        assert_eq!(thread.register(FEATURE_SIZE, flags), 0);
        thread
    }

    /// A thread with a legacy registration, alone on `cpu`.
    pub(crate) fn legacy_thread(&self, cpu: usize) -> Thread {
        let thread = self.newcomer(cpu);
        assert_eq!(thread.register(LEGACY_SIZE, 0), 0);
        thread
    }

    /// Does something while `script` says what else happens, all of it.
    pub(crate) fn during<R>(&self, script: Script, act: impl FnOnce() -> R) -> R {
        self.with_chooser(Box::new(script), act)
    }

    /// Does something while `chooser` decides.
    pub(crate) fn with_chooser<R>(&self, chooser: Box<dyn Chooser>, act: impl FnOnce() -> R) -> R {
        let before = chooser::replace(chooser);
        let result = act();
        let used = chooser::replace(before);
        if let Some(line) = used.left_over() {
            panic!("{line}\n{}", with(|world| world.history.to_string()));
        }
        result
    }

    /// Time passes, in ns, for threads in user space.
    pub(crate) fn pass(&self, nsec: u64) {
        with(|world| world.clock += nsec);
        scheduler::settle();
    }

    /// How often `counter` was counted.
    pub(crate) fn count(&self, counter: Counter) -> usize {
        with(|world| world.counters[counter as usize])
    }

    /// All counters.
    pub(crate) fn counters(&self) -> [usize; 13] {
        with(|world| world.counters)
    }

    /// `sgrant`, `sexpir`, `srevok`, `syield` and `sabort`.
    pub(crate) fn slices(&self) -> [usize; 5] {
        use Counter::*;
        [Granted, Expired, Revoked, Yielded, Aborted].map(|counter| self.count(counter))
    }

    /// With all threads quiet every grant has ended.
    pub(crate) fn is_balanced(&self) {
        assert!(with(|world| world.all_in_user_space()));
        let (granted, ended) = grants::balance();
        assert_eq!(granted, ended, "grants and their ends");
    }

    /// What tracepoints have recorded.
    pub(crate) fn traced(&self) -> Vec<Traced> {
        with(|world| world.traced.clone())
    }

    /// Calls Rust code of the current task of a CPU from the outside: in an entry into the kernel
    /// with interrupts off.
    pub(crate) fn in_kernel<R>(&self, thread: Thread, act: impl FnOnce() -> R) -> R {
        frame::enter(thread.id);
        let result = act();
        frame::leave();
        result
    }
}
