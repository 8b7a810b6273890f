//! The event engine against a slow twin, against the recursion and against the definition of first come, first served, on random
//! models.

mod definition;
mod models;
mod plan;
mod slow;
mod ties;

use crate::engines::both;
use models::plain_models;
use plan::{MS, Plan, plans};
use poolwise::engine::{self, Fact, Levels, Observer};
use poolwise::random::Streams;
use poolwise::scenario::Scenario;
use poolwise::units::{SimTime, Span};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use slow::Story;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The same cases each time: a failure is the smallest that shows it.
pub fn each<T: std::fmt::Debug>(
    cases: u32,
    strategy: impl Strategy<Value = T>,
    holds: impl Fn(&T) -> Result<(), String>,
) {
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
        // The twin tells what was done, not what begins.
        if !matches!(fact, Fact::Opens | Fact::Checked) {
            self.facts.push((now.nanos(), fact));
        }
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
fn the_engine_tells_what_its_slow_twin_tells() {
    each(3000, plans(), same);
}

#[test]
fn the_levels_are_those_of_the_slow_twin() {
    each(1000, plans(), same_levels);
}

#[test]
fn the_recursion_gives_the_same_waits_on_random_models() {
    each(300, (plain_models(), any::<u32>()), |(written, seed)| {
        let model = Scenario::read(written.clone()).and_then(|s| s.check()).map_err(|e| e.to_string())?;
        both(&model, (*seed).into(), SimTime::ZERO + Span::from_seconds(3.0));
        Ok(())
    });
}

/// Few requests at few moments: many come, return and lose patience together.
#[test]
fn first_come_first_served_is_what_its_definition_says() {
    let requests = prop::collection::vec((0..4u64, 0..6u64), 1..7);
    each(3000, (requests, 1..3usize, prop::option::of(0..5u64)), |(gaps, connections, patience)| {
        let requests: Vec<(u64, u64)> = (gaps.iter())
            .scan(0, |at, (gap, hold)| {
                *at += gap;
                Some((*at, *hold))
            })
            .collect();
        // Holds that are all zero are refused.
        if requests.iter().all(|(_, hold)| *hold == 0) {
            return Ok(());
        }
        let plan =
            Plan { max_size: *connections, min_idle: *connections, acquire_timeout: *patience, ..Plan::of(&requests) };
        let mut expected: Vec<(u64, Fact)> = (requests.iter())
            .zip(definition::starts(&requests, *connections, *patience))
            .map(|((at, _), start)| match start {
                Some(start) => (start, Fact::Granted { wait: Span::from_nanos(start - at) }),
                None => (at + patience.unwrap(), Fact::TimedOut { wait: Span::from_nanos(patience.unwrap()) }),
            })
            .collect();
        expected.sort_by_cached_key(|(at, fact)| (*at, format!("{fact:?}")));
        let mut found = engine_story(&plan, 1000).facts;
        found.retain(|(_, fact)| matches!(fact, Fact::Granted { .. } | Fact::TimedOut { .. }));
        if found == expected { Ok(()) } else { Err(format!("found {found:?}, expected {expected:?}")) }
    });
}
