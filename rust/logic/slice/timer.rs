// SPDX-License-Identifier: GPL-2.0

//! When a grant has run out, and whom the expiry of a timer concerns.

/// Has a grant until `expires` run out at `now`? Both in ns of the monotonic clock.
pub(crate) const fn expired(expires: u64, now: u64) -> bool {
    expires < now
}

/// Does an expiring timer force the interrupted thread off the CPU?
///
/// Only if that thread `armed` it and is still `granted`: it may have been scheduled out with the
/// timer left running, and somebody else be on the CPU.
pub(crate) const fn concerns(armed: bool, granted: bool) -> bool {
    armed && granted
}
