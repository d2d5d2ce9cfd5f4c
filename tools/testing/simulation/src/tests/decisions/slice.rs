// SPDX-License-Identifier: GPL-2.0

//! Time slice extensions.

use crate::abi::*;
use crate::logic::registration::Version;
use crate::logic::slice::{
    grant::{
        answer,
        delays,
        has_control_word,
        standing,
        Standing, //
    },
    prctl::{
        decide,
        flip,
        Action,
        Refusal,
        Thread, //
    },
    syscall_entry::{
        consistent,
        end,
        End, //
    },
    timer::{
        concerns,
        expired, //
    },
    tunable::{
        acceptable,
        MAX_NSEC,
        MIN_NSEC, //
    }, //
};
use proptest::prelude::*;

#[test]
fn a_thread_is_asked_only_if_nothing_else_is_to_be_done() {
    assert_eq!(standing(false, false), Standing::Consult);
    assert_eq!(standing(false, true), Standing::Deny);
    assert_eq!(standing(true, false), Standing::Deny);
    assert_eq!(standing(true, true), Standing::Deny);
}

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
                assert_eq!(answer(ctrl), (request != 0).then_some(expected));
            }
        }
    }
}

#[test]
fn a_grant_delays_only_the_reschedule_it_was_asked_for() {
    assert!(delays(false));
    assert!(!delays(true));
}

#[test]
fn only_a_v2_area_of_a_kernel_with_slices_has_a_control_word() {
    assert!(has_control_word(true, true));
    assert!(!has_control_word(true, false));
    assert!(!has_control_word(false, true));
    assert!(!has_control_word(false, false));
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
fn every_way_a_syscall_ends_a_grant() {
    assert_eq!(end(false, true), End::Yielded);
    assert_eq!(end(false, false), End::Aborted);
    assert_eq!(end(true, true), End::Revoked);
    assert_eq!(end(true, false), End::Revoked);
}

#[test]
fn a_timer_concerns_only_the_granted_thread_that_armed_it() {
    assert!(concerns(true, true));
    assert!(!concerns(true, false));
    assert!(!concerns(false, true));
    assert!(!concerns(false, false));
}

#[test]
fn a_grant_lasts_through_its_last_nanosecond() {
    for expires in [0, 1, 5_000, u64::MAX - 1] {
        assert!(!expired(expires, expires));
        assert!(expired(expires, expires + 1));
    }
    assert!(!expired(u64::MAX, u64::MAX));
}

#[test]
fn the_bounds_of_a_slice() {
    assert_eq!((MIN_NSEC, MAX_NSEC), (5_000, 50_000));
    for nsec in 0..=60_000 {
        assert_eq!(acceptable(nsec), (5_000..=50_000).contains(&nsec));
    }
    assert!(!acceptable(u32::MAX));
}

/// The documented list of checks of prctl; the first that applies decides.
fn expected(arg2: usize, arg3: usize, thread: Thread) -> Result<Action, Refusal> {
    let get = arg2 == 1;
    let legacy = thread.version == Some(Version::Legacy);
    let checks = [
        (!get && arg2 != 2, Refusal::Invalid),
        (get && arg3 != 0, Refusal::Invalid),
        (arg3 > 1, Refusal::Invalid),
        (!get && !thread.available, Refusal::Unsupported),
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

fn threads() -> impl Iterator<Item = Thread> {
    let versions = [None, Some(Version::Legacy), Some(Version::V2)];
    versions.into_iter().flat_map(|version| {
        (0..4).map(move |bits| Thread {
            available: bits & 1 != 0,
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
