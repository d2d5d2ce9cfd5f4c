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

    let thread = Thread::new(task, regs);
    let user = thread.open(announcement)?;
    let section = load_section(&user)?;
    match locate(section, thread.ip, thread.limit) {
        Position::Inside => thread.abort(user, section),
        Position::Outside => thread.clear(user),
        Position::Invalid => Err(Fault),
    }
}

/// [`resolve`] in debug mode.
#[cold]
fn examine(task: Current, regs: UserRegs, announcement: Announcement) -> Result<(), Fault> {
    let interrupted = task.interrupted();
    let thread = Thread::new(task, regs);
    let user = thread.open(announcement)?;
    let section = load_section(&user)?;
    match locate_strictly(section, thread.ip, thread.limit) {
        Position::Inside => {
            let version = user.load(field!(Descriptor, version))?;
            let flags = user.load(field!(Descriptor, flags))?;
            if !abortable(version, flags, interrupted) {
                return Err(Fault);
            }
            thread.abort(user, section)
        }
        Position::Outside => thread.clear(user),
        Position::Invalid => Err(Fault),
    }
}

#[inline(always)]
fn load_section(user: &Region<Descriptor>) -> Result<Section, Fault> {
    Ok(Section {
        start: user.load(field!(Descriptor, start_ip))?,
        length: user.load(field!(Descriptor, post_commit_offset))?,
        abort: user.load(field!(Descriptor, abort_ip))?,
    })
}

/// What the kernel knows of a thread, asked before its memory is opened.
struct Thread {
    regs: UserRegs,
    ip: u64,
    limit: u64,
    area: Checked<Area>,
    signature: u32,
}

impl Thread {
    #[inline(always)]
    fn new(task: Current, regs: UserRegs) -> Self {
        Self {
            regs,
            ip: regs.ip(),
            limit: task_size(),
            area: task.checked_area(),
            signature: task.signature(),
        }
    }

    /// Opens user access to the announced descriptor.
    #[inline(always)]
    fn open(&self, announcement: Announcement) -> Result<Region<Descriptor>, Fault> {
        if announcement >= self.limit {
            return Err(Fault);
        }
        let addr = announcement as usize;
        UserPtr::new(ptr::with_exposed_provenance_mut(addr)).open()
    }

    #[inline(always)]
    fn abort(&self, user: Region<Descriptor>, section: Section) -> Result<(), Fault> {
        let prefix = section.abort - SIGNATURE_SIZE;
        // SAFETY: The handler lies in user space, with room for the signature in front of it.
        let prefix = unsafe { Checked::<HandlerPrefix>::new(prefix as usize) };

        if user.load_at(&prefix, field!(HandlerPrefix, signature))? != self.signature {
            return Err(Fault);
        }
        user.store_at(&self.area, field!(Area, rseq_cs), NONE)?;
        drop(user);

        self.regs.set_ip(section.abort);
        count(Event::Fixup);
        trace::rseq_ip_fixup(self.ip, section);
        Ok(())
    }

    #[inline(always)]
    fn clear(&self, user: Region<Descriptor>) -> Result<(), Fault> {
        user.store_at(&self.area, field!(Area, rseq_cs), NONE)?;
        drop(user);

        count(Event::Clear);
        Ok(())
    }
}
