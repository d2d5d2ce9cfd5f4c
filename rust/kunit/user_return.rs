// SPDX-License-Identifier: GPL-2.0

//! The fast path to user space.

use super::*;

/// The fast path, by its entry point. Interrupts are off.
fn fast(thread: &Thread, regs: &Registers) -> bool {
    // SAFETY: These are the current task and what passes for its registers.
    unsafe { crate::rseq_exit_user_update(regs.as_ptr(), thread.task.as_ptr()) }
}

/// The fast path with a fresh mark and the interrupts off that it wants, and the IDs to publish.
pub(super) fn fast_after_migration(thread: &Thread, regs: &Registers) -> (bool, Ids) {
    context().with_interrupts_off(|_| {
        thread.task.marks().set();
        (fast(thread, regs), thread.task.current_ids())
    })
}

/// The fast path of a thread that was preempted and came back with the same IDs.
pub(super) fn fast_after_preemption(thread: &Thread, regs: &Registers) -> bool {
    context().with_interrupts_off(|_| {
        thread.task.marks().clear();
        thread.task.marks().set_rescheduled();
        fast(thread, regs)
    })
}

/// The counters that tell the paths apart.
pub(super) fn paths(f: impl FnOnce()) -> [usize; 3] {
    counted([Counter::Signal, Counter::Slowpath, Counter::Ids], f)
}

#[kunit_tests(rseq_user_return)]
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
        assert_eq!(thread.ctrl()?, dropped(1));
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
        assert_eq!(thread.ctrl()?, dropped(1));
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

        thread.task.marks().set_interrupted(false);
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
        assert!(thread.task.marks().rescheduled());
        assert!(thread.task.marks().ids_changed());
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
        assert!(thread.task.marks().rescheduled());
        assert!(thread.task.marks().ids_changed());
        assert!(!thread.take_signal());
        Ok(())
    }
}
