// SPDX-License-Identifier: GPL-2.0

//! The seam: all that the implementation stands on, as small safe types.
//!
//! Every `unsafe` of the crate is here, in the signatures of the entry points, and in tests.
//! Nothing here decides anything. Above it stand the concepts, which use no bindings; below it is
//! the kernel. `tools/testing/simulation` offers the same modules with the same types, simulated,
//! and compiles the concepts against them: what a type here promises holds there too.
//!
//! | module | what | changes under one's feet |
//! |---|---|---|
//! | [`context`] | what may be done here: task context, preemption off, interrupts off | |
//! | [`task`] | the current task and its registration | no, the task itself changes it |
//! | [`marks`] | what the scheduler and interrupts left for the way out | yes, unless interrupts are off |
//! | [`slice_state`] | the task's slice | no |
//! | [`user_address`], [`user_memory`], [`user_field`] | user memory, a field at a time | yes, always |
//! | [`registers`] | the instruction pointer in user space | no |
//! | [`timer`] | this CPU's slice timer | it may expire, unless interrupts are off |
//! | [`clock`], [`setting`], [`switches`] | time, slice length, debug mode | yes |
//! | [`syscall_number`] | which system call it is | no |
//! | [`counters`], [`tracepoints`], [`debugfs`] | what an operator sees | yes |

// Only slices need the time, and contexts without preemption.
#[allow(dead_code)]
pub(crate) mod clock;
#[allow(dead_code)]
pub(crate) mod context;
pub(crate) mod counters;
#[cfg(CONFIG_DEBUG_FS)]
pub(crate) mod debugfs;
pub(crate) mod marks;
mod per_cpu;
#[cfg(CONFIG_RSEQ_RUST_KUNIT_TEST)]
pub(crate) mod pretence;
pub(crate) mod registers;
mod rseq_data;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod setting;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod slice_state;
pub(crate) mod switches;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod syscall_number;
pub(crate) mod task;
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
pub(crate) mod timer;
pub(crate) mod tracepoints;
mod uapi;
pub(crate) mod user_address;
pub(crate) mod user_field;
pub(crate) mod user_memory;
