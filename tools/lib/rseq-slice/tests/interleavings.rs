// SPDX-License-Identifier: GPL-2.0 OR MIT

//! The locks in many interleavings of threads, chosen by shuttle. `RUSTFLAGS="--cfg shuttle"`.

#![cfg(shuttle)]

use std::time::Duration;

use rseq_slice::{RawSliceMutex, RawSliceSpin};
use shuttle::{sync::Arc, thread};

const RUNS: usize = 5000;

/// Each of three threads adds 1 twice, in two steps that only the lock keeps together.
fn excludes<R: lock_api::RawMutex + Send + Sync + 'static>() {
    shuttle::check_random(
        || {
            let sum = Arc::new(lock_api::Mutex::<R, u32>::new(0));
            let threads = [0; 3].map(|_| {
                let sum = Arc::clone(&sum);
                thread::spawn(move || {
                    for _ in 0..2 {
                        let mut guard = sum.lock();
                        let before = *guard;
                        thread::yield_now();
                        *guard = before + 1;
                    }
                })
            });
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(*sum.lock(), 6);
        },
        RUNS,
    );
}

#[test]
fn spinlock_excludes() {
    excludes::<RawSliceSpin>();
}

/// A wakeup that gets lost is a deadlock, which shuttle reports.
#[test]
fn mutex_excludes_and_wakes() {
    excludes::<RawSliceMutex>();
}

/// Those who give up leave the lock usable to those who wait.
#[test]
fn mutex_survives_timeouts() {
    shuttle::check_random(
        || {
            let sum = Arc::new(lock_api::Mutex::<RawSliceMutex, u32>::new(0));
            let others = [0; 2].map(|_| {
                let sum = Arc::clone(&sum);
                thread::spawn(move || *sum.lock() += 1)
            });
            let added = sum
                .try_lock_for(Duration::ZERO)
                .map(|mut guard| *guard += 1);
            for other in others {
                other.join().unwrap();
            }
            assert_eq!(*sum.lock(), 2 + u32::from(added.is_some()));
        },
        RUNS,
    );
}
