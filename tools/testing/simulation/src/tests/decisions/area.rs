// SPDX-License-Identifier: GPL-2.0

//! The area and the control word.

use crate::abi::*;
use core::mem::offset_of;
use proptest::prelude::*;

#[test]
fn the_layout_is_the_documented_one() {
    assert_eq!(offset_of!(Area, cpu_id_start), 0);
    assert_eq!(offset_of!(Area, cpu_id), 4);
    assert_eq!(offset_of!(Area, rseq_cs), 8);
    assert_eq!(offset_of!(Area, flags), 16);
    assert_eq!(offset_of!(Area, node_id), 20);
    assert_eq!(offset_of!(Area, mm_cid), 24);
    assert_eq!(offset_of!(Area, slice_ctrl), 28);
    assert_eq!(offset_of!(Descriptor, version), 0);
    assert_eq!(offset_of!(Descriptor, flags), 4);
    assert_eq!(offset_of!(Descriptor, start_ip), 8);
    assert_eq!(offset_of!(Descriptor, post_commit_offset), 16);
    assert_eq!(offset_of!(Descriptor, abort_ip), 24);
    assert_eq!(align_of::<Descriptor>(), 32);
    assert_eq!(offset_of!(HandlerPrefix, signature), 0);
    assert_eq!(size_of::<HandlerPrefix>(), 4);
    assert_eq!(FEATURE_SIZE, 33);
    assert_eq!(FEATURE_ALIGN, 64);
    assert_eq!(LEGACY_SIZE, 32);
    assert_eq!(CPU_ID_UNINITIALIZED, -1i32 as u32);
    assert_eq!((REGISTER_UNREGISTER, REGISTER_SLICE_EXT_DEFAULT_ON), (1, 2));
    assert_eq!((AREA_SLICE_EXT_AVAILABLE, AREA_SLICE_EXT_ENABLED), (16, 32));
    assert_eq!((PRCTL_GET, PRCTL_SET, PRCTL_ENABLE), (1, 2, 1));
}

#[test]
fn the_request_is_the_first_byte_in_memory_and_the_grant_the_second() {
    for byte in 0..=u8::MAX {
        let ctrl = SliceCtrl::from_word(u32::from_ne_bytes([byte, 0, 0, 0]));
        assert_eq!((ctrl.request, ctrl.granted, ctrl.reserved), (byte, 0, 0));
        let ctrl = SliceCtrl::from_word(u32::from_ne_bytes([0, byte, 0, 0]));
        assert_eq!((ctrl.request, ctrl.granted, ctrl.reserved), (0, byte, 0));
    }
    assert_eq!(SliceCtrl::CLEAR.to_word(), 0);
}

proptest! {
    #[test]
    fn the_control_word_survives_splitting(word: u32) {
        prop_assert_eq!(SliceCtrl::from_word(word).to_word(), word);
    }
}
