// SPDX-License-Identifier: GPL-2.0

//! The directory `rseq` in debugfs: `stats`, `debug` and `slice_ext_nsec`.

use crate::task::debugging;
use kernel::{
    bindings,
    debugfs::{
        Reader,
        Scope,
        ScopedDir,
        Writer, //
    },
    fmt,
    prelude::*,
    str::kstrtobool_bytes,
    uaccess::UserSliceReader, //
};

#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
use crate::slice::tunable;
#[cfg(CONFIG_RSEQ_STATS)]
use crate::stats;

/// Creates the files, which stay for ever. Task context, once at boot.
///
/// # Errors
///
/// `ENOMEM`.
pub(crate) fn init() -> Result {
    let files = KBox::pin_init(Scope::dir((), c"rseq", |(), dir| fill(dir)), GFP_KERNEL)?;
    core::mem::forget(files);
    Ok(())
}

fn fill(dir: &ScopedDir<'_, '_>) {
    #[cfg(CONFIG_RSEQ_STATS)]
    dir.read_only_file(c"stats", &Stats);
    dir.read_write_file(c"debug", &Debug);
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    dir.read_write_file(c"slice_ext_nsec", &SliceExtNsec);
}

/// The modes of the files are ABI: everyone may read them who gets into debugfs.
const EVERYONE: u16 = 0o444;

/// `stats`: the sum over all CPUs of every counter.
#[cfg(CONFIG_RSEQ_STATS)]
struct Stats;

#[cfg(CONFIG_RSEQ_STATS)]
impl Writer for Stats {
    const READERS: u16 = EVERYONE;

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The totals end in the same column.
        for (name, total) in stats::totals() {
            writeln!(f, "{name}:{total:0$}", 23 - name.len())?;
        }
        Ok(())
    }
}

/// `debug`: whether debug mode is on.
struct Debug;

impl Writer for Debug {
    const READERS: u16 = EVERYONE;

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", u8::from(debugging()))
    }
}

impl Reader for Debug {
    fn read_from_slice(&self, reader: &mut UserSliceReader) -> Result {
        let mut text = [0; 3];
        let len = reader.read_slice_partial(&mut text, 0).or(Err(EINVAL))?;
        let on = kstrtobool_bytes(&text[..len])?;

        // SAFETY: Task context.
        unsafe { bindings::rseq_control_debug(on) };
        Ok(())
    }
}

/// `slice_ext_nsec`: the length of slices.
#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
struct SliceExtNsec;

#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
impl Writer for SliceExtNsec {
    const READERS: u16 = EVERYONE;

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", tunable::nsec())
    }
}

#[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
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
