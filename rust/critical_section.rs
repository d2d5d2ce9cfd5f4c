// SPDX-License-Identifier: GPL-2.0

//! Critical sections: a thread that was interrupted in one goes on at its abort handler.
//!
//! # Vocabulary
//!
//! - *Announcement*: the address in `rseq_cs` of a [`Descriptor`], stored by the thread in front of
//!   its section; 0 for none.
//! - *Abort*: the thread was inside. The announcement is withdrawn and the thread sent to the
//!   handler; `fixup` in the statistics.
//! - *Clear*: the thread was outside. The announcement is stale, since threads do not withdraw it
//!   at the end of a section, and only withdrawn; `clear` in the statistics.
//!
//! The kernel writes the thread's instruction pointer on behalf of memory that an attacker may
//! control. Hence the signature: only code that carries in front of it what the thread registered
//! can become a handler.

use crate::{
    abi::{
        Area,
        Descriptor,
        HandlerPrefix, //
    },
    logic::critical_section::{
        abortable,
        concerned,
        locate,
        locate_strictly,
        Position,
        Section,
        SIGNATURE_SIZE, //
    },
    regs::UserRegs,
    stats::{
        count,
        Event, //
    },
    task::{
        debugging,
        task_size,
        Current, //
    },
    trace,
    uaccess::{
        field,
        Checked,
        Fault,
        Region,
        UserPtr, //
    }, //
};
use core::ptr;

/// What a thread has stored in [`Area::rseq_cs`].
pub(crate) type Announcement = u64;

const NONE: Announcement = 0;

/// Deals with an announcement on the way to user space.
///
/// # Errors
///
/// As [`resolve`].
#[inline(always)]
pub(crate) fn settle(
    task: Current,
    regs: UserRegs,
    announcement: Announcement,
) -> Result<(), Fault> {
    if announcement == NONE || !concerned(task.interrupted(), debugging()) {
        return Ok(());
    }
    resolve(task, regs, announcement)
}

/// Aborts the section of a thread that is about to run a signal handler, or clears it. May sleep.
///
/// The handler replaces the instruction pointer that the section is judged by, so this cannot wait
/// for the way to user space.
///
/// # Errors
///
/// As [`resolve`], and [`Fault`] if the area cannot be read.
#[inline(always)]
pub(crate) fn interrupt(task: Current, regs: UserRegs) -> Result<(), Fault> {
    match load(task)? {
        NONE => Ok(()),
        announcement => resolve(task, regs, announcement),
    }
}

/// Debug mode: finds a thread that made a system call in its section. May sleep.
///
/// # Errors
///
/// As [`resolve`] in debug mode, and [`Fault`] if the area cannot be read.
#[cold]
pub(crate) fn check_after_syscall(task: Current, regs: UserRegs) -> Result<(), Fault> {
    match load(task)? {
        NONE => Ok(()),
        announcement => examine(task, regs, announcement),
    }
}

fn load(task: Current) -> Result<Announcement, Fault> {
    task.area().open()?.load(field!(Area, rseq_cs))
}

/// Aborts the announced section if the thread is in it, or clears it.
///
/// # Errors
///
/// [`Fault`] if the area, the descriptor or the signature cannot be accessed, or one of them is not
/// acceptable; debug mode has more to object to.
fn resolve(task: Current, regs: UserRegs, announcement: Announcement) -> Result<(), Fault> {
    count(Event::Cs);
    if debugging() {
        return examine(task, regs, announcement);
    }

    let (ip, limit) = (regs.ip(), task_size());
    let descriptor = descriptor(announcement, limit)?.open()?;
    let section = load_section(&descriptor)?;
    match locate(section, ip, limit) {
        Position::Inside => abort(task, regs, descriptor, section),
        Position::Outside => clear(task, descriptor),
        Position::Invalid => Err(Fault),
    }
}

/// [`resolve`] in debug mode.
#[cold]
fn examine(task: Current, regs: UserRegs, announcement: Announcement) -> Result<(), Fault> {
    let (ip, limit) = (regs.ip(), task_size());
    let descriptor = descriptor(announcement, limit)?.open()?;
    let section = load_section(&descriptor)?;
    match locate_strictly(section, ip, limit) {
        Position::Inside => {
            let version = descriptor.load(field!(Descriptor, version))?;
            let flags = descriptor.load(field!(Descriptor, flags))?;
            if !abortable(version, flags, task.interrupted()) {
                return Err(Fault);
            }
            abort(task, regs, descriptor, section)
        }
        Position::Outside => clear(task, descriptor),
        Position::Invalid => Err(Fault),
    }
}

#[inline(always)]
fn descriptor(announcement: Announcement, limit: u64) -> Result<UserPtr<Descriptor>, Fault> {
    if announcement >= limit {
        return Err(Fault);
    }
    let addr = announcement as usize;
    Ok(UserPtr::new(ptr::with_exposed_provenance_mut(addr)))
}

#[inline(always)]
fn load_section(descriptor: &Region<Descriptor>) -> Result<Section, Fault> {
    Ok(Section {
        start: descriptor.load(field!(Descriptor, start_ip))?,
        length: descriptor.load(field!(Descriptor, post_commit_offset))?,
        abort: descriptor.load(field!(Descriptor, abort_ip))?,
    })
}

#[inline(always)]
fn abort(
    task: Current,
    regs: UserRegs,
    user: Region<Descriptor>,
    section: Section,
) -> Result<(), Fault> {
    let prefix = section.abort - SIGNATURE_SIZE;
    // SAFETY: The handler lies in user space, with room for the signature in front of it.
    let prefix = unsafe { Checked::<HandlerPrefix>::new(prefix as usize) };

    if user.load_at(&prefix, field!(HandlerPrefix, signature))? != task.signature() {
        return Err(Fault);
    }
    user.store_at(&task.checked_area(), field!(Area, rseq_cs), 0)?;
    drop(user);

    let ip = regs.ip();
    regs.set_ip(section.abort);
    count(Event::Fixup);
    trace::rseq_ip_fixup(ip, section);
    Ok(())
}

#[inline(always)]
fn clear(task: Current, user: Region<Descriptor>) -> Result<(), Fault> {
    user.store_at(&task.checked_area(), field!(Area, rseq_cs), 0)?;
    drop(user);

    count(Event::Clear);
    Ok(())
}
