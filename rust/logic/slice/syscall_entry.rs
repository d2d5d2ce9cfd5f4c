// SPDX-License-Identifier: GPL-2.0

//! How a system call ends a grant.

use crate::abi::SliceCtrl;

/// The end of a grant on syscall entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// `rseq_slice_yield(2)`: the thread is done and gives the CPU back.
    Yielded,
    /// Any other system call.
    Aborted,
    /// The scheduler was faster: the CPU has been given up already.
    Revoked,
}

/// Decides how the grant ends.
///
/// `rescheduled` tells that the thread was scheduled since it entered the system call, `yields`
/// that the call is `rseq_slice_yield(2)`.
pub(crate) const fn end(rescheduled: bool, yields: bool) -> End {
    match (rescheduled, yields) {
        (true, _) => End::Revoked,
        (false, true) => End::Yielded,
        (false, false) => End::Aborted,
    }
}

/// Does the control word hold what the kernel left there?
///
/// With a grant out, user space leaves the word alone; a second request is inconsistent. Without
/// one, the thread may be in its next critical section and have a new request in it.
pub(crate) const fn consistent(ctrl: SliceCtrl, granted: bool) -> bool {
    ctrl.granted == granted as u8 && ctrl.reserved == 0 && !(granted && ctrl.request != 0)
}
