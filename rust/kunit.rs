// SPDX-License-Identifier: GPL-2.0

//! KUnit suites, against real user memory.
//!
//! A test runs in a kernel thread of its own. [`Thread`] gives it an address space with one page
//! and takes everything back that a test may leave in the task. What the kernel wrote is read with
//! the kernel crate's `uaccess`, not with the code under test.

mod critical_section;
mod end;
mod expiry;
mod grant;
mod ids;
mod prctl;
mod registration;
mod user_return;

use crate::{
    abi::*,
    logic::{
        critical_section::Section,
        ids::{
            Fields,
            Ids, //
        },
        registration::{
            Registration,
            Version, //
        }, //
    },
    percpu::IrqsDisabled,
    regs::UserRegs,
    stats::Event,
    task::{
        debugging,
        task_size,
        Current, //
    }, //
};
use core::{
    cell::UnsafeCell,
    mem::offset_of, //
};
use kernel::{
    bindings,
    cpu::CpuId,
    page::PAGE_SIZE,
    prelude::*,
    transmute::{
        AsBytes,
        FromBytes, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};
#[cfg(CONFIG_SMP)]
use kernel::{
    cpumask::CpumaskVar,
    error::to_result, //
};

const SIG: u32 = 0x5305_3053;
const FILL: u8 = 0xa5;

// The values of the generic <asm/mman.h>.
const PROT_READ: usize = 0x1;
const PROT_WRITE: usize = 0x2;
const MAP_PRIVATE: usize = 0x02;
const MAP_FIXED: usize = 0x10;
const MAP_ANONYMOUS: usize = 0x20;

// Where the page holds what a thread needs for a critical section; the instructions are imaginary.
const DESCRIPTOR: usize = 0x100;
const START: usize = 0x200;
const LENGTH: usize = 0x40;
const HANDLER: usize = 0x300;

/// Maps a page of user memory that has not been touched yet, at `addr` with `MAP_FIXED`.
fn map(addr: usize, prot: usize, flags: usize) -> Result<usize> {
    // SAFETY: Called from a KUnit test, so there is a current test.
    let test = unsafe { bindings::kunit_get_current_test() };
    // SAFETY: `test` is valid, and the mapping is anonymous.
    let page = unsafe {
        bindings::kunit_vm_mmap(
            test,
            core::ptr::null_mut(),
            addr,
            PAGE_SIZE,
            prot,
            MAP_PRIVATE | MAP_ANONYMOUS | flags,
            0,
        )
    };
    if page == 0 {
        return Err(ENOMEM);
    }
    Ok(page)
}

/// The test's thread, with a page of user memory.
struct Thread {
    task: Current,
    page: usize,
}

impl Thread {
    fn with_page(prot: usize) -> Result<Self> {
        let thread = Self {
            page: map(0, prot, 0)?,
            task: Current::get(),
        };
        thread.pin()?;
        Ok(thread)
    }

    /// Has the thread stay on its CPU: a migration would rightly mark it, and spoil a grant.
    fn pin(&self) -> Result {
        #[cfg(CONFIG_SMP)]
        {
            let mut here = CpumaskVar::new_zero(GFP_KERNEL)?;
            here.set(CpuId::current());
            // SAFETY: The task is the current one, the mask valid.
            to_result(unsafe {
                bindings::set_cpus_allowed_ptr(self.task.as_ptr(), here.as_raw())
            })?;
        }
        Ok(())
    }

    /// A page that is filled with garbage.
    fn new() -> Result<Self> {
        let thread = Self::with_page(PROT_READ | PROT_WRITE)?;
        let mut page = UserSlice::new(UserPtr::from_addr(thread.page), PAGE_SIZE).writer();
        for _ in 0..PAGE_SIZE {
            page.write(&FILL)?;
        }
        Ok(thread)
    }

    /// A thread with a legacy registration.
    fn legacy() -> Result<Self> {
        let thread = Self::new()?;
        thread.call(LEGACY_SIZE, 0)?;
        Ok(thread)
    }

    /// A thread with a V2 registration.
    fn registered(flags: u32) -> Result<Self> {
        let thread = Self::new()?;
        thread.call(FEATURE_SIZE, flags)?;
        Ok(thread)
    }

    /// A thread with slices enabled, as if just interrupted in user space.
    fn interrupted() -> Result<Self> {
        let thread = Self::registered(REGISTER_SLICE_EXT_DEFAULT_ON)?;
        thread.task.settle();
        Ok(thread)
    }

    /// A thread with a grant.
    fn granted() -> Result<Self> {
        let thread = Self::interrupted()?;
        thread.set_ctrl(1)?;
        if !crate::slice::grant::grant(false) {
            return Err(EAGAIN);
        }
        Ok(thread)
    }

    /// A thread that was interrupted at `offset` of its page, with [`Self::section`] announced.
    fn at(offset: usize) -> Result<(Self, Registers)> {
        let thread = Self::registered(0)?;
        let regs = thread.regs(offset);
        thread.task.set_interrupted(true);
        thread.describe(thread.section())?;
        thread.announce(thread.descriptor())?;
        Ok((thread, regs))
    }

    /// Registers with the instruction pointer at `offset` of the page.
    fn regs(&self, offset: usize) -> Registers {
        Registers::at((self.page + offset) as u64)
    }

    /// A section that nothing is wrong with.
    fn section(&self) -> Section {
        Section {
            start: (self.page + START) as u64,
            length: LENGTH as u64,
            abort: (self.page + HANDLER) as u64,
        }
    }

    /// The address of the descriptor.
    fn descriptor(&self) -> u64 {
        (self.page + DESCRIPTOR) as u64
    }

    /// Writes the descriptor of `section`, and the signature in front of the usual handler.
    fn describe(&self, section: Section) -> Result {
        self.write(DESCRIPTOR + offset_of!(Descriptor, version), 0u32)?;
        self.write(DESCRIPTOR + offset_of!(Descriptor, flags), 0u32)?;
        self.write(DESCRIPTOR + offset_of!(Descriptor, start_ip), section.start)?;
        self.write(
            DESCRIPTOR + offset_of!(Descriptor, post_commit_offset),
            section.length,
        )?;
        self.write(DESCRIPTOR + offset_of!(Descriptor, abort_ip), section.abort)?;
        self.write(HANDLER - size_of_val(&SIG), SIG)
    }

    fn announce(&self, descriptor: u64) -> Result {
        self.write(offset_of!(Area, rseq_cs), descriptor)
    }

    fn announced(&self) -> Result<u64> {
        self.read(offset_of!(Area, rseq_cs))
    }

    /// The ID fields in the area.
    fn fields(&self) -> Result<Fields> {
        Ok(Fields {
            cpu_id_start: self.read(offset_of!(Area, cpu_id_start))?,
            cpu_id: self.read(offset_of!(Area, cpu_id))?,
            node_id: self.read(offset_of!(Area, node_id))?,
            mm_cid: self.read(offset_of!(Area, mm_cid))?,
        })
    }

    /// `rseq(2)` with the page.
    fn call(&self, len: u32, flags: u32) -> Result {
        self.call_at(self.page, len, flags, SIG)
    }

    fn call_at(&self, addr: usize, len: u32, flags: u32, sig: u32) -> Result {
        crate::registration::control(
            core::ptr::with_exposed_provenance_mut(addr),
            len,
            flags,
            sig,
        )
    }

    fn read<T: FromBytes>(&self, offset: usize) -> Result<T> {
        UserSlice::new(UserPtr::from_addr(self.page + offset), size_of::<T>())
            .reader()
            .read()
    }

    fn write<T: AsBytes>(&self, offset: usize, value: T) -> Result {
        UserSlice::new(UserPtr::from_addr(self.page + offset), size_of::<T>())
            .writer()
            .write(&value)
    }

    fn flags(&self) -> Result<u32> {
        self.read(offset_of!(Area, flags))
    }

    fn ctrl(&self) -> Result<u32> {
        self.read(offset_of!(Area, slice_ctrl))
    }

    fn set_ctrl(&self, word: u32) -> Result {
        self.write(offset_of!(Area, slice_ctrl), word)
    }

    fn unmap(&self) {
        // SAFETY: The page is a mapping of this thread's own address space.
        let _ = unsafe { bindings::vm_munmap(self.page, PAGE_SIZE) };
    }

    /// Has the page vanish and come back empty, not to be had without a page fault.
    fn swap_out(&self) -> Result {
        self.unmap();
        map(self.page, PROT_READ | PROT_WRITE, MAP_FIXED).map(|_| ())
    }

    /// Was a signal raised? Asking takes it back.
    fn take_signal(&self) -> bool {
        // SAFETY: The task is the current one.
        let pending = unsafe { bindings::signal_pending(self.task.as_ptr()) } != 0;
        // SAFETY: As above; a kernel thread has no use for signals.
        unsafe { bindings::flush_signals(self.task.as_ptr()) };
        pending
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.take_signal();
        self.task.unwatch_syscalls();
        self.task.unregister();
    }
}

/// How `ids` show in an area.
fn shown(ids: Ids) -> Fields {
    Fields {
        cpu_id_start: ids.cpu,
        cpu_id: ids.cpu,
        node_id: ids.node,
        mm_cid: ids.mm_cid,
    }
}

/// What the registers of a thread in user space would be, had it any.
struct Registers(UnsafeCell<bindings::pt_regs>);

impl Registers {
    fn at(ip: u64) -> Self {
        let regs = Self(UnsafeCell::new(pin_init::zeroed()));
        regs.user().set_ip(ip);
        regs
    }

    fn user(&self) -> UserRegs {
        // SAFETY: They are valid, and nothing else uses them.
        unsafe { UserRegs::new(self.0.get()) }
    }

    fn ip(&self) -> u64 {
        self.user().ip()
    }
}

/// How `events` were counted while `f` ran.
fn counted<const N: usize>(events: [Event; N], f: impl FnOnce()) -> [usize; N] {
    let before = events.map(Event::total);
    f();
    let mut change = events.map(Event::total);
    for (after, before) in change.iter_mut().zip(before) {
        *after -= before;
    }
    change
}

/// How the counters of slices change while `f` runs: granted, expired, revoked, yielded, aborted.
fn counts(f: impl FnOnce()) -> [usize; 5] {
    const ALL: [Event; 5] = [
        Event::Granted,
        Event::Expired,
        Event::Revoked,
        Event::Yielded,
        Event::Aborted,
    ];
    counted(ALL, f)
}

/// Runs `f` with debug mode on or off, for the whole system.
fn with_debug_mode<R>(on: bool, f: impl FnOnce() -> R) -> R {
    let before = debugging();
    // SAFETY: Tests run in task context.
    unsafe { bindings::rseq_control_debug(on) };
    let result = f();
    // SAFETY: As above.
    unsafe { bindings::rseq_control_debug(before) };
    result
}

fn now() -> u64 {
    // SAFETY: Safe in any context.
    unsafe { bindings::ktime_get_mono_fast_ns() }
}
