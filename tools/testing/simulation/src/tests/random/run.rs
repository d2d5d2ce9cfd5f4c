// SPDX-License-Identifier: GPL-2.0

//! Kernels, decisions, and the run of a program.

use super::program::{
    hostile,
    quiet,
    well_behaved,
    Step,
    Threads, //
};
use crate::{
    tests::stage::Stage,
    world::{
        chooser::{
            Chooser,
            Decided,
            Decisions, //
        },
        point::Event,
        setup::Setup,
        signals::SIGKILL, //
    }, //
};
use proptest::{
    collection::vec,
    prelude::*, //
};

/// What a program does, where, and what happens to it.
pub(crate) type Case = (Setup, Vec<Step>, Decisions);

/// Programs that keep to the ABI.
pub(crate) fn well_behaved_case() -> impl Strategy<Value = Case> {
    (setup(), vec(well_behaved(), 1..40), decisions())
}

/// Programs that do as they please.
pub(crate) fn hostile_case() -> impl Strategy<Value = Case> {
    (setup(), vec(hostile(), 1..40), decisions())
}

fn decisions() -> impl Strategy<Value = Decisions> {
    let operations = vec((0..30usize, 0..24usize), 0..24);
    let others = vec(0..24usize, 0..24);
    (operations, others).prop_map(|(operations, others)| Decisions { operations, others })
}

fn setup() -> impl Strategy<Value = Setup> {
    any::<[bool; 4]>().prop_map(|[preemptible, realtime, debugging, masked]| Setup {
        preemptible: preemptible || realtime,
        realtime,
        debugging,
        addresses_are_masked: masked,
        ..Setup::default()
    })
}

/// A chooser that decides for nothing that a program could complain of.
pub(crate) fn gently(decisions: Decisions) -> Box<dyn Chooser> {
    let is_gentle = |event| {
        !matches!(
            event,
            Event::Protect | Event::Unmap | Event::UnflushedPageOut | Event::Signal(SIGKILL)
        )
    };
    Box::new(Decided::new(decisions, is_gentle))
}

/// A chooser that decides for anything.
pub(crate) fn roughly(decisions: Decisions) -> Box<dyn Chooser> {
    Box::new(Decided::new(decisions, |_| true))
}

/// Runs a program, has its threads end all their grants, and hands the world to `then`, with the
/// answer to whether all have survived.
pub(crate) fn run<R>(
    setup: Setup,
    steps: &[Step],
    chooser: Box<dyn Chooser>,
    then: impl FnOnce(&Stage, bool) -> R,
) -> R {
    let stage = Stage::new(setup);
    let threads = Threads::new(&stage);
    stage.with_chooser(chooser, || {
        for step in steps {
            threads.take(&stage, *step);
        }
    });
    let survived = threads.are_alive();
    quiet();
    stage.is_balanced();
    then(&stage, survived)
}
