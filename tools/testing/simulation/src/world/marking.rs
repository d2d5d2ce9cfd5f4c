// SPDX-License-Identifier: GPL-2.0

//! `include/linux/rseq.h` and `rseq_entry.h`: the inline functions that both implementations share.

use super::{
    flags::{
        self,
        Part,
        Work, //
    },
    task_data::Task,
    with, //
};
use crate::machine::counters::{
    count,
    Counter, //
};

/// `rseq_force_update()`.
pub(crate) fn force_update(task: &mut Task) {
    if task.rseq.version.is_some() {
        task.rseq.ids_changed = true;
        task.rseq.sched_switch = true;
        task.work.set(Work::RSEQ);
    }
}

/// `rseq_sched_switch_event()`.
pub(crate) fn sched_switch_event(task: &mut Task) {
    if !task.rseq.is_v2() {
        force_update(task);
    } else if task.rseq.user_irq || task.rseq.ids_changed {
        task.rseq.sched_switch = true;
        task.work.set(Work::RSEQ);
    }
}

/// `rseq_sched_set_ids_changed()`.
pub(crate) fn ids_changed(task: &mut Task) {
    task.rseq.ids_changed = true;
}

/// `rseq_slice_restore_resched()`.
pub(crate) fn slice_restore_resched() {
    if with(|world| world.current().rseq.granted) {
        flags::set_need_resched(Part::Flag);
        flags::set_need_resched(Part::Mirror);
    }
}

/// `rseq_slice_exit()`.
pub(crate) fn slice_exit() {
    if with(|world| core::mem::take(&mut world.current().rseq.granted)) {
        count(Counter::Revoked);
    }
}
