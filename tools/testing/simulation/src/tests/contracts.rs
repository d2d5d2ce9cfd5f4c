// SPDX-License-Identifier: GPL-2.0

//! Misuse of the machine is reported. Its types rule out most of it; mutants of the machine show
//! the rest.

use super::stage::Stage;
use crate::{
    abi::Area,
    machine::{
        context::{
            InterruptsOff,
            StaysHere,
            TaskContext, //
        },
        counters::{
            count,
            Counter, //
        },
        task::Current,
        timer::SliceTimer,
        user_memory::{
            field,
            open,
            Fault, //
        }, //
    },
    world::{
        cpu::CpuId,
        flags::{
            self,
            Requester, //
        },
        frame,
        interrupts::Irq,
        point::Urgency,
        scheduler,
        with, //
    }, //
};

fn task_context() -> TaskContext {
    // SAFETY: The machine checks what this demands.
    unsafe { TaskContext::new() }
}

fn interrupts_off() -> InterruptsOff {
    // SAFETY: The machine checks what this demands.
    unsafe { InterruptsOff::new() }
}

#[test]
#[should_panic(expected = "ContextHolds")]
fn task_context_with_interrupts_off() {
    let stage = Stage::preemptible();
    stage.in_kernel(stage.thread(0), || drop(task_context()));
}

#[test]
#[should_panic(expected = "ContextHolds")]
fn two_task_contexts() {
    let stage = Stage::preemptible();
    stage.in_kernel(stage.thread(0), || {
        with(|world| world.frame().interrupts_on = true);
        let _contexts = (task_context(), task_context());
    });
}

#[test]
#[should_panic(expected = "ContextInItsEntry")]
fn a_context_that_outlives_its_entry() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);
    let context = stage.in_kernel(thread, interrupts_off);
    stage.in_kernel(thread, || context.check());
}

#[test]
#[should_panic(expected = "ContextInItsEntry")]
fn a_context_that_is_used_in_an_interrupt() {
    let stage = Stage::preemptible();
    stage.in_kernel(stage.thread(0), || {
        let context = interrupts_off();
        frame::in_interrupt(|| context.check());
    });
}

#[test]
#[should_panic(expected = "CurrentOnly")]
fn another_task() {
    let stage = Stage::preemptible();
    let task = stage.in_kernel(stage.thread(0), Current::get);
    stage.in_kernel(stage.thread(1), || task.is_v2());
}

#[test]
#[should_panic(expected = "NoCallInRegion")]
fn nested_regions() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);
    let nest = |context: &mut InterruptsOff| -> Result<(), Fault> {
        let task = Current::get();
        context.with_resident_memory(|memory| {
            open!(memory, task.area(), |area| {
                area.load(field!(Area, flags))?;
                with(|world| world.frame().faults_off = false);
                interrupts_off().with_resident_memory(|memory| {
                    open!(memory, task.area(), |area| area
                        .load(field!(Area, flags))?);
                    Ok(())
                })?;
            });
            Ok(())
        })
    };
    let _ = stage.in_kernel(thread, || nest(&mut interrupts_off()));
}

#[test]
#[should_panic(expected = "NoCallInRegion")]
fn counting_in_a_region() {
    let stage = Stage::preemptible();
    let count_inside = || -> Result<(), Fault> {
        let task = Current::get();
        interrupts_off().with_resident_memory(|memory| {
            open!(memory, task.area(), |_area| count(Counter::Ids));
            Ok(())
        })
    };
    let _ = stage.in_kernel(stage.thread(0), count_inside);
}

#[test]
#[should_panic(expected = "NoScheduleHere")]
fn scheduling_with_interrupts_off() {
    let stage = Stage::preemptible();
    stage.in_kernel(stage.thread(0), || scheduler::schedule(None));
}

#[test]
#[should_panic(expected = "NoScheduleHere")]
fn scheduling_with_preemption_off() {
    let stage = Stage::preemptible();
    stage.in_kernel(stage.thread(0), || {
        with(|world| world.frame().interrupts_on = true);
        task_context().with_preemption_off(|_| scheduler::schedule(None));
    });
}

#[test]
#[should_panic(expected = "NoScheduleHere")]
fn scheduling_in_a_region() {
    let stage = Stage::preemptible();
    let schedule_inside = || -> Result<(), Fault> {
        let task = Current::get();
        with(|world| world.frame().interrupts_on = true);
        let mut context = task_context();
        open!(context.memory(), task.area(), |_area| scheduler::schedule(
            None
        ));
        Ok(())
    };
    let _ = stage.in_kernel(stage.thread(0), schedule_inside);
}

#[test]
#[should_panic(expected = "TimerOfThisCpu")]
fn the_timer_of_another_cpu() {
    let stage = Stage::preemptible();
    let timer = stage.in_kernel(stage.thread(0), SliceTimer::expired);
    stage.in_kernel(stage.thread(1), || timer.is_armed_for(Current::get()));
}

#[test]
#[should_panic(expected = "TimerOfThisCpu")]
fn the_timer_where_the_task_may_migrate() {
    let stage = Stage::preemptible();
    stage.in_kernel(stage.thread(0), || {
        with(|world| world.frame().interrupts_on = true);
        SliceTimer::expired().is_armed_for(Current::get())
    });
}

/// The mirror without the flag is wrong in any case, the flag without the mirror only as long as no
/// interrupt is on its way.
#[test]
fn a_reschedule_of_another_cpu_takes_its_time() {
    let stage = Stage::preemptible();
    let thread = stage.thread(0);
    flags::request(CpuId(0), Urgency::Now, Requester::AnotherCpu);
    assert!(with(|world| !world.cpu(CpuId(0)).need_resched));
    let switches = thread.task().switches;
    scheduler::settle();
    assert_eq!(thread.task().switches, switches + 1);
    thread.interrupt(Irq::Wakeup(Urgency::Now));
    assert_eq!(thread.task().switches, switches + 2);
}
