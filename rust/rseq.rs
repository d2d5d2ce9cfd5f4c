// SPDX-License-Identifier: GPL-2.0

//! Restartable sequences and time slice extensions.
//!
//! An event comes in through a gate, inline C in `include/linux/rseq_gate.h` that calls only if
//! there is something to do; passes one of the doors below, each one line long; reaches the concept
//! that deals with it, which asks [`logic`] for the decision and acts on it.
//!
//! [`register`] is `rseq(2)`, [`mod@slice`] the time slice extensions. IDs and critical sections are
//! in `kernel/rseq.c` and `include/linux/rseq_entry.h`.
//!
//! C headers: [`include/linux/rseq.h`](srctree/include/linux/rseq.h),
//! [`include/linux/rseq_entry.h`](srctree/include/linux/rseq_entry.h).

// Only C uses this crate. Its documentation is for who works on it.
#![allow(rustdoc::private_intra_doc_links)]

mod abi;
#[cfg(all(CONFIG_RSEQ_SLICE_EXTENSION, CONFIG_DEBUG_FS))]
mod debugfs;
#[cfg(CONFIG_RSEQ_RUST_KUNIT_TEST)]
mod kunit;
mod logic;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
mod percpu;
mod register;
mod slice;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
mod stats;
mod task;
mod uaccess;

use kernel::{
    bindings,
    error::from_result,
    prelude::*, //
};

/// `rseq(2)`; see [`register::control`].
///
/// # Safety
///
/// To be called by the system call entry only.
#[export]
pub unsafe extern "C" fn rseq_registration(
    area: *mut bindings::rseq,
    len: u32,
    flags: c_int,
    sig: u32,
) -> c_long {
    from_result(|| register::control(area.cast(), len, flags as u32, sig).map(|()| 0))
}

/// `rseq_slice_yield(2)`: did the caller yield within a grant?
///
/// The yielding itself has happened on entry, see [`slice::syscall_entry`].
///
/// # Safety
///
/// To be called by the system call entry only.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[export]
pub unsafe extern "C" fn rseq_slice_yielded() -> c_long {
    task::Current::get().take_yielded().into()
}

/// `prctl(PR_RSEQ_SLICE_EXTENSION)`; see [`slice::prctl::control`].
///
/// # Safety
///
/// To be called by `prctl(2)` only.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[export]
pub unsafe extern "C" fn rseq_slice_extension_prctl(arg2: usize, arg3: usize) -> c_int {
    from_result(|| slice::prctl::control(arg2, arg3).map(|result| result as c_int))
}

/// Exit from an interrupt with a reschedule pending; see [`slice::grant::grant`].
///
/// # Safety
///
/// To be called by the gate only.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[export]
pub unsafe extern "C" fn rseq_slice_grant(work_pending: bool) -> bool {
    slice::grant::grant(work_pending)
}

/// Last step of a granted task into user space; see [`slice::timer::arm`].
///
/// # Safety
///
/// To be called by the exit code only, with interrupts disabled.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[export]
pub unsafe extern "C" fn __rseq_arm_slice_extension_timer() -> bool {
    slice::timer::arm()
}

/// System call during a grant; see [`slice::syscall_entry::work`].
///
/// # Safety
///
/// To be called by the syscall entry work only.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[export]
pub unsafe extern "C" fn rseq_syscall_enter_work(syscall: c_long) {
    slice::syscall_entry::work(syscall)
}

/// membarrier interrupts the current thread; see [`slice::grant::cut_short`].
///
/// # Safety
///
/// To be called in the interrupt only.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[export]
pub unsafe extern "C" fn rseq_slice_membarrier() {
    slice::grant::cut_short()
}

/// The current thread exits; see [`slice::grant::end_with_thread`].
///
/// # Safety
///
/// To be called when the thread cannot return to user space any more.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[export]
pub unsafe extern "C" fn rseq_slice_exit() {
    slice::grant::end_with_thread()
}

/// Initcall; see [`slice::timer::init`].
///
/// # Safety
///
/// To be called once, at boot.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[export]
pub unsafe extern "C" fn rseq_slice_init() -> c_int {
    slice::timer::init();
    0
}

/// Creates the debugfs file of the slice length; see [`debugfs::init`].
///
/// # Safety
///
/// `dir` must be the debugfs directory of rseq.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
#[export]
pub unsafe extern "C" fn rseq_slice_ext_init(dir: *mut bindings::dentry) {
    #[cfg(CONFIG_DEBUG_FS)]
    // SAFETY: Guaranteed by the caller.
    unsafe {
        debugfs::init(dir)
    }
    #[cfg(not(CONFIG_DEBUG_FS))]
    let _ = dir;
}
