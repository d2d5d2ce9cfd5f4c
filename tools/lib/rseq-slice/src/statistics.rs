// SPDX-License-Identifier: GPL-2.0 OR MIT

//! What became of the requests of a thread, to find out whether slices are worth it.
//!
//! With this feature, each outermost section reads the clock, so it takes longer than without: for
//! measurements, not for production. A section that a signal handler begins while the counts of
//! the interrupted one are updated is not counted.

use std::{cell::RefCell, thread_local, time::Instant};

pub use hdrhistogram::Histogram;

use crate::control_word::Control;

/// Of sections of one thread.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// Outermost sections that had the kernel asked.
    pub requests: u64,
    /// Sections that ended with a grant.
    pub grants: u64,
    /// Grants that lasted until the yield. The difference was over in the instructions before it.
    pub yields: u64,
    /// Sections that were preempted, because the request was refused or the grant was revoked.
    pub revoked: u64,
    /// Time from the request to the yield, in nanoseconds, of sections that ended with a grant.
    pub used: Histogram<u64>,
}

/// Times are told from each other by a thousandth.
const DIGITS: u8 = 3;

impl Default for Statistics {
    fn default() -> Self {
        let used = Histogram::new(DIGITS).expect("up to five digits are allowed");
        Self {
            requests: 0,
            grants: 0,
            yields: 0,
            revoked: 0,
            used,
        }
    }
}

#[derive(Default)]
struct Recorder {
    counted: Statistics,
    requested: Option<Instant>,
}

thread_local! {
    static RECORDER: RefCell<Recorder> = RefCell::default();
}

/// What the calling thread has counted since the last time.
#[must_use]
pub fn take() -> Statistics {
    record(|recorder| std::mem::take(&mut recorder.counted)).unwrap_or_default()
}

pub(crate) fn requested() {
    record(|recorder| {
        recorder.counted.requests += 1;
        recorder.requested = Some(Instant::now());
    });
}

/// The state of a section that is about to end.
pub(crate) struct Ending {
    pending: bool,
}

impl Ending {
    pub(crate) fn of(control: Control) -> Self {
        Self {
            pending: control.is_pending(),
        }
    }

    /// The request has been taken back.
    pub(crate) fn count(self, granted: bool) {
        record(|recorder| {
            recorder.counted.grants += u64::from(granted);
            recorder.counted.revoked += u64::from(!granted && !self.pending);
            let used = recorder.requested.take().filter(|_| granted);
            // A time that does not fit into 64 bits is longer than anybody measures.
            if let Some(used) = used.and_then(|at| at.elapsed().as_nanos().try_into().ok()) {
                recorder.counted.used.saturating_record(used);
            }
        });
    }
}

pub(crate) fn yielded(ended: bool) {
    record(|recorder| recorder.counted.yields += u64::from(ended));
}

/// Nothing, in a signal handler that interrupts this, or in a thread that exits.
fn record<T>(update: impl FnOnce(&mut Recorder) -> T) -> Option<T> {
    RECORDER
        .try_with(|recorder| recorder.try_borrow_mut().ok().map(|mut it| update(&mut it)))
        .ok()?
}
