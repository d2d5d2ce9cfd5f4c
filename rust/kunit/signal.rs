// SPDX-License-Identifier: GPL-2.0

//! Before a signal, and after a system call in debug mode.

use super::user_return::paths;
use super::*;
use crate::user_return;
use kernel::ffi::c_int;

/// A signal that a program may have a handler for.
const SIGUSR1: c_int = 10;

fn before_signal(thread: &Thread, regs: &Registers) {
    let result = user_return::before_signal(thread.task, &mut context(), regs.user());
    failure::fatal_in_signal(thread.task, &context(), SIGUSR1, result);
}

fn after_syscall(thread: &Thread, regs: &Registers) {
    fatal(
        thread.task,
        &context(),
        user_return::after_syscall(thread.task, &mut context(), regs.user()),
    );
}

#[kunit_tests(rseq_signal)]
mod tests {
    use super::*;

    #[test]
    fn signal_aborts() -> Result {
        let (thread, regs) = Thread::at(START)?;
        let before = thread.fields()?;

        let counts = paths(|| before_signal(&thread, &regs));
        assert_eq!(counts, [1, 0, 0]);
        assert_eq!(regs.ip(), thread.section().abort);
        assert_eq!(thread.announced()?, 0);
        assert!(!thread.take_signal());
        // The IDs have time until the way out.
        assert!(thread.fields()? == before);
        Ok(())
    }

    #[test]
    fn signal_marks_in_legacy_mode() -> Result {
        let thread = Thread::legacy()?;
        let regs = thread.regs(START);

        thread.task.marks().clear();
        before_signal(&thread, &regs);
        assert!(thread.task.marks().rescheduled());
        assert!(thread.task.marks().ids_changed());
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn signal_does_not_mark_in_v2() -> Result {
        let thread = Thread::registered(0)?;
        let regs = thread.regs(START);

        thread.task.marks().clear();
        before_signal(&thread, &regs);
        assert!(!thread.task.marks().rescheduled());
        assert!(!thread.task.marks().ids_changed());
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn signal_with_a_bad_section() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.write(HANDLER - size_of_val(&SIG), !SIG)?;
        thread.task.marks().request_slow_path();
        before_signal(&thread, &regs);
        assert!(!thread.task.marks().slow_path_requested());
        assert!(thread.take_signal());
        assert_eq!(regs.ip(), (thread.page + START) as u64);
        Ok(())
    }

    #[test]
    fn signal_without_the_area() -> Result {
        let thread = Thread::legacy()?;
        let regs = thread.regs(START);

        thread.unmap();
        thread.task.marks().clear();
        before_signal(&thread, &regs);
        assert!(thread.take_signal());
        // A handler, if there is one, still gets its IDs.
        assert!(thread.task.marks().ids_changed());
        Ok(())
    }

    #[test]
    fn syscall_in_a_section() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.task.marks().set_interrupted(false);
        let counts = counted([Counter::Cs, Counter::Fixup], || {
            after_syscall(&thread, &regs)
        });
        assert_eq!(counts, [0, 0]);
        assert!(thread.take_signal());
        assert_eq!(regs.ip(), (thread.page + START) as u64);
        assert_eq!(thread.announced()?, thread.descriptor());
        Ok(())
    }

    #[test]
    fn syscall_outside_of_a_section() -> Result {
        let (thread, regs) = Thread::at(START + LENGTH)?;

        thread.task.marks().set_interrupted(false);
        let counts = counted([Counter::Cs, Counter::Clear], || {
            after_syscall(&thread, &regs)
        });
        assert_eq!(counts, [0, 1]);
        assert!(!thread.take_signal());
        assert_eq!(thread.announced()?, 0);
        Ok(())
    }

    #[test]
    fn syscall_without_a_section() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.task.marks().set_interrupted(false);
        thread.announce(0)?;
        after_syscall(&thread, &regs);
        assert!(!thread.take_signal());

        // Without a registration nothing is read.
        thread.announce(thread.descriptor())?;
        thread.call(FEATURE_SIZE, REGISTER_UNREGISTER)?;
        after_syscall(&thread, &regs);
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn syscall_with_a_bad_announcement() -> Result {
        let (thread, regs) = Thread::at(START)?;

        for announced in [8, UserSpace::current().end(), 1 << 63] {
            thread.announce(announced)?;
            after_syscall(&thread, &regs);
            assert!(thread.take_signal());
        }
        thread.unmap();
        after_syscall(&thread, &regs);
        assert!(thread.take_signal());
        Ok(())
    }
}
