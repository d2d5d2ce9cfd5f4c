// SPDX-License-Identifier: GPL-2.0

//! When the ID fields are written, and who else may write to them.

use crate::{
    abi::*,
    machine::{
        counters::Counter,
        tracepoints::Traced, //
    },
    tests::{
        stage::Stage,
        thread::Thread, //
    },
    world::{
        cpu::CpuId,
        interrupts::Irq,
        memory::Presence,
        point::{
            Event,
            Op,
            Urgency, //
        },
        script::Script,
        setup::Setup,
        signals::SIGUSR1,
        syscalls::Call, //
    }, //
};
use core::mem::offset_of;

fn registered(stage: &Stage, version: u32) -> Thread {
    match version {
        1 => stage.legacy_thread(0),
        _ => stage.thread(0),
    }
}

fn moved(stage: &Stage, thread: Thread, to: usize) {
    let script = Script::default().at(Op::Schedule, Event::Migrate(CpuId(to)));
    stage.during(script, || thread.interrupt(Irq::Wakeup(Urgency::Now)));
}

#[test]
fn only_legacy_programs_may_write_to_the_fields_and_not_in_debug_mode() {
    let fields = [
        offset_of!(Area, cpu_id_start),
        offset_of!(Area, cpu_id),
        offset_of!(Area, node_id),
        offset_of!(Area, mm_cid),
    ];
    for (version, debugging, read_only) in [
        (1, false, false),
        (1, true, true),
        (2, false, true),
        (2, true, true),
    ] {
        for field in fields {
            let stage = Stage::new(Setup {
                debugging,
                ..Setup::default()
            });
            let thread = registered(&stage, version);

            thread.forge(field, &77u32.to_ne_bytes());
            moved(&stage, thread, 1);
            assert_eq!(
                thread.is_dead(),
                read_only,
                "V{version} {debugging} {field}"
            );
        }
    }
}

#[test]
fn a_signal_renews_the_fields_in_legacy_mode() {
    for (version, renewed) in [(1, true), (2, false)] {
        let stage = Stage::preemptible();
        let thread = registered(&stage, version);

        thread.forge(offset_of!(Area, cpu_id_start), &77u32.to_ne_bytes());
        let script = Script::default().at(Op::ExitWork, Event::Signal(SIGUSR1));
        stage.during(script, || thread.interrupt(Irq::TaskWork));
        assert_eq!(thread.fields().cpu_id_start == 0, renewed);
        assert_eq!(stage.count(Counter::Signal), 1);
    }
}

#[test]
fn a_thread_sees_where_it_runs() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);

    // The registration was the first.
    for (updates, cpu) in [3, 1, 2, 0].into_iter().enumerate() {
        assert_eq!(stage.traced(), vec![Traced::Update; updates + 1]);
        moved(&stage, thread, cpu);
        assert_eq!(thread.ids().cpu, cpu as u32);
        let fields = thread.fields();
        assert_eq!(
            (fields.cpu_id, fields.node_id),
            (cpu as u32, cpu as u32 / 2)
        );
    }
}

#[test]
fn v2_writes_only_what_has_changed() {
    for (version, updates) in [(1, 1), (2, 0)] {
        let stage = Stage::preemptible();
        let thread = registered(&stage, version);
        let before = stage.count(Counter::Ids);

        let script = Script::default().at(Op::Schedule, Event::Idle(1_000));
        stage.during(script, || thread.interrupt(Irq::Wakeup(Urgency::Now)));
        assert_eq!(stage.count(Counter::Ids) - before, updates);
    }
}

#[test]
fn a_missing_page_is_brought_in_by_the_slow_path() {
    let stage = Stage::preemptible();
    let thread = stage.newcomer(0);

    // With slices the kernel would look for a request first.
    assert_eq!(thread.register(FEATURE_SIZE, 0), 0);
    thread.set_area_presence(Presence::Missing);
    let script = Script::default()
        .at(Op::Schedule, Event::Migrate(CpuId(1)))
        .at(Op::Fault, Event::Sleep);
    stage.during(script, || thread.interrupt(Irq::Wakeup(Urgency::Now)));
    assert_eq!(thread.fields().cpu_id, 1);
    assert_eq!(stage.count(Counter::Slowpath), 1);
}

#[test]
fn an_area_that_is_gone_is_fatal() {
    for presence in [Presence::Gone, Presence::ReadOnly] {
        let stage = Stage::preemptible();
        let thread = stage.thread(0);

        thread.set_area_presence(presence);
        moved(&stage, thread, 1);
        assert!(thread.is_dead(), "{presence:?}");
    }
}

#[test]
fn a_hypervisor_does_not_update_the_area() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);

    thread.syscall(Call::EnterGuest);
    assert_eq!(stage.count(Counter::Slowpath), 0);
}
