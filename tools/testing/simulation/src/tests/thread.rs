// SPDX-License-Identifier: GPL-2.0

//! A thread of a program, to be moved step by step.

use super::stage::{
    Stage,
    DESCRIPTORS,
    SIG, //
};
use crate::{
    abi::*,
    ids::Fields,
    world::{
        cpu::CpuId,
        interrupts::{
            self,
            Irq, //
        },
        memory::{
            Presence,
            PAGE, //
        },
        point::{
            Event,
            Op, //
        },
        scheduler,
        script::Script,
        syscalls::{
            self,
            Call, //
        },
        task_data::{
            Standing,
            Task,
            TaskId, //
        },
        user_space,
        with, //
    }, //
};
use core::mem::offset_of;

/// A thread, as a program sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thread {
    pub(crate) id: TaskId,
    /// Its area, registered or not.
    pub(crate) area: u64,
}

impl Thread {
    pub(super) fn descriptor(self) -> u64 {
        DESCRIPTORS + self.id.0 as u64 * PAGE
    }

    /// The task.
    pub(crate) fn task(self) -> Task {
        with(|world| world.task(self.id).clone())
    }

    /// The CPU on which it runs, in user space.
    pub(crate) fn cpu(self) -> CpuId {
        let task = self.task();
        let runs = with(|world| world.cpu(task.cpu).current) == self.id;
        assert!(
            runs && matches!(task.standing, Standing::UserSpace),
            "{:?} is not in user space: {:?}",
            self.id,
            task.standing
        );
        task.cpu
    }

    /// Is interrupted.
    pub(crate) fn interrupt(self, irq: Irq) {
        interrupts::interrupt(self.cpu(), irq);
        scheduler::settle();
    }

    /// Makes a system call; the result is meaningful if the thread is back.
    pub(crate) fn syscall(self, call: Call) -> isize {
        syscalls::syscall(self.cpu(), call);
        scheduler::settle();
        self.task().result
    }

    /// Registers its area.
    pub(crate) fn register(self, len: u32, flags: u32) -> isize {
        self.syscall(Call::Rseq(self.area, len, flags, SIG))
    }

    /// Gives up its CPU, and waits for somebody to be asked to let it run.
    pub(crate) fn wait(self, stage: &Stage) {
        stage.during(Script::default().at(Op::Schedule, Event::Leave), || {
            syscalls::syscall(self.cpu(), Call::Wait)
        });
    }

    /// Asks for a slice.
    pub(crate) fn request(self) {
        user_space::request(self.id);
    }

    /// Takes the request back.
    pub(crate) fn take_back(self) {
        user_space::write(self.id, offset_of!(Area, slice_ctrl), &[0]);
    }

    /// The control word.
    pub(crate) fn ctrl(self) -> SliceCtrl {
        user_space::control_word(self.id)
    }

    /// Reads `granted`.
    pub(crate) fn sees_grant(self) -> bool {
        self.ctrl().granted != 0
    }

    /// Writes to its area what is the kernel's.
    pub(crate) fn forge(self, offset: usize, bytes: &[u8]) {
        with(|world| world.task(self.id).area_is_forged = true);
        user_space::write(self.id, offset, bytes);
    }

    /// The ID fields.
    pub(crate) fn fields(self) -> Fields {
        user_space::published(self.id)
    }

    /// Where it runs.
    pub(crate) fn ids(self) -> Ids {
        user_space::ids(self.id)
    }

    /// Announces a section, and goes to the instruction at `ip`.
    pub(crate) fn announce(self, section: Section, ip: u64) {
        self.announce_with(section, 0, 0, ip);
    }

    /// The same, with `version` and `flags` in the descriptor.
    pub(crate) fn announce_with(self, section: Section, version: u32, flags: u32, ip: u64) {
        let words = [section.start, section.length, section.abort];
        let mut bytes = [version.to_ne_bytes(), flags.to_ne_bytes()].concat();
        bytes.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
        with(|world| {
            world.memory_of(Some(0)).write(self.descriptor(), &bytes);
            world.task(self.id).ip = ip;
        });
        self.set_announcement(self.descriptor());
    }

    /// Announces a section with a descriptor at the end of its page, where only the start of the
    /// section fits in, and goes to the instruction at `ip`.
    pub(crate) fn announce_up_to_length(self, section: Section, ip: u64) {
        let at = self.descriptor() + PAGE - offset_of!(Descriptor, post_commit_offset) as u64;
        let mut bytes = [0; 8].to_vec();
        bytes.extend(section.start.to_ne_bytes());
        with(|world| {
            world.memory_of(Some(0)).write(at, &bytes);
            world.task(self.id).ip = ip;
        });
        self.set_announcement(at);
    }

    /// Stores to `rseq_cs`.
    pub(crate) fn set_announcement(self, address: u64) {
        user_space::write(self.id, offset_of!(Area, rseq_cs), &address.to_ne_bytes());
    }

    /// Reads `rseq_cs`.
    pub(crate) fn announcement(self) -> u64 {
        let at = self.area + offset_of!(Area, rseq_cs) as u64;
        with(|world| u64::from_ne_bytes(world.memory_of(Some(0)).read(at)))
    }

    /// The instruction that is next.
    pub(crate) fn ip(self) -> u64 {
        self.task().ip
    }

    /// Changes what there is of the page with its area.
    pub(crate) fn set_area_presence(self, presence: Presence) {
        with(|world| world.memory_of(Some(0)).set_presence(self.area, presence));
    }

    /// Changes what there is of the page with its descriptor.
    pub(crate) fn set_descriptor_presence(self, presence: Presence) {
        let descriptor = self.descriptor();
        with(|world| world.memory_of(Some(0)).set_presence(descriptor, presence));
    }

    /// Says that it is gone.
    pub(crate) fn is_dead(self) -> bool {
        matches!(self.task().standing, Standing::Dead)
    }
}
