// SPDX-License-Identifier: GPL-2.0

//! `rseq(2)`.

use super::*;

#[kunit_tests(rseq_registration)]
mod tests {
    use super::*;

    #[test]
    fn legacy() -> Result {
        let thread = Thread::new()?;

        thread.call(LEGACY_SIZE, 0)?;
        assert!(thread.task.version() == Some(Version::Legacy));
        assert!(
            thread.task.registration()
                == Some(Registration {
                    addr: thread.page,
                    len: LEGACY_SIZE,
                    sig: SIG
                })
        );
        assert_eq!(
            thread.read::<u32>(offset_of!(Area, cpu_id_start))?,
            u32::MAX
        );
        assert_eq!(thread.read::<u32>(offset_of!(Area, cpu_id))?, u32::MAX);
        assert_eq!(thread.read::<u64>(offset_of!(Area, rseq_cs))?, 0);
        assert_eq!(thread.flags()?, 0);
        assert_eq!(thread.read::<u32>(offset_of!(Area, node_id))?, 0);
        assert_eq!(thread.read::<u32>(offset_of!(Area, mm_cid))?, 0);
        // Not the kernel's in this mode.
        assert_eq!(thread.ctrl()?, u32::from_ne_bytes([FILL; 4]));
        Ok(())
    }

    #[test]
    fn v2() -> Result {
        let thread = Thread::registered(0)?;

        assert!(thread.task.version() == Some(Version::V2));
        assert_eq!(thread.flags()?, availability());
        assert_eq!(thread.ctrl()?, 0);
        assert_eq!(thread.read::<u8>(FEATURE_SIZE as usize)?, FILL);
        assert!(!thread.task.slice().is_enabled());
        Ok(())
    }

    #[test]
    fn default_on() -> Result {
        let thread = Thread::registered(REGISTER_SLICE_EXT_DEFAULT_ON)?;

        let enabled = if offered() { AREA_SLICE_EXT_ENABLED } else { 0 };
        assert_eq!(thread.flags()?, availability() | enabled);
        assert_eq!(thread.task.slice().is_enabled(), offered());
        Ok(())
    }

    #[test]
    fn default_on_does_nothing_in_legacy_mode() -> Result {
        let thread = Thread::new()?;

        thread.call(LEGACY_SIZE, REGISTER_SLICE_EXT_DEFAULT_ON)?;
        assert_eq!(thread.flags()?, 0);
        assert!(!thread.task.slice().is_enabled());
        Ok(())
    }

    #[test]
    fn invalid() -> Result {
        let thread = Thread::new()?;

        for len in [0, LEGACY_SIZE - 1] {
            assert!(thread.call(len, 0) == Err(EINVAL));
        }
        for (offset, len) in [(16, LEGACY_SIZE), (32, FEATURE_SIZE), (32, 64), (63, 64)] {
            assert!(thread.call_at(thread.page + offset, len, 0, SIG) == Err(EINVAL));
        }
        for flags in [
            1 << 2,
            1 << 31,
            REGISTER_UNREGISTER | REGISTER_SLICE_EXT_DEFAULT_ON,
        ] {
            assert!(thread.call(FEATURE_SIZE, flags) == Err(EINVAL));
        }
        assert!(thread.task.registration().is_none());
        Ok(())
    }

    #[test]
    fn again() -> Result {
        let thread = Thread::registered(0)?;
        let (page, len) = (thread.page, FEATURE_SIZE);

        assert!(thread.call_at(page, len, 0, SIG) == Err(EBUSY));
        assert!(thread.call_at(page, len, 0, !SIG) == Err(EPERM));
        assert!(thread.call_at(page + 64, len, 0, SIG) == Err(EINVAL));
        assert!(thread.call_at(page, len + 1, 0, SIG) == Err(EINVAL));
        Ok(())
    }

    #[test]
    fn unregister() -> Result {
        let thread = Thread::registered(REGISTER_SLICE_EXT_DEFAULT_ON)?;
        let (page, len, flags) = (thread.page, FEATURE_SIZE, REGISTER_UNREGISTER);

        assert!(thread.call_at(page + 64, len, flags, SIG) == Err(EINVAL));
        assert!(thread.call_at(page, len + 1, flags, SIG) == Err(EINVAL));
        assert!(thread.call_at(page, len, flags, !SIG) == Err(EPERM));
        assert!(thread.task.registration().is_some());

        thread.call_at(page, len, flags, SIG)?;
        assert!(thread.task.registration().is_none());
        assert!(!thread.task.slice().is_enabled());
        assert_eq!(thread.read::<u32>(offset_of!(Area, cpu_id_start))?, 0);
        assert_eq!(
            thread.read::<u32>(offset_of!(Area, cpu_id))?,
            CPU_ID_UNINITIALIZED
        );
        assert!(thread.call_at(page, len, flags, SIG) == Err(EINVAL));
        assert!(!thread.take_signal());

        thread.call(LEGACY_SIZE, 0)?;
        assert!(thread.task.version() == Some(Version::Legacy));
        Ok(())
    }

    #[test]
    fn faults() -> Result {
        let thread = Thread::with_page(PROT_READ)?;

        for addr in [thread.page, 0, 1 << 63, usize::MAX - 63] {
            assert!(thread.call_at(addr, FEATURE_SIZE, 0, SIG) == Err(EFAULT));
        }
        // Starts in user space and ends outside.
        assert!(thread.call_at(thread.page, 1 << 31, 0, SIG) == Err(EFAULT));
        assert!(thread.task.registration().is_none());
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn vanished() -> Result {
        let thread = Thread::registered(0)?;

        thread.unmap();
        assert!(thread.call(FEATURE_SIZE, REGISTER_UNREGISTER) == Err(EFAULT));
        assert!(thread.take_signal());
        assert!(thread.task.registration().is_some());
        Ok(())
    }
}
