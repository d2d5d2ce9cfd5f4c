// SPDX-License-Identifier: GPL-2.0

//! What the threads of a process have registered: `PTRACE_GET_RSEQ_CONFIGURATION`, and the area.

use std::{fs, io, mem::offset_of, os::unix::fs::FileExt, ptr::null_mut};

use rseq_slice::abi::{Area, FEATURE_SIZE, FLAG_SLICE_EXT_AVAILABLE, FLAG_SLICE_EXT_ENABLED};

use crate::finding::{Finding, State};

const PTRACE_GET_RSEQ_CONFIGURATION: u32 = 0x420f;

/// `struct ptrace_rseq_configuration`
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Configuration {
    pointer: u64,
    size: u32,
    signature: u32,
    flags: u32,
    pad: u32,
}

/// A finding for each thread of the process, in the order of their numbers.
///
/// # Errors
///
/// A sentence.
pub fn of_process(pid: i32) -> Result<Vec<Finding>, String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .map_err(|_| format!("there is no process {pid}: pass the number of a running one"))?;
    let mut threads: Vec<i32> = tasks
        .filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    threads.sort_unstable();
    Ok(threads.into_iter().map(of_thread).collect())
}

fn of_thread(tid: i32) -> Finding {
    let subject = format!("thread {tid}");
    match stopped(tid, || configuration(tid)) {
        Ok(configuration) => judge(subject, configuration, |at| flags(tid, at)),
        Err(error) if error.raw_os_error() == Some(libc::EPERM) => Finding::other(
            State::Unknown,
            subject,
            "not to be looked at",
            "use sudo; a thread that is being debugged has no room for another debugger",
        ),
        Err(error) => {
            let advice = "it has exited, or the kernel has no rseq";
            Finding::other(State::Unknown, subject, error.to_string(), advice)
        }
    }
}

/// What a registration means, with `flags` to read those of the area at an address.
fn judge(
    subject: String,
    configuration: Configuration,
    flags: impl FnOnce(u64) -> io::Result<u32>,
) -> Finding {
    let Configuration { pointer, size, .. } = configuration;
    if pointer == 0 {
        let advice = "a C library registers one, or the crate and the header rseq-slice";
        return Finding::other(State::Missing, subject, "no area registered", advice);
    }
    let found = format!("{size} bytes at {pointer:#x}");
    if size < FEATURE_SIZE {
        let advice = "glibc up to 2.40 does that: use a later one, or replace the area";
        return Finding::other(
            State::Missing,
            subject,
            format!("{found}, no slices"),
            advice,
        );
    }
    match flags(pointer) {
        Ok(flags) if flags & FLAG_SLICE_EXT_ENABLED != 0 => {
            Finding::good(subject, format!("{found}, slices enabled"))
        }
        Ok(flags) if flags & FLAG_SLICE_EXT_AVAILABLE != 0 => {
            let advice = "the program has to ask for them, as rseq-slice does";
            Finding::other(
                State::Missing,
                subject,
                format!("{found}, slices not enabled"),
                advice,
            )
        }
        Ok(_) => {
            let advice = "see the kernel's configuration and boot parameter";
            Finding::other(
                State::Missing,
                subject,
                format!("{found}, no slices"),
                advice,
            )
        }
        Err(error) => {
            let advice = "use sudo";
            Finding::other(State::Unknown, subject, format!("{found}, {error}"), advice)
        }
    }
}

/// Look at a thread while it stands still.
fn stopped<T>(tid: i32, look: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    ptrace(libc::PTRACE_SEIZE, tid, 0, null_mut())?;
    ptrace(libc::PTRACE_INTERRUPT, tid, 0, null_mut())?;
    // SAFETY: The status is of no interest.
    unsafe { libc::waitpid(tid, null_mut(), libc::__WALL) };
    let result = look();
    ptrace(libc::PTRACE_DETACH, tid, 0, null_mut())?;
    result
}

fn configuration(tid: i32) -> io::Result<Configuration> {
    let mut configuration = Configuration::default();
    let into = (&raw mut configuration).cast();
    ptrace(
        PTRACE_GET_RSEQ_CONFIGURATION,
        tid,
        size_of::<Configuration>(),
        into,
    )?;
    Ok(configuration)
}

fn flags(tid: i32, area: u64) -> io::Result<u32> {
    let memory = fs::File::open(format!("/proc/{tid}/mem"))?;
    let mut flags = [0; size_of::<u32>()];
    memory.read_exact_at(&mut flags, area + offset_of!(Area, flags) as u64)?;
    Ok(u32::from_ne_bytes(flags))
}

fn ptrace(request: u32, tid: i32, address: usize, data: *mut libc::c_void) -> io::Result<()> {
    // SAFETY: Those requests that write are given the address and the size of a variable.
    match unsafe { libc::ptrace(request, tid, address, data) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(size: u32, flags: u32) -> (State, String) {
        let configuration = Configuration {
            pointer: 0x1000,
            size,
            ..Configuration::default()
        };
        let finding = judge("thread 1".into(), configuration, |_| Ok(flags));
        (finding.state, finding.found)
    }

    #[test]
    fn registrations() {
        let none = judge("thread 1".into(), Configuration::default(), |_| Ok(0));
        assert_eq!(none.state, State::Missing);
        assert_eq!(
            found(32, 0),
            (State::Missing, "32 bytes at 0x1000, no slices".into())
        );
        assert_eq!(
            found(33, 0),
            (State::Missing, "33 bytes at 0x1000, no slices".into())
        );
        let available = FLAG_SLICE_EXT_AVAILABLE;
        assert_eq!(found(33, available).0, State::Missing);
        assert_eq!(found(33, available | FLAG_SLICE_EXT_ENABLED).0, State::Good);
    }
}
