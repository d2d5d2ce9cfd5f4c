// SPDX-License-Identifier: GPL-2.0

//! `rseq(2)`.

use crate::{
    abi::{
        Registration,
        Version, //
    },
    failure::Refusal,
    registration::*, //
};
use kernel::prelude::Error;
use proptest::prelude::*;

const EINVAL: i32 = -22;
const EPERM: i32 = -1;
const EBUSY: i32 = -16;

fn errno(refusal: Refusal) -> i32 {
    Error::from(refusal).to_errno()
}

/// The documented list of checks; the first that applies decides.
fn expected(asked: Registration, flags: u32, current: Option<Registration>) -> Result<Call, i32> {
    let unregister = flags & 1 == 1;
    let registered = current.is_some();
    let other_area = current.is_some_and(|c| (c.addr, c.len) != (asked.addr, asked.len));
    let other_sig = current.is_some_and(|c| c.sig != asked.sig);
    let bad_length = asked.len < 32;
    let misaligned = if asked.len == 32 {
        asked.addr & 31 != 0
    } else {
        asked.addr & 63 != 0
    };

    let checks = [
        (unregister && flags != 1, EINVAL),
        (unregister && !registered, EINVAL),
        (!unregister && flags & !2 != 0, EINVAL),
        (other_area, EINVAL),
        (other_sig, EPERM),
        (!unregister && registered, EBUSY),
        (!unregister && bad_length, EINVAL),
        (!unregister && misaligned, EINVAL),
    ];
    match checks.iter().find(|(applies, _)| *applies) {
        Some((_, errno)) => Err(*errno),
        None if unregister => Ok(Call::Unregister),
        None if asked.len == 32 => Ok(Call::Register(Version::Legacy)),
        None => Ok(Call::Register(Version::V2)),
    }
}

fn check(asked: Registration, flags: u32, current: Option<Registration>) {
    assert_eq!(
        decide(asked, flags, current).map_err(errno),
        expected(asked, flags, current),
        "{asked:?} flags {flags:#x} current {current:?}"
    );
}

#[test]
fn every_length_alignment_and_flag() {
    for offset in 0..=128 {
        for len in (0..=130).chain([4096, u32::MAX]) {
            for flags in (0..8).chain((3..32).map(|bit| 1 << bit)) {
                let asked = Registration {
                    addr: 0x1000 + offset,
                    len,
                    sig: 7,
                };
                check(asked, flags, None);
                check(asked, flags, Some(asked));
            }
        }
    }
}

#[test]
fn every_way_to_differ_from_the_area_in_use() {
    let current = Registration {
        addr: 0x1000,
        len: 64,
        sig: 7,
    };
    for addr in [0x1000, 0x1040] {
        for len in [32, 64] {
            for sig in [7, 8] {
                for flags in 0..8 {
                    check(Registration { addr, len, sig }, flags, Some(current));
                }
            }
        }
    }
}

#[test]
fn flags_of_the_area() {
    use Version::{
        Legacy,
        V2, //
    };
    let table = [
        (Legacy, 0, false, 0),
        (Legacy, 0, true, 0),
        (Legacy, 2, false, 0),
        (Legacy, 2, true, 0),
        (V2, 0, false, 0),
        (V2, 0, true, 16),
        (V2, 2, false, 0),
        (V2, 2, true, 48),
    ];
    for (version, flags, available, area) in table {
        assert_eq!(area_flags(version, flags, available), area);
    }
    assert_eq!((Legacy as u8, V2 as u8), (1, 2));
}

fn registration() -> impl Strategy<Value = Registration> {
    (any::<usize>(), any::<u32>(), any::<u32>()).prop_map(|(addr, len, sig)| Registration {
        addr,
        len,
        sig,
    })
}

proptest! {
    #[test]
    fn any_call(
        asked in registration(),
        flags in prop_oneof![0u32..4, any::<u32>()],
        current in proptest::option::of(registration()),
    ) {
        check(asked, flags, current);
    }

    #[test]
    fn what_registers_can_unregister(
        asked in registration(),
        shift in 5u32..7,
        flags in 0u32..2,
    ) {
        let asked = Registration { addr: asked.addr >> shift << shift, ..asked };
        if let Ok(Call::Register(_)) = decide(asked, flags << 1, None) {
            prop_assert_eq!(decide(asked, 1, Some(asked)), Ok(Call::Unregister));
            let again = decide(asked, flags << 1, Some(asked));
            prop_assert_eq!(again, Err(Refusal::AlreadyRegistered));
        }
    }
}
