// SPDX-License-Identifier: GPL-2.0

//! The end of a grant in a system call.

use super::*;
use crate::{
    machine::syscall_number::is_slice_yield,
    slice::end::{
        self,
        before_syscall,
        Syscall, //
    }, //
};

/// What the entry point does before a system call.
pub(super) fn call(thread: &Thread, syscall: Syscall) {
    fatal(
        thread.task,
        &context(),
        before_syscall(thread.task, &mut context(), syscall),
    );
}

/// The result of `rseq_slice_yield(2)`.
fn reported(thread: &Thread) -> c_long {
    end::yielded(thread.task)
}

/// Says that [`before_syscall`] runs before the next system call.
fn watches(thread: &Thread) -> bool {
    thread.task.slice().watches_syscalls()
}

/// A thread with a grant that has been to user space.
fn in_user_space() -> Result<Thread> {
    let thread = Thread::granted()?;
    thread.task.slice().watch_syscalls();
    Ok(thread)
}

#[kunit_tests(rseq_slice_end)]
mod tests {
    use super::*;

    #[test]
    fn yielded() -> Result {
        let thread = in_user_space()?;

        let counts = counts(|| call(&thread, Syscall::Yield));
        assert_eq!(counts, [0, 0, 0, 1, 0]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.slice().is_granted());
        assert!(thread.task.slice().has_yielded());
        assert!(watches(&thread));
        assert_eq!(reported(&thread), 1);
        assert!(!thread.task.slice().has_yielded());
        assert!(!watches(&thread));
        assert_eq!(reported(&thread), 0);
        Ok(())
    }

    #[test]
    fn aborted() -> Result {
        let thread = in_user_space()?;

        let counts = counts(|| call(&thread, Syscall::Other));
        assert_eq!(counts, [0, 0, 0, 0, 1]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.slice().is_granted());
        assert!(!thread.task.slice().has_yielded());
        assert!(!watches(&thread));
        Ok(())
    }

    #[test]
    fn scheduled_before() -> Result {
        let thread = in_user_space()?;

        thread.task.marks().set_rescheduled();
        let counts = counts(|| call(&thread, Syscall::Yield));
        assert_eq!(counts, [0, 0, 1, 0, 0]);
        assert_eq!(thread.ctrl()?, 0);
        assert!(!thread.task.slice().is_granted());
        assert!(!thread.task.slice().has_yielded());
        assert!(!watches(&thread));
        Ok(())
    }

    #[test]
    fn without_grant() -> Result {
        let thread = Thread::interrupted()?;
        thread.task.slice().watch_syscalls();

        thread.set_ctrl(1)?;
        let counts = counts(|| call(&thread, Syscall::Yield));
        assert_eq!(counts, [0; 5]);
        assert_eq!(thread.ctrl()?, 1);
        assert!(!thread.task.slice().has_yielded());
        assert!(!watches(&thread));
        Ok(())
    }

    #[test]
    fn suppressed() -> Result {
        for next in [Syscall::Yield, Syscall::Other] {
            let thread = in_user_space()?;

            let counts = counts(|| {
                // seccomp or a tracer keeps the yield from being carried out.
                call(&thread, Syscall::Yield);
                assert!(watches(&thread));
                call(&thread, next);
            });
            assert_eq!(counts, [0, 0, 0, 1, 0]);
            assert!(!watches(&thread));
            assert_eq!(reported(&thread), 0);
        }
        Ok(())
    }

    #[test]
    fn replaced() -> Result {
        let thread = in_user_space()?;

        // A tracer makes a yield of another call.
        call(&thread, Syscall::Other);
        assert_eq!(reported(&thread), 0);
        assert!(!watches(&thread));
        Ok(())
    }

    #[test]
    fn granted_after_a_suppressed_yield() -> Result {
        let thread = in_user_space()?;
        call(&thread, Syscall::Yield);

        thread.task.slice().begin(clock::now());
        let counts = counts(|| call(&thread, Syscall::Other));
        assert_eq!(counts, [0, 0, 0, 0, 1]);
        assert_eq!(reported(&thread), 0);
        assert!(!watches(&thread));
        Ok(())
    }

    #[test]
    fn numbers() {
        const X32: c_long = 0x4000_0000;
        let yields = bindings::__NR_rseq_slice_yield as c_long;

        assert!(is_slice_yield(yields));
        assert_eq!(is_slice_yield(yields | X32), cfg!(CONFIG_X86_X32_ABI));
        for other in [yields - 1, yields + 1, yields | X32 << 1, -1] {
            assert!(!is_slice_yield(other));
        }
    }

    #[test]
    fn vanished() -> Result {
        let thread = in_user_space()?;

        thread.unmap();
        call(&thread, Syscall::Other);
        assert!(thread.take_signal());
        assert!(!thread.task.slice().is_granted());
        Ok(())
    }
}
