// SPDX-License-Identifier: GPL-2.0

//! What the running kernel is, and how it was built and booted.

use std::{env::consts::ARCH, fs, io::Read};

use flate2::read::GzDecoder;
use rseq_slice::abi::{AT_RSEQ_FEATURE_SIZE, FEATURE_SIZE};

use crate::{
    counters::Counters,
    finding::{Finding, State},
    status,
};

const OPTION: &str = "CONFIG_RSEQ_SLICE_EXTENSION";
const PARAMETER: &str = "rseq_slice_ext=";
const LENGTH: &str = "/sys/kernel/debug/rseq/slice_ext_nsec";
const DEBUG: &str = "/sys/kernel/debug/rseq/debug";

/// All there is to say of it.
pub fn findings() -> Vec<Finding> {
    let mut findings = vec![kernel(), configuration()];
    findings.extend(parameter(
        &fs::read_to_string("/proc/cmdline").unwrap_or_default(),
    ));
    findings.extend([length(), debug_mode(), counters()].into_iter().flatten());
    findings
}

/// The size in bytes of the area that the kernel knows, 0 if it knows none.
pub fn feature_size() -> u64 {
    // SAFETY: Reads the auxiliary vector.
    unsafe { libc::getauxval(AT_RSEQ_FEATURE_SIZE) }
}

fn kernel() -> Finding {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let size = feature_size();
    let found = format!(
        "Linux {} on {ARCH}, an area of {size} bytes",
        release.trim()
    );
    if size >= FEATURE_SIZE.into() {
        Finding::good("kernel", found)
    } else {
        let advice = "boot Linux 7.0 or later: an area with slices has 33 bytes";
        Finding::other(State::Missing, "kernel", found, advice)
    }
}

fn configuration() -> Finding {
    let subject = "configuration";
    match text_of_configuration() {
        None => {
            let advice = format!("grep {OPTION} in the configuration that the kernel was built with");
            Finding::other(State::Unknown, subject, "neither in /proc nor in /boot", advice)
        }
        Some(text) if text.lines().any(|line| line == format!("{OPTION}=y")) => {
            Finding::good(subject, format!("{OPTION}=y"))
        }
        Some(_) => Finding::other(
            State::Missing,
            subject,
            format!("{OPTION} is not set"),
            "set it; where Kconfig does not offer it, as for arm64 in 7.3, the kernel needs patches",
        ),
    }
}

fn text_of_configuration() -> Option<String> {
    if let Ok(packed) = fs::File::open("/proc/config.gz") {
        let mut text = String::new();
        return GzDecoder::new(packed)
            .read_to_string(&mut text)
            .ok()
            .map(|_| text);
    }
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    fs::read_to_string(format!("/boot/config-{}", release.trim())).ok()
}

/// Only what was asked for is worth a word. The last one counts.
fn parameter(cmdline: &str) -> Option<Finding> {
    let value = cmdline
        .split_whitespace()
        .filter_map(|word| word.strip_prefix(PARAMETER))
        .next_back()?;
    let found = format!("{PARAMETER}{value}");
    Some(match value {
        "off" | "0" | "n" | "no" | "N" => {
            let advice = format!("boot without {found}");
            Finding::other(State::Missing, "boot parameter", found, advice)
        }
        _ => Finding::good("boot parameter", found),
    })
}

fn length() -> Option<Finding> {
    let nsec: u64 = fs::read_to_string(LENGTH).ok()?.trim().parse().ok()?;
    let found = format!("{nsec} ns, see {LENGTH}");
    Some(Finding::good("length of a slice", found))
}

fn debug_mode() -> Option<Finding> {
    let text = fs::read_to_string(DEBUG).ok()?;
    let on = matches!(text.trim(), "1" | "Y" | "y" | "on");
    Some(if on {
        let advice = format!("it kills programs that break the protocol, and costs time: {DEBUG}");
        Finding::other(State::Warning, "debug mode", "on", advice)
    } else {
        Finding::good("debug mode", "off")
    })
}

fn counters() -> Option<Finding> {
    let subject = "counters";
    Some(match Counters::read() {
        Ok(Some(counters)) => {
            let Counters {
                sgrant,
                syield,
                sabort,
                srevok,
                ..
            } = counters;
            let found = format!(
                "{sgrant} granted: {syield} yielded, {sabort} ended by other calls, {srevok} taken \
                 back, {} open",
                counters.open()
            );
            let Some(advice) = judge(&counters) else {
                return Some(Finding::good(subject, found));
            };
            Finding::other(State::Warning, subject, found, advice)
        }
        Ok(None) => return None,
        Err(error) => Finding::other(State::Unknown, subject, "not readable", status::why(&error)),
    })
}

/// What is wrong with how grants end.
fn judge(counters: &Counters) -> Option<&'static str> {
    let most = counters.sgrant / 2;
    if counters.sgrant == 0 {
        None
    } else if counters.sexpir > most {
        Some("most grants expire: shorten the sections, then raise slice_ext_nsec in small steps")
    } else if counters.sabort > most {
        Some("most grants end with another system call: take calls out of the sections")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_that_counts() {
        assert_eq!(parameter("quiet ro"), None);
        let state = |cmdline| parameter(cmdline).unwrap().state;
        assert_eq!(state("quiet rseq_slice_ext=off ro"), State::Missing);
        assert_eq!(state("rseq_slice_ext=off rseq_slice_ext=on"), State::Good);
    }

    #[test]
    fn grants_that_end_badly() {
        let good = Counters {
            sgrant: 10,
            syield: 9,
            srevok: 1,
            sexpir: 1,
            sabort: 0,
        };
        assert_eq!(judge(&good), None);
        assert_eq!(judge(&Counters::default()), None);
        let expiring = Counters {
            syield: 1,
            srevok: 9,
            sexpir: 9,
            ..good
        };
        assert!(judge(&expiring).unwrap().contains("expire"));
        let calling = Counters {
            syield: 1,
            sabort: 9,
            srevok: 0,
            sexpir: 0,
            ..good
        };
        assert!(judge(&calling).unwrap().contains("another system call"));
    }
}
