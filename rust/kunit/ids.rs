// SPDX-License-Identifier: GPL-2.0

//! The ID fields.

use super::*;
use crate::ids::{
    keep,
    publish, //
};

/// IDs that no thread here has, so that what a test finds is what it wrote.
const IDS: Ids = Ids {
    cpu: 0x1111,
    node: 0x2222,
    mm_cid: 0x3333,
};
const OTHER: Ids = Ids {
    cpu: 0x4444,
    node: 0x5555,
    mm_cid: 0x6666,
};

/// The V2 or legacy thread `thread`, with [`IDS`] published and a request in its area.
fn with_ids(thread: Thread) -> Result<Thread> {
    publish(thread.task, context().memory(), IDS)?;
    thread.set_ctrl(1)?;
    Ok(thread)
}

/// Says that a changed field at `offset` fails the next update, which then changes nothing.
fn minds(thread: &Thread, offset: usize) -> Result<bool> {
    let value: u32 = thread.read(offset)?;
    thread.write(offset, value ^ 1)?;
    let before = (thread.fields()?, thread.ctrl()?);

    let mut failed = false;
    let [counted] = counted([Counter::Ids], || {
        failed = publish(thread.task, context().memory(), OTHER).is_err();
    });
    let after = (thread.fields()?, thread.ctrl()?);
    Ok(failed && counted == 0 && before == after && thread.task.ids() == IDS)
}

/// Where the ID fields are.
const FIELDS: [usize; 4] = [
    offset_of!(Area, cpu_id_start),
    offset_of!(Area, cpu_id),
    offset_of!(Area, node_id),
    offset_of!(Area, mm_cid),
];

#[kunit_tests(rseq_ids)]
mod tests {
    use super::*;

    #[test]
    fn published() -> Result {
        let thread = Thread::registered(0)?;
        thread.announce(0x1234_5678_9abc_def0)?;

        let counts = counted([Counter::Ids, Counter::Revoked], || {
            assert!(publish(thread.task, context().memory(), IDS)
                .is_ok_and(|it| it == 0x1234_5678_9abc_def0));
        });
        assert_eq!(counts, [1, 0]);
        assert!(thread.fields()? == shown(IDS));
        assert!(thread.task.ids() == IDS);
        // The announcement is only read.
        assert_eq!(thread.announced()?, 0x1234_5678_9abc_def0);
        assert_eq!(thread.flags()?, availability());

        publish(thread.task, context().memory(), OTHER)?;
        assert!(thread.fields()? == shown(OTHER));
        assert!(thread.task.ids() == OTHER);
        Ok(())
    }

    #[test]
    fn published_in_legacy_mode() -> Result {
        let thread = Thread::legacy()?;

        let counts = counted([Counter::Ids], || {
            assert!(publish(thread.task, context().memory(), IDS).is_ok_and(|it| it == 0));
        });
        assert_eq!(counts, [1]);
        assert!(thread.fields()? == shown(IDS));
        assert!(thread.task.ids() == IDS);
        // Not the kernel's in this mode.
        assert_eq!(thread.ctrl()?, u32::from_ne_bytes([FILL; 4]));
        Ok(())
    }

    #[test]
    fn cpu_id_start_is_read_only() -> Result {
        let thread = with_ids(Thread::registered(0)?)?;

        assert!(minds(&thread, offset_of!(Area, cpu_id_start))?);
        Ok(())
    }

    #[test]
    fn cpu_id_is_read_only() -> Result {
        let thread = with_ids(Thread::registered(0)?)?;

        assert!(minds(&thread, offset_of!(Area, cpu_id))?);
        Ok(())
    }

    #[test]
    fn node_id_is_read_only() -> Result {
        let thread = with_ids(Thread::registered(0)?)?;

        assert!(minds(&thread, offset_of!(Area, node_id))?);
        Ok(())
    }

    #[test]
    fn mm_cid_is_read_only() -> Result {
        let thread = with_ids(Thread::registered(0)?)?;

        assert!(minds(&thread, offset_of!(Area, mm_cid))?);
        Ok(())
    }

    #[test]
    fn other_fields_are_not() -> Result {
        let thread = with_ids(Thread::registered(0)?)?;

        thread.write(offset_of!(Area, flags), u32::MAX)?;
        thread.write(FEATURE_SIZE as usize, u32::MAX)?;
        publish(thread.task, context().memory(), OTHER)?;
        assert!(thread.fields()? == shown(OTHER));
        Ok(())
    }

    #[test]
    fn legacy_programs_may_write_to_all() -> Result {
        for offset in FIELDS {
            let thread = with_ids(Thread::legacy()?)?;

            thread.write(offset, u32::MAX)?;
            assert!(
                with_debug_mode(false, || publish(thread.task, context().memory(), OTHER)).is_ok()
            );
            assert!(thread.fields()? == shown(OTHER));
        }
        Ok(())
    }

    #[test]
    fn debug_mode_minds_in_legacy_mode_too() -> Result {
        for offset in FIELDS {
            let thread = with_ids(Thread::legacy()?)?;

            assert!(with_debug_mode(true, || minds(&thread, offset))?);
        }
        Ok(())
    }

    #[test]
    fn kept() -> Result {
        let thread = with_ids(Thread::registered(0)?)?;
        let touched = Fields {
            cpu_id_start: 1,
            cpu_id: 2,
            ..shown(IDS)
        };
        thread.write(offset_of!(Area, cpu_id_start), touched.cpu_id_start)?;
        thread.write(offset_of!(Area, cpu_id), touched.cpu_id)?;
        thread.announce(0x1234_5678_9abc_def0)?;

        // Nobody looks at the fields, so nobody minds.
        let counts = counted([Counter::Ids, Counter::Revoked], || {
            assert!(
                keep(thread.task, context().memory()).is_ok_and(|it| it == 0x1234_5678_9abc_def0)
            );
        });
        assert_eq!(counts, [0, 0]);
        assert!(thread.fields()? == touched);
        assert!(thread.task.ids() == IDS);
        assert_eq!(thread.announced()?, 0x1234_5678_9abc_def0);
        Ok(())
    }

    #[test]
    fn requests_are_dropped() -> Result {
        let thread = with_ids(Thread::registered(0)?)?;
        let before: u8 = thread.read(FEATURE_SIZE as usize)?;

        for word in [1, 0x100, u32::MAX] {
            thread.set_ctrl(word)?;
            publish(thread.task, context().memory(), IDS)?;
            assert_eq!(thread.ctrl()?, dropped(word));

            thread.set_ctrl(word)?;
            keep(thread.task, context().memory())?;
            assert_eq!(thread.ctrl()?, dropped(word));
        }
        assert_eq!(thread.read::<u8>(FEATURE_SIZE as usize)?, before);
        Ok(())
    }

    #[test]
    fn legacy_areas_have_no_requests() -> Result {
        let thread = with_ids(Thread::legacy()?)?;

        publish(thread.task, context().memory(), OTHER)?;
        assert_eq!(thread.ctrl()?, 1);
        keep(thread.task, context().memory())?;
        assert_eq!(thread.ctrl()?, 1);
        Ok(())
    }

    #[test]
    fn publishing_ends_a_grant() -> Result {
        let thread = Thread::granted()?;

        let counts = counts(|| {
            assert!(publish(thread.task, context().memory(), IDS).is_ok());
            assert!(publish(thread.task, context().memory(), IDS).is_ok());
        });
        assert_eq!(counts, [0, 0, 1, 0, 0]);
        assert!(!thread.task.slice().is_granted());
        assert_eq!(thread.ctrl()?, dropped(0x100));
        Ok(())
    }

    #[test]
    fn keeping_ends_a_grant() -> Result {
        let thread = Thread::granted()?;

        let counts = counts(|| {
            assert!(keep(thread.task, context().memory()).is_ok());
            assert!(keep(thread.task, context().memory()).is_ok());
        });
        assert_eq!(counts, [0, 0, 1, 0, 0]);
        assert!(!thread.task.slice().is_granted());
        assert_eq!(thread.ctrl()?, dropped(0x100));
        Ok(())
    }

    #[test]
    fn vanished() -> Result {
        let thread = Thread::granted()?;
        let before = thread.task.ids();

        thread.unmap();
        let counts = counted([Counter::Ids, Counter::Revoked], || {
            assert!(publish(thread.task, context().memory(), IDS).is_err());
            assert!(keep(thread.task, context().memory()).is_err());
        });
        // The slow path, or the end of the thread, finds the grant.
        assert_eq!(counts, [0, 0]);
        assert!(thread.task.slice().is_granted());
        assert!(thread.task.ids() == before);
        // Whether that is fatal is for others to say.
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn the_cpu_is_this_one() -> Result {
        let thread = Thread::new()?;

        let (cpu, ids) =
            context().with_interrupts_off(|_| (CpuId::current(), thread.task.current_ids()));
        assert_eq!(ids.cpu, cpu.as_u32());
        Ok(())
    }
}
