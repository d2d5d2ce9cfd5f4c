// SPDX-License-Identifier: GPL-2.0

//! `include/linux/rseq.h`: the inline functions that mark a task.

use super::{
    flags::Work,
    task_data::Task, //
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
