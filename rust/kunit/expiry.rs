// SPDX-License-Identifier: GPL-2.0

//! The timer that bounds a grant.

use super::end::call;
use super::*;
use crate::slice::{
    end::Syscall,
    expiry::{
        arm,
        Next, //
    },
    tunable::{
        nsec,
        set_nsec, //
    }, //
};

/// Long enough for any slice to expire and for its interrupt to be handled.
const PATIENCE: u64 = 1_000 * MAX_NSEC as u64;

fn spin() {
    let end = clock::now() + PATIENCE;
    while clock::now() < end {
        core::hint::spin_loop();
    }
}

fn armed(thread: &Thread) -> bool {
    context().with_interrupts_off(|interrupts| arm(thread.task, interrupts)) == Next::UserSpace
}

/// A grant that certainly lasts until the timer is armed.
fn granted_for(nsec: u64) -> Result<Thread> {
    let thread = Thread::granted()?;
    thread.task.slice().begin(clock::now() + nsec);
    Ok(thread)
}

#[kunit_tests(rseq_slice_expiry)]
mod tests {
    use super::*;

    #[test]
    fn expires() -> Result {
        let thread = granted_for(PATIENCE / 2)?;

        let counts = counts(|| {
            context().with_interrupts_off(|interrupts| {
                assert!(arm(thread.task, interrupts) == Next::UserSpace);
                // Expires as soon as it may, on this CPU.
                while clock::now() <= thread.task.slice().expires() {
                    core::hint::spin_loop();
                }
            });
            spin();
        });
        assert_eq!(counts, [0, 1, 0, 0, 0]);
        Ok(())
    }

    #[test]
    fn too_late_to_arm() -> Result {
        let thread = Thread::granted()?;

        thread.task.slice().begin(clock::now() - 1);
        let counts = counts(|| {
            assert!(!armed(&thread));
            spin();
        });
        assert_eq!(counts, [0; 5]);
        Ok(())
    }

    #[test]
    fn ignores_a_grant_that_has_ended() -> Result {
        let thread = granted_for(PATIENCE / 2)?;

        let counts = counts(|| {
            assert!(armed(&thread));
            thread.task.slice().end();
            spin();
        });
        assert_eq!(counts, [0; 5]);
        Ok(())
    }

    #[test]
    fn cancelled_by_yield() -> Result {
        let thread = granted_for(PATIENCE / 2)?;

        let counts = counts(|| {
            assert!(armed(&thread));
            call(&thread, Syscall::Yield);
            // If the timer were still armed, it would find a grant again.
            thread.task.slice().begin(thread.task.slice().expires());
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
