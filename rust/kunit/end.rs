// SPDX-License-Identifier: GPL-2.0

//! The end of a grant in a system call.

use super::*;
use crate::slice::end::{
    before_syscall,
    Syscall, //
};

/// What the entry point does before a system call.
pub(super) fn call(thread: &Thread, syscall: Syscall) {
    fatal(
        thread.task,
        &context(),
        before_syscall(thread.task, &mut context(), syscall),
    );
}

#[kunit_tests(rseq_slice_end)]
mod tests {
    use super::*;

    #[test]
    fn yielded() -> Result {
        let thread = Thread::granted()?;

        let counts = counts(|| call(&thread, Syscall::Yield));
        assert_eq!(counts, [0, 0, 0, 1, 0]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.slice().is_granted());
        assert!(thread.task.slice().take_yielded());
        assert!(!thread.task.slice().take_yielded());
        Ok(())
    }

    #[test]
    fn aborted() -> Result {
        let thread = Thread::granted()?;

        let counts = counts(|| call(&thread, Syscall::Other));
        assert_eq!(counts, [0, 0, 0, 0, 1]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.slice().is_granted());
        assert!(!thread.task.slice().take_yielded());
        Ok(())
    }

    #[test]
    fn scheduled_before() -> Result {
        let thread = Thread::granted()?;

        thread.task.marks().set_rescheduled();
        let counts = counts(|| call(&thread, Syscall::Yield));
        assert_eq!(counts, [0, 0, 1, 0, 0]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.slice().is_granted());
        assert!(!thread.task.slice().take_yielded());
        Ok(())
    }

    #[test]
    fn without_grant() -> Result {
        let thread = Thread::interrupted()?;

        thread.set_ctrl(1)?;
        let counts = counts(|| call(&thread, Syscall::Yield));
        assert_eq!(counts, [0; 5]);
        assert_eq!(thread.ctrl()?, 1);
        assert!(!thread.task.slice().take_yielded());
        Ok(())
    }

    #[test]
    fn vanished() -> Result {
        let thread = Thread::granted()?;

        thread.unmap();
        call(&thread, Syscall::Other);
        assert!(thread.take_signal());
        assert!(!thread.task.slice().is_granted());
        Ok(())
    }
}
