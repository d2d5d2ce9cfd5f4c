// SPDX-License-Identifier: GPL-2.0

//! The slow path to user space.

use super::user_return::{
    fast_after_migration,
    fast_after_preemption,
    paths, //
};
use super::*;
use crate::user_return;

/// IDs that no thread here has.
const STALE: Ids = Ids {
    cpu: 0x1111,
    node: 0x2222,
    mm_cid: 0x3333,
};

fn slow(thread: &Thread, regs: &Registers) {
    fatal(
        thread.task,
        &context(),
        user_return::slow(thread.task, &mut context(), Some(regs.user())),
    );
}

#[kunit_tests(rseq_slow_path)]
mod tests {
    use super::*;

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
        let counts = counted([Counter::Slowpath, Counter::Cs, Counter::Clear], || {
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
        thread.task.marks().set_rescheduled();

        slow(&thread, &regs);
        assert!(thread.fields()? == shown(thread.task.ids()));
        assert_eq!(thread.ctrl()?, dropped(1));
        assert_eq!(regs.ip(), thread.section().abort);
        assert_eq!(thread.announced()?, 0);
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn slow_publishes_where_the_thread_is() -> Result {
        let thread = Thread::registered(0)?;
        let regs = thread.regs(START);
        crate::ids::publish(thread.task, context().memory(), STALE)?;

        thread.task.marks().set();
        slow(&thread, &regs);
        assert!(thread.fields()? == shown(thread.task.current_ids()));
        assert!(thread.task.ids() == thread.task.current_ids());
        Ok(())
    }

    #[test]
    fn slow_takes_the_mark() -> Result {
        let thread = Thread::registered(0)?;
        let regs = thread.regs(START);

        thread.task.marks().set();
        thread.task.marks().request_slow_path();
        slow(&thread, &regs);
        assert!(!thread.task.marks().slow_path_requested());
        assert!(!thread.task.marks().rescheduled());
        assert!(!thread.task.marks().ids_changed());
        Ok(())
    }

    #[test]
    fn slow_knows_who_was_interrupted() -> Result {
        let thread = Thread::registered(0)?;
        let regs = thread.regs(START);

        for interrupted in [false, true] {
            thread.task.marks().set_interrupted(interrupted);
            thread.task.marks().set();
            slow(&thread, &regs);
            assert_eq!(thread.task.marks().interrupted(), interrupted);
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
            context().with_preemption_off(|_| {
                thread.task.marks().clear();
                slow(&thread, &regs);
            });
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

        thread.task.marks().set();
        let counts = paths(|| {
            assert!(user_return::slow(thread.task, &mut context(), None).is_ok());
        });
        assert_eq!(counts, [0, 0, 0]);
        assert!(thread.task.marks().rescheduled());
        assert!(thread.task.marks().ids_changed());
        assert!(thread.fields()? == before);
        Ok(())
    }

    #[test]
    fn slow_and_exiting() -> Result {
        let (thread, regs) = Thread::at(START)?;
        let before = thread.fields()?;

        thread.task.marks().set();
        let counts = paths(|| {
            context().with_preemption_off(|_| {
                thread.task.set_exiting(true);
                slow(&thread, &regs);
                thread.task.set_exiting(false);
            });
        });
        assert_eq!(counts, [0, 0, 0]);
        assert!(thread.fields()? == before);
        Ok(())
    }

    #[test]
    fn slow_without_the_area() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.unmap();
        thread.task.marks().set();
        thread.task.marks().request_slow_path();
        slow(&thread, &regs);
        assert!(!thread.task.marks().slow_path_requested());
        assert!(thread.take_signal());
        Ok(())
    }

    #[test]
    fn slow_with_a_read_only_field_written_to() -> Result {
        let thread = Thread::registered(0)?;
        let regs = thread.regs(START);

        thread.write(offset_of!(Area, cpu_id_start), 0u32)?;
        thread.task.marks().set();
        slow(&thread, &regs);
        assert!(thread.take_signal());
        Ok(())
    }

    #[test]
    fn slow_with_a_bad_section() -> Result {
        let (thread, regs) = Thread::at(START)?;

        thread.write(HANDLER - size_of_val(&SIG), !SIG)?;
        thread.task.marks().set();
        slow(&thread, &regs);
        assert!(thread.take_signal());
        assert_eq!(regs.ip(), (thread.page + START) as u64);
        Ok(())
    }
}
