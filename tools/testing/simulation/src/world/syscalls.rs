// SPDX-License-Identifier: GPL-2.0

//! System calls, with the entry work that concerns slices.

use super::{
    cpu::CpuId,
    exit,
    frame,
    lifecycle::{
        self,
        Shares, //
    },
    point::{
        point,
        Op, //
    },
    scheduler::{
        self,
        Scheduled, //
    },
    task_data::{
        Entered,
        Exit,
        Standing, //
    },
    with, //
};
use crate::{
    abi::*,
    entry_points, //
};

/// The system calls there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// `rseq_slice_yield(2)`.
    SliceYield,
    /// The same, but a seccomp filter or a tracer skips it.
    SkippedSliceYield,
    /// One that does nothing.
    GetPid,
    /// One that waits for something.
    Wait,
    /// `rseq(2)`: area, length, flags, signature.
    Rseq(u64, u32, u32, u32),
    /// `prctl(PR_RSEQ_SLICE_EXTENSION)`: second and third argument.
    Prctl(usize, usize),
    /// `rt_sigreturn(2)`.
    SigReturn,
    /// `fork(2)`.
    Fork,
    /// `clone(2)` with `CLONE_VM`.
    CloneThread,
    /// `execve(2)` of a program that is there.
    Exec,
    /// `execve(2)` of another one.
    FailingExec,
    /// `exit(2)`.
    Exit,
    /// `ioctl(2)` that enters a guest: the exit work is done without registers.
    EnterGuest,
}

/// The task of `cpu` makes a system call. Its result is in the task afterwards.
pub(crate) fn syscall(cpu: CpuId, call: Call) {
    let task = with(|world| world.cpu(cpu).current);
    frame::enter(task);
    with(|world| {
        world.note("system call", 0);
        world.current().standing = Standing::Kernel;
        world.frame().interrupts_on = true;
    });
    point(Op::SyscallEntry, 0);

    // syscall_trace_enter()
    if with(|world| world.current().watches_syscalls) {
        let yields = matches!(call, Call::SliceYield | Call::SkippedSliceYield);
        entry_points::syscall_enter_work(yields);
    }
    if call == Call::Exit {
        lifecycle::die();
        return;
    }
    if call == Call::Wait {
        let exit = Exit::Start(Entered::Syscall);
        if scheduler::schedule(Some(exit)) == Scheduled::Parked {
            return;
        }
    } else {
        let result = carry_out(call);
        with(|world| world.current().result = result);
    }
    exit::from_syscall();
}

fn carry_out(call: Call) -> isize {
    match call {
        Call::SliceYield => entry_points::slice_yielded(),
        Call::SkippedSliceYield => -1,
        Call::GetPid => with(|world| world.frame().task.0 as isize),
        Call::Rseq(area, len, flags, sig) => {
            match entry_points::registration(area, len, flags, sig) {
                Ok(()) => 0,
                Err(error) => error.to_errno() as isize,
            }
        }
        Call::Prctl(arg2, arg3) => prctl(arg2, arg3),
        Call::SigReturn => {
            with(|world| {
                let task = world.current();
                if let Some(ip) = task.interrupted.pop() {
                    task.ip = ip;
                }
            });
            0
        }
        Call::Fork => lifecycle::fork(Shares::Nothing).0 as isize,
        Call::CloneThread => lifecycle::fork(Shares::Memory).0 as isize,
        Call::Exec => {
            lifecycle::exec(false);
            0
        }
        Call::FailingExec => {
            lifecycle::exec(true);
            -1
        }
        Call::Exit | Call::Wait => unreachable!("{call:?} has nothing to carry out"),
        Call::EnterGuest => {
            entry_points::handle_slowpath(false);
            0
        }
    }
}

fn prctl(arg2: usize, arg3: usize) -> isize {
    match entry_points::slice_extension_prctl(arg2, arg3) {
        Ok(value) => value as isize,
        Err(error) => error.to_errno() as isize,
    }
}

/// The arguments that enable slices.
pub(crate) const ENABLE: Call = Call::Prctl(PRCTL_SET, PRCTL_ENABLE);
/// The arguments that disable them.
pub(crate) const DISABLE: Call = Call::Prctl(PRCTL_SET, 0);
