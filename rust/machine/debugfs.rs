// SPDX-License-Identifier: GPL-2.0

//! The directory `rseq` in debugfs: `stats`, `debug` and `slice_ext_nsec`.

use super::{
    context::TaskContext,
    switches, //
};
use kernel::{
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
mod slice_ext_nsec;
#[cfg(CONFIG_RSEQ_STATS)]
mod stats;

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
    dir.read_only_file(c"stats", &stats::Stats);
    dir.read_write_file(c"debug", &Debug);
    #[cfg(CONFIG_RSEQ_SLICE_EXTENSION)]
    dir.read_write_file(c"slice_ext_nsec", &slice_ext_nsec::SliceExtNsec);
}

/// The modes of the files are ABI: everyone may read them who gets into debugfs.
const EVERYONE: u16 = 0o444;

/// `debug`: whether debug mode is on.
struct Debug;

impl Writer for Debug {
    const READERS: u16 = EVERYONE;

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", u8::from(switches::debugging()))
    }
}

impl Reader for Debug {
    fn read_from_slice(&self, reader: &mut UserSliceReader) -> Result {
        let mut text = [0; 3];
        let len = reader.read_slice_partial(&mut text, 0).or(Err(EINVAL))?;

        let on = kstrtobool_bytes(&text[..len])?;

        // SAFETY: A write to a file, by way of debugfs, which holds no lock that forbids sleeping.
        switches::set_debugging(unsafe { &TaskContext::new() }, on);
        Ok(())
    }
}
