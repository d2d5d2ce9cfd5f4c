// SPDX-License-Identifier: GPL-2.0 OR MIT

//! The ABI between a thread and the kernel, from `linux/rseq.h`, `linux/prctl.h` and
//! `asm/unistd.h`.
//!
//! Offsets and lengths are bytes.

use core::mem::{align_of, offset_of};

/// The area that a thread shares with the kernel: `struct rseq`.
///
/// The kernel writes to it between any two instructions of its thread, so it is only ever accessed
/// by volatile loads and stores.
#[repr(C, align(32))]
pub struct Area {
    /// A possible CPU. Kernel writes.
    pub cpu_id_start: u32,
    /// The CPU that the thread runs on, or [`CPU_ID_UNINITIALIZED`]. Kernel writes.
    pub cpu_id: u32,
    /// The address of the descriptor of the current critical section, or 0. Thread writes.
    pub rseq_cs: u64,
    /// [`FLAG_SLICE_EXT_AVAILABLE`] and [`FLAG_SLICE_EXT_ENABLED`]. Kernel writes.
    pub flags: u32,
    /// The NUMA node that the thread runs on. Kernel writes.
    pub node_id: u32,
    /// A small number that no other thread of the process has. Kernel writes.
    pub mm_cid: u32,
    /// Requests and grants.
    pub slice_ctrl: ControlWord,
    /// What makes [`FEATURE_SIZE`] differ from [`LEGACY_SIZE`].
    pub reserved: u8,
}

/// How a thread and the kernel talk of slices: `struct rseq_slice_ctrl`.
#[repr(C, align(4))]
pub struct ControlWord {
    /// Nonzero is a request. The thread writes this byte, the kernel clears it.
    pub request: u8,
    /// Nonzero is a grant. Kernel writes; a thread that does so breaks the protocol.
    pub granted: u8,
    /// Zero.
    pub reserved: u16,
}

/// The length of a registration without slices, which C libraries up to glibc 2.40 make.
pub const LEGACY_SIZE: u32 = 32;
/// The least length of a registration with slices.
pub const FEATURE_SIZE: u32 = 33;
/// The alignment of an area that is longer than [`LEGACY_SIZE`].
pub const FEATURE_ALIGN: usize = 64;

/// `rseq(2)` gives an area up.
pub const REGISTER_UNREGISTER: u32 = 1 << 0;
/// `rseq(2)` enables slices as it registers an area.
pub const REGISTER_SLICE_EXT_DEFAULT_ON: u32 = 1 << 1;

/// In [`Area::flags`]: slices can be enabled.
pub const FLAG_SLICE_EXT_AVAILABLE: u32 = 1 << 4;
/// In [`Area::flags`]: slices are enabled.
pub const FLAG_SLICE_EXT_ENABLED: u32 = 1 << 5;

/// In [`Area::cpu_id`]: nobody keeps this area up to date.
pub const CPU_ID_UNINITIALIZED: u32 = u32::MAX;

/// The operation of `prctl(2)` that enables, disables and reports slices.
pub const PR_RSEQ_SLICE_EXTENSION: i32 = 79;
/// The second argument: report. Returns [`PR_RSEQ_SLICE_EXT_ENABLE`] or 0.
pub const PR_RSEQ_SLICE_EXTENSION_GET: u64 = 1;
/// The second argument: set to the third one.
pub const PR_RSEQ_SLICE_EXTENSION_SET: u64 = 2;
/// The third argument: enabled.
pub const PR_RSEQ_SLICE_EXT_ENABLE: u64 = 1;

/// The entry of the auxiliary vector that has the size of the area that the kernel knows.
pub const AT_RSEQ_FEATURE_SIZE: u64 = 27;
/// The entry of the auxiliary vector that has the alignment of the area that the kernel knows.
pub const AT_RSEQ_ALIGN: u64 = 28;

/// `rseq(2)`.
#[cfg(target_arch = "x86_64")]
pub const SYS_RSEQ: i64 = 334;
/// `rseq(2)`.
#[cfg(not(target_arch = "x86_64"))]
pub const SYS_RSEQ: i64 = 293;
/// `rseq_slice_yield(2)`, the same number everywhere.
pub const SYS_RSEQ_SLICE_YIELD: i64 = 471;

/// What stands in front of abort handlers. C libraries register with it, too.
#[cfg(target_arch = "x86_64")]
pub const SIGNATURE: u32 = 0x5305_3053;
/// What stands in front of abort handlers. C libraries register with it, too.
#[cfg(target_arch = "aarch64")]
pub const SIGNATURE: u32 = 0xd428_bc00;
/// What stands in front of abort handlers. C libraries register with it, too.
#[cfg(target_arch = "riscv64")]
pub const SIGNATURE: u32 = 0xf140_1073;

/// The address of a field of what `$at` points to, of which there is no reference.
macro_rules! field {
    ($at:expr, $of:ty, $name:ident: $type:ty) => {
        $at.cast::<u8>()
            .wrapping_add(core::mem::offset_of!($of, $name))
            .cast::<$type>()
    };
}
pub(crate) use field;

const _: () = assert!(offset_of!(Area, flags) == 16);
const _: () = assert!(offset_of!(Area, slice_ctrl) == 28);
const _: () = assert!(offset_of!(Area, reserved) + 1 == FEATURE_SIZE as usize);
const _: () = assert!(align_of::<Area>() == LEGACY_SIZE as usize);
