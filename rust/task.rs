// SPDX-License-Identifier: GPL-2.0

//! The current task, and a typed view of its `rseq` member.
//!
//! `struct rseq_data` stays where the kernel has it, because the scheduler, fork, exec, ptrace and
//! membarrier read and write it from inline C. Only the task itself and interrupts on the CPU that
//! it runs on do so while it runs, hence cells.

use crate::{
    abi::Area,
    logic::{
        ids::Ids,
        registration::{
            Registration,
            Version, //
        }, //
    },
    percpu::IrqsDisabled,
    uaccess::{
        Checked,
        UserPtr, //
    }, //
};
use core::{
    cell::Cell,
    mem::offset_of,
    ptr, //
};
use kernel::{
    bindings,
    ffi::c_int,
    task::Task,
    types::NotThreadSafe, //
};

/// `struct rseq_data`.
#[repr(C)]
struct Data {
    usrptr: Cell<*mut Area>,
    len: Cell<u32>,
    sig: Cell<u32>,
    event: Event,
    ids: Published,
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    slice: Slice,
}

/// `struct rseq_event`.
#[repr(C, align(8))]
struct Event {
    sched_switch: Cell<u8>,
    ids_changed: Cell<u8>,
    user_irq: Cell<u8>,
    _unused: Cell<u8>,
    has_rseq: Cell<u8>,
    _pad: Cell<u8>,
    error: Cell<u16>,
}

/// `struct rseq_ids`.
#[repr(C, align(8))]
struct Published {
    cpu_id: Cell<u32>,
    mm_cid: Cell<u32>,
    node_id: Cell<u32>,
}

/// `struct rseq_slice`.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[repr(C)]
struct Slice {
    enabled: Cell<u8>,
    granted: Cell<u8>,
    expires: Cell<u64>,
    yielded: Cell<u8>,
}

const _: () = {
    use bindings::{
        rseq_data,
        rseq_event,
        rseq_ids, //
    };

    // C has most members in anonymous unions and structures.
    macro_rules! event {
        ($($member:tt)+) => {
            offset_of!(rseq_event, __bindgen_anon_1.__bindgen_anon_1.$($member)+)
        };
    }
    macro_rules! ids {
        ($member:ident) => {
            offset_of!(rseq_ids, __bindgen_anon_1.__bindgen_anon_1.$member)
        };
    }

    assert!(size_of::<Data>() == size_of::<rseq_data>());
    assert!(align_of::<Data>() == align_of::<rseq_data>());
    assert!(offset_of!(Data, usrptr) == offset_of!(rseq_data, usrptr));
    assert!(offset_of!(Data, len) == offset_of!(rseq_data, len));
    assert!(offset_of!(Data, sig) == offset_of!(rseq_data, sig));
    assert!(offset_of!(Data, event) == offset_of!(rseq_data, event));
    assert!(offset_of!(Data, ids) == offset_of!(rseq_data, ids));

    assert!(size_of::<Event>() == size_of::<rseq_event>());
    assert!(
        offset_of!(Event, sched_switch) == event!(__bindgen_anon_1.__bindgen_anon_1.sched_switch)
    );
    assert!(
        offset_of!(Event, ids_changed) == event!(__bindgen_anon_1.__bindgen_anon_1.ids_changed)
    );
    assert!(offset_of!(Event, user_irq) == event!(__bindgen_anon_1.__bindgen_anon_1.user_irq));
    assert!(offset_of!(Event, has_rseq) == event!(has_rseq));
    assert!(offset_of!(Event, error) == event!(__bindgen_anon_2.error));

    assert!(size_of::<Published>() == size_of::<rseq_ids>());
    assert!(offset_of!(Published, cpu_id) == ids!(cpu_id));
    assert!(offset_of!(Published, mm_cid) == ids!(mm_cid));
    assert!(offset_of!(Published, node_id) == offset_of!(rseq_ids, node_id));
};

#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
const _: () = {
    use bindings::{
        rseq_data,
        rseq_slice, //
    };

    assert!(offset_of!(Data, slice) == offset_of!(rseq_data, slice));
    assert!(size_of::<Slice>() == size_of::<rseq_slice>());
    assert!(offset_of!(Slice, granted) == offset_of!(rseq_slice, state.__bindgen_anon_1.granted));
    assert!(offset_of!(Slice, expires) == offset_of!(rseq_slice, expires));
    assert!(offset_of!(Slice, yielded) == offset_of!(rseq_slice, yielded));
};

/// Is debug mode on? It checks what user space could get wrong.
#[inline(always)]
pub(crate) fn debugging() -> bool {
    // SAFETY: Reads a static key.
    unsafe { bindings::rseq_debugging() }
}

/// The end of user space for the current task.
#[inline(always)]
pub(crate) fn task_size() -> u64 {
    // SAFETY: Reads the current task's personality, if that matters at all.
    unsafe { bindings::task_size() as u64 }
}

/// The task that runs on this CPU, or that was interrupted there.
///
/// Its methods that tell of the task are plain loads, without any check of a pointer, so that they
/// may be used while user access is open.
///
/// # Invariants
///
/// `ptr` is the current task, and `data` its `rseq` member.
#[derive(Clone, Copy)]
pub(crate) struct Current {
    ptr: *mut bindings::task_struct,
    data: &'static Data,
    _here: NotThreadSafe,
}

impl Current {
    /// The current task.
    #[inline(always)]
    pub(crate) fn get() -> Self {
        let ptr = Task::current_raw();
        // SAFETY: The current task outlives the code that runs in it. The layouts are asserted to
        // agree above, and cells allow for the changes that interrupts make.
        let data = unsafe { &*(&raw const (*ptr).rseq).cast() };

        // INVARIANT: A `Current` does not leave the thread, so the task stays the current one.
        Self {
            ptr,
            data,
            _here: NotThreadSafe,
        }
    }

    /// The address of the task.
    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> *mut bindings::task_struct {
        self.ptr
    }

    /// The area in use, meaningful only with a registration.
    #[inline(always)]
    pub(crate) fn area(&self) -> UserPtr<Area> {
        UserPtr::new(self.data.usrptr.get())
    }

    /// [`Self::area`], for accesses within the region of something else.
    #[inline(always)]
    pub(crate) fn checked_area(&self) -> Checked<Area> {
        // SAFETY: Registration has checked that the area lies in user space.
        unsafe { Checked::new(self.data.usrptr.get().addr()) }
    }

    /// The signature of abort handlers, meaningful only with a registration.
    #[inline(always)]
    pub(crate) fn signature(&self) -> u32 {
        self.data.sig.get()
    }

    /// Is there a registration in use?
    #[inline(always)]
    pub(crate) fn is_registered(&self) -> bool {
        self.data.event.has_rseq.get() != 0
    }

    /// Is there one, and is it a V2 registration?
    #[inline(always)]
    pub(crate) fn is_v2(&self) -> bool {
        self.data.event.has_rseq.get() > Version::Legacy as u8
    }

    /// The registration in use.
    #[inline(always)]
    pub(crate) fn registration(&self) -> Option<Registration> {
        let data = self.data;
        let addr = data.usrptr.get().addr();
        (addr != 0).then_some(Registration {
            addr,
            len: data.len.get(),
            sig: data.sig.get(),
        })
    }

    /// Takes a registration into use and has its ID fields written on the way to user space.
    #[inline(always)]
    pub(crate) fn register(&self, area: Registration, version: Version) {
        let data = self.data;
        data.usrptr.set(ptr::with_exposed_provenance_mut(area.addr));
        data.len.set(area.len);
        data.sig.set(area.sig);
        data.event.has_rseq.set(version as u8);
        self.mark();
    }

    /// Forgets the registration and all that belongs to it.
    pub(crate) fn unregister(&self) {
        // SAFETY: By the type invariant the pointer is valid.
        unsafe { bindings::rseq_reset(self.ptr) };
    }

    /// Kills the task with `SIGSEGV`, or runs its handler, on the way to user space.
    #[cold]
    pub(crate) fn segfault(&self) {
        // SAFETY: Called in task context of the current task.
        unsafe { bindings::force_sig(bindings::SIGSEGV as c_int) };
    }

    /// [`Self::segfault`] while `signal` is delivered; kills the task if that is `SIGSEGV` itself.
    #[cold]
    pub(crate) fn segfault_in(&self, signal: c_int) {
        // SAFETY: Called in task context of the current task.
        unsafe { bindings::force_sigsegv(signal) };
    }

    /// Is the task past the point from where it could return to user space?
    #[inline(always)]
    pub(crate) fn is_exiting(&self) -> bool {
        // SAFETY: By the type invariant the pointer is valid; only the task itself sets this flag.
        unsafe { (*self.ptr).flags & bindings::PF_EXITING != 0 }
    }

    /// Where the task runs at this moment.
    #[inline(always)]
    pub(crate) fn current_ids(&self) -> Ids {
        // SAFETY: By the type invariant the pointer is valid.
        let cpu = unsafe { bindings::task_cpu(self.ptr) };
        // SAFETY: As above.
        let mm_cid = unsafe { bindings::task_mm_cid(self.ptr) };
        // SAFETY: A task runs on a possible CPU.
        let node = unsafe { bindings::cpu_to_node(cpu as c_int) } as u32;

        Ids { cpu, node, mm_cid }
    }

    /// The IDs that were published last.
    #[inline(always)]
    pub(crate) fn ids(&self) -> Ids {
        let ids = &self.data.ids;
        Ids {
            cpu: ids.cpu_id.get(),
            node: ids.node_id.get(),
            mm_cid: ids.mm_cid.get(),
        }
    }

    /// Remembers the IDs that were published.
    #[inline(always)]
    pub(crate) fn set_ids(&self, ids: Ids) {
        let data = &self.data.ids;
        data.cpu_id.set(ids.cpu);
        data.mm_cid.set(ids.mm_cid);
        data.node_id.set(ids.node);
    }

    /// Marks the task: its area has to be updated on the way to user space.
    #[inline(always)]
    pub(crate) fn mark(&self) {
        // SAFETY: Sets flags of the current task.
        unsafe { bindings::rseq_force_update() };
    }

    /// Takes the mark away; returns what to publish if there was one.
    ///
    /// With interrupts disabled, the scheduler cannot set a mark that is lost, nor move the task to
    /// where the IDs are others:
    ///
    /// ```text
    ///     take the mark
    ///     read the IDs
    ///     <preempted: migrates, sets the mark>
    ///     publish the IDs                          wrong, but the mark has it done again
    /// ```
    pub(crate) fn take_mark(&self) -> Option<Ids> {
        let event = &self.data.event;
        let _irqs_off = IrqsDisabled::new();

        event.ids_changed.set(0);
        event.error.set(0);
        (event.sched_switch.replace(0) != 0).then(|| self.current_ids())
    }

    /// Did the IDs change since they were published, or do programs expect them anew?
    #[inline(always)]
    pub(crate) fn ids_changed(&self) -> bool {
        self.data.event.ids_changed.get() != 0
    }

    /// Was it an interrupt that brought the task into the kernel?
    #[inline(always)]
    pub(crate) fn interrupted(&self) -> bool {
        self.data.event.user_irq.get() != 0
    }

    /// Takes back the request for the slow path, and what else the last attempt noted.
    pub(crate) fn forget_slow_path(&self) {
        self.data.event.error.set(0);
    }
}

impl PartialEq<*mut bindings::task_struct> for Current {
    #[inline(always)]
    fn eq(&self, other: &*mut bindings::task_struct) -> bool {
        self.ptr == *other
    }
}

#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
impl Current {
    /// The version of the registration in use.
    #[inline(always)]
    pub(crate) fn version(&self) -> Option<Version> {
        self.registration()?;
        Some(if self.is_v2() {
            Version::V2
        } else {
            Version::Legacy
        })
    }

    /// Are slices enabled?
    pub(crate) fn slices_enabled(&self) -> bool {
        self.data.slice.enabled.get() != 0
    }

    /// Enables or disables slices.
    pub(crate) fn enable_slices(&self, on: bool) {
        self.data.slice.enabled.set(on.into());
    }

    /// Is a slice granted?
    #[inline(always)]
    pub(crate) fn granted(&self) -> bool {
        self.data.slice.granted.get() != 0
    }

    /// Notes that a slice is granted, or no longer.
    #[inline(always)]
    pub(crate) fn set_granted(&self, on: bool) {
        self.data.slice.granted.set(on.into());
    }

    /// The end of the granted slice, in ns of the monotonic clock.
    #[inline(always)]
    pub(crate) fn expires(&self) -> u64 {
        self.data.slice.expires.get()
    }

    /// Sets the end of the granted slice, in ns of the monotonic clock.
    #[inline(always)]
    pub(crate) fn set_expires(&self, nsec: u64) {
        self.data.slice.expires.set(nsec);
    }

    /// Notes that the slice was given back with `rseq_slice_yield(2)`.
    #[inline(always)]
    pub(crate) fn set_yielded(&self) {
        self.data.slice.yielded.set(1);
    }

    /// Was the slice given back? Asking clears the note.
    #[inline(always)]
    pub(crate) fn take_yielded(&self) -> bool {
        self.data.slice.yielded.replace(0) != 0
    }

    /// Was the task scheduled since it entered the kernel, in a way that concerns its area?
    #[inline(always)]
    pub(crate) fn rescheduled(&self) -> bool {
        self.data.event.sched_switch.get() != 0
    }

    /// Requests a reschedule, interrupts being off.
    #[inline(always)]
    pub(crate) fn request_reschedule(&self, _irqs_off: &IrqsDisabled) {
        // SAFETY: Interrupts are disabled, so the two flags that this sets cannot get out of step.
        unsafe { bindings::set_need_resched_current() };
    }

    /// Drops a pending reschedule request, interrupts being off.
    #[inline(always)]
    pub(crate) fn drop_reschedule(&self, _irqs_off: &IrqsDisabled) {
        // SAFETY: Interrupts are disabled, so the two flags that this clears stay in step.
        unsafe { bindings::clear_need_resched_current() };
    }

    /// Has [`crate::slice::end`] run before the next system call.
    #[inline(always)]
    pub(crate) fn watch_syscalls(&self) {
        // SAFETY: By the type invariant the pointer is valid.
        unsafe { bindings::set_syscall_work_rseq_slice(self.ptr) };
    }

    /// Ends [`Self::watch_syscalls`].
    #[inline(always)]
    pub(crate) fn unwatch_syscalls(&self) {
        // SAFETY: By the type invariant the pointer is valid.
        unsafe { bindings::clear_syscall_work_rseq_slice(self.ptr) };
    }
}

#[cfg(CONFIG_RSEQ_RUST_KUNIT_TEST)]
impl Current {
    /// Pretends that the task went to user space, where its area is up to date.
    pub(crate) fn settle(&self) {
        self.data.event.sched_switch.set(0);
        self.data.event.ids_changed.set(0);
    }

    /// Pretends that the scheduler ran.
    pub(crate) fn set_rescheduled(&self) {
        self.data.event.sched_switch.set(1);
    }

    /// Pretends that the task came from user space, by an interrupt or otherwise.
    pub(crate) fn set_interrupted(&self, on: bool) {
        self.data.event.user_irq.set(on.into());
    }

    /// Pretends that the fast path failed.
    pub(crate) fn request_slow_path(&self) {
        self.data.event.error.set(u16::MAX);
    }

    /// Is the slow path requested?
    pub(crate) fn slow_path_requested(&self) -> bool {
        self.data.event.error.get() != 0
    }

    /// Pretends that the task exits, until told otherwise.
    pub(crate) fn set_exiting(&self, on: bool) {
        // SAFETY: By the type invariant the pointer is valid; only the task writes its flags.
        let flags = unsafe { &mut (*self.ptr).flags };
        if on {
            *flags |= bindings::PF_EXITING;
        } else {
            *flags &= !bindings::PF_EXITING;
        }
    }
}
