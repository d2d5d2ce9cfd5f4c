// SPDX-License-Identifier: GPL-2.0

//! Whether system call filters let a program yield. A filter may kill, so a child tries.

use rseq_slice::abi::SYS_RSEQ_SLICE_YIELD;

use crate::finding::{Finding, State};

/// How the call ended in a child of this process, which has the same filters.
pub fn finding() -> Finding {
    // SAFETY: The child only makes system calls.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: It has no arguments.
        let ret = unsafe { libc::syscall(SYS_RSEQ_SLICE_YIELD) };
        let error = std::io::Error::last_os_error()
            .raw_os_error()
            .unwrap_or_default();
        // SAFETY: Ends the child.
        unsafe { libc::_exit(if ret < 0 { error } else { 0 }) };
    }
    let mut status = 0;
    // SAFETY: The variable is there.
    unsafe { libc::waitpid(pid, &mut status, 0) };
    judge(
        pid > 0 && libc::WIFEXITED(status),
        libc::WEXITSTATUS(status),
    )
}

fn judge(exited: bool, error: i32) -> Finding {
    let subject = "rseq_slice_yield(2)";
    match (exited, error) {
        (true, 0) => Finding::good(subject, "allowed"),
        (true, libc::ENOSYS) => Finding::other(
            State::Warning,
            subject,
            "fails with ENOSYS",
            "no such call, or a filter denies it: let seccomp allow call 471; a call that is denied \
             ends a grant, too",
        ),
        (true, error) => Finding::other(
            State::Warning,
            subject,
            format!("fails with error {error}"),
            "let seccomp allow call 471; a call that is denied ends a grant, too",
        ),
        (false, _) => Finding::other(
            State::Missing,
            subject,
            "kills the program",
            "let seccomp allow call 471",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes() {
        assert_eq!(judge(true, 0).state, State::Good);
        assert_eq!(judge(true, libc::EPERM).state, State::Warning);
        assert_eq!(judge(true, libc::ENOSYS).state, State::Warning);
        assert_eq!(judge(false, 0).state, State::Missing);
    }
}
