//! Where the start of a run ends, found in the run itself: MSER-5 on pilot runs.
//!
//! Theory takes away a warm-up of its own ([`steady_window`](super::window::steady_window)); what is measured begins when both
//! are over. Both are needed. Theory knows of what a short run can not show: long holds that have not come yet, a queue that
//! grows for minutes. The pilots know of what theory leaves out: bursts, clients that wait for their answers, retries,
//! connections that are opened, batches.
//!
//! With heavy tails, where a few long queues make up most of the variance, the pilots often ask for more by chance alone. Nothing
//! but time is lost by that; but the size search, which has many models to simulate, trusts theory alone: at loads from 0.95 to
//! 1.2, with exponential holds and lognormal ones of sigma 1.7 and 2.2, with and without timeouts, mean waits just behind
//! theory's warm-up were the same as those of three times as long a start, within intervals of 0.01 to 5 % (exponential) and 8 to
//! 30 % (lognormal) of 300 paired runs, where those of an empty start were up to 95 % too low.

use super::in_parallel;
use crate::engine::{self, Fact, Levels, Observer, recursion};
use crate::random::Streams;
use crate::record::Window;
use crate::report::text::time;
use crate::scenario::Model;
use crate::units::{SimTime, Span};

/// Observations in one batch: the 5 of MSER-5.
const BATCH: usize = 5;
/// Batches at the end that are no candidates: few that happen to be alike have a small variance.
const LAST: usize = 5;
/// Pilots, each of a quarter of a replication's length: together they cost what one replication costs.
const PILOTS: u32 = 4;
/// No replication that is measured has the number of a pilot.
const FIRST_PILOT: u32 = u32::MAX - PILOTS;
/// Observations made of the waits of a pilot: means of equally many waits that follow each other.
const OBSERVATIONS: usize = 1000;
/// Waits that all pilots keep at once, at most.
const WAITS_MAX: f64 = 2e6;

/// How many observations to remove from the start of a series, by MSER-5: the number that leaves the mean with the least marginal
/// standard error, Σ (x − mean)² / n² over the n batches of five that are left.
///
/// `None` when that number lies in the second half, or when there are fewer than twenty batches: the series is too short. The
/// last five batches are no candidates. K. P. White, *An effective truncation heuristic for bias reduction in simulation output*,
/// Simulation 69, 1997; K. P. White, M. J. Cobb, S. C. Spratt, *A comparison of five steady-state truncation heuristics for
/// simulation*, Winter Simulation Conference, 2000; for the last five K. Hoad, S. Robinson, R. Davies, *Automating warm-up length
/// estimation*, Journal of the Operational Research Society 61, 2010.
///
/// Wrong to use alone on a series of rare, large values: then it cuts behind the largest, wherever that is.
///
/// ```
/// // Ten observations from far away, then a wave around zero.
/// let series: Vec<f64> = (0..400).map(|n| if n < 10 { 9.0 } else { f64::from(n % 3) - 1.0 }).collect();
/// assert_eq!(poolwise::experiment::mser5(&series), Some(10));
/// ```
pub fn mser5(series: &[f64]) -> Option<usize> {
    let batches: Vec<f64> = series.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    if batches.len() < 20 {
        return None;
    }
    let (mut best, mut least) = (0, f64::INFINITY);
    // From the end, so that each step adds one batch to what is left (B. P. Welford, 1962).
    let (mut mean, mut squares, mut left) = (0.0, 0.0, 0.0);
    for (n, batch) in batches.iter().enumerate().rev() {
        left += 1.0;
        let off = batch - mean;
        mean += off / left;
        squares += off * (batch - mean);
        let error = squares / (left * left);
        // Of equals the one that removes less.
        if n < batches.len() - LAST && error <= least {
            (best, least) = (n, error);
        }
    }
    (best <= batches.len() / 2).then_some(best * BATCH)
}

/// What decided when a run begins to be measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rule {
    /// A run over time is measured from its start.
    Timeline,
    /// Theory alone: there was nothing to judge in the pilots, or there is no long run.
    Theory,
    /// Theory asks for more than MSER-5, which asks for so many seconds.
    Longer(f64),
    /// MSER-5 asks for more than theory.
    Mser5,
    /// MSER-5 found no end of the start in the first half of its pilots: all that they simulated is removed.
    Pilots,
    /// The same, but theory asks for more than the pilots simulated.
    LongerThanPilots,
}

impl Rule {
    /// In words.
    pub(super) fn words(self) -> String {
        let theory = "theory: residual holds and relaxation times of the queue";
        match self {
            Self::Timeline => "none: measured from an empty start".into(),
            Self::Theory => theory.into(),
            Self::Longer(found) => format!("{theory}; MSER-5 would remove {} of its pilot runs", time(found)),
            Self::LongerThanPilots => {
                format!("{theory}, longer than the pilot runs, in which MSER-5 found no end of the start")
            }
            Self::Mser5 => "MSER-5 on pilot runs, which removes more than theory would".into(),
            Self::Pilots => {
                "MSER-5 found no end of the start in the first half of its pilot runs, perhaps for rare long queues: as long as \
                 they are is removed"
                    .into()
            }
        }
    }
}

/// The window moved so that it begins no earlier than MSER-5 asks for; as long as before.
pub(super) fn after_pilots(model: &Model, seed: u64, window: Window) -> (Window, Rule) {
    let affordable = WAITS_MAX / model.peak().as_per_second() / f64::from(PILOTS);
    let length = Span::from_seconds((window.until.seconds() / f64::from(PILOTS)).min(affordable));
    let until = SimTime::ZERO + length;
    let pilots = in_parallel(0..PILOTS, |n| waits(model, Streams::new(seed, FIRST_PILOT + n), until));
    let (end, rule) = match end_of_start(&pilots) {
        End::Unknown => (SimTime::ZERO, Rule::Theory),
        End::At(end) if end <= window.from => (end, Rule::Longer(end.seconds())),
        End::At(end) => (end, Rule::Mser5),
        End::Late if until <= window.from => (until, Rule::LongerThanPilots),
        End::Late => (until, Rule::Pilots),
    };
    let from = window.from.max(end);
    (Window { from, until: from + window.until.since(window.from), ..window }, rule)
}

/// Where the start of the pilots ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// Too few waited to tell.
    Unknown,
    At(SimTime),
    /// In their second half, if at all.
    Late,
}

fn end_of_start(pilots: &[Vec<(SimTime, Span)>]) -> End {
    let shared = pilots.iter().map(Vec::len).min().unwrap_or(0);
    let each = (shared / OBSERVATIONS).max(1);
    // The mean over the pilots, wait by wait in order of arrival.
    let series: Vec<f64> = (0..shared / each)
        .map(|n| {
            let waits = pilots.iter().flat_map(|pilot| &pilot[n * each..(n + 1) * each]);
            waits.map(|(_, wait)| wait.nanos() as f64).sum::<f64>()
        })
        .collect();
    // Where hardly anybody waits, neither at the start nor in all, the rule would cut behind the last who did.
    let waited: Vec<bool> = series.chunks_exact(BATCH).map(|batch| batch.iter().any(|wait| *wait > 0.0)).collect();
    let half = |part: &[bool]| 2 * part.iter().filter(|any| **any).count() >= part.len();
    if waited.len() < 20 || !(half(&waited) || half(&waited[..waited.len() / 10])) {
        return End::Unknown;
    }
    match mser5(&series) {
        None => End::Late,
        Some(0) => End::At(SimTime::ZERO),
        Some(removed) => End::At(pilots.iter().map(|pilot| pilot[removed * each].0).max().unwrap_or_default()),
    }
}

/// The waits that end by `until`, with the moments at which they begin, in order of arrival.
fn waits(model: &Model, streams: Streams, until: SimTime) -> Vec<(SimTime, Span)> {
    let mut waits = Waits::default();
    if recursion::applies(model) {
        recursion::run(model, streams, until, |passage| {
            if passage.asked + passage.wait <= until {
                waits.0.push((passage.asked, passage.wait));
            }
        });
    } else {
        engine::watch(model, streams, until, &mut waits);
    }
    waits.0.sort_unstable();
    waits.0
}

#[derive(Default)]
struct Waits(Vec<(SimTime, Span)>);

impl Observer for Waits {
    #[inline]
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, _: &Levels) {
        if let Fact::Granted { wait } | Fact::TimedOut { wait } | Fact::Refused { wait } = fact {
            self.0.push((SimTime::from_nanos(now.nanos() - wait.nanos()), wait));
        }
    }
}
