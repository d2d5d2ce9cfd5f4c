// SPDX-License-Identifier: GPL-2.0

//! KUnit suites, against real user memory.
//!
//! A test runs in a kernel thread of its own. [`Thread`] gives it an address space with one page
//! and takes everything back that a test may leave in the task. What the kernel wrote is read with
//! the kernel crate's `uaccess`, not with the code under test.

use crate::{
    abi::*,
    logic::registration::{
        Registration,
        Version, //
    },
    percpu::{
        possible_cpus,
        IrqsDisabled, //
    },
    register,
    stats::SliceEvent,
    task::Current, //
};
use core::mem::offset_of;
use kernel::{
    bindings,
    page::PAGE_SIZE,
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

const SIG: u32 = 0x5305_3053;
const FILL: u8 = 0xa5;

// The values of the generic <asm/mman.h>.
const PROT_READ: usize = 0x1;
const PROT_WRITE: usize = 0x2;
const MAP_PRIVATE: usize = 0x02;
const MAP_ANONYMOUS: usize = 0x20;

/// The test's thread, with a page of user memory.
struct Thread {
    task: Current,
    page: usize,
}

impl Thread {
    fn with_page(prot: usize) -> Result<Self> {
        // SAFETY: Called from a KUnit test, so there is a current test.
        let test = unsafe { bindings::kunit_get_current_test() };
        // SAFETY: `test` is valid, and the mapping is anonymous.
        let page = unsafe {
            bindings::kunit_vm_mmap(
                test,
                core::ptr::null_mut(),
                0,
                PAGE_SIZE,
                prot,
                MAP_PRIVATE | MAP_ANONYMOUS,
                0,
            )
        };
        if page == 0 {
            return Err(ENOMEM);
        }
        Ok(Self {
            task: Current::get(),
            page,
        })
    }

    /// A page that is filled with garbage.
    fn new() -> Result<Self> {
        let thread = Self::with_page(PROT_READ | PROT_WRITE)?;
        let mut page = UserSlice::new(UserPtr::from_addr(thread.page), PAGE_SIZE).writer();
        for _ in 0..PAGE_SIZE {
            page.write(&FILL)?;
        }
        Ok(thread)
    }

    /// A thread with a V2 registration.
    fn registered(flags: u32) -> Result<Self> {
        let thread = Self::new()?;
        thread.call(FEATURE_SIZE, flags)?;
        Ok(thread)
    }

    /// A thread with slices enabled, as if just interrupted in user space.
    fn interrupted() -> Result<Self> {
        let thread = Self::registered(REGISTER_SLICE_EXT_DEFAULT_ON)?;
        thread.task.settle();
        Ok(thread)
    }

    /// A thread with a grant.
    fn granted() -> Result<Self> {
        let thread = Self::interrupted()?;
        // A migration in between would rightly spoil a grant.
        for _ in 0..10 {
            thread.task.settle();
            thread.set_ctrl(1)?;
            if crate::slice::grant::grant(false) {
                return Ok(thread);
            }
        }
        Err(EAGAIN)
    }

    /// `rseq(2)` with the page.
    fn call(&self, len: u32, flags: u32) -> Result {
        self.call_at(self.page, len, flags, SIG)
    }

    fn call_at(&self, addr: usize, len: u32, flags: u32, sig: u32) -> Result {
        register::control(
            core::ptr::with_exposed_provenance_mut(addr),
            len,
            flags,
            sig,
        )
    }

    fn read<T: kernel::transmute::FromBytes>(&self, offset: usize) -> Result<T> {
        UserSlice::new(UserPtr::from_addr(self.page + offset), size_of::<T>())
            .reader()
            .read()
    }

    fn write(&self, offset: usize, value: u32) -> Result {
        UserSlice::new(UserPtr::from_addr(self.page + offset), 4)
            .writer()
            .write(&value)
    }

    fn flags(&self) -> Result<u32> {
        self.read(offset_of!(Area, flags))
    }

    fn ctrl(&self) -> Result<u32> {
        self.read(offset_of!(Area, slice_ctrl))
    }

    fn set_ctrl(&self, word: u32) -> Result {
        self.write(offset_of!(Area, slice_ctrl), word)
    }

    fn unmap(&self) {
        // SAFETY: The page is a mapping of this thread's own address space.
        let _ = unsafe { bindings::vm_munmap(self.page, PAGE_SIZE) };
    }

    /// Was a signal raised? Asking takes it back.
    fn take_signal(&self) -> bool {
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
        self.task.unwatch_syscalls();
        self.task.unregister();
    }
}

/// What `rseq/stats` shows for `event`.
fn total(event: SliceEvent) -> usize {
    possible_cpus()
        .map(|cpu| {
            // SAFETY: `rseq_stats` is a per-CPU variable and `cpu` is possible.
            let stats = unsafe {
                bindings::per_cpu_ptr((&raw mut bindings::rseq_stats).cast(), cpu.as_u32())
            };
            // SAFETY: The copy of a possible CPU is valid; a racing increment does no harm.
            let stats = unsafe { stats.cast::<bindings::rseq_stats>().read_volatile() };
            match event {
                SliceEvent::Granted => stats.s_granted,
                SliceEvent::Expired => stats.s_expired,
                SliceEvent::Revoked => stats.s_revoked,
                SliceEvent::Yielded => stats.s_yielded,
                SliceEvent::Aborted => stats.s_aborted,
            }
        })
        .sum()
}

/// The change of all counters while `f` runs: granted, expired, revoked, yielded, aborted.
fn counts(f: impl FnOnce()) -> [usize; 5] {
    const ALL: [SliceEvent; 5] = [
        SliceEvent::Granted,
        SliceEvent::Expired,
        SliceEvent::Revoked,
        SliceEvent::Yielded,
        SliceEvent::Aborted,
    ];
    let before = ALL.map(total);
    f();
    let mut change = ALL.map(total);
    for (after, before) in change.iter_mut().zip(before) {
        *after -= before;
    }
    change
}

fn now() -> u64 {
    // SAFETY: Safe in any context.
    unsafe { bindings::ktime_get_mono_fast_ns() }
}

#[kunit_tests(rseq_registration)]
mod registration {
    use super::*;

    #[test]
    fn legacy() -> Result {
        let thread = Thread::new()?;

        thread.call(LEGACY_SIZE, 0)?;
        assert!(thread.task.version() == Some(Version::Legacy));
        assert!(
            thread.task.registration()
                == Some(Registration {
                    addr: thread.page,
                    len: LEGACY_SIZE,
                    sig: SIG
                })
        );
        assert_eq!(
            thread.read::<u32>(offset_of!(Area, cpu_id_start))?,
            u32::MAX
        );
        assert_eq!(thread.read::<u32>(offset_of!(Area, cpu_id))?, u32::MAX);
        assert_eq!(thread.read::<u64>(offset_of!(Area, rseq_cs))?, 0);
        assert_eq!(thread.flags()?, 0);
        assert_eq!(thread.read::<u32>(offset_of!(Area, node_id))?, 0);
        assert_eq!(thread.read::<u32>(offset_of!(Area, mm_cid))?, 0);
        // Not the kernel's in this mode.
        assert_eq!(thread.ctrl()?, u32::from_ne_bytes([FILL; 4]));
        Ok(())
    }

    #[test]
    fn v2() -> Result {
        let thread = Thread::registered(0)?;

        assert!(thread.task.version() == Some(Version::V2));
        assert_eq!(thread.flags()?, AREA_SLICE_EXT_AVAILABLE);
        assert_eq!(thread.ctrl()?, 0);
        assert_eq!(thread.read::<u8>(FEATURE_SIZE as usize)?, FILL);
        assert!(!thread.task.slices_enabled());
        Ok(())
    }

    #[test]
    fn default_on() -> Result {
        let thread = Thread::registered(REGISTER_SLICE_EXT_DEFAULT_ON)?;

        assert_eq!(
            thread.flags()?,
            AREA_SLICE_EXT_AVAILABLE | AREA_SLICE_EXT_ENABLED
        );
        assert!(thread.task.slices_enabled());
        Ok(())
    }

    #[test]
    fn default_on_does_nothing_in_legacy_mode() -> Result {
        let thread = Thread::new()?;

        thread.call(LEGACY_SIZE, REGISTER_SLICE_EXT_DEFAULT_ON)?;
        assert_eq!(thread.flags()?, 0);
        assert!(!thread.task.slices_enabled());
        Ok(())
    }

    #[test]
    fn invalid() -> Result {
        let thread = Thread::new()?;

        for len in [0, LEGACY_SIZE - 1] {
            assert!(thread.call(len, 0) == Err(EINVAL));
        }
        for (offset, len) in [(16, LEGACY_SIZE), (32, FEATURE_SIZE), (32, 64), (63, 64)] {
            assert!(thread.call_at(thread.page + offset, len, 0, SIG) == Err(EINVAL));
        }
        for flags in [
            1 << 2,
            1 << 31,
            REGISTER_UNREGISTER | REGISTER_SLICE_EXT_DEFAULT_ON,
        ] {
            assert!(thread.call(FEATURE_SIZE, flags) == Err(EINVAL));
        }
        assert!(thread.task.registration().is_none());
        Ok(())
    }

    #[test]
    fn again() -> Result {
        let thread = Thread::registered(0)?;
        let (page, len) = (thread.page, FEATURE_SIZE);

        assert!(thread.call_at(page, len, 0, SIG) == Err(EBUSY));
        assert!(thread.call_at(page, len, 0, !SIG) == Err(EPERM));
        assert!(thread.call_at(page + 64, len, 0, SIG) == Err(EINVAL));
        assert!(thread.call_at(page, len + 1, 0, SIG) == Err(EINVAL));
        Ok(())
    }

    #[test]
    fn unregister() -> Result {
        let thread = Thread::registered(REGISTER_SLICE_EXT_DEFAULT_ON)?;
        let (page, len, flags) = (thread.page, FEATURE_SIZE, REGISTER_UNREGISTER);

        assert!(thread.call_at(page + 64, len, flags, SIG) == Err(EINVAL));
        assert!(thread.call_at(page, len + 1, flags, SIG) == Err(EINVAL));
        assert!(thread.call_at(page, len, flags, !SIG) == Err(EPERM));
        assert!(thread.task.registration().is_some());

        thread.call_at(page, len, flags, SIG)?;
        assert!(thread.task.registration().is_none());
        assert!(!thread.task.slices_enabled());
        assert_eq!(thread.read::<u32>(offset_of!(Area, cpu_id_start))?, 0);
        assert_eq!(
            thread.read::<u32>(offset_of!(Area, cpu_id))?,
            CPU_ID_UNINITIALIZED
        );
        assert!(thread.call_at(page, len, flags, SIG) == Err(EINVAL));
        assert!(!thread.take_signal());

        thread.call(LEGACY_SIZE, 0)?;
        assert!(thread.task.version() == Some(Version::Legacy));
        Ok(())
    }

    #[test]
    fn faults() -> Result {
        let thread = Thread::with_page(PROT_READ)?;

        for addr in [thread.page, 0, 1 << 63, usize::MAX - 63] {
            assert!(thread.call_at(addr, FEATURE_SIZE, 0, SIG) == Err(EFAULT));
        }
        // Starts in user space and ends outside.
        assert!(thread.call_at(thread.page, 1 << 31, 0, SIG) == Err(EFAULT));
        assert!(thread.task.registration().is_none());
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn vanished() -> Result {
        let thread = Thread::registered(0)?;

        thread.unmap();
        assert!(thread.call(FEATURE_SIZE, REGISTER_UNREGISTER) == Err(EFAULT));
        assert!(thread.take_signal());
        assert!(thread.task.registration().is_some());
        Ok(())
    }
}

#[kunit_tests(rseq_slice_prctl)]
mod prctl {
    use super::*;
    use crate::slice::prctl::control;

    #[test]
    fn invalid() -> Result {
        let _thread = Thread::registered(0)?;

        for (arg2, arg3) in [
            (0, 0),
            (3, 0),
            (PRCTL_GET, 1),
            (PRCTL_SET, 2),
            (PRCTL_SET, 3),
        ] {
            assert!(control(arg2, arg3) == Err(EINVAL));
        }
        Ok(())
    }

    #[test]
    fn unregistered() -> Result {
        let _thread = Thread::new()?;

        assert_eq!(control(PRCTL_GET, 0)?, 0);
        assert!(control(PRCTL_SET, PRCTL_ENABLE) == Err(ENXIO));
        assert!(control(PRCTL_SET, 0) == Err(ENXIO));
        Ok(())
    }

    #[test]
    fn legacy() -> Result {
        let thread = Thread::new()?;

        thread.call(LEGACY_SIZE, 0)?;
        assert_eq!(control(PRCTL_GET, 0)?, 0);
        assert!(control(PRCTL_SET, PRCTL_ENABLE) == Err(ENOTSUPP));
        Ok(())
    }

    #[test]
    fn there_and_back() -> Result {
        let thread = Thread::registered(0)?;
        let other = 1 << 12;
        thread.write(offset_of!(Area, flags), AREA_SLICE_EXT_AVAILABLE | other)?;

        for _ in 0..2 {
            assert_eq!(control(PRCTL_SET, PRCTL_ENABLE)?, 0);
            assert_eq!(control(PRCTL_GET, 0)?, PRCTL_ENABLE);
            assert_eq!(
                thread.flags()?,
                AREA_SLICE_EXT_AVAILABLE | AREA_SLICE_EXT_ENABLED | other
            );
        }
        for _ in 0..2 {
            assert_eq!(control(PRCTL_SET, 0)?, 0);
            assert_eq!(control(PRCTL_GET, 0)?, 0);
            assert_eq!(thread.flags()?, AREA_SLICE_EXT_AVAILABLE | other);
        }
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn corrupted() -> Result {
        let thread = Thread::registered(0)?;

        thread.write(offset_of!(Area, flags), 0)?;
        assert!(control(PRCTL_SET, PRCTL_ENABLE) == Err(EFAULT));
        assert!(thread.take_signal());
        assert_eq!(control(PRCTL_GET, 0)?, 0);

        thread.write(offset_of!(Area, flags), AREA_SLICE_EXT_AVAILABLE)?;
        control(PRCTL_SET, PRCTL_ENABLE)?;
        thread.write(offset_of!(Area, flags), AREA_SLICE_EXT_AVAILABLE)?;
        assert!(control(PRCTL_SET, 0) == Err(EFAULT));
        assert!(thread.take_signal());
        assert_eq!(control(PRCTL_GET, 0)?, PRCTL_ENABLE);
        Ok(())
    }

    #[test]
    fn vanished() -> Result {
        let thread = Thread::registered(0)?;

        thread.unmap();
        assert!(control(PRCTL_SET, PRCTL_ENABLE) == Err(EFAULT));
        assert!(thread.take_signal());
        Ok(())
    }
}

#[kunit_tests(rseq_slice_grant)]
mod grant {
    use super::*;
    use crate::{
        logic::slice::tunable::MIN_NSEC,
        slice::grant::{
            cut_short,
            end_with_thread,
            grant, //
        }, //
    };

    #[test]
    fn without_request() -> Result {
        let thread = Thread::interrupted()?;

        let counts = counts(|| {
            assert!(!grant(false));
        });
        assert_eq!(counts, [0; 5]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.granted());
        Ok(())
    }

    #[test]
    fn granted() -> Result {
        let thread = Thread::interrupted()?;
        let before = now();

        // Any nonzero byte is a request; the reserved bytes are carried along.
        thread.set_ctrl(
            SliceCtrl {
                request: 0x80,
                granted: 0,
                reserved: 0x1234,
            }
            .to_word(),
        )?;
        let counts = counts(|| {
            thread.task.request_reschedule(&IrqsDisabled::new());
            assert!(grant(false));
        });
        // SAFETY: Reads a flag of the current task.
        assert!(!unsafe { bindings::need_resched() });
        assert_eq!(counts, [1, 0, 0, 0, 0]);
        assert_eq!(
            SliceCtrl::from_word(thread.ctrl()?),
            SliceCtrl {
                request: 0,
                granted: 1,
                reserved: 0x1234
            }
        );
        assert!(thread.task.granted());
        assert!(before + u64::from(MIN_NSEC) <= thread.task.expires());
        assert!(thread.task.expires() <= now() + u64::from(MIN_NSEC));
        Ok(())
    }

    #[test]
    fn refused_for_other_work() -> Result {
        let thread = Thread::interrupted()?;

        thread.set_ctrl(1)?;
        let counts = counts(|| {
            assert!(!grant(true));
        });
        assert_eq!(counts, [0; 5]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.granted());
        Ok(())
    }

    #[test]
    fn revoked_by_second_reschedule() -> Result {
        let thread = Thread::granted()?;

        thread.set_ctrl(0x101)?;
        let counts = counts(|| {
            assert!(!grant(false));
        });
        assert_eq!(counts, [0, 0, 1, 0, 0]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.granted());
        Ok(())
    }

    #[test]
    fn revoked_for_other_work() -> Result {
        let thread = Thread::granted()?;

        let counts = counts(|| {
            assert!(!grant(true));
        });
        assert_eq!(counts, [0, 0, 1, 0, 0]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.granted());
        Ok(())
    }

    #[test]
    fn scheduled_while_deciding() -> Result {
        let thread = Thread::interrupted()?;

        thread.set_ctrl(1)?;
        thread.task.set_rescheduled();
        let counts = counts(|| {
            assert!(!grant(false));
        });
        // The update of the area that is now due ends it.
        assert_eq!(counts, [1, 0, 0, 0, 0]);
        assert!(thread.task.granted());
        Ok(())
    }

    #[test]
    fn membarrier_does_not_lose_the_reschedule() -> Result {
        let thread = Thread::granted()?;

        for granted in [true, false] {
            thread.task.set_granted(granted);
            let irqs_off = IrqsDisabled::new();
            cut_short();
            // SAFETY: Reads a flag of the current task.
            let pending = unsafe { bindings::need_resched() };
            thread.task.drop_reschedule(&irqs_off);
            drop(irqs_off);
            assert_eq!(pending, granted);
        }
        Ok(())
    }

    #[test]
    fn ended_by_exit() -> Result {
        let thread = Thread::granted()?;

        let counts = counts(|| {
            end_with_thread();
            end_with_thread();
        });
        assert_eq!(counts, [0, 0, 1, 0, 0]);
        assert!(!thread.task.granted());
        Ok(())
    }

    #[test]
    fn vanished() -> Result {
        let thread = Thread::interrupted()?;

        thread.unmap();
        for work_pending in [false, true] {
            assert!(!grant(work_pending));
            assert!(thread.take_signal());
            assert!(!thread.task.granted());
        }
        Ok(())
    }
}

#[kunit_tests(rseq_slice_end)]
mod end {
    use super::*;
    use crate::slice::syscall_entry::{
        work,
        YIELD, //
    };

    const OTHER: c_long = YIELD + 1;

    #[test]
    fn yielded() -> Result {
        let thread = Thread::granted()?;

        let counts = counts(|| work(YIELD));
        assert_eq!(counts, [0, 0, 0, 1, 0]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.granted());
        assert!(thread.task.take_yielded());
        assert!(!thread.task.take_yielded());
        Ok(())
    }

    #[test]
    fn aborted() -> Result {
        let thread = Thread::granted()?;

        let counts = counts(|| work(OTHER));
        assert_eq!(counts, [0, 0, 0, 0, 1]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.granted());
        assert!(!thread.task.take_yielded());
        Ok(())
    }

    #[test]
    fn scheduled_before() -> Result {
        let thread = Thread::granted()?;

        thread.task.set_rescheduled();
        let counts = counts(|| work(YIELD));
        assert_eq!(counts, [0, 0, 1, 0, 0]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.granted());
        assert!(!thread.task.take_yielded());
        Ok(())
    }

    #[test]
    fn without_grant() -> Result {
        let thread = Thread::interrupted()?;

        thread.set_ctrl(1)?;
        let counts = counts(|| work(YIELD));
        assert_eq!(counts, [0; 5]);
        assert_eq!(thread.ctrl()?, 1);
        assert!(!thread.task.take_yielded());
        Ok(())
    }

    #[test]
    fn vanished() -> Result {
        let thread = Thread::granted()?;

        thread.unmap();
        work(OTHER);
        assert!(thread.take_signal());
        assert!(!thread.task.granted());
        Ok(())
    }
}

#[kunit_tests(rseq_slice_timer)]
mod timer {
    use super::*;
    use crate::{
        logic::slice::tunable::{
            MAX_NSEC,
            MIN_NSEC, //
        },
        slice::{
            syscall_entry::{
                work,
                YIELD, //
            },
            timer::arm,
            tunable::{
                nsec,
                set_nsec, //
            }, //
        }, //
    };

    /// Long enough for any slice to expire and for its interrupt to be handled.
    const PATIENCE: u64 = 1_000 * MAX_NSEC as u64;

    fn spin() {
        let end = now() + PATIENCE;
        while now() < end {
            core::hint::spin_loop();
        }
    }

    fn arm_with_irqs_off() -> bool {
        let _irqs_off = IrqsDisabled::new();
        arm()
    }

    /// A grant that certainly lasts until the timer is armed.
    fn granted_for(nsec: u64) -> Result<Thread> {
        let thread = Thread::granted()?;
        thread.task.set_expires(now() + nsec);
        Ok(thread)
    }

    #[test]
    fn expires() -> Result {
        let thread = granted_for(PATIENCE / 2)?;

        let counts = counts(|| {
            let irqs_off = IrqsDisabled::new();
            assert!(!arm());
            // Expires as soon as it may, on this CPU.
            while now() <= thread.task.expires() {
                core::hint::spin_loop();
            }
            drop(irqs_off);
            spin();
        });
        assert_eq!(counts, [0, 1, 0, 0, 0]);
        Ok(())
    }

    #[test]
    fn too_late_to_arm() -> Result {
        let thread = Thread::granted()?;

        thread.task.set_expires(now() - 1);
        let counts = counts(|| {
            assert!(arm_with_irqs_off());
            spin();
        });
        assert_eq!(counts, [0; 5]);
        Ok(())
    }

    #[test]
    fn ignores_a_grant_that_has_ended() -> Result {
        let thread = granted_for(PATIENCE / 2)?;

        let counts = counts(|| {
            assert!(!arm_with_irqs_off());
            thread.task.set_granted(false);
            spin();
        });
        assert_eq!(counts, [0; 5]);
        Ok(())
    }

    #[test]
    fn cancelled_by_yield() -> Result {
        let thread = granted_for(PATIENCE / 2)?;

        let counts = counts(|| {
            assert!(!arm_with_irqs_off());
            work(YIELD);
            // If the timer were still armed, it would find a grant again.
            thread.task.set_granted(true);
            spin();
        });
        assert_eq!(counts, [0, 0, 0, 1, 0]);
        Ok(())
    }

    #[test]
    fn bounds() {
        let before = nsec();

        for bad in [0, MIN_NSEC - 1, MAX_NSEC + 1, u32::MAX] {
            assert!(set_nsec(bad) == Err(ERANGE));
            assert_eq!(nsec(), before);
        }
        for good in [MIN_NSEC, MAX_NSEC, before] {
            assert!(set_nsec(good).is_ok());
            assert_eq!(nsec(), good);
        }
    }
}
