// SPDX-License-Identifier: GPL-2.0

//! `prctl(PR_RSEQ_SLICE_EXTENSION)`.

use super::*;
use crate::machine::task::Current;

/// What the entry point does, but for the type of the result.
fn control(arg2: usize, arg3: usize) -> Result<usize> {
    let task = Current::get();
    let result = crate::slice::prctl::control(task, &mut context(), arg2, arg3);
    failure::answer(task, &context(), result)
}

/// Without slices there is nothing to enable or disable, and the area is not looked at.
fn refused(thread: &Thread) -> Result {
    assert_eq!(control(PRCTL_GET, 0)?, 0);
    for value in [PRCTL_ENABLE, 0] {
        assert!(control(PRCTL_SET, value) == Err(ENOTSUPP));
    }
    assert!(!thread.take_signal());
    Ok(())
}

#[kunit_tests(rseq_slice_prctl)]
mod tests {
    use super::*;

    #[test]
    fn invalid() -> Result {
        let _thread = Thread::registered(0)?;

        for (arg2, arg3) in [
            (0, 0),
            (3, 0),
            (PRCTL_GET, 1),
            (PRCTL_SET, 2),
            (PRCTL_SET, 3),
        ] {
            assert!(control(arg2, arg3) == Err(EINVAL));
        }
        Ok(())
    }

    #[test]
    fn unregistered() -> Result {
        let _thread = Thread::new()?;

        let refusal = if offered() { ENXIO } else { ENOTSUPP };
        assert_eq!(control(PRCTL_GET, 0)?, 0);
        assert!(control(PRCTL_SET, PRCTL_ENABLE) == Err(refusal));
        assert!(control(PRCTL_SET, 0) == Err(refusal));
        Ok(())
    }

    #[test]
    fn legacy() -> Result {
        let thread = Thread::new()?;

        thread.call(LEGACY_SIZE, 0)?;
        assert_eq!(control(PRCTL_GET, 0)?, 0);
        assert!(control(PRCTL_SET, PRCTL_ENABLE) == Err(ENOTSUPP));
        Ok(())
    }

    #[test]
    fn there_and_back() -> Result {
        let thread = Thread::registered(0)?;
        if !offered() {
            return refused(&thread);
        }
        let other = 1 << 12;
        thread.write(offset_of!(Area, flags), AREA_SLICE_EXT_AVAILABLE | other)?;

        for _ in 0..2 {
            assert_eq!(control(PRCTL_SET, PRCTL_ENABLE)?, 0);
            assert_eq!(control(PRCTL_GET, 0)?, PRCTL_ENABLE);
            assert_eq!(
                thread.flags()?,
                AREA_SLICE_EXT_AVAILABLE | AREA_SLICE_EXT_ENABLED | other
            );
        }
        for _ in 0..2 {
            assert_eq!(control(PRCTL_SET, 0)?, 0);
            assert_eq!(control(PRCTL_GET, 0)?, 0);
            assert_eq!(thread.flags()?, AREA_SLICE_EXT_AVAILABLE | other);
        }
        assert!(!thread.take_signal());
        Ok(())
    }

    #[test]
    fn corrupted() -> Result {
        let thread = Thread::registered(0)?;
        if !offered() {
            return refused(&thread);
        }

        thread.write(offset_of!(Area, flags), 0u32)?;
        assert!(control(PRCTL_SET, PRCTL_ENABLE) == Err(EFAULT));
        assert!(thread.take_signal());
        assert_eq!(control(PRCTL_GET, 0)?, 0);

        thread.write(offset_of!(Area, flags), AREA_SLICE_EXT_AVAILABLE)?;
        control(PRCTL_SET, PRCTL_ENABLE)?;
        thread.write(offset_of!(Area, flags), AREA_SLICE_EXT_AVAILABLE)?;
        assert!(control(PRCTL_SET, 0) == Err(EFAULT));
        assert!(thread.take_signal());
        assert_eq!(control(PRCTL_GET, 0)?, PRCTL_ENABLE);
        Ok(())
    }

    #[test]
    fn vanished() -> Result {
        let thread = Thread::registered(0)?;
        if !offered() {
            return refused(&thread);
        }

        thread.unmap();
        assert!(control(PRCTL_SET, PRCTL_ENABLE) == Err(EFAULT));
        assert!(thread.take_signal());
        Ok(())
    }
}
