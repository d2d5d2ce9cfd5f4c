// SPDX-License-Identifier: GPL-2.0

//! What has to hold when a task goes to user space, and what it does there to its area.

use super::{
    check::{
        violated,
        Contract, //
    },
    flags::{
        self,
        Work, //
    },
    memory::Presence,
    task_data::TaskId,
    with, //
};
use crate::{
    abi::{
        Area,
        Ids,
        SliceCtrl, //
    },
    ids::Fields, //
};
use core::mem::offset_of;

/// The marks have been taken, or were not set.
pub(crate) fn check_marks() {
    let task = with(|world| world.current().clone());
    if task.rseq.sched_switch || task.work.has(Work::RSEQ) {
        violated(
            Contract::MarksAreTaken,
            format_args!("{:?}, {:?}", task.work, task.rseq),
        );
    }
}

/// The entry work has been done for the system call that is over.
pub(crate) fn check_syscall_work() {
    let task = with(|world| world.current().clone());
    if task.watches_syscalls != task.rseq.yielded {
        violated(
            Contract::SyscallsAreWatched,
            format_args!("{}, {:?}", task.watches_syscalls, task.rseq),
        );
    }
}

/// What a task finds in user space, interrupts being off for the last moment.
pub(crate) fn check() {
    let (id, cpu) = with(|world| (world.frame().task, world.this_cpu()));
    flags::check_mirror(cpu);
    check_reschedule(id);
    if with(|world| world.cpu(cpu).rearm_is_deferred) {
        violated(Contract::TimerIsProgrammed, format_args!("{cpu:?}"));
    }
    check_grant(id);
    check_ids(id);
}

/// Nobody enters user space with a reschedule pending, unless it was asked for after the last look.
/// What a grant has delayed is owed as long as the grant is out.
fn check_reschedule(id: TaskId) {
    let (task, on_its_way, realtime) = with(|world| {
        let task = world.task(id).clone();
        let on_its_way = world.cpu(task.cpu).ipi_reschedule;
        (task, on_its_way, world.setup.realtime)
    });
    if (task.work & !task.unread).has(Work::ANY_RESCHEDULE) && !on_its_way {
        violated(
            Contract::RescheduleBeforeUserSpace,
            format_args!("{:?}", task.work),
        );
    }
    if task.reschedule_is_delayed && !task.rseq.granted && !task.work.has(Work::ANY_RESCHEDULE) {
        violated(
            Contract::RescheduleIsNotLost,
            format_args!("the grant of {id:?} is over"),
        );
    }
    if realtime && task.realtime_waits && !on_its_way {
        violated(
            Contract::RealtimeDoesNotWait,
            format_args!("{:?}, granted {}", task.work, task.rseq.granted),
        );
    }
}

fn check_grant(id: TaskId) {
    let (task, timer) = with(|world| {
        let task = world.task(id).clone();
        let timer = world.cpu(task.cpu).timer;
        (task, timer)
    });
    let rseq = task.rseq;
    if rseq.granted != task.grant_is_counted {
        violated(
            Contract::GrantEndsOnce,
            format_args!(
                "granted {}, counted {}",
                rseq.granted, task.grant_is_counted
            ),
        );
    }
    if rseq.granted
        && (timer.armed_for != Some(id)
            || timer.expires != Some(rseq.expires)
            || !task.watches_syscalls)
    {
        violated(
            Contract::GrantIsBounded,
            format_args!("until {}, {:?}", rseq.expires, timer.expires),
        );
    }
    if rseq.is_v2() && !task.area_is_forged {
        let granted = control_word(id).granted;
        if granted != u8::from(rseq.granted) {
            violated(
                Contract::GrantAgrees,
                format_args!("{granted} in the area, {} in the kernel", rseq.granted),
            );
        }
    }
}

fn check_ids(id: TaskId) {
    let (task, presence) = with(|world| {
        let task = world.task(id).clone();
        let presence = world.memory_of(task.space).presence(task.rseq.area);
        (task, presence)
    });
    // Without memory there is nothing to see, and legacy programs may write to it.
    if task.rseq.version.is_none() || task.area_is_forged || presence == Presence::Gone {
        return;
    }
    let (seen, right) = (published(id), ids(id));
    let expected = Fields {
        cpu_id_start: right.cpu,
        cpu_id: right.cpu,
        node_id: right.node,
        mm_cid: right.mm_cid,
    };
    if seen != expected {
        violated(
            Contract::IdsAreRight,
            format_args!("{seen:?} instead of {expected:?}"),
        );
    }
}

/// Where a task runs.
pub(crate) fn ids(id: TaskId) -> Ids {
    with(|world| {
        let task = world.task(id);
        let (cpu, mm_cid) = (task.cpu.0 as u32, task.mm_cid);
        let node = world.setup.node_of(cpu);
        Ids { cpu, node, mm_cid }
    })
}

/// A `u32` in the area of a task.
pub(crate) fn word(id: TaskId, offset: usize) -> u32 {
    with(|world| {
        let task = world.task(id);
        let (space, addr) = (task.space, task.rseq.area + offset as u64);
        let [a, b, c, d, ..] = world.memory_of(space).read(addr);
        u32::from_ne_bytes([a, b, c, d])
    })
}

/// The ID fields that a task sees.
pub(crate) fn published(id: TaskId) -> Fields {
    Fields {
        cpu_id_start: word(id, offset_of!(Area, cpu_id_start)),
        cpu_id: word(id, offset_of!(Area, cpu_id)),
        node_id: word(id, offset_of!(Area, node_id)),
        mm_cid: word(id, offset_of!(Area, mm_cid)),
    }
}

/// The control word that a task sees.
pub(crate) fn control_word(id: TaskId) -> SliceCtrl {
    SliceCtrl::from_word(word(id, offset_of!(Area, slice_ctrl)))
}

/// A task writes to its area.
pub(crate) fn write(id: TaskId, offset: usize, bytes: &[u8]) {
    with(|world| {
        let task = world.task(id);
        let (space, addr) = (task.space, task.rseq.area + offset as u64);
        let memory = world.memory_of(space);
        // A fault in user space brings the page in.
        if memory.presence(addr) == Presence::Missing {
            memory.set_presence(addr, Presence::Present);
        }
        memory.write(addr, bytes);
    });
}

/// A task stores to the first byte of its control word.
pub(crate) fn request(id: TaskId) {
    write(id, offset_of!(Area, slice_ctrl), &[1]);
}

/// The same, by a program that knows that it must not while it has a grant.
pub(crate) fn ask(id: TaskId) {
    if control_word(id).granted == 0 {
        request(id);
    }
}
