// SPDX-License-Identifier: GPL-2.0

//! What becomes of a registration when a task is copied, runs another program, or exits.

use crate::{
    abi::*,
    machine::counters::Counter,
    tests::{
        stage::Stage,
        thread::Thread, //
    },
    world::{
        cpu::CpuId,
        interrupts::Irq,
        point::{
            Event,
            Op,
            Urgency, //
        },
        script::Script,
        syscalls::Call,
        task_data::TaskId, //
    }, //
};

/// The child runs where its parent waits.
fn runs_instead(stage: &Stage, parent: Thread, child: TaskId) -> Thread {
    let script = Script::default().at(Op::Schedule, Event::Run(child));
    stage.during(script, || parent.interrupt(Irq::Wakeup(Urgency::Now)));
    Thread {
        id: child,
        area: parent.area,
    }
}

#[test]
fn fork_copies_a_registration() {
    let stage = Stage::preemptible();
    let parent = stage.thread(0);

    let child = TaskId(parent.syscall(Call::Fork) as usize);
    let child = runs_instead(&stage, parent, child);
    assert_eq!(child.task().rseq.version, parent.task().rseq.version);
    assert!(child.task().rseq.enabled);
    assert_eq!(child.fields().cpu_id, 0);
}

#[test]
fn a_new_thread_has_no_registration() {
    let stage = Stage::preemptible();
    let parent = stage.thread(0);

    let child = TaskId(parent.syscall(Call::CloneThread) as usize);
    let child = runs_instead(&stage, parent, child);
    assert_eq!(child.task().rseq.version, None);
}

#[test]
fn a_new_program_has_no_registration() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);

    thread.syscall(Call::Exec);
    assert_eq!(thread.task().rseq.version, None);
}

#[test]
fn a_failed_execve_updates_the_area() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);
    let before = stage.count(Counter::Ids);

    thread.syscall(Call::FailingExec);
    assert_eq!(stage.count(Counter::Ids), before + 1);
    assert_eq!(thread.cpu(), CpuId(0));
}

#[test]
fn every_way_to_exit_ends_a_grant() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);

    thread.request();
    thread.interrupt(Irq::Wakeup(Urgency::Lazily));
    thread.syscall(Call::Exit);
    assert!(thread.is_dead());
    assert_eq!(stage.slices(), [1, 0, 0, 0, 1]);
    stage.is_balanced();
}

#[test]
fn fork_copies_no_request() {
    let stage = Stage::preemptible();
    let parent = stage.thread(0);

    parent.request();
    let child = TaskId(parent.syscall(Call::Fork) as usize);
    parent.take_back();
    let child = runs_instead(&stage, parent, child);
    assert_eq!(child.ctrl(), SliceCtrl::CLEAR);
}
