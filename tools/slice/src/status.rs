// SPDX-License-Identifier: GPL-2.0

//! `slice status`: the counters, once or in intervals.

use std::{io, thread, time::Duration};

use crate::counters::{Counters, PATH};

/// Shows them. Returns whether there is anything to show.
///
/// # Errors
///
/// A sentence.
pub fn run(every: Option<u64>, json: bool) -> Result<bool, String> {
    let mut before = read()?;
    let Some(every) = every else {
        show(&before, json);
        return Ok(true);
    };
    if every == 0 {
        return Err("an interval takes at least one second: pass --every 1".into());
    }
    loop {
        thread::sleep(Duration::from_secs(every));
        let now = read()?;
        show(&now.since(&before), json);
        before = now;
    }
}

fn read() -> Result<Counters, String> {
    match Counters::read() {
        Ok(Some(counters)) => Ok(counters),
        Ok(None) => Err(format!(
            "{PATH} counts no slices: build the kernel with CONFIG_RSEQ_SLICE_EXTENSION"
        )),
        Err(error) => Err(why(&error)),
    }
}

/// Why the counters cannot be read, and what to do.
pub fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => format!("{PATH} is for root: use sudo"),
        io::ErrorKind::NotFound => format!(
            "there is no {PATH}: mount debugfs at /sys/kernel/debug, and build the kernel with \
             CONFIG_RSEQ_STATS"
        ),
        _ => format!("{PATH}: {error}"),
    }
}

fn show(counters: &Counters, json: bool) {
    if json {
        println!(
            "{}",
            serde_json::to_string(counters).expect("numbers can be written")
        );
        return;
    }
    for (name, value, meaning) in counters.explained() {
        println!("{name} {value:>10}  {meaning}");
    }
    println!("open   {:>10}  not ended so far", counters.open());
}
