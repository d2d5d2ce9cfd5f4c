// SPDX-License-Identifier: GPL-2.0

//! What holds for any section.

use super::{
    check,
    locate,
    locate_strictly,
    Position,
    GOOD,
    LIMIT, //
};
use crate::abi::{
    HandlerPrefix,
    Section, //
};
use proptest::prelude::*;

/// Bytes in front of a handler.
const SIGNATURE_SIZE: u64 = size_of::<HandlerPrefix>() as u64;

/// Addresses near something that matters, as random ones hardly ever are.
fn address() -> impl Strategy<Value = u64> {
    let near = |edge: u64| (-70i64..70).prop_map(move |by| edge.wrapping_add_signed(by));
    prop_oneof![
        near(0),
        near(GOOD.start),
        near(GOOD.abort),
        near(LIMIT),
        0..LIMIT,
        any::<u64>(),
    ]
}

fn section() -> impl Strategy<Value = Section> {
    let length = prop_oneof![0u64..140, address()];
    (address(), length, address()).prop_map(|(start, length, abort)| Section {
        start,
        length,
        abort,
    })
}

proptest! {
    #[test]
    fn any_section(section in section(), ip in address(), limit in address()) {
        check(section, ip, limit);
        check(section, ip, LIMIT);
    }

    #[test]
    fn what_debug_mode_aborts_is_aborted_without_it(section in section(), ip in address()) {
        if locate_strictly(section, ip, LIMIT) == Position::Inside {
            prop_assert_eq!(locate(section, ip, LIMIT), Position::Inside);
        }
    }

    #[test]
    fn what_is_not_aborted_is_not_aborted_in_debug_mode(section in section(), ip in address()) {
        if locate(section, ip, LIMIT) != Position::Inside {
            prop_assert_ne!(locate_strictly(section, ip, LIMIT), Position::Inside);
        }
    }

    #[test]
    fn debug_mode_clears_no_acceptable_section_that_is_aborted_without_it(
        section in section(),
        ip in address(),
    ) {
        let acceptable = section.start.checked_add(section.length).is_some_and(|end| end < LIMIT);
        if acceptable && locate(section, ip, LIMIT) == Position::Inside {
            prop_assert_ne!(locate_strictly(section, ip, LIMIT), Position::Outside);
        }
    }

    #[test]
    fn nobody_is_sent_outside_of_user_space(
        section in section(),
        ip in address(),
        limit in address(),
    ) {
        for position in [locate(section, ip, limit), locate_strictly(section, ip, limit)] {
            if position == Position::Inside {
                prop_assert!(section.abort < limit && section.abort >= SIGNATURE_SIZE);
            }
        }
    }

    #[test]
    fn in_debug_mode_nobody_is_aborted_twice(section in section(), ip in address()) {
        if locate_strictly(section, ip, LIMIT) == Position::Inside {
            let again = section.abort;
            prop_assert_eq!(locate(section, again, LIMIT), Position::Outside);
            prop_assert_eq!(locate_strictly(section, again, LIMIT), Position::Outside);
        }
    }

    #[test]
    fn moving_all_of_a_section_changes_nothing(section in section(), ip in address(), by: u64) {
        let inside = |start: u64, ip: u64| {
            locate(Section { start, ..section }, ip, u64::MAX) != Position::Outside
        };
        let moved = inside(section.start.wrapping_add(by), ip.wrapping_add(by));
        prop_assert_eq!(moved, inside(section.start, ip));
    }
}
