// SPDX-License-Identifier: GPL-2.0

//! KUnit suites, against real user memory.
//!
//! A test runs in a kernel thread of its own. [`Thread`] gives it an address space with one page
//! and takes everything back that a test may leave in the task. What the kernel wrote is read with
//! the kernel crate's `uaccess`, not with the code under test.
//!
//! The suites run at boot, and again by `kunit/*/run` in debugfs while other programs use slices.
//! So a test expects nothing of the length of slices, nor that this kernel [offers](offered) them.

mod critical_section;
mod critical_section_debug;
mod end;
mod expiry;
mod grant;
mod ids;
mod page;
mod prctl;
mod registration;
mod signal;
mod slow_path;
mod thread;
mod user_return;

use crate::{
    abi::*,
    failure::{
        self,
        fatal, //
    },
    ids::Fields,
    machine::{
        clock,
        context::TaskContext,
        counters::{
            self,
            Counter, //
        },
        registers::UserRegs,
        switches,
        user_address::{
            UserObject,
            UserSpace, //
        }, //
    },
    slice::offered, //
};
use core::{
    cell::UnsafeCell,
    mem::offset_of, //
};
use kernel::{
    bindings,
    cpu::CpuId,
    prelude::*, //
};
use page::*;
use thread::Thread;

const SIG: u32 = 0x5305_3053;

/// The context of a test, which runs in task context.
fn context() -> TaskContext {
    // SAFETY: A test holds no lock. Where it makes a context within another, it has no use for the
    // outer one until the inner one is gone.
    unsafe { TaskContext::new() }
}

/// Reads the current task's request for a reschedule.
fn need_resched() -> bool {
    // SAFETY: Reads a flag of the current task.
    unsafe { bindings::need_resched() }
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
        // Not every architecture's are `Zeroable`.
        // SAFETY: Integers, and arrays of them.
        let regs = Self(UnsafeCell::new(unsafe { core::mem::zeroed() }));
        // Any address will do, but not every one is of user space.
        // SAFETY: The registers are valid.
        unsafe { bindings::instruction_pointer_set(regs.0.get(), ip as usize) };
        regs
    }

    fn as_ptr(&self) -> *mut bindings::pt_regs {
        self.0.get()
    }

    fn user(&self) -> UserRegs {
        // SAFETY: They are valid, and nothing else uses them.
        unsafe { UserRegs::new(self.0.get()) }
    }

    fn ip(&self) -> u64 {
        self.user().ip()
    }
}

/// How `events` were counted while `f` ran, in a [`Thread`] that keeps others off its CPU.
fn counted<const N: usize>(events: [Counter; N], f: impl FnOnce()) -> [usize; N] {
    let before = events.map(counters::of_this_cpu);
    f();
    let mut change = events.map(counters::of_this_cpu);
    for (after, before) in change.iter_mut().zip(before) {
        *after -= before;
    }
    change
}

/// How the counters of slices change while `f` runs: granted, expired, revoked, yielded, aborted.
fn counts(f: impl FnOnce()) -> [usize; 5] {
    const ALL: [Counter; 5] = [
        Counter::Granted,
        Counter::Expired,
        Counter::Revoked,
        Counter::Yielded,
        Counter::Aborted,
    ];
    counted(ALL, f)
}

/// The control word once the kernel has dropped the requests in `word`, which is user space's if
/// this kernel offers no slices.
fn dropped(word: u32) -> u32 {
    if offered() {
        0
    } else {
        word
    }
}

/// What an area of a thread that does not ask for slices says of them.
fn availability() -> u32 {
    if offered() {
        AREA_SLICE_EXT_AVAILABLE
    } else {
        0
    }
}

/// Runs `f` with debug mode on or off, for the whole system: programs beside the tests that are
/// correct do not notice, and nobody else is to switch it meanwhile.
fn with_debug_mode<R>(on: bool, f: impl FnOnce() -> R) -> R {
    let before = switches::debugging();
    switches::set_debugging(&context(), on);
    let result = f();
    switches::set_debugging(&context(), before);
    result
}
