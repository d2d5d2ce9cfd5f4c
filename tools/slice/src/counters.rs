// SPDX-License-Identifier: GPL-2.0

//! What the kernel counts: `rseq/stats` in debugfs, with `CONFIG_RSEQ_STATS`.

use std::{fs, io};

use serde::Serialize;

pub const PATH: &str = "/sys/kernel/debug/rseq/stats";

/// Grants since boot, and their ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Requests that were granted.
    pub sgrant: u64,
    /// Grants that `rseq_slice_yield(2)` ended.
    pub syield: u64,
    /// Grants that another system call ended.
    pub sabort: u64,
    /// Grants that the kernel took back.
    pub srevok: u64,
    /// Grants that outlived their time; they count as revoked, too.
    pub sexpir: u64,
}

impl Counters {
    /// Reads them. [`None`] if the kernel does not count slices.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn read() -> io::Result<Option<Self>> {
        Ok(Self::parse(&fs::read_to_string(PATH)?))
    }

    fn parse(text: &str) -> Option<Self> {
        let value = |name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.trim().parse().ok()
        };
        Some(Self {
            sgrant: value("sgrant")?,
            syield: value("syield")?,
            sabort: value("sabort")?,
            srevok: value("srevok")?,
            sexpir: value("sexpir")?,
        })
    }

    /// Each with the name that the kernel gives it, and its meaning.
    pub fn explained(&self) -> [(&'static str, u64, &'static str); 5] {
        [
            ("sgrant", self.sgrant, "granted"),
            ("syield", self.syield, "ended by rseq_slice_yield(2)"),
            ("sabort", self.sabort, "ended by another system call"),
            ("srevok", self.srevok, "taken back by the kernel"),
            ("sexpir", self.sexpir, "... because their time was over"),
        ]
    }

    /// Grants that have not ended. With threads running, the counts are no snapshot.
    pub fn open(&self) -> i64 {
        let ended = self.syield + self.sabort + self.srevok;
        self.sgrant.wrapping_sub(ended) as i64
    }

    /// What was counted since `before`.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            sgrant: self.sgrant - before.sgrant,
            syield: self.syield - before.syield,
            sabort: self.sabort - before.sabort,
            srevok: self.srevok - before.srevok,
            sexpir: self.sexpir - before.sexpir,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "exit:              44573\nsgrant:                9\nsexpir:                2\n\
                        srevok:                3\nsyield:                4\nsabort:                1\n";

    #[test]
    fn read_by_name() {
        let counters = Counters::parse(TEXT).unwrap();
        let expected = Counters {
            sgrant: 9,
            syield: 4,
            sabort: 1,
            srevok: 3,
            sexpir: 2,
        };
        assert_eq!(counters, expected);
        assert_eq!(counters.open(), 1);
    }

    #[test]
    fn kernel_without_slices() {
        assert_eq!(Counters::parse("exit:  44573\nids: 1\n"), None);
    }
}
