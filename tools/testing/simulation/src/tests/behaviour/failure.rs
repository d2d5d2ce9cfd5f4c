// SPDX-License-Identifier: GPL-2.0

//! Faults that become signals.

use crate::{
    abi::*,
    tests::stage::{
        Stage,
        SECTION, //
    },
    world::{
        interrupts::Irq,
        memory::Presence,
        point::{
            Event,
            Op,
            Urgency, //
        },
        script::Script,
        signals::{
            self,
            HANDLER,
            SIGSEGV, //
        },
        syscalls::Call,
        with, //
    }, //
};
use core::mem::offset_of;

/// The area is gone when the kernel looks at the request.
#[test]
fn a_request_that_cannot_be_read_is_fatal() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);

    thread.request();
    let script = Script::default().at(Op::Load, Event::Unmap);
    stage.during(script, || thread.interrupt(Irq::Wakeup(Urgency::Lazily)));
    assert!(thread.is_dead());
    stage.is_balanced();
}

/// The area is gone when the kernel wants to clear the word after a grant.
#[test]
fn a_word_that_cannot_be_cleared_is_fatal_and_the_grant_ends() {
    for call in [Call::SliceYield, Call::GetPid] {
        let stage = Stage::preemptible();
        let thread = stage.thread(0);

        thread.request();
        thread.interrupt(Irq::Wakeup(Urgency::Lazily));
        let script = Script::default().at(Op::Store, Event::Protect);
        stage.during(script, || thread.syscall(call));
        assert!(thread.is_dead());
        stage.is_balanced();
    }
}

/// `SIGSEGV` with a handler: the section that it interrupts is not acceptable either.
#[test]
fn a_fault_while_sigsegv_is_delivered_is_fatal() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);

    with(|world| world.task(thread.id).survives_segv = true);
    thread.announce(SECTION, SECTION.start);
    thread.set_descriptor_presence(Presence::Gone);
    let script = Script::default().at(Op::ExitWork, Event::TaskWork);
    let segfault = || {
        with(|world| signals::force(world.task(thread.id), SIGSEGV));
        thread.interrupt(Irq::TaskWork)
    };
    stage.during(script, segfault);
    assert!(thread.is_dead());
}

/// A thread that survives goes on in its handler.
#[test]
fn a_survivor_goes_on() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);

    with(|world| world.task(thread.id).survives_segv = true);
    thread.forge(offset_of!(Area, flags), &[0; 4]);
    assert_eq!(thread.syscall(Call::Prctl(PRCTL_SET, 0)), -14);
    assert_eq!(thread.ip(), HANDLER);
}
