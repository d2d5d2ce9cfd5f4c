// SPDX-License-Identifier: GPL-2.0

//! The current task: who it is, its registration, its IDs, its signals.

use super::{
    context::TaskContext,
    marks::Marks,
    rseq_data::Data,
    user_address::Checked, //
};
use crate::{
    abi::{
        Area,
        Ids,
        Registration,
        Version, //
    }, //
};
use kernel::{
    bindings,
    ffi::c_int,
    task::Task,
    types::NotThreadSafe, //
};

/// The task that runs on this CPU, or that was interrupted there.
///
/// Its methods that tell of the task are plain loads, without any check of a pointer, so that they
/// may be used while user access is open. Interrupts change no more than [`Marks`] and the task
/// flags behind [`super::context::InterruptsOff`]; the rest changes only by way of this type, in
/// task context. An interrupt may ask for no more than its identity and whether a slice is granted.
///
/// # Invariants
///
/// The pointer is the current task.
#[derive(Clone, Copy)]
pub(crate) struct Current(*mut bindings::task_struct, NotThreadSafe);

impl Current {
    /// The current task. Any context.
    #[inline(always)] // One load.
    pub(crate) fn get() -> Self {
        // INVARIANT: A `Current` does not leave the thread, so the task stays the current one.
        Self(Task::current_raw(), NotThreadSafe)
    }

    /// The `rseq` member.
    #[inline(always)] // A constant offset.
    pub(super) fn data(&self) -> &'static Data {
        // SAFETY: The current task outlives the code that runs in it. The layouts are asserted to
        // agree, and the cells allow for the changes that interrupts make.
        unsafe { &*(&raw const (*self.0).rseq).cast() }
    }

    /// The address of the task.
    #[inline(always)] // A wrapped pointer.
    pub(crate) fn as_ptr(&self) -> *mut bindings::task_struct {
        self.0
    }

    /// The area in use, meaningful only with a registration.
    #[inline(always)] // One load, also while user access is open.
    pub(crate) fn area(&self) -> Checked<Area> {
        // SAFETY: `register` stores no other address, and fork copies it with the address space.
        // Without a registration it is null, which is an address of user space too.
        unsafe { Checked::new(self.data().usrptr.get()) }
    }

    /// The signature of abort handlers, meaningful only with a registration.
    #[inline(always)] // One load, also while user access is open.
    pub(crate) fn signature(&self) -> u32 {
        self.data().sig.get()
    }

    /// Says that a registration is in use.
    #[inline(always)] // One load.
    pub(crate) fn is_registered(&self) -> bool {
        self.data().event.has_rseq.get() != 0
    }

    /// Says that a legacy registration is in use.
    #[inline(always)] // One load.
    pub(crate) fn is_legacy(&self) -> bool {
        self.data().event.has_rseq.get() == Version::Legacy as u8
    }

    /// Says that a V2 registration is in use.
    #[inline(always)] // One load, also while user access is open.
    pub(crate) fn is_v2(&self) -> bool {
        // A bit takes one instruction to test on arm64, a number two.
        const { assert!(Version::Legacy as u8 & Version::V2 as u8 == 0) };
        self.data().event.has_rseq.get() & Version::V2 as u8 != 0
    }

    /// The registration in use.
    #[inline(always)] // Three loads.
    pub(crate) fn registration(&self) -> Option<Registration> {
        let data = self.data();
        let addr = data.usrptr.get().addr();
        (addr != 0).then_some(Registration {
            addr,
            len: data.len.get(),
            sig: data.sig.get(),
        })
    }

    /// Takes the registration of `area` into use.
    #[inline(always)] // Four stores.
    pub(crate) fn register(
        &self,
        _context: &TaskContext,
        area: Checked<Area>,
        len: u32,
        sig: u32,
        version: Version,
    ) {
        let data = self.data();
        data.usrptr.set(area.as_ptr());
        data.len.set(len);
        data.sig.set(sig);
        data.event.has_rseq.set(version as u8);
    }

    /// Forgets the registration and all that belongs to it, slices included.
    pub(crate) fn unregister(&self, _context: &TaskContext) {
        // SAFETY: By the type invariant the pointer is valid.
        unsafe { bindings::rseq_reset(self.0) };
    }

    /// Where the task runs at this moment. It can migrate right afterwards, which marks it.
    #[inline(always)] // Three loads, last thing before user space.
    pub(crate) fn current_ids(&self) -> Ids {
        // SAFETY: By the type invariant the pointer is valid.
        let cpu = unsafe { bindings::task_cpu(self.0) };
        // SAFETY: As above.
        let mm_cid = unsafe { bindings::task_mm_cid(self.0) };
        // SAFETY: A task runs on a possible CPU.
        let node = unsafe { bindings::cpu_to_node(cpu as c_int) } as u32;

        Ids { cpu, node, mm_cid }
    }

    /// The IDs that were published last.
    #[inline(always)] // Three loads, also while user access is open.
    pub(crate) fn ids(&self) -> Ids {
        let ids = &self.data().ids;
        Ids {
            cpu: ids.cpu_id.get(),
            node: ids.node_id.get(),
            mm_cid: ids.mm_cid.get(),
        }
    }

    /// Remembers the IDs that were published.
    #[inline(always)] // Three stores.
    pub(crate) fn set_ids(&self, ids: Ids) {
        let data = &self.data().ids;
        data.cpu_id.set(ids.cpu);
        data.mm_cid.set(ids.mm_cid);
        data.node_id.set(ids.node);
    }

    /// The marks that the scheduler, interrupts and signals left for the way to user space.
    #[inline(always)] // A wrapped pointer.
    pub(crate) fn marks(&self) -> Marks {
        Marks::of(&self.data().event)
    }

    /// Says that the task is past the point from where it could return to user space.
    #[inline(always)] // One load.
    pub(crate) fn is_exiting(&self) -> bool {
        // SAFETY: By the type invariant the pointer is valid; only the task itself sets this flag.
        unsafe { (*self.0).flags & bindings::PF_EXITING != 0 }
    }

    /// Raises `SIGSEGV`, which the thread may handle but neither block nor ignore. It is delivered
    /// on the way to user space.
    #[cold]
    pub(crate) fn segfault(&self, _context: &TaskContext) {
        // SAFETY: This is task context, and the task the current one.
        unsafe { bindings::force_sig(bindings::SIGSEGV as c_int) };
    }

    /// [`Self::segfault`] while `signal` is delivered; kills the task if that is `SIGSEGV` itself.
    #[cold]
    pub(crate) fn segfault_in(&self, _context: &TaskContext, signal: c_int) {
        // SAFETY: This is task context, and the task the current one.
        unsafe { bindings::force_sigsegv(signal) };
    }
}

impl PartialEq<*mut bindings::task_struct> for Current {
    #[inline(always)] // One comparison.
    fn eq(&self, other: &*mut bindings::task_struct) -> bool {
        self.0 == *other
    }
}
