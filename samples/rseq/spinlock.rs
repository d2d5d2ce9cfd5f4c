// SPDX-License-Identifier: GPL-2.0 OR MIT

//! A spinlock without slices and with them: how often is its owner preempted, while all others
//! spin?

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering::*},
    thread,
    time::{Duration, Instant},
};

use rseq_slice::{support, SpinLock};

const THREADS: u32 = 6;
const SECTIONS: u32 = 10_000;
const SECTION: Duration = Duration::from_micros(2);
/// No section takes that long by itself.
const PREEMPTED: Duration = Duration::from_micros(100);

static PLAIN: AtomicBool = AtomicBool::new(false);
static WITH_SLICES: SpinLock<()> = SpinLock::new(());
static COUNT: AtomicU32 = AtomicU32::new(0);

fn plain() {
    while PLAIN.swap(true, Acquire) {}
    section();
    PLAIN.store(false, Release);
}

fn with_slices() {
    let _guard = WITH_SLICES.lock();
    section();
}

fn section() {
    let start = Instant::now();
    while start.elapsed() < SECTION {}
    COUNT.fetch_add((start.elapsed() > PREEMPTED).into(), Relaxed);
}

fn main() {
    println!("{}", support());
    for (name, lock) in [
        ("without slices:", plain as fn()),
        ("with slices:", with_slices),
    ] {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..SECTIONS).for_each(|_| lock()));
            }
        });
        let preempted = COUNT.swap(0, Relaxed);
        println!(
            "{name:<15} preempted in {preempted} of {} sections",
            THREADS * SECTIONS
        );
    }
}
