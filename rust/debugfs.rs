// SPDX-License-Identifier: GPL-2.0

//! `rseq/slice_ext_nsec`, in the debugfs directory that the C side owns.
//!
//! The kernel crate's debugfs abstraction makes its own directories and files that only root can
//! read. The directory and the mode of this file are ABI, so it is made with the C interface.

use crate::slice::tunable;
use core::ptr::{
    null,
    null_mut, //
};
use kernel::{
    bindings,
    prelude::*,
    seq_file::SeqFile,
    seq_print, //
};

struct FileOperations(bindings::file_operations);

// SAFETY: Never written to.
unsafe impl Sync for FileOperations {}

static SLICE_EXT_NSEC: FileOperations = FileOperations(bindings::file_operations {
    open: Some(open),
    read: Some(bindings::seq_read),
    write: Some(write),
    llseek: Some(bindings::seq_lseek),
    release: Some(bindings::single_release),
    ..pin_init::zeroed()
});

/// Creates the file in `dir`. Task context, once at boot.
///
/// # Safety
///
/// `dir` must be a debugfs directory.
pub(crate) unsafe fn init(dir: *mut bindings::dentry) {
    // SAFETY: Guaranteed by the caller; name and operations are static.
    unsafe {
        bindings::debugfs_create_file_full(
            c"slice_ext_nsec".as_char_ptr(),
            0o644,
            dir,
            null_mut(),
            null(),
            &SLICE_EXT_NSEC.0,
        )
    };
}

/// # Safety
///
/// To be called by the VFS with the file that it opens.
unsafe extern "C" fn open(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
    // SAFETY: The VFS passes the file that it opens.
    unsafe { bindings::single_open(file, Some(show), null_mut()) }
}

/// # Safety
///
/// To be called by `seq_read` with the seq_file of an [`open`]ed file.
unsafe extern "C" fn show(seq: *mut bindings::seq_file, _: *mut c_void) -> c_int {
    // SAFETY: `seq_read` passes its own valid seq_file and holds its lock.
    let seq = unsafe { SeqFile::from_raw(seq) };
    seq_print!(seq, "{}\n", tunable::nsec());
    0
}

/// # Safety
///
/// To be called by the VFS with an [`open`]ed file.
unsafe extern "C" fn write(
    _file: *mut bindings::file,
    buf: *const c_char,
    count: usize,
    _pos: *mut bindings::loff_t,
) -> isize {
    match parse(buf, count).and_then(tunable::set_nsec) {
        Ok(()) => count as isize,
        Err(error) => error.to_errno() as isize,
    }
}

fn parse(buf: *const c_char, count: usize) -> Result<u32> {
    let mut nsec = 0;
    // SAFETY: `nsec` is valid for writing; `buf` is checked to be user memory.
    match unsafe { bindings::kstrtouint_from_user(buf, count, 10, &mut nsec) } {
        0 => Ok(nsec),
        _ => Err(EINVAL),
    }
}
