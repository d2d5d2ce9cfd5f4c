// SPDX-License-Identifier: GPL-2.0

//! Races around the end of a grant.

use super::{
    granted,
    kernels,
    OTHERS,
    WAKEUP, //
};
use crate::{
    abi::SliceCtrl,
    tests::stage::Stage,
    world::{
        cpu::CpuId,
        point::{
            Event,
            Op,
            Urgency, //
        },
        script::Script,
        syscalls::Call,
        with, //
    }, //
};

/// The thread reads that it has a grant, and the timer fires before the yield enters the kernel.
#[test]
fn expiry_before_yield() {
    for stage in kernels() {
        let thread = granted(&stage, 0);
        let switches = thread.task().switches;
        assert!(thread.sees_grant());
        stage.pass(u64::from(with(|world| world.slice_nsec)));
        assert_eq!(thread.task().switches, switches + 1);
        assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
        assert_eq!(thread.syscall(Call::SliceYield), 0);
        assert_eq!(stage.slices(), [1, 1, 1, 0, 0]);
    }
}

/// The timer fires after the yield, or another call, entered the kernel and before the entry work
/// cancels it. An expiry is not an end.
#[test]
fn timer_or_cancel() {
    for (call, ended) in [
        (Call::SliceYield, [1, 1, 0, 1, 0]),
        (Call::GetPid, [1, 1, 0, 0, 1]),
    ] {
        for stage in kernels() {
            let thread = granted(&stage, 0);
            let script = Script::default().at(Op::SyscallEntry, Event::Expiry);
            let result = stage.during(script, || thread.syscall(call));
            if call == Call::SliceYield {
                assert_eq!(result, 1);
            }
            assert_eq!(stage.slices(), ended);
            assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
        }
    }
}

/// The same, and the thread has another concurrency ID when it is back.
#[test]
fn timer_or_cancel_with_an_update() {
    let stage = Stage::preemptible();
    let thread = granted(&stage, 0);
    let script = Script::default()
        .at(Op::SyscallEntry, Event::Expiry)
        .at(Op::Schedule, Event::NewCid);
    let result = stage.during(script, || thread.syscall(Call::SliceYield));
    assert_eq!(result, 0);
    assert_eq!(stage.slices(), [1, 1, 1, 0, 0]);
}

/// A system call that was preempted before its entry work has given up the CPU already, if the area
/// has to be updated for that.
#[test]
fn system_call_after_preemption() {
    for (way, calls, ended) in [
        (Event::NewCid, 1, [1, 0, 1, 0, 0]),
        (Event::Migrate(CpuId(1)), 1, [1, 0, 1, 0, 0]),
        (OTHERS, 2, [1, 0, 0, 1, 0]),
    ] {
        let stage = Stage::preemptible();
        let thread = granted(&stage, 0);
        let switches = thread.task().switches;
        let script = Script::default()
            .at(Op::SyscallEntry, Event::Wakeup(Urgency::Now))
            .at(Op::Schedule, way);
        let result = stage.during(script, || thread.syscall(Call::SliceYield));

        assert_eq!(thread.task().switches, switches + calls);
        assert_eq!(result, ended[3] as isize);
        assert_eq!(stage.slices(), ended);
        assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
        assert_eq!(thread.fields().cpu_id, thread.ids().cpu);
    }
}

/// Others run before the call is carried out, and before the thread finds its word clear.
#[test]
fn others_run_first() {
    for stage in kernels() {
        let thread = granted(&stage, 0);
        let script = Script::default()
            .at(Op::Schedule, OTHERS)
            .at(Op::Store, Event::Nothing);
        stage.during(script, || thread.syscall(Call::SliceYield));
        assert_eq!(thread.ctrl(), SliceCtrl::CLEAR);
    }
}

/// A filter or a tracer suppresses the yield after the entry work has noted it. No later one
/// reports it.
#[test]
fn suppressed_yield() {
    for stage in kernels() {
        let thread = granted(&stage, 0);
        assert_eq!(thread.syscall(Call::SkippedSliceYield), -1);
        assert_eq!(stage.slices(), [1, 0, 0, 1, 0]);
        assert_eq!(thread.syscall(Call::SliceYield), 0);
        assert_eq!(stage.slices(), [1, 0, 0, 1, 0]);
        stage.is_balanced();
    }
}

/// The same, and another call comes in between, or another grant.
#[test]
fn suppressed_yield_before_another_grant() {
    for between in [None, Some(Call::GetPid), Some(Call::SkippedSliceYield)] {
        for stage in kernels() {
            let thread = granted(&stage, 0);
            thread.syscall(Call::SkippedSliceYield);
            if let Some(call) = between {
                thread.syscall(call);
            }
            thread.request();
            thread.interrupt(WAKEUP);
            assert!(thread.sees_grant());
            assert_eq!(thread.syscall(Call::SliceYield), 1);
            assert_eq!(thread.syscall(Call::SliceYield), 0);
            assert_eq!(stage.slices(), [2, 0, 0, 2, 0]);
        }
    }
}
