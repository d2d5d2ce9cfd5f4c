// SPDX-License-Identifier: GPL-2.0

//! Is a thread inside of its critical section, and where may an abort send it?

/// Bytes of the signature in front of an abort handler.
pub(crate) const SIGNATURE_SIZE: u64 = size_of::<u32>() as u64;

/// A critical section, as its descriptor has it. Addresses in user space, unchecked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// The first instruction.
    pub(crate) start: u64,
    /// Bytes from there to the first instruction after the commit.
    pub(crate) length: u64,
    /// The abort handler.
    pub(crate) abort: u64,
}

/// Where a thread stands that has announced a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Inside: it has to go to the abort handler, which is an acceptable address.
    Inside,
    /// Outside: the announcement is stale.
    Outside,
    /// The section is not acceptable.
    Invalid,
}

/// Does an announcement have to be looked at on the way to user space?
///
/// Only an interrupt can hit a section, a system call inside of one is a bug that `debugging` is
/// there to find.
pub(crate) const fn concerned(interrupted: bool, debugging: bool) -> bool {
    interrupted || debugging
}

/// Finds the instruction pointer `ip`; user space ends at `limit`.
///
/// Checks only what protects the kernel and the thread: a return to an abort handler in kernel
/// space would be a return to the kernel. What else is wrong with the section is the thread's
/// problem.
pub(crate) const fn locate(section: Section, ip: u64, limit: u64) -> Position {
    if ip.wrapping_sub(section.start) >= section.length {
        Position::Outside
    } else if !is_handler(section.abort, limit) {
        Position::Invalid
    } else {
        Position::Inside
    }
}

/// Finds the instruction pointer `ip`, and checks all that can be checked on the way; debug mode.
pub(crate) const fn locate_strictly(section: Section, ip: u64, limit: u64) -> Position {
    if section.start >= limit {
        return Position::Invalid;
    }
    if ip < section.start {
        return Position::Outside;
    }
    match section.start.checked_add(section.length) {
        Some(end) if end < limit => {
            if ip >= end {
                return Position::Outside;
            }
        }
        _ => return Position::Invalid,
    }
    // A handler inside of the section would be aborted again.
    if !is_handler(section.abort, limit)
        || section.abort.wrapping_sub(section.start) < section.length
    {
        return Position::Invalid;
    }
    Position::Inside
}

/// Is there room in user space for a handler at `abort` and its signature?
const fn is_handler(abort: u64, limit: u64) -> bool {
    SIGNATURE_SIZE <= abort && abort < limit
}

/// May debug mode let a thread abort the section that it is in?
///
/// `version` and `flags` of a descriptor are 0. A thread that was not `interrupted` is in a system
/// call, which has no place in a section.
pub(crate) const fn abortable(version: u32, flags: u32, interrupted: bool) -> bool {
    version == 0 && flags == 0 && interrupted
}
