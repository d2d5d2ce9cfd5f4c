// SPDX-License-Identifier: GPL-2.0 OR MIT

//! Functions whose instructions `tests/instructions.rs` counts.

use std::sync::atomic::{AtomicBool, Ordering};

use rseq_slice::{Slice, SpinLock};

static PLAIN: AtomicBool = AtomicBool::new(false);
static LOCK: SpinLock<()> = SpinLock::new(());

/// A spinlock without slices.
#[no_mangle]
#[inline(never)]
extern "C" fn plain_spinlock() {
    while PLAIN
        .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
        .is_err()
    {
        wait();
    }
    PLAIN.store(false, Ordering::Release);
}

#[cold]
#[inline(never)]
fn wait() {
    while PLAIN.load(Ordering::Relaxed) {
        std::hint::spin_loop();
    }
}

#[no_mangle]
#[inline(never)]
extern "C" fn slice_spinlock() {
    drop(LOCK.lock());
}

#[no_mangle]
#[inline(never)]
extern "C" fn section() {
    drop(Slice::enter());
}

fn main() {
    plain_spinlock();
    slice_spinlock();
    section();
}
