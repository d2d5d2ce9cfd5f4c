// SPDX-License-Identifier: GPL-2.0

//! The ID fields of the area: CPU, NUMA node, concurrency ID.
//!
//! A thread reads them without asking, so they are right whenever it runs. They can change only
//! while it does not run; whatever changes them marks the thread, and [`crate::user_return`] comes
//! here before it runs on.
//!
//! The kernel remembers what it wrote. In V2, and in debug mode in any case, the fields are
//! read-only for user space: an update that finds something else ends the thread.

use crate::{
    abi::{
        Area,
        Ids, //
    },
    critical_section::Announcement,
    machine::{
        counters::{
            count,
            Counter, //
        },
        switches::debugging,
        task::Current,
        tracepoints,
        user_memory::{
            field,
            open,
            Fault,
            Region,
            UserMemory, //
        }, //
    },
    slice, //
};

/// The ID fields of an area, as user space has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    /// [`Area::cpu_id_start`].
    pub(crate) cpu_id_start: u32,
    /// [`Area::cpu_id`].
    pub(crate) cpu_id: u32,
    /// [`Area::node_id`].
    pub(crate) node_id: u32,
    /// [`Area::mm_cid`].
    pub(crate) mm_cid: u32,
}

/// Publishes `ids`, and takes along what the area says of a critical section.
///
/// Ends a grant and drops a request: the thread was scheduled out, so it has no use for either.
///
/// # Errors
///
/// [`Fault`] if the area cannot be accessed, or user space wrote to read-only fields.
#[inline(always)] // The last step to user space: C has no call here either.
pub(crate) fn publish(
    task: Current,
    memory: &mut UserMemory,
    ids: Ids,
) -> Result<Announcement, Fault> {
    // Legacy programs write to the fields, and some depend on the kernel to put up with it.
    let read_only = task.is_v2() || debugging();

    let announcement = open!(memory, task.area(), |area| {
        if read_only && !untouched(load(area)?, task.ids()) {
            return Err(Fault);
        }
        store(area, ids)?;
        resume(task, area)?
    });

    slice::revoke(task);
    task.set_ids(ids);
    count(Counter::Ids);
    tracepoints::rseq_update(task);
    Ok(announcement)
}

/// [`publish`] without new IDs.
///
/// # Errors
///
/// [`Fault`] if the area cannot be accessed.
#[inline(always)] // The last step to user space: C has no call here either.
pub(crate) fn keep(task: Current, memory: &mut UserMemory) -> Result<Announcement, Fault> {
    let announcement = open!(memory, task.area(), |area| resume(task, area)?);

    slice::revoke(task);
    Ok(announcement)
}

/// Drops the request of a thread that was scheduled out, and loads its announcement.
#[inline(always)] // User access is open.
fn resume(task: Current, area: &Region<'_, Area>) -> Result<Announcement, Fault> {
    let announcement = area.load(field!(Area, rseq_cs))?;
    slice::clear_request(task, area)?;
    Ok(announcement)
}

/// Compares the fields with the IDs that the kernel published `last`.
#[inline(always)] // User access is open.
pub(crate) fn untouched(fields: Fields, last: Ids) -> bool {
    fields.cpu_id_start == last.cpu
        && fields.cpu_id == last.cpu
        && fields.node_id == last.node
        && fields.mm_cid == last.mm_cid
}

#[inline(always)] // User access is open.
fn load(area: &Region<'_, Area>) -> Result<Fields, Fault> {
    Ok(Fields {
        cpu_id_start: area.load(field!(Area, cpu_id_start))?,
        cpu_id: area.load(field!(Area, cpu_id))?,
        node_id: area.load(field!(Area, node_id))?,
        mm_cid: area.load(field!(Area, mm_cid))?,
    })
}

#[inline(always)] // User access is open.
fn store(area: &Region<'_, Area>, ids: Ids) -> Result<(), Fault> {
    area.store(field!(Area, cpu_id_start), ids.cpu)?;
    area.store(field!(Area, cpu_id), ids.cpu)?;
    area.store(field!(Area, node_id), ids.node)?;
    area.store(field!(Area, mm_cid), ids.mm_cid)
}
