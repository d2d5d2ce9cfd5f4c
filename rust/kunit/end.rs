// SPDX-License-Identifier: GPL-2.0

//! The end of a grant in a system call.

use super::*;
use crate::slice::end::{
    work,
    YIELD, //
};

const OTHER: c_long = YIELD + 1;

#[kunit_tests(rseq_slice_end)]
mod tests {
    use super::*;

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
