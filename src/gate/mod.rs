//! Whether what a scenario asserts holds: a gate for continuous integration, and for a test of one's own.
//!
//! A scenario file says what must hold in `[[assert]]`. [`assert_holds`] judges it within `cargo test`, and needs the feature `toml`
//! alone:
//!
//! ```
//! # #[cfg(feature = "toml")] {
//! # macro_rules! include_str { ($name:literal) => { "
//! # traffic.rate = '80/s'
//! # query = [{ hold = 'exponential(mean=20ms)' }]
//! # pool = { max_size = 10, acquire_timeout = '2s' }
//! # assert = [{ that = 'wait.p99 <= 50ms' }]
//! # " } }
//! // #[test]
//! fn the_pool_survives_the_sale() {
//!     poolwise::gate::assert_holds(include_str!("sale.toml"));
//! }
//! # the_pool_survives_the_sale();
//! # }
//! ```
//!
//! # When an assertion holds
//!
//! A number of the whole window (`wait.p99 <= 50ms`) holds when its whole interval lies within the limit, and fails when its whole
//! interval lies beyond. While the interval straddles the limit, more replications are made: looks are taken after 10, 20, 40 and 80,
//! each at a confidence that keeps all of them together at 95 %. What straddles still after the last is *not surely* within, and does
//! not pass. `never` and `within` must hold in every one of 10 replications: then they hold in at least 74 % of such runs, at 95 %
//! confidence.

mod judge;
pub mod junit;
mod run;
pub mod text;
mod watch;

use crate::experiment::{Options, Progress};
use crate::problem::{Problem, Problems};
use crate::report::{CONFIDENCE, VERSION};
use crate::scenario::{SCHEMA_VERSION, Scenario};
use run::Job;
use serde::Serialize;

/// The most replications of a number, if nothing else is asked for.
const MOST: u32 = 80;
/// In how many replications `never` and `within` must hold, if nothing else is asked for.
const RUNS: u32 = 10;

/// What became of an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds, with the confidence that is stated.
    Holds,
    /// It does not.
    Fails,
    /// After the most replications it may hold or not: that does not pass.
    NotSurely,
    /// No pool size meets the objectives, so there is none to compare.
    NoSize,
}

impl Verdict {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::NotSurely => "not surely",
            Self::NoSize => "no size",
        }
    }
}

/// One assertion with what was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// What people call it, where they gave it a name.
    pub name: Option<String>,
    /// As it is written.
    pub that: String,
    /// `bound`, `never`, `within` or `size`.
    pub kind: &'static str,
    /// From when on it was looked at, in seconds; absent where it does not say.
    pub from: Option<f64>,
    /// Until when.
    pub until: Option<f64>,
    /// What became of it.
    pub verdict: Verdict,
    /// What was measured: seconds, a share from 0 to 1, per second, or a number. Of `never` the highest value of all replications, of
    /// `within` the longest time. Absent where there was nothing to measure.
    pub value: Option<f64>,
    /// Half the width of its interval; absent where it is no mean.
    pub half_width: Option<f64>,
    /// The limit, in the same unit; absent for an alert that must never fire.
    pub limit: Option<f64>,
    /// The replications that it rests on.
    pub replications: u32,
    /// In how many of them it held; absent where the replications were judged together.
    pub held_in: Option<u32>,
    /// What was measured, as people write it.
    pub measured: String,
    /// What would make it hold, where that could be found.
    pub lever: Option<String>,
}

impl Judged {
    /// Its name, or what it says where it has none.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.that)
    }
}

/// One scenario with its assertions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gated {
    /// Where it comes from.
    pub file: String,
    /// The scenario's name.
    pub scenario: String,
    /// The assertions, as they are written.
    pub assertions: Vec<Judged>,
    /// What may surprise.
    pub cautions: Vec<Problem>,
}

/// What became of all assertions of all scenarios.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The version of these names.
    pub schema_version: u32,
    /// The version of poolwise.
    pub version: &'static str,
    /// The seed.
    pub seed: u64,
    /// The confidence of intervals and verdicts.
    pub confidence: f64,
    /// Whether every assertion holds.
    pub holds: bool,
    /// The answer in words.
    pub sentence: String,
    /// The scenarios.
    pub files: Vec<Gated>,
}

impl Answer {
    /// All assertions.
    pub fn assertions(&self) -> impl Iterator<Item = &Judged> {
        self.files.iter().flat_map(|file| &file.assertions)
    }
}

impl core::fmt::Display for Answer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&text::text(self))
    }
}

/// A gate at work: scenario by scenario, replication by replication.
#[derive(Clone, Debug)]
pub struct Gate {
    jobs: Vec<Job>,
    seed: u64,
}

impl Gate {
    /// Prepare it: each scenario with where it comes from.
    ///
    /// `options.replications` is the most replications of a number, 80 if absent, and in how many of them `never` and `within` must
    /// hold, 10 if absent.
    ///
    /// # Errors
    /// When a scenario makes no sense, when it asserts nothing, when one could fill the memory, and when the options ask for what can not be.
    pub fn new(scenarios: &[(String, Scenario)], options: &Options) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        if options.precision.is_some() {
            problems.error("precision", "has no meaning for a gate, which looks until its verdicts are clear");
        }
        if options.replications == Some(1) {
            problems.error("replications", "expected 2 or more: one alone has no interval");
        }
        if scenarios.is_empty() {
            problems.error("", "there is no scenario to judge");
        }
        let seed = match (Options { precision: None, ..*options }).check() {
            Ok((seed, _)) => seed,
            Err(e) => {
                problems.problems.extend(e.problems);
                return Err(problems);
            }
        };
        let mut jobs = Vec::new();
        for (file, scenario) in scenarios {
            match Job::new(file, scenario, seed, options.replications) {
                Ok(job) => jobs.push(job),
                Err(e) => problems.problems.extend(e.in_file(std::path::Path::new(file)).problems),
            }
        }
        if problems.can_run() { Ok(Self { jobs, seed }) } else { Err(problems) }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let all = self.jobs.iter().map(Job::progress);
        let (done, total) = all.fold((0, 0), |(done, total), (d, t)| (done + d, total + t));
        Progress { done, total, finished: done == total }
    }

    /// Do all that is left, on all cores where the feature `cli` is on, telling how far it is.
    pub fn finish(&mut self, mut tell: impl FnMut(Progress)) -> Answer {
        for n in 0..self.jobs.len() {
            while self.jobs[n].step() {
                tell(self.progress());
            }
        }
        let files: Vec<Gated> = self.jobs.iter().map(Job::gated).collect();
        let holds = files.iter().flat_map(|file| &file.assertions).all(|one| one.verdict == Verdict::Holds);
        Answer {
            schema_version: SCHEMA_VERSION,
            version: VERSION,
            seed: self.seed,
            confidence: CONFIDENCE,
            holds,
            sentence: text::sentence(&files),
            files,
        }
    }
}

/// Judge what a scenario asserts.
///
/// Deterministic: the same scenario and seed give the same answer on every platform and with any number of threads.
///
/// # Errors
/// As [`Gate::new`]. That an assertion does not hold is an answer, not an error.
///
/// ```
/// use poolwise::{gate::{self, Verdict}, scenario::Scenario};
/// let scenario = Scenario::read(serde_json::json!({
///     "traffic": { "rate": "100/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "pool": { "max_size": 4 },
///     "assert": [{ "that": "utilisation <= 60%" }, { "that": "wait.p99 <= 1ms" }],
/// }))?;
/// let answer = gate::judge(&scenario, &Default::default())?;
/// let verdicts: Vec<Verdict> = answer.assertions().map(|one| one.verdict).collect();
/// assert_eq!(verdicts, [Verdict::Holds, Verdict::Fails]);
/// println!("{answer}");
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn judge(scenario: &Scenario, options: &Options) -> Result<Answer, Problems> {
    let named = (scenario.check()?.name().to_owned(), scenario.clone());
    Ok(Gate::new(&[named], options)?.finish(|_| {}))
}

/// Judge what a scenario file asserts: its text, TOML or JSON.
///
/// # Errors
/// What is wrong with the file, all at once, and as [`judge`]. Recorded arrivals in a file of their own can not be read here.
///
/// ```
/// let checkout = "
///     traffic.rate = '100/s'
///     query = [{ hold = 'exponential(mean=20ms)' }]
///     assert = [{ that = 'recommended <= pool.max_size' }]
/// ";
/// let answer = poolwise::gate::judge_text(checkout, &Default::default())?;
/// assert!(answer.holds, "{answer}");
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
#[cfg(feature = "toml")]
pub fn judge_text(text: &str, options: &Options) -> Result<Answer, Problems> {
    judge(&Scenario::read(crate::scenario::parse(text)?)?, options)
}

/// Panic unless all that a scenario file asserts holds: for a test of one's own, with `include_str!`.
///
/// # Panics
/// When an assertion does not hold, with a line for each and what was measured; when the file is wrong, with all that is.
///
/// ```should_panic
/// poolwise::gate::assert_holds("
///     traffic.rate = '100/s'
///     query = [{ hold = 'exponential(mean=20ms)' }]
///     pool = { max_size = 3, acquire_timeout = '1s' }
///     assert = [{ that = 'wait.p99 <= 10ms' }]
/// ");
/// ```
#[cfg(feature = "toml")]
#[track_caller]
pub fn assert_holds(text: &str) {
    match judge_text(text, &Options::default()) {
        Ok(answer) => assert!(answer.holds, "what the scenario asserts does not hold:\n{answer}"),
        Err(problems) => panic!("the scenario can not run:\n{problems}"),
    }
}
