// SPDX-License-Identifier: GPL-2.0

//! The comparison of [`crate::abi`] with the uapi headers, at compile time.

use crate::abi::*;
use core::mem::offset_of;
use kernel::bindings::*;

const _: () = {
    assert!(offset_of!(Area, cpu_id_start) == offset_of!(rseq, cpu_id_start));
    assert!(offset_of!(Area, cpu_id) == offset_of!(rseq, cpu_id));
    assert!(offset_of!(Area, rseq_cs) == offset_of!(rseq, rseq_cs));
    assert!(offset_of!(Area, flags) == offset_of!(rseq, flags));
    assert!(offset_of!(Area, node_id) == offset_of!(rseq, node_id));
    assert!(offset_of!(Area, mm_cid) == offset_of!(rseq, mm_cid));
    assert!(offset_of!(Area, slice_ctrl) == offset_of!(rseq, slice_ctrl));
    assert!(FEATURE_SIZE as usize == offset_of!(rseq, end));
    assert!(align_of::<Area>() == align_of::<rseq>());
    assert!(size_of::<SliceCtrl>() == size_of::<rseq_slice_ctrl>());

    assert!(offset_of!(Descriptor, version) == offset_of!(rseq_cs, version));
    assert!(offset_of!(Descriptor, flags) == offset_of!(rseq_cs, flags));
    assert!(offset_of!(Descriptor, start_ip) == offset_of!(rseq_cs, start_ip));
    assert!(offset_of!(Descriptor, post_commit_offset) == offset_of!(rseq_cs, post_commit_offset));
    assert!(offset_of!(Descriptor, abort_ip) == offset_of!(rseq_cs, abort_ip));
    assert!(size_of::<Descriptor>() == size_of::<rseq_cs>());

    assert!(CPU_ID_UNINITIALIZED == rseq_cpu_id_state_RSEQ_CPU_ID_UNINITIALIZED as u32);
    assert!(REGISTER_UNREGISTER == rseq_flags_RSEQ_FLAG_UNREGISTER);
    assert!(REGISTER_SLICE_EXT_DEFAULT_ON == rseq_flags_RSEQ_FLAG_SLICE_EXT_DEFAULT_ON);
    assert!(AREA_SLICE_EXT_AVAILABLE == rseq_cs_flags_RSEQ_CS_FLAG_SLICE_EXT_AVAILABLE);
    assert!(AREA_SLICE_EXT_ENABLED == rseq_cs_flags_RSEQ_CS_FLAG_SLICE_EXT_ENABLED);
    assert!(PRCTL_GET == PR_RSEQ_SLICE_EXTENSION_GET as usize);
    assert!(PRCTL_SET == PR_RSEQ_SLICE_EXTENSION_SET as usize);
    assert!(PRCTL_ENABLE == PR_RSEQ_SLICE_EXT_ENABLE as usize);
};
