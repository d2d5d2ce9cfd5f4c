// SPDX-License-Identifier: GPL-2.0

//! Restartable sequences and time slice extensions.
//!
//! An event passes an inline check, C in the kernel's own headers, that calls only if there is
//! something to do; reaches one of the entry points below, which knows the context it is called in;
//! and the concept that decides and acts, by way of the [`machine`].
//!
//! [`registration`] is `rseq(2)`; [`user_return`] the way to user space, where [`ids`] are published
//! and [`critical_section`]s evaluated; [`mod@slice`] the time slice extensions; [`failure`] the
//! place where a fault becomes a signal.
//!
//! C headers: [`include/linux/rseq.h`](srctree/include/linux/rseq.h),
//! [`include/linux/rseq_entry.h`](srctree/include/linux/rseq_entry.h).

// Only C uses this crate. Its documentation is for who works on it.
#![allow(rustdoc::private_intra_doc_links)]

mod abi;
mod critical_section;
mod failure;
mod ids;
#[cfg(CONFIG_RSEQ_RUST_KUNIT_TEST)]
mod kunit;
mod machine;
mod registration;
#[cfg_attr(not(CONFIG_RSEQ_SLICE_EXTENSION), path = "slice/absent.rs")]
mod slice;
mod user_return;

use abi::Registration;
use kernel::{
    bindings,
    error::from_result,
    prelude::*, //
};
use machine::{
    context::{
        InterruptsOff,
        TaskContext, //
    },
    registers::UserRegs,
    task::Current, //
};

/// `rseq(2)`; see [`registration::control`].
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
    let task = Current::get();
    // SAFETY: A system call.
    let mut context = unsafe { TaskContext::new() };
    let addr = area.expose_provenance();
    let asked = Registration { addr, len, sig };

    let result = registration::control(task, &mut context, asked, flags as u32);
    from_result(|| failure::answer(task, &context, result).map(|()| 0))
}

/// Last step into user space of a thread whose area needs attention; see [`user_return::fast`].
///
/// # Safety
///
/// To be called by the exit code only, with interrupts disabled, for the current task and its user
/// registers.
#[export]
pub unsafe extern "C" fn rseq_exit_user_update(
    regs: *mut bindings::pt_regs,
    _current: *mut bindings::task_struct,
) -> bool {
    // SAFETY: Guaranteed by the caller.
    let mut context = unsafe { InterruptsOff::new() };
    // SAFETY: Guaranteed by the caller.
    let regs = unsafe { UserRegs::new(regs) };

    user_return::fast(Current::get(), &mut context, regs).is_ok()
}

/// Exit work, requested by a fast path that failed; see [`user_return::slow`].
///
/// # Safety
///
/// To be called by the exit code, with the current task's user registers, or by hypervisors, with
/// null.
#[export]
pub unsafe extern "C" fn __rseq_handle_slowpath(regs: *mut bindings::pt_regs) {
    let task = Current::get();
    // SAFETY: Exit work runs in task context and may sleep.
    let mut context = unsafe { TaskContext::new() };
    // SAFETY: Guaranteed by the caller.
    let regs = unsafe { UserRegs::from_raw(regs) };

    let result = user_return::slow(task, &mut context, regs);
    failure::fatal(task, &context, result);
}

/// A signal is about to be delivered; see [`user_return::before_signal`].
///
/// # Safety
///
/// To be called by the signal code only, with the user registers that the signal interrupts.
#[export]
pub unsafe extern "C" fn __rseq_signal_deliver(signal: c_int, regs: *mut bindings::pt_regs) {
    let task = Current::get();
    // SAFETY: Exit work runs in task context and may sleep.
    let mut context = unsafe { TaskContext::new() };
    // SAFETY: Guaranteed by the caller.
    let regs = unsafe { UserRegs::new(regs) };

    let result = user_return::before_signal(task, &mut context, regs);
    failure::fatal_in_signal(task, &context, signal, result);
}

/// The end of a system call in debug mode; see [`user_return::after_syscall`].
///
/// # Safety
///
/// To be called by the syscall exit only, with the user registers of the current task.
#[export]
pub unsafe extern "C" fn __rseq_debug_syscall_return(regs: *mut bindings::pt_regs) {
    let task = Current::get();
    // SAFETY: The exit code calls this with interrupts on.
    let mut context = unsafe { TaskContext::new() };
    // SAFETY: Guaranteed by the caller.
    let regs = unsafe { UserRegs::new(regs) };

    let result = user_return::after_syscall(task, &mut context, regs);
    failure::fatal(task, &context, result);
}

/// Initcall: creates the files in debugfs; see [`machine::debugfs::init`].
///
/// # Safety
///
/// To be called once, at boot.
#[cfg(CONFIG_DEBUG_FS)]
#[export]
pub unsafe extern "C" fn rseq_debugfs_init() -> c_int {
    from_result(|| machine::debugfs::init().map(|()| 0))
}

/// The entry points of time slice extensions.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
mod slice_entry {
    use super::*;
    use machine::{
        syscall_number,
        timer::SliceTimer, //
    };
    use slice::{
        end::Syscall,
        expiry::Next,
        grant::{
            OtherWork,
            Reschedule, //
        }, //
    };

    /// `rseq_slice_yield(2)`; see [`slice::end::yielded`].
    ///
    /// # Safety
    ///
    /// To be called by the system call entry only.
    #[export]
    pub(crate) unsafe extern "C" fn rseq_slice_yielded() -> c_long {
        slice::end::yielded(Current::get())
    }

    /// `prctl(PR_RSEQ_SLICE_EXTENSION)`; see [`slice::prctl::control`].
    ///
    /// # Safety
    ///
    /// To be called by `prctl(2)` only.
    #[export]
    pub(crate) unsafe extern "C" fn rseq_slice_extension_prctl(arg2: usize, arg3: usize) -> c_int {
        let task = Current::get();
        // SAFETY: A system call.
        let mut context = unsafe { TaskContext::new() };

        let result = slice::prctl::control(task, &mut context, arg2, arg3);
        from_result(|| failure::answer(task, &context, result).map(|value| value as c_int))
    }

    /// Exit from an interrupt with a reschedule pending; see [`slice::grant::on_reschedule`].
    ///
    /// # Safety
    ///
    /// To be called by the inline check only.
    #[export]
    pub(crate) unsafe extern "C" fn rseq_slice_grant(work_pending: bool) -> bool {
        let task = Current::get();
        // SAFETY: Exit work runs in task context and may sleep.
        let mut context = unsafe { TaskContext::new() };
        let other = if work_pending {
            OtherWork::Pending
        } else {
            OtherWork::None
        };

        let result = slice::grant::on_reschedule(task, &mut context, other);
        failure::fatal(task, &context, result) == Some(Reschedule::Delayed)
    }

    /// Last step of a granted task into user space; see [`slice::expiry::arm`].
    ///
    /// # Safety
    ///
    /// To be called by the exit code only, with interrupts disabled.
    #[export]
    pub(crate) unsafe extern "C" fn __rseq_arm_slice_extension_timer() -> bool {
        // SAFETY: Guaranteed by the caller.
        let context = unsafe { InterruptsOff::new() };

        slice::expiry::arm(Current::get(), &context) == Next::ExitWork
    }

    /// System call during a grant; see [`slice::end::before_syscall`].
    ///
    /// # Safety
    ///
    /// To be called by the syscall entry work only.
    #[export]
    pub(crate) unsafe extern "C" fn rseq_syscall_enter_work(syscall: c_long) {
        let task = Current::get();
        // SAFETY: The entry code calls this with interrupts on.
        let mut context = unsafe { TaskContext::new() };
        let syscall = if syscall_number::is_slice_yield(syscall) {
            Syscall::Yield
        } else {
            Syscall::Other
        };

        let result = slice::end::before_syscall(task, &mut context, syscall);
        failure::fatal(task, &context, result);
    }

    /// The slice timer `timer` has expired; see [`slice::expiry::expire`].
    ///
    /// # Safety
    ///
    /// To be called by the timer code only, with interrupts disabled.
    #[export]
    pub(crate) unsafe extern "C" fn rseq_slice_expired(
        timer: *mut bindings::hrtimer,
    ) -> bindings::hrtimer_restart {
        // SAFETY: Guaranteed by the caller.
        let context = unsafe { InterruptsOff::new() };
        // SAFETY: Guaranteed by the caller.
        let timer = unsafe { SliceTimer::from_raw(timer) };

        slice::expiry::expire(Current::get(), timer, &context);
        bindings::hrtimer_restart::HRTIMER_NORESTART
    }

    /// Initcall; see [`machine::timer::init`].
    ///
    /// # Safety
    ///
    /// To be called once, at boot.
    #[export]
    pub(crate) unsafe extern "C" fn rseq_slice_init() -> c_int {
        // SAFETY: Guaranteed by the caller.
        unsafe { machine::timer::init() };
        0
    }
}
