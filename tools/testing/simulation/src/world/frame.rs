// SPDX-License-Identifier: GPL-2.0

//! Entries into the kernel, nested as they are on a kernel stack.

use super::{
    task_data::TaskId,
    with,
    World, //
};

/// One entry into the kernel: a system call, an interrupt of user space or of the kernel, a fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// The task that entered, or was interrupted.
    pub(crate) task: TaskId,
    /// Tells one entry from all others.
    pub(crate) serial: u64,
    /// The state of interrupts.
    pub(crate) interrupts_on: bool,
    /// How often preemption was disabled.
    pub(crate) preemption_off: u32,
    /// Page faults are not served.
    pub(crate) faults_off: bool,
    /// User access is open.
    pub(crate) region_open: bool,
    /// Rust code has a context in this entry.
    pub(crate) has_context: bool,
    /// The entry is an interrupt of the kernel.
    pub(crate) interrupts_kernel: bool,
}

impl World {
    fn push(&mut self, task: TaskId, interrupts_on: bool, interrupts_kernel: bool) {
        self.frames_made += 1;
        self.frames.push(Frame {
            task,
            serial: self.frames_made,
            interrupts_on,
            preemption_off: 0,
            faults_off: false,
            region_open: false,
            has_context: false,
            interrupts_kernel,
        });
    }

    /// Says that the current task has another entry below the one that runs: it cannot leave that
    /// as data.
    pub(crate) fn is_nested(&mut self) -> bool {
        self.frames.len() > 1
    }
}

/// `task` enters the kernel from user space, with interrupts off.
pub(crate) fn enter(task: TaskId) {
    with(|world| world.push(task, false, false));
}

/// The entry that runs is over.
pub(crate) fn leave() {
    with(|world| world.frames.pop());
}

/// Runs `act` in an interrupt of the kernel.
pub(crate) fn in_interrupt(act: impl FnOnce()) {
    with(|world| {
        let task = world.frame().task;
        world.push(task, false, true);
    });
    act();
    leave();
}

/// Runs `act` in a fault that may sleep.
pub(crate) fn in_fault(act: impl FnOnce()) {
    with(|world| {
        let task = world.frame().task;
        world.push(task, true, false);
    });
    act();
    leave();
}
