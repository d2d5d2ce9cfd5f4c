// SPDX-License-Identifier: GPL-2.0

//! The IDs of a thread, and when user space has to leave them alone.

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

/// The ID fields of an area, as user space has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    /// [`cpu_id_start`](crate::abi::Area::cpu_id_start).
    pub(crate) cpu_id_start: u32,
    /// [`cpu_id`](crate::abi::Area::cpu_id).
    pub(crate) cpu_id: u32,
    /// [`node_id`](crate::abi::Area::node_id).
    pub(crate) node_id: u32,
    /// [`mm_cid`](crate::abi::Area::mm_cid).
    pub(crate) mm_cid: u32,
}

/// Does an update check that user space has left the ID fields alone?
///
/// Legacy programs write to them, and some depend on the kernel to put up with it.
pub(crate) const fn read_only(v2: bool, debugging: bool) -> bool {
    v2 || debugging
}

/// Do the fields hold the IDs that the kernel published `last`?
pub(crate) const fn untouched(fields: Fields, last: Ids) -> bool {
    fields.cpu_id_start == last.cpu
        && fields.cpu_id == last.cpu
        && fields.node_id == last.node
        && fields.mm_cid == last.mm_cid
}

/// Are the ID fields written before a signal handler runs, changed or not?
pub(crate) const fn renewed_by_signal(v2: bool) -> bool {
    !v2
}
