// SPDX-License-Identifier: GPL-2.0

//! Grant, refuse, revoke.

use super::*;
use crate::{
    logic::slice::tunable::MIN_NSEC,
    slice::grant::{
        cut_short,
        end_with_thread,
        grant, //
    }, //
};

#[kunit_tests(rseq_slice_grant)]
mod tests {
    use super::*;

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
