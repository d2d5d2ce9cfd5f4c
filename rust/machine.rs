// SPDX-License-Identifier: GPL-2.0

//! The seam: all that the implementation stands on, as small safe types.

pub(crate) mod clock;
pub(crate) mod context;
pub(crate) mod counters;
#[cfg(CONFIG_DEBUG_FS)]
pub(crate) mod debugfs;
pub(crate) mod marks;
mod per_cpu;
pub(crate) mod registers;
mod rseq_data;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod setting;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod slice_state;
pub(crate) mod switches;
pub(crate) mod task;
pub(crate) mod tracepoints;
pub(crate) mod user_address;
pub(crate) mod user_field;
pub(crate) mod user_memory;
