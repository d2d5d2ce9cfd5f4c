// SPDX-License-Identifier: GPL-2.0

//! The ID fields.

use crate::{
    abi::Ids,
    ids::*, //
};
use proptest::prelude::*;

const LAST: Ids = Ids {
    cpu: 1,
    node: 2,
    mm_cid: 3,
};

/// What user space finds in its area after `ids` were published.
fn published(ids: Ids) -> Fields {
    Fields {
        cpu_id_start: ids.cpu,
        cpu_id: ids.cpu,
        node_id: ids.node,
        mm_cid: ids.mm_cid,
    }
}

#[test]
fn every_flipped_bit_of_every_field_is_noticed() {
    assert!(untouched(published(LAST), LAST));
    for bit in (0..u32::BITS).map(|shift| 1 << shift) {
        let fields = published(LAST);
        let touched = [
            Fields {
                cpu_id_start: fields.cpu_id_start ^ bit,
                ..fields
            },
            Fields {
                cpu_id: fields.cpu_id ^ bit,
                ..fields
            },
            Fields {
                node_id: fields.node_id ^ bit,
                ..fields
            },
            Fields {
                mm_cid: fields.mm_cid ^ bit,
                ..fields
            },
        ];
        for fields in touched {
            assert!(!untouched(fields, LAST), "{fields:x?}");
        }
    }
}

#[test]
fn two_fields_cannot_cover_for_each_other() {
    // The CPU is there twice: neither that both agree nor that one is right is enough.
    let both = Fields {
        cpu_id_start: 9,
        cpu_id: 9,
        ..published(LAST)
    };
    let swapped = Fields {
        node_id: LAST.mm_cid,
        mm_cid: LAST.node,
        ..published(LAST)
    };
    assert!(!untouched(both, LAST));
    assert!(!untouched(swapped, LAST));
}

fn ids() -> impl Strategy<Value = Ids> {
    (any::<u32>(), any::<u32>(), any::<u32>()).prop_map(|(cpu, node, mm_cid)| Ids {
        cpu,
        node,
        mm_cid,
    })
}

proptest! {
    #[test]
    fn what_was_published_is_untouched_and_nothing_else(last in ids(), other in ids()) {
        prop_assert!(untouched(published(last), last));
        prop_assert_eq!(untouched(published(other), last), other == last);
    }
}
