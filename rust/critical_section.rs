// SPDX-License-Identifier: GPL-2.0

//! Critical sections: a thread that was interrupted in one continues at its abort handler.
//!
//! # Vocabulary
//!
//! - *Announcement*: the address in `rseq_cs` of a [`Descriptor`], stored by the thread in front of
//!   its section; 0 for none.
//! - *Evaluate*: find out whether the thread is inside of the announced section, and act on it.
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
        HandlerPrefix,
        Section, //
    },
    machine::{
        counters::{
            count,
            Counter, //
        },
        registers::UserRegs,
        switches::debugging,
        task::Current,
        tracepoints,
        user_address::{
            UserAddr,
            UserObject,
            UserSpace, //
        },
        user_memory::{
            field,
            open,
            Fault,
            Region,
            UserMemory, //
        }, //
    }, //
};

pub(crate) mod position;

use position::{
    locate,
    locate_strictly,
    Fields,
    Handler,
    Position, //
};

/// The value that a thread has stored in [`Area::rseq_cs`].
pub(crate) type Announcement = u64;

const NONE: Announcement = 0;

/// The end of an evaluation.
enum Outcome {
    Aborted(Section, UserAddr),
    Cleared,
}

/// Evaluates an announcement on the way to user space.
///
/// Only an interrupt can hit a section. A system call inside of one is a bug that debug mode is
/// there to find.
///
/// # Errors
///
/// As [`evaluate`].
#[inline(always)] // The last step to user space: C has no call here either.
pub(crate) fn before_user_space(
    task: Current,
    memory: &mut UserMemory,
    regs: UserRegs,
    announcement: Announcement,
) -> Result<(), Fault> {
    if announcement != NONE && (task.marks().interrupted() || debugging()) {
        evaluate(task, memory, regs, announcement)
    } else {
        Ok(())
    }
}

/// Evaluates the section of a thread that is about to run a signal handler. May sleep.
///
/// The handler replaces the instruction pointer that the section is judged by, so this cannot wait
/// for the way to user space.
///
/// # Errors
///
/// As [`evaluate`], and [`Fault`] if the area cannot be read.
#[inline(always)] // Its only caller is the same concept's entry point.
pub(crate) fn before_signal(
    task: Current,
    memory: &mut UserMemory,
    regs: UserRegs,
) -> Result<(), Fault> {
    match announced(task, memory)? {
        NONE => Ok(()),
        announcement => evaluate(task, memory, regs, announcement),
    }
}

/// Debug mode: finds a thread that made a system call in its section. May sleep.
///
/// # Errors
///
/// As [`evaluate`] in debug mode, and [`Fault`] if the area cannot be read.
#[cold]
pub(crate) fn after_syscall(
    task: Current,
    memory: &mut UserMemory,
    regs: UserRegs,
) -> Result<(), Fault> {
    match announced(task, memory)? {
        NONE => Ok(()),
        announcement => evaluate_strictly(task, memory, regs, announcement),
    }
}

fn announced(task: Current, memory: &mut UserMemory) -> Result<Announcement, Fault> {
    Ok(open!(memory, task.area(), |area| area
        .load(field!(Area, rseq_cs))?))
}

/// Aborts the announced section if the thread is in it, or clears it.
///
/// # Errors
///
/// [`Fault`] if the area, the descriptor or the signature cannot be accessed, or one of them is not
/// acceptable; debug mode has more to object to.
fn evaluate(
    task: Current,
    memory: &mut UserMemory,
    regs: UserRegs,
    announcement: Announcement,
) -> Result<(), Fault> {
    count(Counter::Cs);
    if debugging() {
        return evaluate_strictly(task, memory, regs, announcement);
    }

    let (ip, space) = (regs.ip(), UserSpace::current());
    // Debug assertions check the task's address here, not with user access open.
    let _ = task.area();
    let outcome = open!(memory, descriptor(announcement, space)?, |user| {
        let section = Section {
            start: user.start()?,
            length: user.length()?,
            abort: user.abort()?,
        };
        match locate(section, ip, space) {
            Position::Inside(section, handler) => abort(task, user, section, handler)?,
            Position::Outside => clear(task, user)?,
            Position::Invalid => return Err(Fault),
        }
    });
    conclude(regs, outcome);
    Ok(())
}

/// [`evaluate`] in debug mode: the bounds have to make sense, `version` and `flags` of the
/// descriptor have to be 0, and a thread that was not interrupted is in a system call, which has no
/// place in a section.
#[cold]
fn evaluate_strictly(
    task: Current,
    memory: &mut UserMemory,
    regs: UserRegs,
    announcement: Announcement,
) -> Result<(), Fault> {
    let (ip, space) = (regs.ip(), UserSpace::current());
    // Debug assertions check the task's address here, not with user access open.
    let _ = task.area();
    let outcome = open!(memory, descriptor(announcement, space)?, |user| {
        match locate_strictly(user, ip, space)? {
            Position::Inside(section, handler) => {
                let version = user.load(field!(Descriptor, version))?;
                let flags = user.load(field!(Descriptor, flags))?;
                if version != 0 || flags != 0 || !task.marks().interrupted() {
                    return Err(Fault);
                }
                abort(task, user, section, handler)?
            }
            Position::Outside => clear(task, user)?,
            Position::Invalid => return Err(Fault),
        }
    });
    conclude(regs, outcome);
    Ok(())
}

#[inline(always)] // One comparison.
fn descriptor(
    announcement: Announcement,
    space: UserSpace,
) -> Result<UserObject<Descriptor>, Fault> {
    Ok(space.at(announcement).ok_or(Fault)?.object())
}

impl Fields for Region<'_, Descriptor> {
    #[inline(always)] // User access is open.
    fn start(&self) -> Result<u64, Fault> {
        self.load(field!(Descriptor, start_ip))
    }

    #[inline(always)] // User access is open.
    fn length(&self) -> Result<u64, Fault> {
        self.load(field!(Descriptor, post_commit_offset))
    }

    #[inline(always)] // User access is open.
    fn abort(&self) -> Result<u64, Fault> {
        self.load(field!(Descriptor, abort_ip))
    }
}

#[inline(always)] // User access is open.
fn abort(
    task: Current,
    user: &Region<'_, Descriptor>,
    section: Section,
    handler: Handler,
) -> Result<Outcome, Fault> {
    if user.load_at(handler.prefix, field!(HandlerPrefix, signature))? != task.signature() {
        return Err(Fault);
    }
    user.store_at(task.area(), field!(Area, rseq_cs), NONE)?;
    Ok(Outcome::Aborted(section, handler.entry))
}

#[inline(always)] // User access is open.
fn clear(task: Current, user: &Region<'_, Descriptor>) -> Result<Outcome, Fault> {
    user.store_at(task.area(), field!(Area, rseq_cs), NONE)?;
    Ok(Outcome::Cleared)
}

/// Carries out what the area shows already, with user access closed.
#[inline(always)] // Folds into the branches of its callers.
fn conclude(regs: UserRegs, outcome: Outcome) {
    match outcome {
        Outcome::Aborted(section, handler) => {
            let ip = regs.ip();
            regs.set_ip(handler);
            count(Counter::Fixup);
            tracepoints::rseq_ip_fixup(ip, section);
        }
        Outcome::Cleared => count(Counter::Clear),
    }
}
