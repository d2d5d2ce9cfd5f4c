// SPDX-License-Identifier: GPL-2.0

//! The slice timer: one for each CPU, on the monotonic clock, in hard interrupt context.
//!
//! Nobody cancels it when a task is scheduled out: the timer remembers for whom it was armed, so
//! that its expiry can ignore everyone else.
//!
//! The kernel crate's abstraction ties start and cancel to a handle which cancels when dropped and
//! waits for the callback. Here start and cancel happen in different entries into the kernel, and
//! the callback cannot run where the cancel does. Its callback is also nameless, where tools that
//! read traces of timers look for `rseq_slice_expired`. So this calls C.

use super::{
    context::{
        InterruptsOff,
        PreemptionOff,
        StaysHere, //
    },
    per_cpu::{
        per_cpu,
        PerCpu, //
    },
    task::Current, //
};
use kernel::{
    bindings,
    container_of,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    types::Opaque, //
};

/// Absolute times; the timer stays on its CPU and expires in hard interrupt context.
const MODE: bindings::hrtimer_mode = bindings::hrtimer_mode_HRTIMER_MODE_ABS_PINNED_HARD;

per_cpu! {
    // SAFETY: The macro places it, and `init` runs as an initcall, before any user space.
    static SLICE_TIMER: SliceTimer = unsafe { PerCpu::template() }
}

/// The timer of one CPU.
///
/// Only that CPU uses it, unless it goes offline: with interrupts off to arm, with preemption off to
/// cancel, and in the interrupt in which it expires.
pub(crate) struct SliceTimer {
    timer: Opaque<bindings::hrtimer>,
    armed_for: Atomic<*mut bindings::task_struct>,
}

// SAFETY: `armed_for` is compared and never dereferenced.
unsafe impl Send for SliceTimer {}
// SAFETY: As above, and it is atomic; C locks the timer.
unsafe impl Sync for SliceTimer {}

/// Sets up the timers of all possible CPUs.
///
/// # Safety
///
/// To be called once, before there is any user space.
pub(crate) unsafe fn init() {
    SLICE_TIMER.init(|place: *mut SliceTimer| {
        // SAFETY: The timer stays in its place forever. Zero is what `armed_for` begins with.
        unsafe {
            bindings::hrtimer_setup(
                Opaque::cast_into(&raw const (*place).timer),
                Some(bindings::rseq_slice_expired),
                bindings::CLOCK_MONOTONIC as bindings::clockid_t,
                MODE,
            )
        };
    });
}

impl SliceTimer {
    /// The timer whose callback got `timer`.
    ///
    /// # Safety
    ///
    /// To be called in the callback, with what it got.
    #[inline(always)] // A subtraction of 0.
    pub(crate) unsafe fn from_raw<'a>(timer: *mut bindings::hrtimer) -> &'a Self {
        // SAFETY: `init` has set this callback for the timers in `SliceTimer`s only.
        let this = unsafe { container_of!(timer.cast::<Opaque<_>>(), Self, timer) };
        // SAFETY: It was initialized at boot, and lives forever.
        unsafe { &*this }
    }

    /// The timer of the CPU on which `here` keeps the task.
    #[inline(always)] // One load and an addition.
    pub(crate) fn of_this_cpu<'a>(here: &'a impl StaysHere) -> &'a Self {
        SLICE_TIMER.this(here)
    }

    /// Says that `task` was the last to start it. It may have expired since.
    #[inline(always)] // One comparison.
    pub(crate) fn is_armed_for(&self, task: Current) -> bool {
        task == self.armed_for.load(Relaxed)
    }

    /// Lets the timer expire for `task` at `expires`, in ns of the monotonic clock.
    #[inline(always)] // Keeps the arguments of the call in registers.
    pub(crate) fn start(&self, task: Current, expires: u64, _here: &InterruptsOff) {
        self.armed_for.store(task.as_ptr(), Relaxed);
        // SAFETY: `self` is a valid timer, initialized at boot, that lives forever.
        unsafe { bindings::hrtimer_start_range_ns(self.timer.get(), expires as i64, 0, MODE) };
    }

    /// Stops the timer.
    ///
    /// It belongs to this CPU, so its callback is not running when this is called, and one attempt
    /// is enough.
    #[inline(always)] // Keeps the arguments of the call in registers.
    pub(crate) fn cancel(&self, _here: &PreemptionOff) {
        // SAFETY: `self` is a valid timer, initialized at boot.
        unsafe { bindings::hrtimer_try_to_cancel(self.timer.get()) };
    }
}
