// SPDX-License-Identifier: GPL-2.0

//! A thread with a page of user memory.

use super::{
    context,
    page::{
        Page,
        PROT_READ,
        PROT_WRITE, //
    },
    Registers,
    SIG, //
};
use crate::{
    abi::*,
    failure::answer,
    machine::task::Current,
    registration,
    slice::grant::{
        OtherWork,
        Reschedule, //
    }, //
};
use core::ops::Deref;
use kernel::{
    bindings,
    prelude::*, //
};
#[cfg(CONFIG_SMP)]
use kernel::{
    cpu::CpuId,
    cpumask::CpumaskVar,
    error::to_result, //
};

/// The test's thread, with a page of user memory.
pub(super) struct Thread {
    pub(super) task: Current,
    memory: Page,
}

impl Deref for Thread {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.memory
    }
}

impl Thread {
    pub(super) fn with_page(prot: usize) -> Result<Self> {
        let thread = Self {
            memory: Page::map(prot)?,
            task: Current::get(),
        };
        thread.pin()?;
        // SAFETY: The task is the current one.
        unsafe { bindings::sched_set_fifo(thread.task.as_ptr()) };
        Ok(thread)
    }

    /// Has the thread stay on its CPU: a migration would rightly mark it, and spoil a grant. So
    /// would a preemption, and who preempts may be counted too; hence the real-time policy.
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
    pub(super) fn new() -> Result<Self> {
        let thread = Self::with_page(PROT_READ | PROT_WRITE)?;
        thread.fill()?;
        Ok(thread)
    }

    /// A thread with a legacy registration.
    pub(super) fn legacy() -> Result<Self> {
        let thread = Self::new()?;
        thread.call(LEGACY_SIZE, 0)?;
        Ok(thread)
    }

    /// A thread with a V2 registration.
    pub(super) fn registered(flags: u32) -> Result<Self> {
        let thread = Self::new()?;
        thread.call(FEATURE_SIZE, flags)?;
        Ok(thread)
    }

    /// A thread with slices enabled, as if just interrupted in user space.
    pub(super) fn interrupted() -> Result<Self> {
        let thread = Self::registered(REGISTER_SLICE_EXT_DEFAULT_ON)?;
        thread.task.marks().clear();
        Ok(thread)
    }

    /// A thread with a grant.
    pub(super) fn granted() -> Result<Self> {
        let thread = Self::interrupted()?;
        thread.set_ctrl(1)?;
        if super::grant::on_reschedule(&thread, OtherWork::None) != Some(Reschedule::Delayed) {
            return Err(EAGAIN);
        }
        Ok(thread)
    }

    /// A thread that was interrupted at `offset` of its page, with [`Self::section`] announced.
    pub(super) fn at(offset: usize) -> Result<(Self, Registers)> {
        let thread = Self::registered(0)?;
        let regs = thread.regs(offset);
        thread.task.marks().set_interrupted(true);
        thread.describe(thread.section())?;
        thread.announce(thread.descriptor())?;
        Ok((thread, regs))
    }

    /// `rseq(2)` with the page.
    pub(super) fn call(&self, len: u32, flags: u32) -> Result {
        self.call_at(self.page, len, flags, SIG)
    }

    pub(super) fn call_at(&self, addr: usize, len: u32, flags: u32, sig: u32) -> Result {
        let asked = Registration { addr, len, sig };
        let result = registration::control(self.task, &mut context(), asked, flags);
        answer(self.task, &context(), result)
    }

    /// Says that a signal was raised, and takes it back.
    pub(super) fn take_signal(&self) -> bool {
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
        self.task.slice().unwatch_syscalls();
        self.task.unregister(&context());
    }
}
