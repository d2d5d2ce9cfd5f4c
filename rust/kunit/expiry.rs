// SPDX-License-Identifier: GPL-2.0

//! The timer that bounds a grant.

use super::*;
use crate::{
    logic::slice::tunable::{
        MAX_NSEC,
        MIN_NSEC, //
    },
    slice::{
        end::{
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

#[kunit_tests(rseq_slice_timer)]
mod tests {
    use super::*;

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
