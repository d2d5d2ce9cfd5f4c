// SPDX-License-Identifier: GPL-2.0 OR MIT

//! The system calls, and what the kernel said at exec.
//!
//! All are safe in signal handlers and leave `errno` alone.

use core::sync::atomic::{AtomicI32, Ordering};

use crate::abi::{
    AT_RSEQ_FEATURE_SIZE, PR_RSEQ_SLICE_EXTENSION, PR_RSEQ_SLICE_EXTENSION_SET,
    PR_RSEQ_SLICE_EXT_ENABLE, SYS_RSEQ_SLICE_YIELD,
};

/// Why the last yield that failed did so; 0 if none has.
static YIELD_ERROR: AtomicI32 = AtomicI32::new(0);

/// The size in bytes of the area that the kernel knows. 0 if it knows none.
pub(crate) fn feature_size() -> u32 {
    // SAFETY: Reads the auxiliary vector.
    let size = unsafe { libc::getauxval(AT_RSEQ_FEATURE_SIZE) };
    u32::try_from(size).unwrap_or(0)
}

/// Enables slices for the calling thread.
///
/// # Errors
///
/// The error number.
pub(crate) fn enable_slices() -> Result<(), i32> {
    result(|| {
        // SAFETY: All arguments are values. The kernel changes the flags of an area that whoever
        // registered it keeps.
        let ret = unsafe {
            libc::prctl(
                PR_RSEQ_SLICE_EXTENSION,
                PR_RSEQ_SLICE_EXTENSION_SET,
                PR_RSEQ_SLICE_EXT_ENABLE,
                0_u64,
                0_u64,
            )
        };
        ret.into()
    })
    .map(drop)
}

/// Gives the CPU back, if a grant is out. Returns whether this call ended it.
///
/// Every system call ends a grant, one that is denied too. So a failure is remembered and otherwise
/// of no interest.
pub(crate) fn yield_slice() -> bool {
    #[cfg(test)]
    tests::YIELDS.with(|yields| yields.set(yields.get() + 1));
    // SAFETY: The call has no arguments.
    match result(|| unsafe { libc::syscall(SYS_RSEQ_SLICE_YIELD) }) {
        Ok(ended) => ended != 0,
        Err(error) => {
            YIELD_ERROR.store(error, Ordering::Relaxed);
            false
        }
    }
}

/// Why the last yield that failed in this process did so.
pub(crate) fn yield_error() -> Option<i32> {
    Some(YIELD_ERROR.load(Ordering::Relaxed)).filter(|&error| error != 0)
}

/// The outcome of a call of the C library, whose `errno` is kept from the program.
pub(crate) fn result(call: impl FnOnce() -> i64) -> Result<i64, i32> {
    // SAFETY: Always returns a valid address, that of a variable of the calling thread.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: As above.
    let before = unsafe { errno.read() };
    let ret = call();
    if ret != -1 {
        return Ok(ret);
    }
    // SAFETY: As above.
    let error = unsafe { errno.read() };
    // SAFETY: As above.
    unsafe { errno.write(before) };
    Err(error)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{cell::Cell, thread_local};

    use super::*;

    thread_local! {
        /// Yields of this thread.
        pub(crate) static YIELDS: Cell<u32> = const { Cell::new(0) };
    }

    #[test]
    fn failing_calls_leave_errno_alone() {
        // SAFETY: Always returns a valid address.
        let errno = unsafe { libc::__errno_location() };
        // SAFETY: A variable of this thread.
        unsafe { errno.write(4711) };
        // SAFETY: The arguments are values.
        assert_eq!(result(|| unsafe { libc::syscall(-1) }), Err(libc::ENOSYS));
        // SAFETY: A variable of this thread.
        assert_eq!(unsafe { errno.read() }, 4711);
    }
}
