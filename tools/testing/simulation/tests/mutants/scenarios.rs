// SPDX-License-Identifier: GPL-2.0

//! What is done to find a mutant.

use crate::{
    abi::*,
    tests::{
        stage::{
            Stage,
            ELSEWHERE,
            SECTION, //
        },
        thread::Thread, //
    },
    world::{
        cpu::CpuId,
        interrupts::Irq,
        memory::{
            Presence,
            TASK_SIZE, //
        },
        point::{
            Event,
            Op,
            Urgency, //
        },
        script::Script,
        setup::Setup,
        signals::{
            self,
            SIGKILL, //
        },
        syscalls::Call,
        with, //
    }, //
};

/// What is done.
pub(crate) type Scenario = fn();

/// Each mutant, what is said when it is found, and the scenario.
pub(crate) const FOUND: &[(&str, &str, Scenario)] = &[
    (
        "later_reschedule_is_dropped",
        "RescheduleIsNotLost",
        later_reschedule,
    ),
    (
        "realtime_reschedule_is_dropped",
        "RealtimeDoesNotWait",
        realtime_reschedule,
    ),
    ("suppressed_yield_is_reported", "left: 1", suppressed_yield),
    (
        "noted_yield_is_not_watched",
        "SyscallsAreWatched",
        suppressed_yield,
    ),
    ("ended_grant_is_watched", "SyscallsAreWatched", aborted),
    (
        "descriptor_is_loaded_at_once",
        "killed",
        descriptor_at_the_end_of_memory,
    ),
    (
        "membarrier_requests_nothing",
        "RescheduleIsNotLost",
        membarrier,
    ),
    ("exit_ends_nothing", "GrantEndsOnce", killed),
    (
        "preempted_syscall_is_not_counted",
        "GrantEndsOnce",
        preempted_syscall,
    ),
    ("debug_mode_minds_a_new_request", "killed", next_request),
    ("debug_mode_evaluates_0", "Dead", nothing_announced),
    ("call_in_a_region", "NoCallInRegion", grant),
    (
        "expired_grant_goes_out",
        "RescheduleBeforeUserSpace",
        expired_on_the_way,
    ),
    ("revoked_grant_stays", "GrantEndsOnce", revocation),
    (
        "update_keeps_the_grant",
        "GrantAgrees",
        preempted_with_a_grant,
    ),
    ("published_ids_are_not_remembered", "killed", migrations),
    (
        "ids_are_read_before_the_mark",
        "IdsAreRight",
        slow_path_preempted,
    ),
    ("registration_marks_nothing", "IdsAreRight", registration),
    (
        "handler_may_be_anywhere",
        "NoKernelAddress",
        handler_in_the_kernel,
    ),
    ("interrupts_stay_on", "ContextHolds", grant),
    ("preemption_stays_off", "ContextHolds", yielded),
    ("mirror_is_forgotten", "FlagAndMirrorAgree", yielded),
    ("fast_path_takes_faults", "NoFaultHere", missing_page),
    ("region_stays_open", "NoCallInRegion", registration),
    ("region_is_not_opened", "NoAccessOutside", registration),
    ("marks_are_ignored", "MarksAreTaken", registration),
    ("timer_is_not_armed", "GrantIsBounded", grant),
    (
        "timer_is_not_programmed",
        "TimerIsProgrammed",
        timer_and_reschedule,
    ),
    (
        "fault_of_the_fast_path_is_ignored",
        "IdsAreRight",
        missing_page,
    ),
    ("scheduler_marks_nobody", "IdsAreRight", migrations),
];

const WAKEUP: Irq = Irq::Wakeup(Urgency::Now);

fn survives(thread: Thread) {
    assert!(!thread.is_dead(), "{:?} was killed", thread.id);
}

fn debug_mode() -> Stage {
    Stage::new(Setup {
        debugging: true,
        ..Setup::default()
    })
}

fn granted(stage: &Stage) -> Thread {
    let thread = stage.thread(0);
    thread.request();
    thread.interrupt(WAKEUP);
    thread
}

fn scheduled(stage: &Stage, thread: Thread, way: Event) {
    let script = Script::default().at(Op::Schedule, way);
    stage.during(script, || thread.interrupt(WAKEUP));
}

fn grant() {
    let stage = Stage::preemptible();
    let thread = granted(&stage);
    assert!(thread.sees_grant());
}

fn yielded() {
    let stage = Stage::preemptible();
    let thread = granted(&stage);
    assert_eq!(thread.syscall(Call::SliceYield), 1);
}

fn later_reschedule() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);
    thread.request();
    let script = Script::default()
        .at(Op::Store, Event::Wakeup(Urgency::Now))
        .at(Op::Schedule, Event::Idle(1_000))
        .at(Op::InterruptsOff, Event::RemoteReschedule(Urgency::Now));
    stage.during(script, || thread.interrupt(WAKEUP));
}

fn realtime_reschedule() {
    let stage = Stage::new(Setup {
        realtime: true,
        ..Setup::default()
    });
    let thread = stage.thread(0);
    thread.request();
    let script = Script::default().at(Op::Flag, Event::RemoteReschedule(Urgency::Now));
    stage.during(script, || thread.interrupt(Irq::Wakeup(Urgency::Lazily)));
}

fn suppressed_yield() {
    let stage = Stage::preemptible();
    let thread = granted(&stage);
    thread.syscall(Call::SkippedSliceYield);
    assert_eq!(thread.syscall(Call::SliceYield), 0);
}

fn aborted() {
    let stage = Stage::preemptible();
    granted(&stage).syscall(Call::GetPid);
}

/// The thread is in front of a section, and only that much of its descriptor is there.
fn descriptor_at_the_end_of_memory() {
    let stage = debug_mode();
    let thread = stage.thread(0);
    let section = Section {
        start: ELSEWHERE + 4,
        ..SECTION
    };
    thread.announce_up_to_length(section, ELSEWHERE);
    thread.syscall(Call::GetPid);
    survives(thread);
}

fn membarrier() {
    let stage = Stage::preemptible();
    granted(&stage).interrupt(Irq::Membarrier);
}

fn killed() {
    let stage = Stage::preemptible();
    let thread = granted(&stage);
    with(|world| signals::force(world.task(thread.id), SIGKILL));
    thread.interrupt(Irq::Device);
}

fn preempted_syscall() {
    let stage = Stage::preemptible();
    let thread = granted(&stage);
    let script = Script::default()
        .at(Op::SyscallEntry, Event::Wakeup(Urgency::Now))
        .at(Op::Schedule, Event::NewCid);
    stage.during(script, || thread.syscall(Call::SliceYield));
}

fn next_request() {
    let stage = debug_mode();
    let thread = granted(&stage);
    thread.interrupt(WAKEUP);
    thread.request();
    thread.syscall(Call::GetPid);
    survives(thread);
}

fn nothing_announced() {
    let stage = debug_mode();
    let thread = stage.thread(0);
    scheduled(&stage, thread, Event::Idle(1_000));
    survives(thread);
}

fn expired_on_the_way() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);
    thread.request();
    let script = Script::default().at(Op::InterruptsOn, Event::Delay);
    stage.during(script, || thread.interrupt(WAKEUP));
}

fn revocation() {
    let stage = Stage::preemptible();
    granted(&stage).interrupt(WAKEUP);
}

fn preempted_with_a_grant() {
    let stage = Stage::preemptible();
    let thread = granted(&stage);
    let script = Script::default()
        .at(Op::ExitWork, Event::Wakeup(Urgency::Now))
        .at(Op::Schedule, Event::Idle(1_000));
    stage.during(script, || thread.interrupt(Irq::TaskWork));
}

fn migrations() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);
    for cpu in [1, 2] {
        scheduled(&stage, thread, Event::Migrate(CpuId(cpu)));
        survives(thread);
    }
}

fn slow_path_preempted() {
    let stage = Stage::preemptible();
    let thread = stage.newcomer(0);
    thread.register(FEATURE_SIZE, 0);
    thread.set_area_presence(Presence::Missing);
    let script = Script::default()
        .at(Op::Schedule, Event::Migrate(CpuId(1)))
        .at(Op::InterruptsOff, Event::Wakeup(Urgency::Now))
        .at(Op::Schedule, Event::Migrate(CpuId(2)));
    stage.during(script, || thread.interrupt(WAKEUP));
}

fn registration() {
    let stage = Stage::preemptible();
    stage.thread(2);
}

fn handler_in_the_kernel() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);
    let section = Section {
        abort: TASK_SIZE + 0x1_0000,
        ..SECTION
    };
    thread.announce(section, section.start);
    scheduled(&stage, thread, Event::Idle(1_000));
    assert!(thread.is_dead());
}

fn missing_page() {
    let stage = Stage::preemptible();
    let thread = stage.newcomer(0);
    thread.register(FEATURE_SIZE, 0);
    thread.set_area_presence(Presence::Missing);
    scheduled(&stage, thread, Event::Migrate(CpuId(1)));
}

/// The timer of a grant that is over expires in user space, and another timer asks for a reschedule
/// in the same interrupt, which is granted a delay.
fn timer_and_reschedule() {
    let stage = Stage::preemptible();
    let thread = granted(&stage);
    thread.interrupt(WAKEUP);
    thread.request();
    let script = Script::default().at(Op::TimerInterrupt, Event::Wakeup(Urgency::Now));
    stage.during(script, || stage.pass(60_000));
    assert!(thread.sees_grant());
}
