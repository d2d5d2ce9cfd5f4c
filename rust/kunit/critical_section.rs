// SPDX-License-Identifier: GPL-2.0

//! Critical sections.

use super::*;
use crate::critical_section::{
    before_signal,
    before_user_space, //
};

/// What becomes of a thread and its announcement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It went on at the handler, without announcement.
    Aborted,
    /// It went on where it was, without announcement.
    Cleared,
    /// It went on where it was, and the announcement was not looked at.
    Ignored,
    /// An error, and all is as it was.
    Refused,
    /// None of the above.
    Wrong,
}

/// Has `deal` do with the announcement, and looks at everything that it may have changed.
///
/// `announced` is what is announced before.
pub(super) fn outcome(
    thread: &Thread,
    regs: &Registers,
    announced: u64,
    deal: impl FnOnce() -> bool,
) -> Result<Outcome> {
    let before = regs.ip();
    let mut ok = false;
    thread.announce(announced)?;
    let counts = counted([Counter::Cs, Counter::Clear, Counter::Fixup], || {
        ok = deal()
    });
    let withdrawn = thread.announced()? == 0;
    let kept = thread.announced()? == announced;
    let stayed = regs.ip() == before;
    let moved = regs.ip() == thread.section().abort;

    Ok(match (ok, counts) {
        (true, [1, 0, 1]) if moved && withdrawn => Outcome::Aborted,
        (true, [1, 1, 0]) if stayed && withdrawn => Outcome::Cleared,
        (true, [0, 0, 0]) if stayed && kept => Outcome::Ignored,
        (false, [1, 0, 0]) if stayed && kept => Outcome::Refused,
        _ => Outcome::Wrong,
    })
}

/// What [`before_user_space`] does with the descriptor in the page.
pub(super) fn evaluated(thread: &Thread, regs: &Registers) -> Result<Outcome> {
    evaluated_at(thread, regs, thread.descriptor())
}

/// What [`before_user_space`] does with a descriptor at `announced`.
pub(super) fn evaluated_at(thread: &Thread, regs: &Registers, announced: u64) -> Result<Outcome> {
    outcome(thread, regs, announced, || {
        before_user_space(thread.task, context().memory(), regs.user(), announced).is_ok()
    })
}

/// What [`before_user_space`] does in debug mode.
pub(super) fn debugged(thread: &Thread, regs: &Registers) -> Result<Outcome> {
    with_debug_mode(true, || evaluated(thread, regs))
}

/// What [`before_signal`] does.
pub(super) fn interrupted(thread: &Thread, regs: &Registers) -> Result<Outcome> {
    outcome(thread, regs, thread.descriptor(), || {
        before_signal(thread.task, context().memory(), regs.user()).is_ok()
    })
}

/// The instruction pointer before, in, and behind the section.
const INSIDE: [usize; 3] = [START, START + 1, START + LENGTH - 1];
const OUTSIDE: [usize; 4] = [0, START - 1, START + LENGTH, HANDLER];

#[kunit_tests(rseq_critical_section)]
mod tests {
    use super::*;

    #[test]
    fn inside() -> Result {
        for offset in INSIDE {
            for deal in [evaluated, debugged, interrupted] {
                let (thread, regs) = Thread::at(offset)?;

                assert!(deal(&thread, &regs)? == Outcome::Aborted);
            }
        }
        Ok(())
    }

    #[test]
    fn outside() -> Result {
        for offset in OUTSIDE {
            for deal in [evaluated, debugged, interrupted] {
                let (thread, regs) = Thread::at(offset)?;

                assert!(deal(&thread, &regs)? == Outcome::Cleared);
            }
        }
        Ok(())
    }

    #[test]
    fn aborted_once() -> Result {
        let (thread, regs) = Thread::at(START)?;

        assert!(evaluated(&thread, &regs)? == Outcome::Aborted);
        assert!(evaluated(&thread, &regs)? == Outcome::Cleared);
        Ok(())
    }

    #[test]
    fn of_a_legacy_thread() -> Result {
        let (thread, regs) = Thread::at(START)?;
        thread.call(FEATURE_SIZE, REGISTER_UNREGISTER)?;
        thread.call(LEGACY_SIZE, 0)?;
        thread.task.marks().set_interrupted(true);

        assert!(evaluated(&thread, &regs)? == Outcome::Aborted);
        assert!(evaluated(&thread, &regs)? == Outcome::Cleared);
        Ok(())
    }

    #[test]
    fn none_announced() -> Result {
        let (thread, regs) = Thread::at(START)?;

        for debugging in [false, true] {
            let ignored = with_debug_mode(debugging, || evaluated_at(&thread, &regs, 0));
            assert!(ignored? == Outcome::Ignored);
        }
        let ignored = outcome(&thread, &regs, 0, || {
            before_signal(thread.task, context().memory(), regs.user()).is_ok()
        });
        assert!(ignored? == Outcome::Ignored);
        Ok(())
    }

    #[test]
    fn not_interrupted() -> Result {
        for offset in [START, START - 1] {
            let (thread, regs) = Thread::at(offset)?;

            thread.task.marks().set_interrupted(false);
            assert!(with_debug_mode(false, || evaluated(&thread, &regs))? == Outcome::Ignored);
        }
        Ok(())
    }

    #[test]
    fn not_interrupted_but_signalled() -> Result {
        // A legacy thread whose system call ends with a signal.
        let (thread, regs) = Thread::at(START)?;

        thread.task.marks().set_interrupted(false);
        assert!(with_debug_mode(false, || interrupted(&thread, &regs))? == Outcome::Aborted);
        Ok(())
    }

    #[test]
    fn wrong_signature() -> Result {
        let (thread, regs) = Thread::at(START)?;

        for sig in [0, !SIG, SIG ^ 1, SIG ^ (1 << 31)] {
            thread.write(HANDLER - size_of_val(&SIG), sig)?;
            assert!(evaluated(&thread, &regs)? == Outcome::Refused);
            assert!(debugged(&thread, &regs)? == Outcome::Refused);
            assert!(interrupted(&thread, &regs)? == Outcome::Refused);
        }
        Ok(())
    }

    #[test]
    fn right_signature_elsewhere() -> Result {
        let (thread, regs) = Thread::at(START)?;

        // In the handler, and in front of the place for it.
        thread.write(HANDLER - size_of_val(&SIG), 0u32)?;
        thread.write(HANDLER, SIG)?;
        thread.write(HANDLER - 2 * size_of_val(&SIG), SIG)?;
        assert!(evaluated(&thread, &regs)? == Outcome::Refused);
        assert!(debugged(&thread, &regs)? == Outcome::Refused);
        Ok(())
    }

    #[test]
    fn signature_does_not_matter_outside() -> Result {
        let (thread, regs) = Thread::at(START - 1)?;

        thread.write(HANDLER - size_of_val(&SIG), !SIG)?;
        assert!(evaluated(&thread, &regs)? == Outcome::Cleared);
        assert!(debugged(&thread, &regs)? == Outcome::Cleared);
        Ok(())
    }

    #[test]
    fn bad_handler() -> Result {
        let (thread, regs) = Thread::at(START)?;
        // Without room for the signature, with nothing mapped there, in kernel space.
        let handlers = [
            0,
            3,
            4,
            UserSpace::current().end() - 1,
            UserSpace::current().end(),
            1 << 63,
            u64::MAX,
        ];

        for abort in handlers {
            thread.describe(Section {
                abort,
                ..thread.section()
            })?;
            assert!(evaluated(&thread, &regs)? == Outcome::Refused);
            assert!(debugged(&thread, &regs)? == Outcome::Refused);
            assert!(interrupted(&thread, &regs)? == Outcome::Refused);
        }
        Ok(())
    }

    #[test]
    fn bad_announcement() -> Result {
        let (thread, regs) = Thread::at(START)?;

        // Not mapped, and in kernel space; the test's own registers are accessible there.
        let kernel = core::ptr::from_ref(&regs).expose_provenance() as u64;
        for announced in [
            8,
            UserSpace::current().end() - 1,
            UserSpace::current().end(),
            kernel,
            1 << 63,
            u64::MAX,
        ] {
            assert!(evaluated_at(&thread, &regs, announced)? == Outcome::Refused);
            let refused = with_debug_mode(true, || evaluated_at(&thread, &regs, announced));
            assert!(refused? == Outcome::Refused);
        }
        Ok(())
    }

    #[test]
    fn area_became_read_only() -> Result {
        for offset in [START, START - 1] {
            let (thread, regs) = Thread::at(offset)?;
            let before = regs.ip();

            // The descriptor stays where it is.
            let area = UserObject::at(map(0, PROT_READ, 0)?);
            let area = area.check(FEATURE_SIZE).ok_or(EFAULT)?;
            thread
                .task
                .register(&context(), area, FEATURE_SIZE, SIG, Version::V2);
            let counts = counted([Counter::Clear, Counter::Fixup], || {
                let refused = before_user_space(
                    thread.task,
                    context().memory(),
                    regs.user(),
                    thread.descriptor(),
                );
                assert!(refused.is_err());
            });
            assert_eq!(counts, [0, 0]);
            assert_eq!(regs.ip(), before);
        }
        Ok(())
    }

    #[test]
    fn handler_goes_unchecked_outside() -> Result {
        let (thread, regs) = Thread::at(START - 1)?;

        thread.describe(Section {
            abort: u64::MAX,
            ..thread.section()
        })?;
        assert!(evaluated(&thread, &regs)? == Outcome::Cleared);
        assert!(debugged(&thread, &regs)? == Outcome::Cleared);
        Ok(())
    }
}
