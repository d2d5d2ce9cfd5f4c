// SPDX-License-Identifier: GPL-2.0

//! A scenario, written down: what happens, in which order, in front of which operations.

use super::{
    chooser::Chooser,
    point::{
        Event,
        Op, //
    }, //
};
use std::collections::VecDeque;

/// A chooser that follows a list. Each line waits for its operation, and the next line starts to
/// wait when it has happened.
#[derive(Default)]
pub(crate) struct Script {
    lines: VecDeque<Line>,
}

struct Line {
    op: Op,
    skip: usize,
    event: Event,
}

impl Script {
    /// `event` happens in front of the next `op`.
    pub(crate) fn at(self, op: Op, event: Event) -> Self {
        self.at_nth(1, op, event)
    }

    /// `event` happens in front of the `nth` `op` from here, the next being the first.
    pub(crate) fn at_nth(mut self, nth: usize, op: Op, event: Event) -> Self {
        self.lines.push_back(Line {
            op,
            skip: nth - 1,
            event,
        });
        self
    }
}

impl Chooser for Script {
    fn choose(&mut self, op: Op, alternatives: &[Event]) -> usize {
        let Some(line) = self.lines.front_mut().filter(|line| line.op == op) else {
            return 0;
        };
        if line.skip > 0 {
            line.skip -= 1;
            return 0;
        }
        let event = line.event;
        self.lines.pop_front();
        match alternatives.iter().position(|&other| other == event) {
            Some(index) => index,
            None => panic!("{event:?} cannot happen at {op:?}, only one of {alternatives:?}"),
        }
    }

    fn left_over(&self) -> Option<String> {
        let line = self.lines.front()?;
        Some(format!(
            "{:?} did not happen: there was no such {:?}",
            line.event, line.op
        ))
    }
}
