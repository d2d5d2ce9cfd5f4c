// SPDX-License-Identifier: GPL-2.0

//! `slice_ext_nsec`: the length of slices.

use super::EVERYONE;
use crate::slice::tunable;
use kernel::{
    bindings,
    debugfs::{
        Reader,
        Writer, //
    },
    fmt,
    prelude::*,
    uaccess::UserSliceReader, //
};

pub(super) struct SliceExtNsec;

impl Writer for SliceExtNsec {
    const READERS: u16 = EVERYONE;

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", tunable::nsec())
    }
}

impl Reader for SliceExtNsec {
    fn read_from_slice(&self, reader: &mut UserSliceReader) -> Result {
        // As much as `kstrtouint_from_user()` looks at, and the end of the string.
        const LEN: usize = 34;
        let mut text = [0; LEN + 1];
        reader
            .read_slice_partial(&mut text[..LEN], 0)
            .or(Err(EINVAL))?;

        let mut nsec = 0;
        // SAFETY: The string is terminated, `nsec` valid for writing.
        match unsafe { bindings::kstrtouint(text.as_ptr(), 10, &mut nsec) } {
            0 => tunable::set_nsec(nsec),
            _ => Err(EINVAL),
        }
    }
}
