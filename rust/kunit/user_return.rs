// SPDX-License-Identifier: GPL-2.0

//! The way out to user space, and what happens before a signal.

use super::*;
use crate::{
    percpu::PreemptDisabled, //
    user_return,
};
use kernel::ffi::c_int;

/// A signal that a program may have a handler for.
const SIGUSR1: c_int = 10;

/// IDs that no thread here has.
const STALE: Ids = Ids {
    cpu: 0x1111,
    node: 0x2222,
    mm_cid: 0x3333,
};

/// The fast path with a fresh mark and the interrupts off that it wants, and the IDs to publish.
fn fast_after_migration(thread: &Thread, regs: &Registers) -> (bool, Ids) {
    let _irqs_off = IrqsDisabled::new();
    thread.task.mark();
    (
        user_return::fast(thread.task, regs.user()),
        thread.task.current_ids(),
    )
}

/// The fast path of a thread that was preempted and came back with the same IDs.
fn fast_after_preemption(thread: &Thread, regs: &Registers) -> bool {
    let _irqs_off = IrqsDisabled::new();
    thread.task.settle();
    thread.task.set_rescheduled();
    user_return::fast(thread.task, regs.user())
}

fn slow(thread: &Thread, regs: &Registers) {
    user_return::slow(thread.task, Some(regs.user()));
}

fn before_signal(thread: &Thread, regs: &Registers) {
    user_return::before_signal(thread.task, SIGUSR1, regs.user());
}

fn after_syscall(thread: &Thread, regs: &Registers) {
    user_return::after_syscall(thread.task, regs.user());
}

/// The counters that tell the paths apart.
fn paths(f: impl FnOnce()) -> [usize; 3] {
    counted([Event::Signal, Event::Slowpath, Event::Ids], f)
}

#[kunit_tests(rseq_exit)]
mod tests {
    use super::*;

    #[test]
    fn fast_with_changed_ids() -> Result {
        let (thread, regs) = Thread::at(START)?;
        thread.set_ctrl(1)?;

        let mut ids = thread.task.ids();
        let counts = paths(|| {
            let (done, current) = fast_after_migration(&thread, &regs);
            assert!(done);
            ids = current;
        });
        assert_eq!(counts, [0, 0, 1]);
        assert!(thread.fields()? == shown(ids));
        assert!(thread.task.ids() == ids);
        assert_eq!(thread.ctrl()?, 0);
        assert_eq!(regs.ip(), thread.section().abort);
        assert_eq!(thread.announced()?, 0);
        Ok(())
    }

    #[test]
    fn fast_with_the_same_ids() -> Result {
        let (thread, regs) = Thread::at(START)?;
        let before = thread.fields()?;
        thread.set_ctrl(1)?;

        let counts = paths(|| {
            assert!(fast_after_preemption(&thread, &regs));
        });
        assert_eq!(counts, [0, 0, 0]);
        assert!(thread.fields()? == before);
        assert_eq!(thread.ctrl()?, 0);
        assert_eq!(regs.ip(), thread.section().abort);
        assert_eq!(thread.announced()?, 0);
        Ok(())
    }

    #[test]
    fn fast_in_legacy_mode() -> Result {
        let thread = Thread::legacy()?;
        let regs = thread.regs(START);

        // As the one allocator does that wants to know about preemption.
        thread.write(offset_of!(Area, cpu_id_start), 1u32 << 31)?;
        let (done, ids) = with_debug_mode(false, || fast_after_migration(&thread, &regs));
        assert!(done);
        assert!(thread.fields()? == shown(ids));
        assert_eq!(regs.ip(), (thread.page + START) as u64);
        Ok(())
    }

    #[test]
    fn fast_leaves_sections_alone_after_a_syscall() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.task.set_interrupted(false);
        assert!(with_debug_mode(false, || fast_after_migration(&thread, &regs)).0);
        assert_eq!(regs.ip(), (thread.page + START) as u64);
        assert_eq!(thread.announced()?, thread.descriptor());
        Ok(())
    }

    #[test]
    fn fast_without_the_area() -> Result {
        let (thread, regs) = Thread::at(START)?;
        let before = thread.task.ids();

        thread.unmap();
        let counts = paths(|| {
            assert!(!fast_after_preemption(&thread, &regs));
            assert!(!fast_after_migration(&thread, &regs).0);
        });
        assert_eq!(counts, [0, 0, 0]);
        assert!(thread.task.ids() == before);
        // Left to the slow path: what to do, and whether it is fatal.
        assert!(thread.task.rescheduled());
        assert!(thread.task.ids_changed());
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn fast_with_bad_values() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.write(HANDLER - size_of_val(&SIG), !SIG)?;
        assert!(!fast_after_preemption(&thread, &regs));
        thread.write(offset_of!(Area, cpu_id), 0u32)?;
        assert!(!fast_after_migration(&thread, &regs).0);
        assert!(thread.task.rescheduled());
        assert!(thread.task.ids_changed());
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn slow_brings_the_area_in() -> Result {
        let thread = Thread::legacy()?;
        let regs = thread.regs(START);

        with_debug_mode(false, || {
            thread.swap_out()?;
            assert!(!fast_after_migration(&thread, &regs).0);
            let counts = paths(|| slow(&thread, &regs));
            assert_eq!(counts, [0, 1, 1]);
            assert!(thread.fields()? == shown(thread.task.ids()));
            assert!(!thread.take_signal());
            assert!(fast_after_migration(&thread, &regs).0);
            Ok(())
        })
    }

    #[test]
    fn slow_brings_a_descriptor_in() -> Result {
        let (thread, regs) = Thread::at(START)?;
        // An empty section, in a page of its own.
        thread.announce(map(0, PROT_READ, 0)? as u64)?;

        assert!(!fast_after_preemption(&thread, &regs));
        let counts = counted([Event::Slowpath, Event::Cs, Event::Clear], || {
            slow(&thread, &regs);
        });
        assert_eq!(counts, [1, 1, 1]);
        assert_eq!(thread.announced()?, 0);
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn slow_aborts() -> Result {
        let (thread, regs) = Thread::at(START)?;
        thread.set_ctrl(1)?;
        thread.task.set_rescheduled();

        slow(&thread, &regs);
        assert!(thread.fields()? == shown(thread.task.ids()));
        assert_eq!(thread.ctrl()?, 0);
        assert_eq!(regs.ip(), thread.section().abort);
        assert_eq!(thread.announced()?, 0);
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn slow_publishes_where_the_thread_is() -> Result {
        let thread = Thread::registered(0)?;
        let regs = thread.regs(START);
        crate::ids::publish(thread.task, STALE)?;

        thread.task.mark();
        slow(&thread, &regs);
        assert!(thread.fields()? == shown(thread.task.current_ids()));
        assert!(thread.task.ids() == thread.task.current_ids());
        Ok(())
    }

    #[test]
    fn slow_takes_the_mark() -> Result {
        let thread = Thread::registered(0)?;
        let regs = thread.regs(START);

        thread.task.mark();
        thread.task.request_slow_path();
        slow(&thread, &regs);
        assert!(!thread.task.slow_path_requested());
        assert!(!thread.task.rescheduled());
        assert!(!thread.task.ids_changed());
        Ok(())
    }

    #[test]
    fn slow_knows_who_was_interrupted() -> Result {
        let thread = Thread::registered(0)?;
        let regs = thread.regs(START);

        for interrupted in [false, true] {
            thread.task.set_interrupted(interrupted);
            thread.task.mark();
            slow(&thread, &regs);
            assert_eq!(thread.task.interrupted(), interrupted);
            assert!(thread.task.is_v2());
        }
        Ok(())
    }

    #[test]
    fn slow_without_a_mark() -> Result {
        let (thread, regs) = Thread::at(START)?;
        let before = thread.fields()?;

        let counts = paths(|| {
            // So that nothing marks the thread.
            let _here = PreemptDisabled::new();
            thread.task.settle();
            slow(&thread, &regs);
        });
        assert_eq!(counts, [0, 1, 0]);
        assert!(thread.fields()? == before);
        assert_eq!(thread.announced()?, thread.descriptor());
        Ok(())
    }

    #[test]
    fn slow_without_registers() -> Result {
        let (thread, _) = Thread::at(START)?;
        let before = thread.fields()?;

        thread.task.mark();
        let counts = paths(|| user_return::slow(thread.task, None));
        assert_eq!(counts, [0, 0, 0]);
        assert!(thread.task.rescheduled());
        assert!(thread.task.ids_changed());
        assert!(thread.fields()? == before);
        Ok(())
    }

    #[test]
    fn slow_and_exiting() -> Result {
        let (thread, regs) = Thread::at(START)?;
        let before = thread.fields()?;

        thread.task.mark();
        let counts = paths(|| {
            let _here = PreemptDisabled::new();
            thread.task.set_exiting(true);
            slow(&thread, &regs);
            thread.task.set_exiting(false);
        });
        assert_eq!(counts, [0, 0, 0]);
        assert!(thread.fields()? == before);
        Ok(())
    }

    #[test]
    fn slow_without_the_area() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.unmap();
        thread.task.mark();
        thread.task.request_slow_path();
        slow(&thread, &regs);
        assert!(!thread.task.slow_path_requested());
        assert!(thread.take_signal());
        Ok(())
    }

    #[test]
    fn slow_with_a_read_only_field_written_to() -> Result {
        let thread = Thread::registered(0)?;
        let regs = thread.regs(START);

        thread.write(offset_of!(Area, cpu_id_start), 0u32)?;
        thread.task.mark();
        slow(&thread, &regs);
        assert!(thread.take_signal());
        Ok(())
    }

    #[test]
    fn slow_with_a_bad_section() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.write(HANDLER - size_of_val(&SIG), !SIG)?;
        thread.task.mark();
        slow(&thread, &regs);
        assert!(thread.take_signal());
        assert_eq!(regs.ip(), (thread.page + START) as u64);
        Ok(())
    }

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

        thread.task.settle();
        before_signal(&thread, &regs);
        assert!(thread.task.rescheduled());
        assert!(thread.task.ids_changed());
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn signal_does_not_mark_in_v2() -> Result {
        let thread = Thread::registered(0)?;
        let regs = thread.regs(START);

        thread.task.settle();
        before_signal(&thread, &regs);
        assert!(!thread.task.rescheduled());
        assert!(!thread.task.ids_changed());
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn signal_with_a_bad_section() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.write(HANDLER - size_of_val(&SIG), !SIG)?;
        thread.task.request_slow_path();
        before_signal(&thread, &regs);
        assert!(!thread.task.slow_path_requested());
        assert!(thread.take_signal());
        assert_eq!(regs.ip(), (thread.page + START) as u64);
        Ok(())
    }

    #[test]
    fn signal_without_the_area() -> Result {
        let thread = Thread::legacy()?;
        let regs = thread.regs(START);

        thread.unmap();
        thread.task.settle();
        before_signal(&thread, &regs);
        assert!(thread.take_signal());
        // A handler, if there is one, still gets its IDs.
        assert!(thread.task.ids_changed());
        Ok(())
    }

    #[test]
    fn syscall_in_a_section() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.task.set_interrupted(false);
        let counts = counted([Event::Cs, Event::Fixup], || after_syscall(&thread, &regs));
        assert_eq!(counts, [0, 0]);
        assert!(thread.take_signal());
        assert_eq!(regs.ip(), (thread.page + START) as u64);
        assert_eq!(thread.announced()?, thread.descriptor());
        Ok(())
    }

    #[test]
    fn syscall_outside_of_a_section() -> Result {
        let (thread, regs) = Thread::at(START + LENGTH)?;

        thread.task.set_interrupted(false);
        let counts = counted([Event::Cs, Event::Clear], || after_syscall(&thread, &regs));
        assert_eq!(counts, [0, 1]);
        assert!(!thread.take_signal());
        assert_eq!(thread.announced()?, 0);
        Ok(())
    }

    #[test]
    fn syscall_without_a_section() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.task.set_interrupted(false);
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

        for announced in [8, task_size(), 1 << 63] {
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
