// SPDX-License-Identifier: GPL-2.0

//! Who decides what happens.

use super::{
    point::{
        Event,
        Op, //
    },
    with, //
};

/// Decides at every point.
///
/// The alternatives are listed, with [`Event::Nothing`] or its like first, and the choice is an
/// index: whoever tries all indexes at all points has tried everything.
pub(crate) trait Chooser {
    /// The index of the alternative that happens in front of `op`.
    fn choose(&mut self, op: Op, alternatives: &[Event]) -> usize;

    /// What was to happen and has not.
    fn left_over(&self) -> Option<String> {
        None
    }
}

/// Asks the chooser. It is out of the world meanwhile, and sees only what it is told.
pub(crate) fn choose(op: Op, alternatives: &[Event]) -> Event {
    let mut chooser = with(|world| world.chooser.take()).expect("a chooser cannot cause points");
    let event = alternatives[chooser.choose(op, alternatives)];
    with(|world| {
        world.chooser = Some(chooser);
        if event != alternatives[0] {
            world.note(event.name(), 0);
        }
    });
    event
}

/// Replaces the chooser, and returns the one before.
pub(crate) fn replace(chooser: Box<dyn Chooser>) -> Box<dyn Chooser> {
    with(|world| world.chooser.replace(chooser)).expect("a chooser cannot replace itself")
}

impl Event {
    /// The event, for the history.
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Wakeup(_) => "wakeup",
            Self::TaskWork => "task work",
            Self::RemoteReschedule(_) => "reschedule from another CPU",
            Self::Membarrier => "membarrier on another CPU",
            Self::Signal(_) => "signal",
            Self::Expiry => "time passes until the timer expires",
            Self::Delay => "time passes",
            Self::PageOut | Self::UnflushedPageOut => "page is missing",
            Self::Protect => "page is read-only",
            Self::Unmap => "page is gone",
            Self::Idle(_) => "somebody else runs",
            Self::Migrate(_) => "migration",
            Self::NewCid => "new concurrency ID",
            Self::Run(_) => "another task runs",
            Self::Leave => "back to the task that waits",
            Self::Sleep => "sleeps for a page",
            Self::Ask => "asks",
            Self::Yield => "yields",
            Self::Call => "system call",
        }
    }
}

/// Nothing happens, unless a test does it.
pub(crate) struct Calm;

impl Chooser for Calm {
    fn choose(&mut self, _op: Op, _alternatives: &[Event]) -> usize {
        0
    }
}

/// Decisions, made beforehand: for operations how many of them nothing happens in front of, and
/// then what; for the scheduler and its like what happens each time.
///
/// Whoever draws the lists at random, as proptest does, gets a random run; shorter lists or smaller
/// numbers are a simpler one.
#[derive(Clone, Debug)]
pub(crate) struct Decisions {
    /// For operations: how many are passed over, and the choice.
    pub(crate) operations: Vec<(usize, usize)>,
    /// For the scheduler, faults and user space: the choice.
    pub(crate) others: Vec<usize>,
}

/// A chooser that follows [`Decisions`].
pub(crate) struct Decided {
    operations: std::vec::IntoIter<(usize, usize)>,
    next: Option<(usize, usize)>,
    others: std::vec::IntoIter<usize>,
    allowed: fn(Event) -> bool,
}

impl Decided {
    /// Decisions for events that are `allowed`; for others nothing happens.
    pub(crate) fn new(decisions: Decisions, allowed: fn(Event) -> bool) -> Self {
        let mut operations = decisions.operations.into_iter();
        Self {
            next: operations.next(),
            operations,
            others: decisions.others.into_iter(),
            allowed,
        }
    }

    fn pick(&mut self, op: Op) -> Option<usize> {
        if matches!(
            op,
            Op::Schedule | Op::Fault | Op::TimerInterrupt | Op::UserSpace
        ) {
            return self.others.next();
        }
        let (wait, pick) = self.next.as_mut()?;
        if *wait > 0 {
            *wait -= 1;
            return None;
        }
        let pick = *pick;
        self.next = self.operations.next();
        Some(pick)
    }
}

impl Chooser for Decided {
    fn choose(&mut self, op: Op, alternatives: &[Event]) -> usize {
        let Some(pick) = self.pick(op) else { return 0 };
        let index = pick % alternatives.len();
        if (self.allowed)(alternatives[index]) {
            index
        } else {
            0
        }
    }
}
