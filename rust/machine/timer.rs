// SPDX-License-Identifier: GPL-2.0

//! The slice timer: one for each CPU, on the monotonic clock, in hard interrupt context.
//!
//! Nobody cancels it when a task is scheduled out: the timer remembers for whom it was armed, so
//! that its expiry can ignore everyone else. Who is called on expiry is fixed:
//! [`expiry::expire`].
//!
//! Set-up and callback use the kernel crate's abstraction. That ties start and cancel to a handle
//! which cancels when dropped and waits for the callback. Here start and cancel happen in different
//! entries into the kernel, and the callback cannot run where the cancel does, so these two call C.

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
use crate::slice::expiry;
use core::{
    pin::Pin,
    ptr, //
};
use kernel::{
    bindings,
    impl_has_hr_timer,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    time::{
        hrtimer::{
            AbsolutePinnedHardMode,
            HasHrTimer,
            HrTimer,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerMode,
            HrTimerRestart, //
        },
        Monotonic, //
    }, //
};

per_cpu! {
    // SAFETY: The macro places it, and `init` runs as an initcall, before any user space.
    static SLICE_TIMER: SliceTimer = unsafe { PerCpu::template() }
}

/// The timer of one CPU.
///
/// Only that CPU uses it, unless it goes offline: with interrupts off to arm, with preemption off to
/// cancel, and in the interrupt in which it expires.
#[pin_data]
pub(crate) struct SliceTimer {
    #[pin]
    timer: HrTimer<Self>,
    armed_for: Atomic<*mut bindings::task_struct>,
}

// SAFETY: `armed_for` is compared and never dereferenced.
unsafe impl Send for SliceTimer {}
// SAFETY: As above, and it is atomic.
unsafe impl Sync for SliceTimer {}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for SliceTimer {
        mode: AbsolutePinnedHardMode<Monotonic>, field: self.timer
    }
}

/// Sets up the timers of all possible CPUs.
///
/// # Safety
///
/// To be called once, before there is any user space.
pub(crate) unsafe fn init() {
    SLICE_TIMER.init(|place| {
        // SAFETY: `place` is unused memory for a timer, and stays where it is forever.
        unsafe { pin_init::raw_init(place, SliceTimer::new()) };
    });
}

impl SliceTimer {
    fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            timer <- HrTimer::new(),
            armed_for: Atomic::new(ptr::null_mut()),
        })
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
        unsafe {
            bindings::hrtimer_start_range_ns(
                Self::c_timer_ptr(self).cast_mut(),
                expires as i64,
                0,
                <Self as HasHrTimer<Self>>::TimerMode::C_MODE,
            )
        };
    }

    /// Stops the timer.
    ///
    /// It belongs to this CPU, so its callback is not running when this is called, and one attempt
    /// is enough.
    #[inline(always)] // Keeps the arguments of the call in registers.
    pub(crate) fn cancel(&self, _here: &PreemptionOff) {
        // SAFETY: `self` is a valid timer, initialized at boot.
        unsafe { bindings::hrtimer_try_to_cancel(Self::c_timer_ptr(self).cast_mut()) };
    }
}

impl HrTimerCallback for SliceTimer {
    type Pointer<'a> = Pin<&'a Self>;

    fn run(this: Pin<&Self>, _ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        // SAFETY: Callbacks of hard timers run with interrupts off.
        let context = unsafe { InterruptsOff::new() };

        expiry::expire(Current::get(), this.get_ref(), &context);
        HrTimerRestart::NoRestart
    }
}
