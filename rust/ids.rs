// SPDX-License-Identifier: GPL-2.0

//! The ID fields of the area: CPU, NUMA node, concurrency ID.
//!
//! A thread reads them without asking, so they are right whenever it runs. They can change only
//! while it does not run; whatever changes them marks the thread, and [`crate::user_return`] comes here
//! before it runs on.
//!
//! The kernel remembers what it wrote. In V2, and in debug mode in any case, the fields are
//! read-only for user space: an update that finds something else ends the thread.

use crate::{
    abi::Area,
    critical_section::Announcement,
    logic::ids::{
        read_only,
        untouched,
        Fields,
        Ids, //
    },
    slice,
    stats::{
        count,
        Event, //
    },
    task::{
        debugging,
        Current, //
    },
    trace,
    uaccess::{
        field,
        Fault,
        Region, //
    }, //
};

/// Publishes `ids`, and takes along what the area says of a critical section.
///
/// Ends a grant and drops a request: the thread was scheduled out, so it has no use for either.
///
/// Task context. May sleep, unless page faults are disabled.
///
/// # Errors
///
/// [`Fault`] if the area cannot be accessed, or user space wrote to read-only fields.
#[inline(always)]
pub(crate) fn publish(task: Current, ids: Ids) -> Result<Announcement, Fault> {
    let check = read_only(task.is_v2(), debugging());
    let area = task.area().open()?;

    if check && !untouched(load(&area)?, task.ids()) {
        return Err(Fault);
    }
    store(&area, ids)?;
    let announcement = resume(task, area)?;

    task.set_ids(ids);
    count(Event::Ids);
    trace::rseq_update(task);
    Ok(announcement)
}

/// What [`publish`] does when the IDs have not changed: all but that.
#[inline(always)]
pub(crate) fn keep(task: Current) -> Result<Announcement, Fault> {
    resume(task, task.area().open()?)
}

/// What any thread needs that was scheduled out: no request, no grant, a look at its section.
#[inline(always)]
fn resume(task: Current, area: Region<Area>) -> Result<Announcement, Fault> {
    let announcement = area.load(field!(Area, rseq_cs))?;
    slice::clear_request(task, &area)?;
    drop(area);

    slice::revoke(task);
    Ok(announcement)
}

#[inline(always)]
fn load(area: &Region<Area>) -> Result<Fields, Fault> {
    Ok(Fields {
        cpu_id_start: area.load(field!(Area, cpu_id_start))?,
        cpu_id: area.load(field!(Area, cpu_id))?,
        node_id: area.load(field!(Area, node_id))?,
        mm_cid: area.load(field!(Area, mm_cid))?,
    })
}

#[inline(always)]
fn store(area: &Region<Area>, ids: Ids) -> Result<(), Fault> {
    area.store(field!(Area, cpu_id_start), ids.cpu)?;
    area.store(field!(Area, cpu_id), ids.cpu)?;
    area.store(field!(Area, node_id), ids.node)?;
    area.store(field!(Area, mm_cid), ids.mm_cid)
}
