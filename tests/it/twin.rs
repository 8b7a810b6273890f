//! The event engine against a slow twin, against the recursion and against the definition of first come, first served, on random
//! models.

mod plan;
mod slow;

use crate::engines::both;
use plan::{MS, Order, Plan, plans};
use poolwise::engine::{self, Fact, Levels, Observer};
use poolwise::random::Streams;
use poolwise::units::{SimTime, Span};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use slow::Story;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The same cases each time: a failure is the smallest that shows it.
fn each<T: std::fmt::Debug>(cases: u32, strategy: impl Strategy<Value = T>, holds: impl Fn(&T) -> Result<(), String>) {
    let config = Config { cases, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let found = runner.run(&strategy, |value| {
        catch_unwind(AssertUnwindSafe(|| holds(&value)))
            .unwrap_or_else(|_| Err("panicked".into()))
            .map_err(TestCaseError::fail)
    });
    found.unwrap_or_else(|failure| panic!("{failure}"));
}

impl Observer for Story {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, levels: &Levels) {
        self.facts.push((now.nanos(), fact));
        self.levels.push((now.nanos(), [levels.active, levels.pending, levels.total].map(|n| n as usize)));
    }
}

fn engine_story(plan: &Plan, until: u64) -> Story {
    let mut story = Story::default();
    story.levels.push((0, [0, 0, plan.min_idle]));
    engine::run(&plan.model(), Streams::new(1, 0), SimTime::from_nanos(until), &mut story);
    story.told()
}

const UNTIL: u64 = 3000 * MS;

fn same(plan: &Plan) -> Result<(), String> {
    let (engine, twin) = (engine_story(plan, UNTIL), slow::run(plan, UNTIL));
    for (a, b) in engine.facts.iter().zip(&twin.facts) {
        if a != b {
            return Err(format!("the engine says {a:?}, the twin {b:?}"));
        }
    }
    if engine.facts.len() != twin.facts.len() {
        return Err(format!("the engine tells {} facts, the twin {}", engine.facts.len(), twin.facts.len()));
    }
    Ok(())
}

fn same_levels(plan: &Plan) -> Result<(), String> {
    let (engine, twin) = (engine_story(plan, UNTIL), slow::run(plan, UNTIL));
    for (a, b) in engine.levels.iter().zip(&twin.levels) {
        if a != b {
            return Err(format!("in use, waiting, open: the engine says {a:?}, the twin {b:?}"));
        }
    }
    Ok(())
}

#[test]
fn levels_xx() {
    each(300, plans(), same_levels);
}

#[test]
fn the_engine_tells_what_its_slow_twin_tells() {
    each(1000, plans(), same);
}
#[test]
fn dbg() {
    let plan = Plan { sources: vec![plan::Source { requests: vec![( 835912, 19639571, ), ( 1230876, 315260, ), ( 1933593, 958498, ), ( 2357969, 290684, )], connections: 3, between: 0, after: 0 }], max_size: 1, min_idle: 0, acquire_timeout: Some(20077761), retries: 3, backoff: 20877059, backoff_factor: 1, backoff_cap: 20810495, ..Plan::default() };
    let (a, b) = (engine_story(&plan, UNTIL), slow::run(&plan, UNTIL));
    let n = a.facts.iter().zip(&b.facts).position(|(a, b)| a != b).unwrap_or(0);
    for m in n.saturating_sub(100)..n+10 { println!("{:?}  {:?}", a.facts.get(m), b.facts.get(m)); }
    panic!();
}
