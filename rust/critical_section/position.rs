// SPDX-License-Identifier: GPL-2.0

//! Where a thread stands with respect to its critical section, and where an abort may send it.

use crate::{
    abi::{
        HandlerPrefix,
        Section, //
    },
    machine::{
        user_address::{
            Checked,
            UserAddr,
            UserSpace, //
        },
        user_memory::Fault, //
    }, //
};

/// An acceptable abort handler: in user space, with room for the signature in front of it.
#[derive(Clone, Copy)]
pub(crate) struct Handler {
    /// The first instruction.
    pub(crate) entry: UserAddr,
    /// The signature.
    pub(crate) prefix: Checked<HandlerPrefix>,
}

/// The position of a thread that has announced a section.
pub(crate) enum Position {
    /// Inside of that section: it has to go to the abort handler.
    Inside(Section, Handler),
    /// Outside: the announcement is stale.
    Outside,
    /// The section is not acceptable.
    Invalid,
}

/// Finds the instruction pointer `ip`.
///
/// Checks only what protects the kernel and the thread: a return to an abort handler in kernel
/// space would be a return to the kernel. Whatever else is wrong with the section is the thread's
/// problem.
#[inline(always)] // User access is open.
pub(crate) fn locate(section: Section, ip: u64, space: UserSpace) -> Position {
    if ip.wrapping_sub(section.start) >= section.length {
        return Position::Outside;
    }
    match handler(section, space) {
        Some(handler) => Position::Inside(section, handler),
        None => Position::Invalid,
    }
}

/// The fields of a descriptor, each loaded when it is asked for, once.
pub(crate) trait Fields {
    /// Loads [`Section::start`].
    fn start(&self) -> Result<u64, Fault>;

    /// Loads [`Section::length`].
    fn length(&self) -> Result<u64, Fault>;

    /// Loads [`Section::abort`].
    fn abort(&self) -> Result<u64, Fault>;
}

/// Finds the instruction pointer `ip`, and checks all that can be checked on the way; debug mode.
///
/// # Errors
///
/// [`Fault`] if a field cannot be loaded without which the position is not known. The end does not
/// matter to a thread in front of the section, nor the abort handler to one behind it.
#[inline(always)] // User access is open.
pub(crate) fn locate_strictly(
    fields: &impl Fields,
    ip: u64,
    space: UserSpace,
) -> Result<Position, Fault> {
    let start = fields.start()?;
    let Some(_) = space.at(start) else {
        return Ok(Position::Invalid);
    };
    if ip < start {
        return Ok(Position::Outside);
    }

    let length = fields.length()?;
    let Some(end) = start.checked_add(length) else {
        return Ok(Position::Invalid);
    };
    let Some(_) = space.at(end) else {
        return Ok(Position::Invalid);
    };
    if ip >= end {
        return Ok(Position::Outside);
    }

    let abort = fields.abort()?;
    let section = Section {
        start,
        length,
        abort,
    };
    Ok(match handler(section, space) {
        // A handler inside of the section would be aborted again.
        Some(handler) if abort.wrapping_sub(start) >= length => Position::Inside(section, handler),
        _ => Position::Invalid,
    })
}

#[inline(always)] // User access is open.
fn handler(section: Section, space: UserSpace) -> Option<Handler> {
    let (entry, prefix) = space.at_with_prefix(section.abort)?;
    Some(Handler { entry, prefix })
}
