// SPDX-License-Identifier: GPL-2.0 OR MIT

//! The sections of one thread, of which the outermost talks to the kernel.
//!
//! ```text
//!                      set up                     enter
//!     UNKNOWN ------------------> 0: no section -----------> 1 ------> 2 ...
//!         |                                     <-----------   <------
//!         |  there are no slices                   leave
//!         +---------------------> UNAVAILABLE
//! ```
//!
//! Whoever enters has to tell three rare cases from the usual one: an inner section, a thread that
//! is not set up yet, and one without slices. All are a count other than 0, hence one branch.

use core::{
    marker::PhantomData,
    ptr::{null_mut, NonNull},
    sync::atomic::{compiler_fence, AtomicPtr, AtomicU32, Ordering::Relaxed, Ordering::SeqCst},
};

use crate::{
    abi::{
        field, Area, ControlWord, FEATURE_SIZE, FLAG_SLICE_EXT_AVAILABLE, FLAG_SLICE_EXT_ENABLED,
    },
    c_library,
    control_word::Control,
    kernel,
    statistics::{self, Ending},
    Support,
};

const UNKNOWN: u32 = 1 << 31;
const UNAVAILABLE: u32 = 1 << 30;

/// The sections of one thread that are open.
///
/// With the feature `std` each thread has one, and [`Slice`](crate::Slice) uses it. Without it,
/// whoever has thread-local storage keeps one there. A thread with two of them counts twice, so
/// that an inner section may yield while an outer one is open.
///
/// A signal handler may use the one of the thread that it interrupts. Between any two instructions
/// of this thread, the count is 0 only if neither a request nor a grant is out:
///
/// | interrupted | count | request | a section of the handler |
/// |---|---|---|---|
/// | before the count is 1 | 0 | 0 | is an outermost one |
/// | before the request | 1 | 0 | is an inner one, without a request |
/// | in the section | 1 | 1 | is an inner one |
/// | before the yield, a grant is out | 1 | 0 | is an inner one |
/// | before the count is 0 | 1 | 0 | is an inner one, without a request |
pub struct Thread {
    open: AtomicU32,
    control: AtomicPtr<ControlWord>,
    support: AtomicU32,
    _stays: PhantomData<*mut ()>,
}

impl Thread {
    /// A thread without a section.
    #[must_use]
    #[allow(clippy::new_without_default)] // It belongs into a constant initializer.
    pub const fn new() -> Self {
        Self {
            open: AtomicU32::new(UNKNOWN),
            control: AtomicPtr::new(null_mut()),
            support: AtomicU32::new(0),
            _stays: PhantomData,
        }
    }

    /// Begins a section. If it is the outermost one, asks the kernel not to preempt it.
    ///
    /// The first section of a thread finds the area of the C library, and makes up to one system
    /// call. Safe in signal handlers.
    #[inline]
    pub fn enter(&self) {
        if !self.enter_outermost() {
            self.enter_rarely(c_library_area);
        }
    }

    /// Begins a section if it is the outermost one, or if that is of no interest.
    #[inline(always)] // The lock that it belongs to is a few instructions itself.
    pub(crate) fn enter_outermost(&self) -> bool {
        let open = self.open.load(Relaxed);
        if open != 0 {
            unlikely();
            return open == UNAVAILABLE;
        }
        self.open.store(1, Relaxed);
        compiler_fence(SeqCst);
        self.control().request();
        compiler_fence(SeqCst);
        statistics::requested();
        true
    }

    /// Begins a section that is an inner one, or the first one, with an area that `find` finds.
    pub(crate) fn enter_rarely(&self, find: fn() -> Result<NonNull<Area>, Support>) {
        if self.open.load(Relaxed) == UNKNOWN {
            self.set_up(find);
        }
        if !self.enter_outermost() {
            self.open.store(self.open.load(Relaxed) + 1, Relaxed);
        }
    }

    /// Ends a section. If it was the outermost one, takes the request back, and yields if there
    /// was a grant.
    ///
    /// Each call is preceded by one of [`Thread::enter`]. Sections may end in any order. Safe in
    /// signal handlers.
    #[inline]
    pub fn leave(&self) {
        if !self.leave_outermost() {
            self.leave_inner();
        }
    }

    /// Ends a section if it is the outermost one, or if that is of no interest.
    #[inline(always)] // As `enter_outermost`
    pub(crate) fn leave_outermost(&self) -> bool {
        compiler_fence(SeqCst);
        let open = self.open.load(Relaxed);
        if open != 1 {
            unlikely();
            return open == UNAVAILABLE;
        }
        let control = self.control();
        let ending = Ending::of(control);
        let granted = control.take_back();
        if granted {
            yield_slice();
        }
        ending.count(granted);
        compiler_fence(SeqCst);
        self.open.store(0, Relaxed);
        true
    }

    /// Ends a section that is an inner one.
    pub(crate) fn leave_inner(&self) {
        let open = self.open.load(Relaxed);
        debug_assert!(
            (2..UNAVAILABLE).contains(&open),
            "a section ends that has not begun"
        );
        self.open.store(open - 1, Relaxed);
    }

    /// Whether the open section has been granted a slice, and others wait for it to end.
    ///
    /// The grant may be over by the next instruction.
    pub fn is_granted(&self) -> bool {
        (1..UNAVAILABLE).contains(&self.open.load(Relaxed)) && self.control().is_granted()
    }

    /// What the thread can expect. Sets it up unless it is.
    pub fn support(&self) -> Support {
        self.support_with(c_library_area)
    }

    pub(crate) fn support_with(&self, find: fn() -> Result<NonNull<Area>, Support>) -> Support {
        if self.open.load(Relaxed) == UNKNOWN {
            self.set_up(find);
        }
        match (
            Support::unpack(self.support.load(Relaxed)),
            kernel::yield_error(),
        ) {
            (Support::Ready, Some(error)) => Support::YieldDenied(error),
            (support, _) => support,
        }
    }

    /// A signal handler may do the same in between, with the same outcome.
    fn set_up(&self, find: fn() -> Result<NonNull<Area>, Support>) {
        let found = find().and_then(|area| enable(area).map(|()| area));
        if self.open.load(Relaxed) != UNKNOWN {
            return;
        }
        let support = match found {
            Ok(area) => {
                self.control.store(Control::of(area), Relaxed);
                Support::Ready
            }
            Err(obstacle) => obstacle,
        };
        self.support.store(support.pack(), Relaxed);
        compiler_fence(SeqCst);
        self.open
            .store(if support.is_usable() { 0 } else { UNAVAILABLE }, Relaxed);
    }

    /// From now on no section talks to the kernel. The area is about to go.
    #[cfg(feature = "std")]
    pub(crate) fn give_up(&self) {
        self.open.store(UNAVAILABLE, Relaxed);
        compiler_fence(SeqCst);
        self.support.store(Support::Unregistered.pack(), Relaxed);
    }

    #[inline(always)] // A load
    fn control(&self) -> Control {
        // SAFETY: The count says that the thread is set up, with the control word of an area that
        // is registered for this thread. `give_up` precedes its end.
        unsafe { Control::new(self.control.load(Relaxed)) }
    }
}

/// Has the compiler move what follows out of the way.
#[cold]
#[inline]
pub(crate) fn unlikely() {}

#[cold]
#[inline(never)]
fn yield_slice() {
    statistics::yielded(kernel::yield_slice());
}

/// The area that the C library registered, if it has slices.
///
/// # Errors
///
/// The obstacle.
pub(crate) fn c_library_area() -> Result<NonNull<Area>, Support> {
    if kernel::feature_size() < FEATURE_SIZE {
        return Err(Support::OldKernel);
    }
    let registered = c_library::registered().ok_or(Support::Unregistered)?;
    if registered.size < FEATURE_SIZE {
        return Err(Support::LegacyRegistration);
    }
    Ok(registered.area)
}

/// Whether the kernel has slices for the area, which is registered for this thread.
#[cfg(feature = "std")]
pub(crate) fn offers_slices(area: NonNull<Area>) -> bool {
    flags(area) & FLAG_SLICE_EXT_AVAILABLE != 0
}

fn flags(area: NonNull<Area>) -> u32 {
    // SAFETY: The area is registered for this thread.
    unsafe { field!(area.as_ptr(), Area, flags: u32).read_volatile() }
}

/// Enables slices, unless they are.
fn enable(area: NonNull<Area>) -> Result<(), Support> {
    let flags = flags(area);
    if flags & FLAG_SLICE_EXT_ENABLED != 0 {
        Ok(())
    } else if flags & FLAG_SLICE_EXT_AVAILABLE != 0 {
        kernel::enable_slices().map_err(Support::EnablingFailed)
    } else {
        Err(Support::NotOffered)
    }
}

#[cfg(test)]
mod tests {
    use core::cell::UnsafeCell;
    use std::thread_local;

    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::kernel::tests::YIELDS;

    thread_local! {
        /// An area that no kernel knows: the tests play its part.
        static AREA: UnsafeCell<Area> = const {
            UnsafeCell::new(Area {
                cpu_id_start: 0,
                cpu_id: 0,
                rseq_cs: 0,
                flags: FLAG_SLICE_EXT_AVAILABLE | FLAG_SLICE_EXT_ENABLED,
                node_id: 0,
                mm_cid: 0,
                slice_ctrl: ControlWord { request: 0, granted: 0, reserved: 0 },
                reserved: 0,
            })
        };
    }

    fn area() -> Result<NonNull<Area>, Support> {
        Ok(AREA.with(|area| NonNull::new(area.get()).unwrap()))
    }

    fn enter(thread: &Thread) {
        if !thread.enter_outermost() {
            thread.enter_rarely(area);
        }
    }

    /// (request, granted)
    fn word() -> (u8, u8) {
        // SAFETY: The area of this thread.
        let word = unsafe { Control::of(area().unwrap()).read_volatile() };
        (word.request, word.granted)
    }

    fn set_word(request: u8, granted: u8) {
        let word = Control::of(area().unwrap());
        // SAFETY: The area of this thread.
        unsafe {
            word.write_volatile(ControlWord {
                request,
                granted,
                reserved: 0,
            })
        };
    }

    #[derive(Clone, Copy, Debug)]
    enum Event {
        Enter,
        Leave,
        /// An interrupt with a reschedule due
        Interrupt,
        /// The thread is scheduled
        Schedule,
    }

    fn event() -> impl Strategy<Value = Event> {
        use Event::*;
        prop_oneof![Just(Enter), Just(Leave), Just(Interrupt), Just(Schedule)]
    }

    proptest! {
        /// Whatever happens in between, the outermost section alone requests, takes back and yields.
        #[test]
        fn outermost_talks(events in vec(event(), 0..200)) {
            let thread = Thread::new();
            set_word(0, 0);
            let mut depth = 0;
            for event in events {
                let before = word();
                let yields = YIELDS.get();
                let mut due = 0;
                match event {
                    Event::Enter => {
                        enter(&thread);
                        depth += 1;
                        prop_assert_eq!(word(), if depth == 1 { (1, 0) } else { before });
                    }
                    Event::Leave if depth == 0 => {}
                    Event::Leave => {
                        thread.leave();
                        depth -= 1;
                        if depth == 0 {
                            prop_assert_eq!(word(), (0, before.1));
                            due = before.1.into();
                            // As the kernel does on entry
                            set_word(0, 0);
                        } else {
                            prop_assert_eq!(word(), before);
                        }
                    }
                    Event::Interrupt if before.0 != 0 => set_word(0, 1),
                    Event::Interrupt | Event::Schedule => set_word(0, 0),
                }
                prop_assert_eq!(YIELDS.get() - yields, due);
                prop_assert_eq!(thread.is_granted(), word().1 != 0);
            }
        }
    }

    #[test]
    fn obstacle_is_told_and_counts_nothing() {
        let thread = Thread::new();
        for _ in 0..2 {
            if !thread.enter_outermost() {
                thread.enter_rarely(|| Err(Support::RegistrationFailed(libc::EBUSY)));
            }
            assert_eq!(thread.support(), Support::RegistrationFailed(libc::EBUSY));
            assert!(!thread.is_granted());
            thread.leave();
        }
    }

    #[cfg(feature = "std")]
    #[test]
    fn no_request_after_the_area_has_gone() {
        let thread = Thread::new();
        set_word(0, 0);
        enter(&thread);
        thread.leave();
        thread.give_up();
        enter(&thread);
        assert_eq!(word(), (0, 0));
        thread.leave();
    }

    #[cfg(feature = "statistics")]
    #[test]
    fn requests_are_counted() {
        let thread = Thread::new();
        let section = |answer: Option<(u8, u8)>| {
            set_word(0, 0);
            enter(&thread);
            if let Some((request, granted)) = answer {
                set_word(request, granted);
            }
            thread.leave();
        };
        drop(crate::take_statistics());
        section(None);
        section(Some((0, 1)));
        section(Some((0, 0)));
        section(Some((0, 0)));
        let counted = crate::take_statistics();
        assert_eq!(
            (counted.requests, counted.grants, counted.revoked),
            (4, 1, 2)
        );
        // The kernel of the tests ends no grant.
        assert_eq!((counted.yields, counted.used.len()), (0, 1));
        assert_eq!(crate::take_statistics().requests, 0);
    }
}
