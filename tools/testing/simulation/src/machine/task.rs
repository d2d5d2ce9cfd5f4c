// SPDX-License-Identifier: GPL-2.0

//! The current task: who it is, its registration, its IDs, its signals.

use super::{
    call,
    context::TaskContext,
    marks::Marks,
    operation,
    slice_state::SliceState,
    user_address::Checked, //
};
use crate::{
    abi::{
        Area,
        Ids,
        Registration,
        Version, //
    },
    world::{
        check::{
            violated,
            Contract, //
        },
        point::Op,
        signals,
        task_data::{
            Task,
            TaskId, //
        },
        with, //
    }, //
};
use kernel::ffi::c_int;

/// The task that runs on this CPU, or that was interrupted there.
#[derive(Clone, Copy)]
pub(crate) struct Current(TaskId);

impl Current {
    /// The current task.
    pub(crate) fn get() -> Self {
        Self(with(|world| world.frame().task))
    }

    /// The task's number.
    pub(crate) fn id(&self) -> TaskId {
        self.0
    }

    /// Gives access to the task, which has to be the current one.
    pub(super) fn with<R>(&self, access: impl FnOnce(&mut Task) -> R) -> R {
        let current = Self::get().0;
        if current != self.0 {
            violated(
                Contract::CurrentOnly,
                format_args!("{:?} used while {current:?} is current", self.0),
            );
        }
        with(|world| access(world.task(current)))
    }

    /// The area in use, meaningful only with a registration.
    pub(crate) fn area(&self) -> Checked<Area> {
        operation(Op::Registration);
        // SAFETY: `register` stores no other address, and 0 is one of user space too.
        unsafe { Checked::new(self.with(|task| task.rseq.area)) }
    }

    /// The signature of abort handlers, meaningful only with a registration.
    pub(crate) fn signature(&self) -> u32 {
        operation(Op::Registration);
        self.with(|task| task.rseq.sig)
    }

    /// Says that a registration is in use.
    pub(crate) fn is_registered(&self) -> bool {
        operation(Op::Registration);
        self.with(|task| task.rseq.version.is_some())
    }

    /// Says that a legacy registration is in use.
    pub(crate) fn is_legacy(&self) -> bool {
        operation(Op::Registration);
        self.with(|task| task.rseq.version == Some(Version::Legacy))
    }

    /// Says that a V2 registration is in use.
    pub(crate) fn is_v2(&self) -> bool {
        operation(Op::Registration);
        self.with(|task| task.rseq.is_v2())
    }

    /// The registration in use.
    pub(crate) fn registration(&self) -> Option<Registration> {
        operation(Op::Registration);
        self.with(|task| {
            let (addr, len, sig) = (task.rseq.area as usize, task.rseq.len, task.rseq.sig);
            (addr != 0).then_some(Registration { addr, len, sig })
        })
    }

    /// The version of the registration in use.
    pub(crate) fn version(&self) -> Option<Version> {
        operation(Op::Registration);
        self.with(|task| task.rseq.version)
    }

    /// Takes the registration of `area` into use.
    pub(crate) fn register(
        &self,
        context: &TaskContext,
        area: Checked<Area>,
        len: u32,
        sig: u32,
        version: Version,
    ) {
        context.check();
        self.set(|task| task.rseq.area = area.addr());
        self.set(|task| task.rseq.len = len);
        self.set(|task| task.rseq.sig = sig);
        self.set(|task| task.rseq.version = Some(version));
    }

    fn set(&self, store: impl FnOnce(&mut Task)) {
        operation(Op::Registration);
        self.with(store);
    }

    /// Forgets the registration and all that belongs to it, slices included.
    pub(crate) fn unregister(&self, context: &TaskContext) {
        context.check();
        call(Op::Registration);
        self.with(|task| task.rseq.reset());
    }

    /// Where the task runs at this moment.
    pub(crate) fn current_ids(&self) -> Ids {
        let cpu = self.read_id(|task| task.cpu.0 as u32);
        let mm_cid = self.read_id(|task| task.mm_cid);
        let node = with(|world| world.setup.node_of(cpu));
        Ids { cpu, node, mm_cid }
    }

    fn read_id(&self, load: impl FnOnce(&mut Task) -> u32) -> u32 {
        operation(Op::Ids);
        self.with(load)
    }

    /// The IDs that were published last.
    pub(crate) fn ids(&self) -> Ids {
        operation(Op::Ids);
        self.with(|task| task.rseq.ids)
    }

    /// Remembers the IDs that were published.
    pub(crate) fn set_ids(&self, ids: Ids) {
        operation(Op::Ids);
        self.with(|task| task.rseq.ids.cpu = ids.cpu);
        operation(Op::Ids);
        self.with(|task| task.rseq.ids.mm_cid = ids.mm_cid);
        operation(Op::Ids);
        self.with(|task| task.rseq.ids.node = ids.node);
    }

    /// What the scheduler, interrupts and signals left for the way to user space.
    pub(crate) fn marks(&self) -> Marks {
        Marks(*self)
    }

    /// The task's slice.
    pub(crate) fn slice(&self) -> SliceState {
        SliceState(*self)
    }

    /// Says that the task is past the point from where it could return to user space.
    pub(crate) fn is_exiting(&self) -> bool {
        operation(Op::Registration);
        self.with(|task| task.exiting)
    }

    /// Raises `SIGSEGV`, which the thread may handle but neither block nor ignore.
    pub(crate) fn segfault(&self, context: &TaskContext) {
        context.check();
        call(Op::Segfault);
        self.with(|task| signals::force(task, signals::SIGSEGV));
    }

    /// [`Self::segfault`] while `signal` is delivered; kills the task if that is `SIGSEGV` itself.
    pub(crate) fn segfault_in(&self, context: &TaskContext, signal: c_int) {
        context.check();
        call(Op::Segfault);
        self.with(|task| signals::force_segv(task, signal));
    }
}

impl PartialEq<Option<TaskId>> for Current {
    fn eq(&self, other: &Option<TaskId>) -> bool {
        Some(self.0) == *other
    }
}
