// SPDX-License-Identifier: GPL-2.0

//! Decisions about time slice extensions.

pub(crate) mod grant;
pub(crate) mod prctl;
pub(crate) mod syscall_entry;
pub(crate) mod timer;
pub(crate) mod tunable;
