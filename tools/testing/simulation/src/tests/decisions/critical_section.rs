// SPDX-License-Identifier: GPL-2.0

//! Critical sections.

use crate::logic::critical_section::*;
use proptest::prelude::*;

/// Where user space ends on x86_64 with four levels of page tables.
const LIMIT: u64 = 0x7fff_ffff_f000;

/// All addresses there are.
const SPACE: u128 = 1 << u64::BITS;

fn signed(address: u64) -> i128 {
    address.into()
}

/// A section covers `length` bytes from `start` on, around the end of the address space if need be.
fn expected(section: Section, ip: u64, limit: u64) -> Position {
    let from_start = (u128::from(ip) + SPACE - u128::from(section.start)) % SPACE;
    let inside = from_start < section.length.into();

    match (inside, (4..limit).contains(&section.abort)) {
        (false, _) => Position::Outside,
        (true, true) => Position::Inside,
        (true, false) => Position::Invalid,
    }
}

/// What debug mode checks, without wraparound; the first that applies decides.
fn expected_strictly(section: Section, ip: u64, limit: u64) -> Position {
    use Position::{
        Invalid,
        Outside, //
    };
    let [start, length, abort] = [section.start, section.length, section.abort].map(signed);
    let (ip, limit, end) = (signed(ip), signed(limit), start + length);
    let checks = [
        (start >= limit, Invalid),
        (ip < start, Outside),
        (end >= limit, Invalid),
        (ip >= end, Outside),
        (abort < 4 || abort >= limit, Invalid),
        (start <= abort && abort < end, Invalid),
    ];
    match checks.iter().find(|(applies, _)| *applies) {
        Some((_, position)) => *position,
        None => Position::Inside,
    }
}

fn check(section: Section, ip: u64, limit: u64) {
    assert_eq!(
        locate(section, ip, limit),
        expected(section, ip, limit),
        "{section:x?} ip {ip:x} limit {limit:x}"
    );
    assert_eq!(
        locate_strictly(section, ip, limit),
        expected_strictly(section, ip, limit),
        "{section:x?} ip {ip:x} limit {limit:x}"
    );
}

/// Every section and every instruction pointer that can be made of `values`.
fn every(values: &[u64], then: impl Fn(Section, u64)) {
    for &start in values {
        for &length in values {
            for &abort in values {
                for &ip in values {
                    let section = Section {
                        start,
                        length,
                        abort,
                    };
                    then(section, ip);
                }
            }
        }
    }
}

#[test]
fn every_section_of_a_tiny_user_space() {
    let values: Vec<u64> = (0..16).collect();

    for limit in [0, 3, 4, 5, 12] {
        every(&values, |section, ip| check(section, ip, limit));
    }
}

#[test]
fn every_edge_of_the_address_space() {
    let edges = [0, LIMIT, 1 << 63, 0u64.wrapping_sub(LIMIT)];
    let values: Vec<u64> = edges
        .iter()
        .flat_map(|edge| [-5, -4, -1, 0, 1, 4].map(|by| edge.wrapping_add_signed(by)))
        .collect();

    every(&values, |section, ip| check(section, ip, LIMIT));
}

/// A section that nothing is wrong with.
const GOOD: Section = Section {
    start: 0x1000,
    length: 0x40,
    abort: 0x2000,
};

#[test]
fn the_edges_of_a_section() {
    use Position::{
        Inside,
        Outside, //
    };
    let table = [
        (0, Outside),
        (0xfff, Outside),
        (0x1000, Inside),
        (0x103f, Inside),
        (0x1040, Outside),
        (0x2000, Outside),
        (u64::MAX, Outside),
    ];
    for (ip, position) in table {
        assert_eq!(locate(GOOD, ip, LIMIT), position, "{ip:x}");
        assert_eq!(locate_strictly(GOOD, ip, LIMIT), position, "{ip:x}");
    }
}

#[test]
fn the_edges_of_an_abort_handler() {
    use Position::{
        Inside,
        Invalid, //
    };
    let table = [
        (0, Invalid),
        (3, Invalid),
        (4, Inside),
        (LIMIT - 1, Inside),
        (LIMIT, Invalid),
        (u64::MAX, Invalid),
    ];
    for (abort, position) in table {
        let section = Section { abort, ..GOOD };
        assert_eq!(locate(section, GOOD.start, LIMIT), position, "{abort:x}");
        assert_eq!(
            locate_strictly(section, GOOD.start, LIMIT),
            position,
            "{abort:x}"
        );
    }
}

#[test]
fn only_debug_mode_minds_where_a_section_lies() {
    use Position::{
        Inside,
        Invalid, //
    };
    let table = [
        // The last byte of user space is not for sections.
        (LIMIT - 0x40, 0x40, Inside, Invalid),
        (LIMIT - 0x41, 0x40, Inside, Inside),
        (LIMIT, 0x40, Inside, Invalid),
        // Around the end of the address space.
        (u64::MAX, 2, Inside, Invalid),
        (GOOD.start, u64::MAX, Inside, Invalid),
        // With the abort handler inside.
        (GOOD.abort, 1, Inside, Invalid),
        (GOOD.abort - 1, 2, Inside, Invalid),
        (GOOD.abort - 1, 1, Inside, Inside),
        (GOOD.abort + 1, 1, Inside, Inside),
    ];
    for (start, length, lax, strict) in table {
        let section = Section {
            start,
            length,
            ..GOOD
        };
        assert_eq!(locate(section, start, LIMIT), lax, "{section:x?}");
        assert_eq!(
            locate_strictly(section, start, LIMIT),
            strict,
            "{section:x?}"
        );
    }
}

#[test]
fn the_signature_has_four_bytes() {
    assert_eq!(SIGNATURE_SIZE, 4);
}

#[test]
fn an_announcement_concerns_interrupted_threads_and_debug_mode() {
    assert!(!concerned(false, false));
    assert!(concerned(true, false));
    assert!(concerned(false, true));
    assert!(concerned(true, true));
}

#[test]
fn debug_mode_aborts_only_plain_sections_of_interrupted_threads() {
    assert!(abortable(0, 0, true));
    assert!(!abortable(0, 0, false));
    for bit in (0..u32::BITS).map(|shift| 1 << shift) {
        assert!(!abortable(bit, 0, true));
        assert!(!abortable(0, bit, true));
        // Not even if the two cancel each other out.
        assert!(!abortable(bit, bit, true));
        assert!(!abortable(bit, bit.wrapping_neg(), true));
    }
}

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
