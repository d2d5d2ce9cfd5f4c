// SPDX-License-Identifier: GPL-2.0

//! What is simulated: CPUs, tasks, user memory, time; and the C code around the concepts.
//!
//! There is one world for each host thread, so that tests run side by side. It is entered by
//! [`with`], for a moment: whatever may lead to other things, such as an operation of the machine,
//! is called outside of that.
//!
//! # How tasks run
//!
//! A task is data while it is in user space, and while it is scheduled out where no Rust code of
//! its own is under way: then an [`Exit`](task_data::Exit) tells where it goes on. A kernel path
//! runs on the host's stack. If it is scheduled out in the middle of Rust code, the others run on
//! top of it, and it goes on, maybe on another CPU, when they have returned. Each entry into the
//! kernel, nested ones included, has a [`Frame`](frame::Frame); the one on top is what runs.
//!
//! | module | what |
//! |---|---|
//! | [`check`] | the contracts, and what is printed when one is violated |
//! | [`chooser`], [`script`] | who decides what happens at a [`point`] |
//! | [`cpu`], [`task_data`], [`frame`], [`memory`] | state |
//! | [`flags`], [`marking`], [`grants`] | rules for parts of it |
//! | [`interrupts`], [`scheduler`], [`exit`], [`syscalls`], [`signals`], [`lifecycle`] | C code |
//! | [`user_space`] | what has to hold whenever a task is in user space |

pub(crate) mod check;
pub(crate) mod chooser;
pub(crate) mod cpu;
pub(crate) mod exit;
pub(crate) mod flags;
pub(crate) mod frame;
pub(crate) mod grants;
pub(crate) mod interrupts;
pub(crate) mod lifecycle;
pub(crate) mod marking;
pub(crate) mod memory;
pub(crate) mod point;
pub(crate) mod scheduler;
pub(crate) mod script;
pub(crate) mod setup;
pub(crate) mod signals;
pub(crate) mod syscalls;
pub(crate) mod task_data;
pub(crate) mod user_space;

use crate::{
    abi::MIN_NSEC,
    machine::tracepoints::Traced, //
};
use check::History;
use chooser::Chooser;
use cpu::{
    Cpu,
    CpuId, //
};
use frame::Frame;
use memory::Memory;
use setup::Setup;
use std::cell::RefCell;
use task_data::{
    Task,
    TaskId, //
};

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// The state of everything.
pub(crate) struct World {
    pub(crate) setup: Setup,
    pub(crate) clock: u64,
    pub(crate) debugging: bool,
    pub(crate) slice_nsec: u32,
    pub(crate) counters: [usize; 13],
    pub(crate) traced: Vec<Traced>,
    pub(crate) history: History,
    cpus: Vec<Cpu>,
    tasks: Vec<Task>,
    memories: Vec<Memory>,
    frames: Vec<Frame>,
    frames_made: u64,
    chooser: Option<Box<dyn Chooser>>,
}

/// Gives access to the world of this host thread.
pub(crate) fn with<R>(access: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(|world| access(world.as_mut().expect("no world on this host thread")))
}

/// Makes a new world on this host thread, with an idle task on each CPU.
pub(crate) fn begin(setup: Setup, chooser: Box<dyn Chooser>) {
    let cpus = (0..setup.cpus).map(|cpu| Cpu::new(TaskId(cpu))).collect();
    let tasks = (0..setup.cpus).map(|cpu| Task::idle(CpuId(cpu))).collect();
    let world = World {
        clock: 1_000_000,
        debugging: setup.debugging,
        slice_nsec: MIN_NSEC,
        counters: [0; 13],
        traced: Vec::new(),
        history: History::default(),
        cpus,
        tasks,
        memories: Vec::new(),
        frames: Vec::new(),
        frames_made: 0,
        chooser: Some(chooser),
        setup,
    };
    WORLD.set(Some(world));
}

/// Takes the world away, whatever its state.
pub(crate) fn end() {
    WORLD.set(None);
}

impl World {
    /// A task.
    pub(crate) fn task(&mut self, task: TaskId) -> &mut Task {
        &mut self.tasks[task.0]
    }

    /// All tasks, the idle ones included.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        self.tasks
            .iter()
            .enumerate()
            .map(|(task, data)| (TaskId(task), data))
    }

    /// Adds a task.
    pub(crate) fn add_task(&mut self, task: Task) -> TaskId {
        self.tasks.push(task);
        TaskId(self.tasks.len() - 1)
    }

    /// Adds an address space, and returns its number.
    pub(crate) fn add_memory(&mut self, memory: Memory) -> usize {
        self.memories.push(memory);
        self.memories.len() - 1
    }

    /// A CPU.
    pub(crate) fn cpu(&mut self, cpu: CpuId) -> &mut Cpu {
        &mut self.cpus[cpu.0]
    }

    /// All CPUs.
    pub(crate) fn all_cpus(&self) -> impl Iterator<Item = (CpuId, &Cpu)> {
        self.cpus
            .iter()
            .enumerate()
            .map(|(cpu, data)| (CpuId(cpu), data))
    }

    /// The entry into the kernel that runs.
    pub(crate) fn frame(&mut self) -> &mut Frame {
        self.frames
            .last_mut()
            .expect("an operation of the machine needs an entry into the kernel")
    }

    /// Says that nothing runs in the kernel.
    pub(crate) fn all_in_user_space(&self) -> bool {
        self.frames.is_empty()
    }

    /// The task whose entry into the kernel runs.
    pub(crate) fn current(&mut self) -> &mut Task {
        let task = self.frame().task;
        self.task(task)
    }

    /// The CPU on which it runs.
    pub(crate) fn this_cpu(&mut self) -> CpuId {
        self.current().cpu
    }

    /// Its user memory.
    pub(crate) fn memory(&mut self) -> &mut Memory {
        let space = self.current().space;
        self.memory_of(space)
    }

    /// The user memory of an address space.
    pub(crate) fn memory_of(&mut self, space: Option<usize>) -> &mut Memory {
        &mut self.memories[space.expect("an idle task has no user memory")]
    }
}
