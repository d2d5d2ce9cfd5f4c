// SPDX-License-Identifier: GPL-2.0

//! Critical sections in debug mode.

use super::critical_section::{
    debugged,
    evaluated,
    evaluated_at,
    Outcome, //
};
use super::*;

#[kunit_tests(rseq_critical_section_debug)]
mod tests {
    use super::*;

    #[test]
    fn not_interrupted_in_debug_mode() -> Result {
        for (offset, expected) in [(START, Outcome::Refused), (START - 1, Outcome::Cleared)] {
            let (thread, regs) = Thread::at(offset)?;

            thread.task.marks().set_interrupted(false);
            assert!(debugged(&thread, &regs)? == expected);
        }
        Ok(())
    }

    #[test]
    fn descriptor_is_loaded_as_far_as_it_matters() -> Result {
        // None of the addresses is there, one, two, all.
        const LENGTHS: [usize; 4] = [
            offset_of!(Descriptor, start_ip),
            offset_of!(Descriptor, post_commit_offset),
            offset_of!(Descriptor, abort_ip),
            size_of::<Descriptor>(),
        ];

        // In front of the section, behind it, inside.
        for (offset, needed) in [(START - 1, 1), (START + LENGTH, 2), (START, 3)] {
            for (there, len) in LENGTHS.into_iter().enumerate() {
                let (thread, regs) = Thread::at(offset)?;
                let descriptor = thread.describe_cut_off(thread.section(), len)?;

                let expected = match (there >= needed, needed) {
                    (false, _) => Outcome::Refused,
                    (true, 3) => Outcome::Aborted,
                    (true, _) => Outcome::Cleared,
                };
                let outcome = with_debug_mode(true, || evaluated_at(&thread, &regs, descriptor))?;
                assert!(outcome == expected);
            }
        }
        Ok(())
    }

    #[test]
    fn version_and_flags_matter_in_debug_mode() -> Result {
        for field in [
            offset_of!(Descriptor, version),
            offset_of!(Descriptor, flags),
        ] {
            for value in [1u32, 1 << 31] {
                let (thread, regs) = Thread::at(START)?;
                thread.write(DESCRIPTOR + field, value)?;

                assert!(debugged(&thread, &regs)? == Outcome::Refused);
                assert!(with_debug_mode(false, || evaluated(&thread, &regs))? == Outcome::Aborted);
                // Outside they do not.
                assert!(debugged(&thread, &regs)? == Outcome::Cleared);
            }
        }
        Ok(())
    }

    #[test]
    fn handler_in_the_section_matters_in_debug_mode() -> Result {
        for offset in [HANDLER, HANDLER - LENGTH + 1] {
            let (thread, regs) = Thread::at(offset)?;
            thread.describe(Section {
                start: regs.ip(),
                ..thread.section()
            })?;

            assert!(debugged(&thread, &regs)? == Outcome::Refused);
            assert!(with_debug_mode(false, || evaluated(&thread, &regs))? == Outcome::Aborted);
        }
        Ok(())
    }

    #[test]
    fn section_in_kernel_space_matters_in_debug_mode() -> Result {
        let (thread, regs) = Thread::at(START)?;

        for (start, length) in [
            (UserSpace::current().end(), 1),
            (u64::MAX, 1),
            (UserSpace::current().end() - 1, 1),
        ] {
            thread.describe(Section {
                start,
                length,
                ..thread.section()
            })?;
            assert!(with_debug_mode(false, || evaluated(&thread, &regs))? == Outcome::Cleared);
        }
        for (start, length) in [
            (UserSpace::current().end(), 1),
            (regs.ip(), u64::MAX),
            (regs.ip(), UserSpace::current().end()),
        ] {
            thread.describe(Section {
                start,
                length,
                ..thread.section()
            })?;
            assert!(debugged(&thread, &regs)? == Outcome::Refused);
        }
        Ok(())
    }
}
