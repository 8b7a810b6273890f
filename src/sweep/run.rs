//! Simulating the variants of a shard, a few at a time.

use super::file::{Shard, Writer};
use super::line::{Line, Measured, Pooled};
use super::plan::Plan;
use crate::experiment::{Experiment, Options, in_parallel, regime, replicate};
use crate::problem::{Problem, Problems};
use crate::record::{Outcome, Window};
use crate::report::only_grows;
use crate::scenario::Model;
use std::io::{self, Write};

/// Variants that are under way at once: no more need memory.
const AT_ONCE: usize = 16;
/// Replications of one variant that are under way at once.
const RUNS_AT_ONCE: u32 = 8;

/// How far a shard is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Variants that are finished.
    pub variants: u64,
    /// Variants in all.
    pub total: u64,
    /// Of the finished ones, those that make no sense.
    pub senseless: u64,
}

/// Simulate a shard and write it, line by line in order, with as much memory for a million variants as for a few.
///
/// The seeds, windows and numbers are those of [`simulate`](crate::experiment::simulate) for each variant, and depend neither on the
/// shard nor on the number of threads.
///
/// # Errors
/// When it can not be written.
pub fn write(plan: &Plan, shard: Shard, out: &mut dyn Write, mut tell: impl FnMut(Done)) -> io::Result<Done> {
    let header = plan.header().with(shard);
    let mut writer = Writer::new(out, &header)?;
    let done = each(plan, shard, &mut tell, |line| writer.line(&line.text()))?;
    writer.finish()?;
    Ok(done)
}

/// The same for whoever takes the lines one by one.
///
/// # Errors
/// What `take` fails with.
pub fn each(
    plan: &Plan,
    shard: Shard,
    tell: &mut dyn FnMut(Done),
    mut take: impl FnMut(Line) -> io::Result<()>,
) -> io::Result<Done> {
    let header = plan.header().with(shard);
    let mut done = Done { total: header.items().count() as u64, ..Done::default() };
    let mut items = header.items();
    loop {
        let next: Vec<_> = items.by_ref().take(AT_ONCE).collect();
        if next.is_empty() {
            return Ok(done);
        }
        for line in in_parallel(0..next.len() as u32, |n| measure(plan, next[n as usize])) {
            done.variants += 1;
            done.senseless += u64::from(line.problem.is_some());
            take(line)?;
        }
        tell(done);
    }
}

fn measure(plan: &Plan, (variant, from, until): (u64, u32, u32)) -> Line {
    let (world, settings) = plan.variant(variant);
    let set = settings.iter().map(|(path, value)| format!("{path}={value}")).collect();
    let header = plan.header();
    let options = Options { seed: Some(header.seed), replications: Some(header.replications), precision: None };
    let prepared = plan.model(variant).and_then(|model| Experiment::new(&model, &options).map(|e| (e.window(), model)));
    let (problem, measured) = match prepared {
        Err(why) => (Some(words(&why)), None),
        // What happened over time adds up to too much.
        Ok((window, model)) => {
            let window = Window { series: false, ..window };
            (None, Some(simulate(&model, window, header.seed, from..until)))
        }
    };
    Line { variant, world, set, from, until, problem, measured }
}

fn words(problems: &Problems) -> String {
    let errors = problems.problems.iter().filter(|p| p.is_error());
    errors.map(|Problem { path, message, .. }| format!("{path}: {message}")).collect::<Vec<_>>().join("; ")
}

fn simulate(model: &Model, window: Window, seed: u64, runs: core::ops::Range<u32>) -> Measured {
    let (regime, _) = regime(model);
    let spans = [window.from.seconds(), window.until.since(window.from).seconds()];
    let mut measured = Measured::new(regime, only_grows(model, regime), model.hold_shape().0.is_finite(), spans);
    let mut pooled: Option<Outcome> = None;
    for first in runs.clone().step_by(RUNS_AT_ONCE as usize) {
        let some = first..(first + RUNS_AT_ONCE).min(runs.end);
        for outcome in in_parallel(some, |n| replicate(model, window, seed, n)) {
            measured.runs.add(&outcome);
            match &mut pooled {
                None => pooled = Some(outcome),
                Some(all) => {
                    all.wait.merge(&outcome.wait);
                    all.response.merge(&outcome.response);
                    all.failure.merge(&outcome.failure);
                }
            }
        }
    }
    if let Some(all) = pooled {
        [measured.wait, measured.response, measured.failure] = [&all.wait, &all.response, &all.failure].map(Pooled::of);
    }
    measured
}
