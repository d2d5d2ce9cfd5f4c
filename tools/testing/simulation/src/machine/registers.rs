// SPDX-License-Identifier: GPL-2.0

//! The registers that the current thread has in user space.

use super::{
    operation,
    task::Current,
    user_address::UserAddr, //
};
use crate::world::{
    check::{
        violated,
        Contract, //
    },
    memory::TASK_SIZE,
    point::Op, //
};

/// The saved user registers of the current thread.
#[derive(Clone, Copy)]
pub(crate) struct UserRegs(Current);

impl UserRegs {
    /// Takes the registers of the current task.
    ///
    /// # Safety
    ///
    /// None here; in the kernel the pointer has to be valid.
    pub(crate) unsafe fn new(task: Current) -> Self {
        Self(task)
    }

    /// The instruction pointer.
    pub(crate) fn ip(&self) -> u64 {
        operation(Op::Registers);
        self.0.with(|task| task.ip)
    }

    /// Has the thread continue at `ip`, which is never an address of the kernel.
    pub(crate) fn set_ip(&self, ip: UserAddr) {
        operation(Op::Registers);
        if ip.get() >= TASK_SIZE {
            violated(Contract::NoKernelAddress, format_args!("{:#x}", ip.get()));
        }
        self.0.with(|task| task.ip = ip.get());
    }
}
