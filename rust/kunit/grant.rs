// SPDX-License-Identifier: GPL-2.0

//! Grant, refuse, revoke.

use super::*;
use crate::{
    machine::{
        context::InterruptsOff,
        pretence, //
    },
    slice::{
        grant::{
            OtherWork,
            Reschedule, //
        },
        tunable::nsec, //
    }, //
};

/// What the entry point does on an exit with a reschedule pending.
pub(super) fn on_reschedule(thread: &Thread, other: OtherWork) -> Option<Reschedule> {
    let result = crate::slice::grant::on_reschedule(thread.task, &mut context(), other);
    fatal(thread.task, &context(), result)
}

/// What is left of what `set` has requested, when a slice delays what it may.
fn left(set: impl FnOnce(&InterruptsOff)) -> pretence::Reschedule {
    context().with_interrupts_off(|interrupts| {
        set(interrupts);
        interrupts.drop_reschedule();
        interrupts.take_reschedule()
    })
}

/// Says that a slice was granted, with no other work on the way to user space or with some.
fn grant(thread: &Thread, other: OtherWork) -> bool {
    on_reschedule(thread, other) == Some(Reschedule::Delayed)
}

#[kunit_tests(rseq_slice_grant)]
mod tests {
    use super::*;

    #[test]
    fn without_request() -> Result {
        let thread = Thread::interrupted()?;

        let counts = counts(|| {
            assert!(!grant(&thread, OtherWork::None));
        });
        assert_eq!(counts, [0; 5]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.slice().is_granted());
        Ok(())
    }

    #[test]
    fn granted() -> Result {
        let thread = Thread::interrupted()?;
        let (before, length) = (clock::now(), u64::from(nsec()));
        // If the scheduler gets in between, it marks the thread, and there is nothing to delay.
        thread.task.marks().set_interrupted(true);

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
            context().with_interrupts_off(|interrupts| {
                interrupts.set_lazily();
                if !cfg!(CONFIG_PREEMPT_RT) {
                    interrupts.request_reschedule();
                }
            });
            assert!(grant(&thread, OtherWork::None));
        });
        assert!(!need_resched());
        let pending = context().with_interrupts_off(|interrupts| interrupts.take_reschedule());
        assert!(!pending.lazily);
        assert_eq!(counts, [1, 0, 0, 0, 0]);
        assert_eq!(
            SliceCtrl::from_word(thread.ctrl()?),
            SliceCtrl {
                request: 0,
                granted: 1,
                reserved: 0x1234
            }
        );
        assert!(thread.task.slice().is_granted());
        assert!(before + length <= thread.task.slice().expires());
        assert!(thread.task.slice().expires() <= clock::now() + length);
        Ok(())
    }

    #[test]
    fn refused_for_other_work() -> Result {
        let thread = Thread::interrupted()?;

        thread.set_ctrl(1)?;
        let counts = counts(|| {
            assert!(!grant(&thread, OtherWork::Pending));
        });
        assert_eq!(counts, [0; 5]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.slice().is_granted());
        Ok(())
    }

    #[test]
    fn revoked_by_second_reschedule() -> Result {
        let thread = Thread::granted()?;

        thread.set_ctrl(0x101)?;
        let counts = counts(|| {
            assert!(!grant(&thread, OtherWork::None));
        });
        assert_eq!(counts, [0, 0, 1, 0, 0]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.slice().is_granted());
        Ok(())
    }

    #[test]
    fn revoked_for_other_work() -> Result {
        let thread = Thread::granted()?;

        let counts = counts(|| {
            assert!(!grant(&thread, OtherWork::Pending));
        });
        assert_eq!(counts, [0, 0, 1, 0, 0]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.slice().is_granted());
        Ok(())
    }

    #[test]
    fn scheduled_while_deciding() -> Result {
        let thread = Thread::interrupted()?;

        thread.set_ctrl(1)?;
        thread.task.marks().set_rescheduled();
        let counts = counts(|| {
            assert!(!grant(&thread, OtherWork::None));
        });
        // The update of the area that is now due ends it.
        assert_eq!(counts, [1, 0, 0, 0, 0]);
        assert!(thread.task.slice().is_granted());
        Ok(())
    }

    #[test]
    fn only_what_may_wait_is_dropped() {
        let request = |interrupts: &InterruptsOff| {
            interrupts.set_lazily();
            interrupts.request_reschedule();
        };
        let has_mirror = context().with_interrupts_off(|interrupts| {
            request(interrupts);
            interrupts.take_reschedule().mirror
        });
        let realtime = cfg!(CONFIG_PREEMPT_RT);

        let expected = pretence::Reschedule {
            now: realtime,
            mirror: realtime && has_mirror,
            lazily: false,
        };
        assert_eq!(left(request), expected);

        // Without the mirror, which the interrupt of another CPU is about to set.
        let expected = pretence::Reschedule {
            now: realtime,
            mirror: false,
            lazily: false,
        };
        let remote = left(|interrupts| {
            interrupts.set_lazily();
            interrupts.set_remotely();
        });
        assert_eq!(remote, expected);
    }

    #[test]
    fn requested_remotely_while_deciding() -> Result {
        for _ in 0..100 {
            let thread = Thread::interrupted()?;
            thread.task.marks().set_interrupted(true);
            thread.set_ctrl(1)?;
            context().with_interrupts_off(|interrupts| {
                interrupts.set_lazily();
                interrupts.set_remotely();
            });
            let granted = grant(&thread, OtherWork::None);
            let left = context().with_interrupts_off(|interrupts| interrupts.take_reschedule());
            if granted {
                assert_eq!(left.now, cfg!(CONFIG_PREEMPT_RT));
                return Ok(());
            }
            // An interrupt came, and the scheduler with it.
        }
        Err(EAGAIN)
    }

    #[test]
    fn vanished() -> Result {
        let thread = Thread::interrupted()?;

        thread.unmap();
        for other in [OtherWork::None, OtherWork::Pending] {
            assert!(!grant(&thread, other));
            assert!(thread.take_signal());
            assert!(!thread.task.slice().is_granted());
        }
        Ok(())
    }
}
