// SPDX-License-Identifier: GPL-2.0

//! The current task, and a typed view of its `rseq` member.
//!
//! `struct rseq_data` stays where the kernel has it, because the scheduler, fork, exec, ptrace and
//! membarrier read and write it from inline C. Only the task itself and interrupts on the CPU that
//! it runs on do so while it runs, hence cells.

use crate::{
    abi::Area,
    logic::registration::{
        Registration,
        Version, //
    },
    uaccess::UserPtr, //
};
use core::{
    cell::Cell,
    mem::offset_of,
    ptr, //
};
use kernel::{
    bindings,
    task::Task,
    types::{
        NotThreadSafe,
        Opaque, //
    }, //
};

#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
use crate::percpu::IrqsDisabled;

/// `struct rseq_data`.
#[repr(C)]
struct Data {
    usrptr: Cell<*mut Area>,
    len: Cell<u32>,
    sig: Cell<u32>,
    event: Event,
    _ids: Opaque<bindings::rseq_ids>,
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    slice: Slice,
}

/// `struct rseq_event`.
#[repr(C, align(8))]
struct Event {
    sched_switch: Cell<u8>,
    #[cfg_attr(not(CONFIG_RSEQ_RUST_KUNIT_TEST), allow(dead_code))]
    ids_changed: Cell<u8>,
    _user_irq: Cell<u8>,
    _unused: Cell<u8>,
    has_rseq: Cell<u8>,
    _pad: Cell<u8>,
    _error: Cell<u16>,
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
        rseq_event, //
    };

    assert!(size_of::<Data>() == size_of::<rseq_data>());
    assert!(align_of::<Data>() == align_of::<rseq_data>());
    assert!(offset_of!(Data, usrptr) == offset_of!(rseq_data, usrptr));
    assert!(offset_of!(Data, len) == offset_of!(rseq_data, len));
    assert!(offset_of!(Data, sig) == offset_of!(rseq_data, sig));
    assert!(offset_of!(Data, event) == offset_of!(rseq_data, event));
    assert!(offset_of!(Data, _ids) == offset_of!(rseq_data, ids));

    assert!(size_of::<Event>() == size_of::<rseq_event>());
    assert!(
        offset_of!(Event, ids_changed)
            == offset_of!(
                rseq_event,
                __bindgen_anon_1
                    .__bindgen_anon_1
                    .__bindgen_anon_1
                    .__bindgen_anon_1
                    .ids_changed
            )
    );
    assert!(
        offset_of!(Event, has_rseq)
            == offset_of!(rseq_event, __bindgen_anon_1.__bindgen_anon_1.has_rseq)
    );
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

/// The task that runs on this CPU, or that was interrupted there.
///
/// # Invariants
///
/// `ptr` is the current task.
#[derive(Clone, Copy)]
pub(crate) struct Current {
    ptr: *mut bindings::task_struct,
    _here: NotThreadSafe,
}

impl Current {
    /// The current task.
    #[inline(always)]
    pub(crate) fn get() -> Self {
        // INVARIANT: A `Current` does not leave the thread, so the task stays the current one.
        Self {
            ptr: Task::current_raw(),
            _here: NotThreadSafe,
        }
    }

    #[inline(always)]
    fn data(&self) -> &Data {
        // SAFETY: The current task is alive. The layouts are asserted to agree above, and cells
        // allow for the changes that interrupts make.
        unsafe { &*(&raw const (*self.ptr).rseq).cast() }
    }

    /// The area in use, meaningful only with a registration.
    #[inline(always)]
    pub(crate) fn area(&self) -> UserPtr<Area> {
        UserPtr::new(self.data().usrptr.get())
    }

    /// The registration in use.
    #[inline(always)]
    pub(crate) fn registration(&self) -> Option<Registration> {
        let data = self.data();
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
        let data = self.data();
        data.usrptr.set(ptr::with_exposed_provenance_mut(area.addr));
        data.len.set(area.len);
        data.sig.set(area.sig);
        data.event.has_rseq.set(version as u8);
        // SAFETY: Sets flags of the current task.
        unsafe { bindings::rseq_force_update() };
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
        unsafe { bindings::force_sig(bindings::SIGSEGV as i32) };
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
    /// The address of the task, to recognize it by.
    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> *mut bindings::task_struct {
        self.ptr
    }

    /// The version of the registration in use.
    #[inline(always)]
    pub(crate) fn version(&self) -> Option<Version> {
        self.registration()?;
        Some(
            if self.data().event.has_rseq.get() > Version::Legacy as u8 {
                Version::V2
            } else {
                Version::Legacy
            },
        )
    }

    /// Are slices enabled?
    pub(crate) fn slices_enabled(&self) -> bool {
        self.data().slice.enabled.get() != 0
    }

    /// Enables or disables slices.
    pub(crate) fn enable_slices(&self, on: bool) {
        self.data().slice.enabled.set(on.into());
    }

    /// Is a slice granted?
    #[inline(always)]
    pub(crate) fn granted(&self) -> bool {
        self.data().slice.granted.get() != 0
    }

    /// Notes that a slice is granted, or no longer.
    #[inline(always)]
    pub(crate) fn set_granted(&self, on: bool) {
        self.data().slice.granted.set(on.into());
    }

    /// The end of the granted slice, in ns of the monotonic clock.
    #[inline(always)]
    pub(crate) fn expires(&self) -> u64 {
        self.data().slice.expires.get()
    }

    /// Sets the end of the granted slice, in ns of the monotonic clock.
    #[inline(always)]
    pub(crate) fn set_expires(&self, nsec: u64) {
        self.data().slice.expires.set(nsec);
    }

    /// Notes that the slice was given back with `rseq_slice_yield(2)`.
    #[inline(always)]
    pub(crate) fn set_yielded(&self) {
        self.data().slice.yielded.set(1);
    }

    /// Was the slice given back? Asking clears the note.
    #[inline(always)]
    pub(crate) fn take_yielded(&self) -> bool {
        self.data().slice.yielded.replace(0) != 0
    }

    /// Was the task scheduled since it entered the kernel, in a way that concerns its area?
    #[inline(always)]
    pub(crate) fn rescheduled(&self) -> bool {
        self.data().event.sched_switch.get() != 0
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
        // SAFETY: Interrupts are disabled, so the two flags that this clears cannot get out of step.
        unsafe { bindings::clear_need_resched_current() };
    }

    /// Has [`crate::slice::syscall_entry`] run before the next system call.
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
        self.data().event.sched_switch.set(0);
        self.data().event.ids_changed.set(0);
    }

    /// Pretends that the scheduler ran.
    pub(crate) fn set_rescheduled(&self) {
        self.data().event.sched_switch.set(1);
    }
}
