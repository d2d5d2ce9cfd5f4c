// SPDX-License-Identifier: GPL-2.0

//! `rseq(2)` and `prctl(2)`, as a thread sees them.

use crate::{
    abi::*,
    tests::{
        stage::{
            Stage,
            SIG, //
        },
        thread::Thread, //
    },
    world::{
        memory::{
            Presence,
            TASK_SIZE, //
        },
        setup::Setup,
        signals::HANDLER,
        syscalls::{
            Call,
            DISABLE,
            ENABLE, //
        },
        user_space,
        with, //
    }, //
};
use core::mem::offset_of;

const GET: Call = Call::Prctl(PRCTL_GET, 0);

#[test]
fn a_thread_registers_once_and_unregisters() {
    for len in [LEGACY_SIZE, FEATURE_SIZE] {
        let stage = Stage::preemptible();
        let thread = stage.newcomer(2);

        assert_eq!(thread.register(len, 0), 0);
        assert_eq!(thread.fields().cpu_id, 2);
        assert_eq!(thread.register(len, 0), -16);
        assert_eq!(thread.syscall(Call::Rseq(thread.area, len, 1, SIG + 1)), -1);
        assert_eq!(thread.register(len, REGISTER_UNREGISTER), 0);
        assert_eq!(thread.register(len, REGISTER_UNREGISTER), -22);
        assert_eq!(thread.task().rseq.version, None);
    }
}

/// The words of an area, and one more.
fn area(thread: Thread) -> [u32; 9] {
    core::array::from_fn(|index| {
        let at = thread.area + 4 * index as u64;
        let [a, b, c, d, ..] = with(|world| world.memory_of(Some(0)).read(at));
        u32::from_ne_bytes([a, b, c, d])
    })
}

#[test]
fn an_area_is_initialized_and_left_as_one_that_nobody_cares_for() {
    const OLD: u32 = u32::from_ne_bytes([0xa5; 4]);
    // Where slices are not offered nobody clears the word on the way to user space.
    for (slices_offered, len, flags, ctrl) in [
        (true, LEGACY_SIZE, 0, OLD),
        (true, FEATURE_SIZE, 16, 0),
        (false, FEATURE_SIZE, 0, 0),
    ] {
        let stage = Stage::new(Setup {
            slices_offered,
            ..Setup::default()
        });
        let thread = stage.newcomer(3);

        with(|world| world.memory_of(Some(0)).write(thread.area, &[0xa5; 36]));
        assert_eq!(thread.register(len, 0), 0);
        let mm_cid = thread.ids().mm_cid;
        assert_eq!(area(thread), [3, 3, 0, 0, flags, 1, mm_cid, ctrl, OLD]);
        assert_eq!(thread.register(len, REGISTER_UNREGISTER), 0);
        let none = CPU_ID_UNINITIALIZED;
        assert_eq!(area(thread), [0, none, 0, 0, flags, 0, 0, ctrl, OLD]);
    }
}

#[test]
fn an_area_that_is_no_memory_is_turned_down() {
    for presence in [Presence::Gone, Presence::ReadOnly] {
        let stage = Stage::preemptible();
        let thread = stage.newcomer(0);

        thread.set_area_presence(presence);
        assert_eq!(thread.register(FEATURE_SIZE, 0), -14);
        assert_eq!(thread.task().rseq.version, None);
    }
    let stage = Stage::preemptible();
    let thread = stage.newcomer(0);
    assert_eq!(
        thread.syscall(Call::Rseq(TASK_SIZE, FEATURE_SIZE, 0, SIG)),
        -14
    );
}

#[test]
fn unregistering_without_memory_is_fatal_if_nobody_survives_it() {
    for survives in [false, true] {
        let stage = Stage::preemptible();
        let thread = stage.thread(0);

        with(|world| world.task(thread.id).survives_segv = survives);
        thread.set_area_presence(Presence::ReadOnly);
        let result = thread.register(FEATURE_SIZE, REGISTER_UNREGISTER);
        assert_eq!(thread.is_dead(), !survives);
        assert_eq!(result, -14);
        if survives {
            assert_eq!(thread.ip(), HANDLER);
        }
    }
}

#[test]
fn slices_are_enabled_and_disabled_in_the_kernel_and_in_the_area() {
    let stage = Stage::preemptible();
    let thread = stage.newcomer(0);
    let flags = || user_space::word(thread.id, offset_of!(Area, flags));

    assert_eq!(thread.syscall(ENABLE), -6);
    assert_eq!(thread.register(FEATURE_SIZE, 0), 0);
    assert_eq!((thread.syscall(GET), flags()), (0, 16));
    assert_eq!(thread.syscall(ENABLE), 0);
    assert_eq!((thread.syscall(GET), flags()), (1, 48));
    assert_eq!(thread.syscall(ENABLE), 0);
    assert_eq!(thread.syscall(DISABLE), 0);
    assert_eq!((thread.syscall(GET), flags()), (0, 16));
}

#[test]
fn prctl_kills_who_wrote_to_its_flags() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);

    thread.forge(offset_of!(Area, flags), &16u32.to_ne_bytes());
    assert_eq!(thread.syscall(DISABLE), -14);
    assert!(thread.is_dead());
}

#[test]
fn a_kernel_without_slices_turns_them_down() {
    let stage = Stage::new(Setup {
        slices_offered: false,
        ..Setup::default()
    });
    let thread = stage.thread(0);

    assert_eq!(user_space::word(thread.id, offset_of!(Area, flags)), 0);
    assert_eq!(thread.syscall(ENABLE), -524);
    assert_eq!(thread.syscall(GET), 0);
}
