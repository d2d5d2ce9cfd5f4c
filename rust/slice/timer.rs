// SPDX-License-Identifier: GPL-2.0

//! The timer that bounds a grant.
//!
//! Each CPU has one. It is armed as the last thing before a granted thread goes to user space, and
//! cancelled when that thread comes back with a system call. Nobody cancels it when the thread is
//! scheduled out: the timer remembers for whom it was armed, and ignores everyone else.
//!
//! Set-up and callback use the kernel crate's abstraction. That ties start and cancel to a handle
//! which cancels when dropped and waits for the callback. Here start and cancel happen in different
//! entries into the kernel, and the callback cannot run where the cancel does, so these two call C.

use crate::{
    logic::slice::timer::{
        concerns,
        expired, //
    },
    percpu::{
        per_cpu,
        IrqsDisabled,
        PerCpu,
        PreemptDisabled, //
    },
    stats::{
        count,
        Event, //
    },
    task::Current, //
};
use core::pin::Pin;
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
/// Only that CPU uses it: with interrupts disabled to arm, with preemption disabled to cancel, and
/// in the interrupt in which it expires.
#[pin_data]
struct SliceTimer {
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

impl SliceTimer {
    fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            timer <- HrTimer::new(),
            armed_for: Atomic::new(core::ptr::null_mut()),
        })
    }

    #[inline(always)]
    fn is_armed_for(&self, task: Current) -> bool {
        task == self.armed_for.load(Relaxed)
    }

    /// Lets the timer expire at `nsec` of the monotonic clock, on this CPU.
    #[inline(always)]
    fn start(&self, nsec: u64, _irqs_off: &IrqsDisabled) {
        // SAFETY: `self` is a valid timer, initialized at boot, that lives forever.
        unsafe {
            bindings::hrtimer_start_range_ns(
                Self::c_timer_ptr(self).cast_mut(),
                nsec as i64,
                0,
                <Self as HasHrTimer<Self>>::TimerMode::C_MODE,
            )
        };
    }

    /// Stops the timer.
    ///
    /// It belongs to this CPU, so its callback is not running when this is called, and one attempt
    /// is enough.
    #[inline(always)]
    fn cancel(&self, _here: &PreemptDisabled) {
        // SAFETY: `self` is a valid timer, initialized at boot.
        unsafe { bindings::hrtimer_try_to_cancel(Self::c_timer_ptr(self).cast_mut()) };
    }
}

impl HrTimerCallback for SliceTimer {
    type Pointer<'a> = Pin<&'a Self>;

    /// Forces the thread out whose grant this timer bounds; hard interrupt context.
    ///
    /// If the thread is in user space, the reschedule revokes the grant. If it entered a system
    /// call and the timer was faster than the cancel, it reschedules there.
    fn run(this: Pin<&Self>, _ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        let task = Current::get();

        if concerns(this.is_armed_for(task), task.granted()) {
            count(Event::Expired);
            // SAFETY: Callbacks of hard timers run with interrupts disabled.
            task.request_reschedule(unsafe { IrqsDisabled::assume() });
        }
        HrTimerRestart::NoRestart
    }
}

/// Sets up the timers of all possible CPUs. Once, at boot.
pub(crate) fn init() {
    SLICE_TIMER.init(|place| {
        // SAFETY: `place` is unused memory for a timer, and stays where it is forever.
        unsafe { pin_init::raw_init(place, SliceTimer::new()) };
    });
}

/// Arms the timer for a granted task that is about to enter user space.
///
/// Returns whether the grant has run out on the way, in which case a reschedule is requested and
/// the exit work has to be looked at again. The grant itself ends when the task is back from that.
/// Interrupts disabled.
pub(crate) fn arm() -> bool {
    // SAFETY: The exit path disables interrupts before its last look at the work flags.
    let irqs_off = unsafe { IrqsDisabled::assume() };
    let task = Current::get();

    // SAFETY: Safe in any context.
    if expired(task.expires(), unsafe {
        bindings::ktime_get_mono_fast_ns()
    }) {
        task.request_reschedule(irqs_off);
        return true;
    }

    let timer = SLICE_TIMER.this(irqs_off);
    timer.armed_for.store(task.as_ptr(), Relaxed);
    timer.start(task.expires(), irqs_off);
    task.watch_syscalls();
    false
}

/// Cancels the timer of this CPU if it was armed for `task`.
///
/// Mostly it is the first timer to expire, so this reprograms the hardware; still cheaper than to
/// take the interrupt for nothing.
#[inline(always)]
pub(crate) fn cancel(task: Current, here: &PreemptDisabled) {
    let timer = SLICE_TIMER.this(here);
    if timer.is_armed_for(task) {
        timer.cancel(here);
    }
}
