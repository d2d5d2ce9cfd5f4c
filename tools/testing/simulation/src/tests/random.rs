// SPDX-License-Identifier: GPL-2.0

//! Random programs, to which random things happen.
//!
//! A program is a list of steps of three threads, and what happens to it a list of decisions; so a
//! failure shrinks to a short program with few events. What is checked is all that the world
//! checks, and that every grant has ended when the threads are quiet.

mod program;
mod run;

use crate::{
    machine::counters::Counter,
    world::{
        chooser::Chooser,
        cpu::CpuId,
        point::{
            Event,
            Op,
            Urgency, //
        },
        signals::{
            SIGKILL,
            SIGUSR1, //
        },
        task_data::TaskId, //
    }, //
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::TestRunner, //
};
use run::{
    gently,
    hostile_case,
    roughly,
    run,
    well_behaved_case, //
};
use std::{
    cell::RefCell,
    collections::HashSet,
    mem::{
        discriminant,
        Discriminant, //
    },
    rc::Rc, //
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_well_behaved_program_survives((setup, steps, decisions) in well_behaved_case()) {
        prop_assert!(run(setup, &steps, gently(decisions), |_, survived| survived));
    }

    #[test]
    fn any_program_leaves_the_kernel_in_order((setup, steps, decisions) in hostile_case()) {
        run(setup, &steps, roughly(decisions), |_, _| ());
    }
}

type Seen = Rc<RefCell<HashSet<Discriminant<Event>>>>;

/// Notes what another chooser decides.
struct Observer {
    inner: Box<dyn Chooser>,
    seen: Seen,
}

impl Chooser for Observer {
    fn choose(&mut self, op: Op, alternatives: &[Event]) -> usize {
        let index = self.inner.choose(op, alternatives);
        self.seen
            .borrow_mut()
            .insert(discriminant(&alternatives[index]));
        index
    }
}

/// The programs are worth something only if they get everywhere.
#[test]
fn everything_is_counted_and_everything_happens() {
    let events = [
        Event::Nothing,
        Event::Wakeup(Urgency::Now),
        Event::TaskWork,
        Event::RemoteReschedule(Urgency::Now),
        Event::Membarrier,
        Event::Signal(SIGUSR1),
        Event::Signal(SIGKILL),
        Event::Expiry,
        Event::Delay,
        Event::PageOut,
        Event::UnflushedPageOut,
        Event::Protect,
        Event::Unmap,
        Event::Idle(0),
        Event::Migrate(CpuId(0)),
        Event::NewCid,
        Event::Run(TaskId(0)),
        Event::Leave,
        Event::Sleep,
        Event::Ask,
        Event::Yield,
        Event::Call,
    ];
    let mut runner = TestRunner::deterministic();
    let mut counted = [0; Counter::Aborted as usize + 1];
    let seen = Seen::default();
    for _ in 0..2_000 {
        let case = hostile_case().new_tree(&mut runner);
        let (setup, steps, decisions) = case.expect("nothing is rejected").current();
        let observer = Observer {
            inner: roughly(decisions),
            seen: seen.clone(),
        };
        run(setup, &steps, Box::new(observer), |stage, _| {
            for (total, count) in counted.iter_mut().zip(stage.counters()) {
                *total += count;
            }
        });
    }
    assert!(counted.iter().all(|&count| count > 20), "{counted:?}");
    for event in events {
        assert!(seen.borrow().contains(&discriminant(&event)), "{event:?}");
    }
}
