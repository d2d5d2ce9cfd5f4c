// SPDX-License-Identifier: GPL-2.0

//! `stats`: the sum over all CPUs of every counter.

use super::EVERYONE;
use crate::machine::counters;
use kernel::{
    debugfs::Writer,
    fmt, //
};

pub(super) struct Stats;

impl Writer for Stats {
    const READERS: u16 = EVERYONE;

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The totals end in the same column.
        for (name, total) in counters::totals() {
            writeln!(f, "{name}:{total:0$}", 23 - name.len())?;
        }
        Ok(())
    }
}
