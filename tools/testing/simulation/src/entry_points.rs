// SPDX-License-Identifier: GPL-2.0

//! The entry points, as the crate root `rust/rseq.rs` has them: each makes the context that C calls
//! it in, and passes on to a concept.

use crate::{
    abi::Registration,
    failure,
    machine::{
        context::{
            InterruptsOff,
            TaskContext, //
        },
        registers::UserRegs,
        task::Current,
        timer::SliceTimer, //
    },
    registration,
    slice::{
        self,
        end::Syscall,
        expiry::Next,
        grant::{
            OtherWork,
            Reschedule, //
        }, //
    },
    user_return, //
};
use kernel::prelude::*;

/// The context of an entry point in task context.
fn task_context() -> TaskContext {
    // SAFETY: The machine checks what this demands.
    unsafe { TaskContext::new() }
}

/// The context of an entry point with interrupts off.
fn interrupts_off() -> InterruptsOff {
    // SAFETY: The machine checks what this demands.
    unsafe { InterruptsOff::new() }
}

/// The user registers of the current task.
fn registers() -> UserRegs {
    // SAFETY: There is nothing to guarantee.
    unsafe { UserRegs::new(Current::get()) }
}

/// `rseq(2)`.
pub(crate) fn registration(addr: u64, len: u32, flags: u32, sig: u32) -> Result {
    let task = Current::get();
    let mut context = task_context();
    let addr = addr as usize;

    let result = registration::control(task, &mut context, Registration { addr, len, sig }, flags);
    failure::answer(task, &context, result)
}

/// `rseq_exit_user_update()`.
pub(crate) fn exit_user_update() -> bool {
    let mut context = interrupts_off();
    user_return::fast(Current::get(), &mut context, registers()).is_ok()
}

/// `__rseq_handle_slowpath()`, without registers if a hypervisor calls it.
pub(crate) fn handle_slowpath(has_registers: bool) {
    let task = Current::get();
    let mut context = task_context();
    let regs = has_registers.then(registers);

    let result = user_return::slow(task, &mut context, regs);
    failure::fatal(task, &context, result);
}

/// `__rseq_signal_deliver()`.
pub(crate) fn signal_deliver(signal: c_int) {
    let task = Current::get();
    let mut context = task_context();

    let result = user_return::before_signal(task, &mut context, registers());
    failure::fatal_in_signal(task, &context, signal, result);
}

/// `__rseq_debug_syscall_return()`.
pub(crate) fn debug_syscall_return() {
    let task = Current::get();
    let mut context = task_context();

    let result = user_return::after_syscall(task, &mut context, registers());
    failure::fatal(task, &context, result);
}

/// `rseq_slice_yield(2)`.
pub(crate) fn slice_yielded() -> c_long {
    slice::end::yielded(Current::get())
}

/// `prctl(PR_RSEQ_SLICE_EXTENSION)`.
pub(crate) fn slice_extension_prctl(arg2: usize, arg3: usize) -> Result<usize> {
    let task = Current::get();
    let mut context = task_context();

    let result = slice::prctl::control(task, &mut context, arg2, arg3);
    failure::answer(task, &context, result)
}

/// `rseq_slice_grant()`.
pub(crate) fn slice_grant(work_pending: bool) -> bool {
    let task = Current::get();
    let mut context = task_context();
    let other = if work_pending {
        OtherWork::Pending
    } else {
        OtherWork::None
    };

    let result = slice::grant::on_reschedule(task, &mut context, other);
    failure::fatal(task, &context, result) == Some(Reschedule::Delayed)
}

/// `__rseq_arm_slice_extension_timer()`.
pub(crate) fn arm_slice_extension_timer() -> bool {
    let context = interrupts_off();
    slice::expiry::arm(Current::get(), &context) == Next::ExitWork
}

/// `rseq_syscall_enter_work()`.
pub(crate) fn syscall_enter_work(is_slice_yield: bool) {
    let task = Current::get();
    let mut context = task_context();
    let syscall = if is_slice_yield {
        Syscall::Yield
    } else {
        Syscall::Other
    };

    let result = slice::end::before_syscall(task, &mut context, syscall);
    failure::fatal(task, &context, result);
}

/// The callback of the slice timer, which the machine has in the kernel.
pub(crate) fn slice_expired() {
    let context = interrupts_off();
    slice::expiry::expire(Current::get(), &SliceTimer::expired(), &context);
}
