// SPDX-License-Identifier: GPL-2.0

//! Execution contexts, as values that prove them.
//!
//! An entry point knows in which context C calls it and makes the one value that says so. All
//! others borrow it: whoever holds a context may do what it allows, and nobody can make one out of
//! nothing or keep one for later.
//!
//! | context | interrupts | preemption | may sleep | user memory |
//! |---|---|---|---|---|
//! | [`TaskContext`] | on | on | yes | faults are served |
//! | [`PreemptionOff`] | on | off | no | out of reach |
//! | [`InterruptsOff`] | off | irrelevant | no | what is resident |
//!
//! A narrower context is lent to a closure and ends with it. The wider one is borrowed meanwhile,
//! so contexts cannot be nested in the wrong order, and leaving one always restores the other.

use super::user_memory::UserMemory;
use kernel::{
    bindings,
    types::NotThreadSafe, //
};

/// A context in which the task cannot migrate.
///
/// # Safety
///
/// While a value exists, the current task must stay on its CPU.
pub(crate) unsafe trait StaysHere {}

// SAFETY: By the type invariant preemption is off.
unsafe impl StaysHere for PreemptionOff {}

// SAFETY: By the type invariant interrupts are off, so nothing schedules.
unsafe impl StaysHere for InterruptsOff {}

/// The current task in the kernel on its own behalf, or on its way back to user space.
///
/// Anything may happen between two statements: interrupts, preemption, migration.
///
/// # Invariants
///
/// Interrupts and preemption are on, no lock is held that forbids sleeping, and this is the only
/// context there is.
#[must_use = "a context is proof of what an entry point may do"]
pub(crate) struct TaskContext {
    memory: UserMemory,
    _here: NotThreadSafe,
}

impl TaskContext {
    /// The context of an entry point.
    ///
    /// # Safety
    ///
    /// The caller must run in task context with interrupts and preemption on, hold no lock that
    /// forbids sleeping, and have no other context.
    #[inline(always)] // A value without size.
    pub(crate) unsafe fn new() -> Self {
        // INVARIANT: Guaranteed by the caller.
        Self {
            // SAFETY: User access is closed on entry, and there is no other context.
            memory: unsafe { UserMemory::new() },
            _here: NotThreadSafe,
        }
    }

    /// The right to access user memory; may sleep to bring a page in.
    #[inline(always)] // A value without size.
    pub(crate) fn memory(&mut self) -> &mut UserMemory {
        &mut self.memory
    }

    /// Runs `act` with preemption off. Schedules at its end, if that is due and the kernel is
    /// preemptible.
    #[inline(always)] // Has to cost what the two statements cost.
    pub(crate) fn with_preemption_off<R>(
        &mut self,
        act: impl FnOnce(&mut PreemptionOff) -> R,
    ) -> R {
        // SAFETY: Paired with the enable below.
        unsafe { bindings::preempt_disable() };
        // INVARIANT: Preemption has just been disabled.
        let result = act(&mut PreemptionOff(NotThreadSafe));
        // SAFETY: Paired with the disable above.
        unsafe { bindings::preempt_enable() };
        result
    }

    /// Runs `act` with interrupts off.
    #[inline(always)] // Has to cost what the two instructions cost.
    pub(crate) fn with_interrupts_off<R>(
        &mut self,
        act: impl FnOnce(&mut InterruptsOff) -> R,
    ) -> R {
        // SAFETY: By the type invariant interrupts are on.
        unsafe { between_interrupts(act) }
    }

    /// Schedules if that is due, on kernels that do not do so by themselves.
    #[inline(always)] // Empty on preemptible kernels.
    pub(crate) fn reschedule_point(&mut self) {
        // SAFETY: By the type invariant this is task context, and may sleep.
        unsafe { bindings::cond_resched() };
    }
}

/// The task stays on its CPU; interrupts may come at any time.
///
/// # Invariants
///
/// Preemption is off, interrupts are on.
pub(crate) struct PreemptionOff(NotThreadSafe);

impl PreemptionOff {
    /// Runs `act` with interrupts off too.
    #[inline(always)] // Has to cost what the two instructions cost.
    pub(crate) fn with_interrupts_off<R>(
        &mut self,
        act: impl FnOnce(&mut InterruptsOff) -> R,
    ) -> R {
        // SAFETY: By the type invariant interrupts are on.
        unsafe { between_interrupts(act) }
    }
}

/// Runs `act` between two interrupts.
///
/// The kernel crate's `LocalInterruptDisabled` counts, to allow nesting. Contexts do not nest, and
/// two instructions do.
///
/// # Safety
///
/// Interrupts must be on.
#[inline(always)] // Has to cost what the two instructions cost.
unsafe fn between_interrupts<R>(act: impl FnOnce(&mut InterruptsOff) -> R) -> R {
    // SAFETY: The caller guarantees that they are on, as they are again below.
    unsafe { bindings::local_irq_disable() };
    // INVARIANT: Interrupts have just been disabled.
    let result = act(&mut InterruptsOff(NotThreadSafe));
    // SAFETY: They were on when the function was called.
    unsafe { bindings::local_irq_enable() };
    result
}

/// Nothing but NMIs happens on this CPU; other CPUs go on.
///
/// # Invariants
///
/// Interrupts are off.
#[must_use = "a context is proof of what an entry point may do"]
pub(crate) struct InterruptsOff(NotThreadSafe);

impl InterruptsOff {
    /// The context of an entry point that C calls with interrupts off.
    ///
    /// # Safety
    ///
    /// Interrupts must be off while the value exists, and the caller must have no other context.
    #[inline(always)] // A value without size.
    pub(crate) unsafe fn new() -> Self {
        if cfg!(CONFIG_PROVE_LOCKING) {
            // SAFETY: Only checks.
            unsafe { bindings::lockdep_assert_irqs_disabled() };
        }
        // INVARIANT: Guaranteed by the caller.
        Self(NotThreadSafe)
    }

    /// Runs `access` with the right to access user memory that is resident. An access to anything
    /// else fails instead of bringing it in.
    #[inline(always)] // The last step to user space: C has no call here either.
    pub(crate) fn with_resident_memory<R>(
        &mut self,
        access: impl FnOnce(&mut UserMemory) -> R,
    ) -> R {
        // SAFETY: Paired with the enable below.
        unsafe { bindings::pagefault_disable() };
        // SAFETY: User access is closed, and the only context is borrowed meanwhile.
        let result = access(&mut unsafe { UserMemory::new() });
        // SAFETY: Paired with the disable above.
        unsafe { bindings::pagefault_enable() };
        result
    }

    /// Requests a reschedule of the current task.
    ///
    /// The task flag and its mirror in the preempt count change as one for this CPU; another CPU
    /// may set the task flag at any time.
    #[inline(always)] // One atomic instruction and one store.
    pub(crate) fn request_reschedule(&self) {
        // SAFETY: By the type invariant interrupts are off, so the two stay in step.
        unsafe { bindings::set_need_resched_current() };
    }

    /// Drops the pending reschedule of the current task, as far as this kernel lets a slice delay
    /// it.
    ///
    /// On `PREEMPT_RT` that is the lazy flag, which no interrupt announces and nothing mirrors.
    /// Elsewhere it is both flags and the mirror, as for [`Self::request_reschedule`]: a request of
    /// another CPU is lost if it is set before, and stays if it is set after.
    #[inline(always)] // One atomic instruction, and at most one store.
    pub(crate) fn drop_reschedule(&self) {
        // SAFETY: By the type invariant interrupts are off, so flag and mirror stay in step.
        unsafe { bindings::clear_delayed_resched_current() };
    }
}
