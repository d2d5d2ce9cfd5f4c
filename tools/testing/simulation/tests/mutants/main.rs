// SPDX-License-Identifier: GPL-2.0

//! Mistakes made on purpose are found.
//!
//! The build script copies the concepts and the simulation, and puts each [mutant](table) in, to be
//! switched on by a test. Each is found by the check that is there for it, in a scenario that is
//! fine without the mutant; and by random programs, without anybody having thought of it.

// What only other tests use.
#![allow(dead_code)]

mod mutation;
mod scenarios;
mod table;

include!(concat!(env!("OUT_DIR"), "/mutated/modules.rs"));

use mutation::{
    failure_of,
    with_mutant, //
};
use proptest::{
    strategy::{
        Strategy,
        ValueTree, //
    },
    test_runner::TestRunner, //
};
use scenarios::FOUND;
use std::collections::BTreeSet;
use tests::random::run::{
    gently,
    hostile_case,
    roughly,
    run,
    well_behaved_case,
    Case, //
};

#[test]
fn every_mutant_is_found_by_its_check() {
    for (mutant, check, scenario) in FOUND {
        let said = with_mutant(mutant, || failure_of(scenario))
            .unwrap_or_else(|| panic!("{mutant} is not found"));
        assert!(said.contains(check), "{mutant} is found otherwise: {said}");
    }
}

#[test]
fn without_a_mutant_every_scenario_passes() {
    for (mutant, _, scenario) in FOUND {
        if let Some(said) = failure_of(scenario) {
            panic!("the scenario of {mutant} fails: {said}");
        }
    }
}

#[test]
fn every_mutant_has_a_scenario() {
    let mutants: BTreeSet<&str> = table::MUTANTS.iter().map(|mutant| mutant.name).collect();
    let found: BTreeSet<&str> = FOUND.iter().map(|(mutant, ..)| *mutant).collect();
    assert_eq!(mutants, found);
}

/// Programs of one kind, always the same ones.
fn cases(of: impl Strategy<Value = Case>) -> Vec<Case> {
    let mut runner = TestRunner::deterministic();
    (0..20_000)
        .map(|_| {
            let case = of.new_tree(&mut runner);
            case.expect("nothing is rejected").current()
        })
        .collect()
}

fn kills((setup, steps, decisions): Case) {
    run(setup, &steps, gently(decisions), |_, survived| {
        assert!(survived, "killed");
    });
}

fn disturbs((setup, steps, decisions): Case) {
    run(setup, &steps, roughly(decisions), |_, _| ());
}

#[test]
fn random_programs_find_every_mutant() {
    let (good, bad) = (cases(well_behaved_case()), cases(hostile_case()));
    let find = |first: usize| {
        let fails = |act: fn(Case)| move |case: &Case| failure_of(|| act(case.clone())).is_some();
        good.iter().take(first).any(fails(kills)) || bad.iter().take(first).any(fails(disturbs))
    };
    for mutant in table::MUTANTS {
        let found = with_mutant(mutant.name, || find(20_000));
        assert!(found, "{} is not found", mutant.name);
    }
    assert!(!find(500));
}
