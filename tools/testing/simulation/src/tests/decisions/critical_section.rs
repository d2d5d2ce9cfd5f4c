// SPDX-License-Identifier: GPL-2.0

//! Critical sections.

mod properties;

use crate::{
    abi::{
        HandlerPrefix,
        Section, //
    },
    critical_section::position::{
        self,
        Fields, //
    },
    machine::{
        user_address::UserSpace,
        user_memory::Fault, //
    }, //
};

/// [`position::Position`], without the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Inside,
    Outside,
    Invalid,
}

/// Takes the handler out of a position, once it was compared with the section's.
fn plain(position: position::Position, section: Section) -> Position {
    match position {
        position::Position::Inside(inside, handler) => {
            assert_eq!(inside, section);
            assert_eq!(handler.entry.get(), section.abort);
            Position::Inside
        }
        position::Position::Outside => Position::Outside,
        position::Position::Invalid => Position::Invalid,
    }
}

fn locate(section: Section, ip: u64, limit: u64) -> Position {
    let space = UserSpace::ending_at(limit);
    plain(position::locate(section, ip, space), section)
}

fn locate_strictly(section: Section, ip: u64, limit: u64) -> Position {
    let space = UserSpace::ending_at(limit);
    let strictly = position::locate_strictly(&section, ip, space).expect("nothing faults");
    plain(strictly, section)
}

impl Fields for Section {
    fn start(&self) -> Result<u64, Fault> {
        Ok(self.start)
    }

    fn length(&self) -> Result<u64, Fault> {
        Ok(self.length)
    }

    fn abort(&self) -> Result<u64, Fault> {
        Ok(self.abort)
    }
}

/// A descriptor of which only the first fields can be loaded.
struct CutOff {
    section: Section,
    fields: usize,
}

impl CutOff {
    fn field(&self, nth: usize, value: u64) -> Result<u64, Fault> {
        if nth < self.fields {
            Ok(value)
        } else {
            Err(Fault)
        }
    }
}

impl Fields for CutOff {
    fn start(&self) -> Result<u64, Fault> {
        self.field(0, self.section.start)
    }

    fn length(&self) -> Result<u64, Fault> {
        self.field(1, self.section.length)
    }

    fn abort(&self) -> Result<u64, Fault> {
        self.field(2, self.section.abort)
    }
}

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
fn debug_mode_loads_what_it_has_to_know() {
    let last = LIMIT - 1;
    let table = [
        // In front of the section, behind it, inside.
        (GOOD, GOOD.start - 1, 1),
        (GOOD, GOOD.start + GOOD.length, 2),
        (GOOD, GOOD.start, 3),
        // Not acceptable, for its start, its end and its handler.
        (
            Section {
                start: LIMIT,
                ..GOOD
            },
            0,
            1,
        ),
        (
            Section {
                length: last,
                ..GOOD
            },
            GOOD.start,
            2,
        ),
        (
            Section {
                abort: LIMIT,
                ..GOOD
            },
            GOOD.start,
            3,
        ),
    ];
    for (section, ip, needed) in table {
        for fields in 0..=3 {
            let descriptor = CutOff { section, fields };
            let space = UserSpace::ending_at(LIMIT);
            let found = position::locate_strictly(&descriptor, ip, space);
            assert_eq!(
                found.is_ok(),
                fields >= needed,
                "{section:x?} {ip:x} {fields}"
            );
            if let Ok(found) = found {
                assert_eq!(plain(found, section), locate_strictly(section, ip, LIMIT));
            }
        }
    }
}

#[test]
fn the_signature_has_four_bytes() {
    assert_eq!(size_of::<HandlerPrefix>(), 4);
}
