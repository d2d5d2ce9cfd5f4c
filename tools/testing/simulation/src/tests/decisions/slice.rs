// SPDX-License-Identifier: GPL-2.0

//! Time slice extensions.

use crate::{
    abi::*,
    failure::Refusal,
    slice::{
        end::consistent,
        grant::granting,
        prctl::{
            decide,
            flip,
            Action,
            Caller, //
        },
        tunable::{
            self,
            set_nsec, //
        }, //
    },
    tests::stage::Stage, //
};
use kernel::prelude::ERANGE;
use proptest::prelude::*;

#[test]
fn every_request_byte_with_every_grant_byte() {
    for request in 0..=u8::MAX {
        for granted in 0..=u8::MAX {
            for reserved in [0, 1, 0x1234, u16::MAX] {
                let ctrl = SliceCtrl {
                    request,
                    granted,
                    reserved,
                };
                let expected = SliceCtrl {
                    request: 0,
                    granted: 1,
                    reserved,
                };
                assert_eq!(granting(ctrl), (request != 0).then_some(expected));
            }
        }
    }
}

#[test]
fn every_control_word_that_debug_mode_accepts() {
    for request in 0..=u8::MAX {
        for granted in 0..=u8::MAX {
            for reserved in [0, 1, u16::MAX] {
                let ctrl = SliceCtrl {
                    request,
                    granted,
                    reserved,
                };
                assert_eq!(
                    consistent(ctrl, true),
                    (request, granted, reserved) == (0, 1, 0)
                );
                assert_eq!(consistent(ctrl, false), (granted, reserved) == (0, 0));
            }
        }
    }
}

#[test]
fn the_bounds_of_a_slice() {
    let stage = Stage::preemptible();
    let reader = stage.newcomer(0);
    let nsec = || stage.in_kernel(reader, tunable::nsec);

    assert_eq!((MIN_NSEC, MAX_NSEC), (5_000, 50_000));
    assert_eq!(nsec(), MIN_NSEC);
    for asked in (0..=60_000).chain([u32::MAX]) {
        let before = nsec();
        let acceptable = (5_000..=50_000).contains(&asked);
        assert_eq!(
            set_nsec(asked),
            if acceptable { Ok(()) } else { Err(ERANGE) }
        );
        assert_eq!(nsec(), if acceptable { asked } else { before });
    }
}

/// The documented list of checks of prctl; the first that applies decides.
fn expected(arg2: usize, arg3: usize, thread: Caller) -> Result<Action, Refusal> {
    let get = arg2 == 1;
    let legacy = thread.version == Some(Version::Legacy);
    let checks = [
        (!get && arg2 != 2, Refusal::Invalid),
        (get && arg3 != 0, Refusal::Invalid),
        (arg3 > 1, Refusal::Invalid),
        (!get && !thread.offered, Refusal::Unsupported),
        (!get && thread.version.is_none(), Refusal::Unregistered),
        (!get && legacy, Refusal::Unsupported),
    ];
    match checks.iter().find(|(applies, _)| *applies) {
        Some((_, refusal)) => Err(*refusal),
        None if get => Ok(Action::Report),
        None if thread.enabled == (arg3 == 1) => Ok(Action::Keep),
        None => Ok(Action::Flip),
    }
}

fn threads() -> impl Iterator<Item = Caller> {
    let versions = [None, Some(Version::Legacy), Some(Version::V2)];
    versions.into_iter().flat_map(|version| {
        (0..4).map(move |bits| Caller {
            offered: bits & 1 != 0,
            version,
            enabled: bits & 2 != 0,
        })
    })
}

#[test]
fn every_thread_with_every_prctl() {
    for thread in threads() {
        for arg2 in (0..5).chain([usize::MAX]) {
            for arg3 in (0..5).chain((2..usize::BITS).map(|bit| 1 << bit)) {
                assert_eq!(
                    decide(arg2, arg3, thread),
                    expected(arg2, arg3, thread),
                    "{arg2} {arg3} {thread:?}"
                );
            }
        }
    }
}

#[test]
fn every_state_of_the_two_flag_bits() {
    let (available, both) = (Some(16), Some(48));
    // What the area holds, and what becomes of it for a disabled and for an enabled thread.
    let table = [
        (0, None, None),
        (16, both, None),
        (32, None, None),
        (48, both, available),
    ];
    for (flags, from_disabled, from_enabled) in table {
        assert_eq!(flip(flags, false), from_disabled);
        assert_eq!(flip(flags, true), from_enabled);
    }
}

proptest! {
    #[test]
    fn other_flags_are_left_alone(flags: u32, enabled: bool) {
        if let Some(flipped) = flip(flags, enabled) {
            prop_assert_eq!(flipped & !48, flags & !48);
            prop_assert_eq!(flipped & 16, 16);
            prop_assert_eq!(flipped & 32 != 0, !enabled);
        }
    }

    #[test]
    fn what_prctl_enables_it_can_disable(flags: u32) {
        let flags = (flags | AREA_SLICE_EXT_AVAILABLE) & !AREA_SLICE_EXT_ENABLED;
        prop_assert_eq!(flip(flags, false).and_then(|on| flip(on, true)), Some(flags));
    }
}
