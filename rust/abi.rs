// SPDX-License-Identifier: GPL-2.0

//! The user ABI: the registered area, the flags, the limits.
//!
//! Everything here is fixed by [`include/uapi/linux/rseq.h`] and
//! [`include/uapi/linux/prctl.h`]; in the kernel `machine/uapi.rs` has the compiler compare each
//! value and each offset with those headers.
//!
//! [`include/uapi/linux/rseq.h`]: srctree/include/uapi/linux/rseq.h
//! [`include/uapi/linux/prctl.h`]: srctree/include/uapi/linux/prctl.h

use core::mem::offset_of;

/// The area that a thread shares with the kernel, `struct rseq`.
#[repr(C, align(32))]
pub(crate) struct Area {
    /// CPU number, always in the range of possible CPUs.
    pub(crate) cpu_id_start: u32,
    /// CPU number, or [`CPU_ID_UNINITIALIZED`].
    pub(crate) cpu_id: u32,
    /// Address of the active critical section descriptor, or 0.
    pub(crate) rseq_cs: u64,
    /// Feature status, see [`AREA_SLICE_EXT_AVAILABLE`] and [`AREA_SLICE_EXT_ENABLED`].
    pub(crate) flags: u32,
    /// NUMA node number.
    pub(crate) node_id: u32,
    /// Concurrency ID within the memory map.
    pub(crate) mm_cid: u32,
    /// Request and grant of a time slice extension.
    pub(crate) slice_ctrl: SliceCtrl,
    _reserved: u8,
}

/// The control word of time slice extensions, `struct rseq_slice_ctrl`.
///
/// User space sets and clears `request`, the kernel clears `request` and owns `granted`. Both work
/// on the thread's own CPU only, so neither needs atomic instructions.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SliceCtrl {
    /// Nonzero while user space asks for an extension.
    pub(crate) request: u8,
    /// 1 while an extension is granted.
    pub(crate) granted: u8,
    /// Carried along unchanged.
    pub(crate) reserved: u16,
}

// A kernel without slices has no use for it.
#[allow(dead_code)]
impl SliceCtrl {
    /// The word after a grant has ended or a request was denied.
    pub(crate) const CLEAR: Self = Self::from_word(0);

    /// Splits the word that user memory holds.
    #[inline(always)] // User access is open.
    pub(crate) const fn from_word(word: u32) -> Self {
        let [request, granted, low, high] = word.to_ne_bytes();
        Self {
            request,
            granted,
            reserved: u16::from_ne_bytes([low, high]),
        }
    }

    /// Joins the fields into the word that user memory holds.
    #[inline(always)] // User access is open.
    pub(crate) const fn to_word(self) -> u32 {
        let [low, high] = self.reserved.to_ne_bytes();
        u32::from_ne_bytes([self.request, self.granted, low, high])
    }
}

/// The descriptor that a thread announces in [`Area::rseq_cs`], `struct rseq_cs`.
///
/// Read-only data of the program, as a rule; the kernel never writes to it.
#[repr(C, align(32))]
pub(crate) struct Descriptor {
    /// 0; only debug mode looks.
    pub(crate) version: u32,
    /// 0; only debug mode looks.
    pub(crate) flags: u32,
    /// Address of the first instruction.
    pub(crate) start_ip: u64,
    /// Bytes from there to the first instruction after the commit.
    pub(crate) post_commit_offset: u64,
    /// Address of the abort handler.
    pub(crate) abort_ip: u64,
}

/// The bytes in front of an abort handler.
#[repr(C)]
pub(crate) struct HandlerPrefix {
    /// The signature that the thread registered.
    pub(crate) signature: u32,
}

/// A critical section, as its descriptor has it: what user space wrote, unchecked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// The address of the first instruction.
    pub(crate) start: u64,
    /// Bytes from there to the first instruction after the commit.
    pub(crate) length: u64,
    /// The address of the abort handler.
    pub(crate) abort: u64,
}

/// The ABI version that a registration selects by its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Version {
    /// 32 bytes: every ID update is unconditional, no slices.
    Legacy = 1,
    /// At least the advertised feature size: IDs are read-only, slices are on offer.
    V2 = 2,
}

/// A registered area: where, how long, and the signature in front of its abort handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Registration {
    /// User address of the area.
    pub(crate) addr: usize,
    /// Length in bytes.
    pub(crate) len: u32,
    /// Abort signature.
    pub(crate) sig: u32,
}

/// Where a thread runs, as the kernel knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    /// CPU number.
    pub(crate) cpu: u32,
    /// NUMA node of that CPU.
    pub(crate) node: u32,
    /// Concurrency ID within the memory map.
    pub(crate) mm_cid: u32,
}

/// Value of [`Area::cpu_id`] in an area that is not, or not yet, in use.
pub(crate) const CPU_ID_UNINITIALIZED: u32 = u32::MAX;

/// Length and alignment in bytes of a legacy registration.
pub(crate) const LEGACY_SIZE: u32 = 32;
/// Bytes of [`Area`] that carry fields, `getauxval(AT_RSEQ_FEATURE_SIZE)`.
pub(crate) const FEATURE_SIZE: u32 = offset_of!(Area, _reserved) as u32 + 1;
/// Alignment in bytes of an extended registration, `getauxval(AT_RSEQ_ALIGN)`.
pub(crate) const FEATURE_ALIGN: u32 = FEATURE_SIZE.next_power_of_two();

/// `rseq(2)` flag: unregister.
pub(crate) const REGISTER_UNREGISTER: u32 = 1 << 0;
/// `rseq(2)` flag: enable time slice extensions with the registration.
pub(crate) const REGISTER_SLICE_EXT_DEFAULT_ON: u32 = 1 << 1;

/// [`Area::flags`] bit: the kernel offers time slice extensions. Read-only for user space.
pub(crate) const AREA_SLICE_EXT_AVAILABLE: u32 = 1 << 4;
/// [`Area::flags`] bit: the thread has them enabled. Read-only for user space.
pub(crate) const AREA_SLICE_EXT_ENABLED: u32 = 1 << 5;

/// Second argument of `prctl(PR_RSEQ_SLICE_EXTENSION)`: report whether extensions are enabled.
pub(crate) const PRCTL_GET: usize = 1;
/// Second argument of `prctl(PR_RSEQ_SLICE_EXTENSION)`: enable or disable extensions.
pub(crate) const PRCTL_SET: usize = 2;
/// Third argument of [`PRCTL_SET`] and result of [`PRCTL_GET`]: enabled.
pub(crate) const PRCTL_ENABLE: usize = 1 << 0;

/// The shortest slice, and the default, in ns.
#[allow(dead_code)] // A kernel without slices has no use for it.
pub(crate) const MIN_NSEC: u32 = 5_000;
/// The longest slice, in ns.
#[allow(dead_code)] // Nor for this one.
pub(crate) const MAX_NSEC: u32 = 50_000;
