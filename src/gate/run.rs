//! The replications of one scenario, and which assertion needs more of them.

use super::judge::{self, Context};
use super::watch::{Seen, Watched, watch};
use super::{Gated, Judged, MOST, RUNS};
use crate::advise;
use crate::experiment::{
    Experiment, Looks, Options, REQUESTS, REQUESTS_MAX, crowd, in_parallel, regime, replicate, steady_window,
};
use crate::plan::Recommendation;
use crate::problem::Problems;
use crate::record::{Outcome, Window};
use crate::report::{Regime, Report, Setting, Tally};
use crate::scenario::{Assertion, Claim, Level, Model, Scenario};
use crate::units::SimTime;

/// Runs that are made at once.
const AT_ONCE: u32 = 8;

/// One scenario with its assertions.
#[derive(Clone, Debug)]
pub(super) struct Job {
    file: String,
    /// As written: what the recommended size survives is asked of it.
    scenario: Scenario,
    model: Model,
    seed: u64,
    regime: Regime,
    growth: Option<f64>,
    /// Why the long run can not be seen, if it can not.
    short: Option<&'static str>,
    /// In how many replications `never` and `within` must hold.
    runs: u32,
    looks: Looks,
    /// The windows that numbers are asked of; the first is all that is measured, and `never` and `within` are watched there.
    groups: Vec<Group>,
    watched: Vec<Watched>,
    seen: Vec<Seen>,
    judged: Vec<Option<Judged>>,
}

/// Replications over one window.
#[derive(Clone, Debug)]
struct Group {
    window: Window,
    tally: Tally,
}

impl Job {
    /// `replications`: the most of them, where somebody says.
    pub(super) fn new(file: &str, scenario: &Scenario, seed: u64, replications: Option<u32>) -> Result<Self, Problems> {
        let model = scenario.check()?;
        if model.assertions().is_empty() {
            let message = "there is no assertion: write [[assert]] with that = \"wait.p99 <= 50ms\"";
            return Err(Problems::one("assert", message));
        }
        let (regime, growth) = regime(&model);
        let timeline = regime == Regime::Timeline;
        let short = if timeline { None } else { steady_window(&model, REQUESTS, REQUESTS_MAX).short };
        // Who fails, and when, is told where somebody asks.
        let asks_when = model.assertions().iter().any(|one| one.claim.deadline().is_some());
        let model = if asks_when { model.followed() } else { model };
        let mut window = Experiment::new(&model, &Options { seed: Some(seed), ..Options::default() })?.window();
        let watched = watched(&model, window);
        window.series = watched.iter().any(|one| one.level.is_of_parts());
        let mut groups = vec![Group { window, tally: Tally::default() }];
        for one in model.assertions().iter().filter(|one| is_bound(one)) {
            let window = window_of(one, window);
            if !groups.iter().any(|group| same(group.window, window)) {
                crowd(&model, window)?;
                groups.push(Group { window: Window { series: false, ..window }, tally: Tally::default() });
            }
        }
        Ok(Self {
            file: file.to_owned(),
            scenario: scenario.clone(),
            seed,
            regime,
            growth,
            short: short.map(|short| short.caution().1),
            runs: replications.unwrap_or(RUNS),
            looks: Looks::doubling(replications.unwrap_or(MOST)),
            groups,
            watched,
            seen: Vec::new(),
            judged: vec![None; model.assertions().len()],
            model,
        })
    }

    /// Replications done, and how many are expected in all.
    pub(super) fn progress(&self) -> (u32, u32) {
        let all = self.groups.iter().enumerate().map(|(n, group)| {
            let done = group.tally.replications();
            (done, self.wanted(n).unwrap_or(done))
        });
        all.fold((0, 0), |(done, total), (d, t)| (done + d, total + t))
    }

    /// Do some of what is left; whether there was anything.
    pub(super) fn step(&mut self) -> bool {
        if self.asks_for_a_size() {
            let options = Options { seed: Some(self.seed), ..Options::default() };
            let answer = advise::size(&self.scenario, &options, |_, _| {});
            self.judge_sizes(&answer);
            return true;
        }
        let Some((n, until)) = (0..self.groups.len()).find_map(|n| Some((n, self.wanted(n)?))) else { return false };
        let from = self.groups[n].tally.replications();
        self.run(n, from, until.min(from + AT_ONCE));
        if self.groups[n].tally.replications() == until {
            self.look(n);
        }
        true
    }

    fn run(&mut self, n: usize, from: u32, until: u32) {
        let (model, window, seed, runs) = (&self.model, self.groups[n].window, self.seed, self.watched_runs());
        let watched = &self.watched;
        let outcomes: Vec<(Outcome, Option<Seen>)> = in_parallel(from..until, |replication| {
            if n == 0 && replication < runs {
                let (outcome, seen) = watch(model, window, seed, replication, watched);
                return (outcome, Some(seen));
            }
            (replicate(model, window, seed, replication), None)
        });
        for (outcome, seen) in outcomes {
            self.groups[n].tally.add(outcome);
            self.seen.extend(seen);
        }
    }

    /// Up to how many replications a group needs next; `None` where it needs no more.
    fn wanted(&self, n: usize) -> Option<u32> {
        let done = self.groups[n].tally.replications();
        if n == 0 && done < self.watched_runs() {
            return Some(self.watched_runs().min(self.looks.after(done)));
        }
        let open = |(one, judged): (&Assertion, &Option<Judged>)| {
            is_bound(one) && judged.is_none() && same(self.groups[n].window, window_of(one, self.groups[0].window))
        };
        let any = self.model.assertions().iter().zip(&self.judged).any(open);
        (any && done < self.looks.budget).then(|| self.looks.after(done))
    }

    /// How many replications are watched: none, where nobody asks for moments.
    fn watched_runs(&self) -> u32 {
        let watches = |one: &Assertion| matches!(one.claim.kind(), "never" | "within");
        if self.model.assertions().iter().any(watches) { self.runs } else { 0 }
    }

    fn asks_for_a_size(&self) -> bool {
        let open = |(one, judged): (&Assertion, &Option<Judged>)| one.claim.kind() == "size" && judged.is_none();
        self.model.assertions().iter().zip(&self.judged).any(open)
    }

    fn judge_sizes(&mut self, answer: &Result<Recommendation, Problems>) {
        for (one, judged) in self.model.assertions().iter().zip(&mut self.judged) {
            if let Claim::Size { at_most } = one.claim {
                let most = at_most.unwrap_or(self.model.max_size());
                *judged = Some(judge::size(one, most, answer, &self.model));
            }
        }
    }

    /// Judge what can be judged now.
    fn look(&mut self, n: usize) {
        let done = self.groups[n].tally.replications();
        let report = self.report(n);
        let context = Context {
            model: &self.model,
            report: &report,
            last: done >= self.looks.budget,
            short: self.short,
            end: self.groups[0].window.until,
            seed: self.seed,
        };
        let watched_all = n == 0 && self.seen.len() as u32 == self.watched_runs();
        let mut place = 0;
        for (one, judged) in self.model.assertions().iter().zip(&mut self.judged) {
            let peak = place;
            place += usize::from(level_of(&one.claim).is_some());
            if judged.is_some() {
                continue;
            }
            *judged = match one.claim {
                Claim::Bound { measure, limit }
                    if same(self.groups[n].window, window_of(one, self.groups[0].window)) =>
                {
                    judge::bound(one, measure, limit, &context)
                }
                Claim::Bound { .. } | Claim::Size { .. } => None,
                _ => watched_all.then(|| judge::every_run(one, peak, &self.seen, &context)),
            };
        }
    }

    fn report(&self, n: usize) -> Report {
        let Group { window, tally } = &self.groups[n];
        let setting = Setting {
            seed: self.seed,
            regime: self.regime,
            growth: self.growth,
            warm_up: window.from.seconds(),
            warm_up_rule: String::new(),
            measured: window.until.since(window.from).seconds(),
            confidence: self.looks.confidence(),
            stopped: None,
        };
        tally.report(&self.model, setting)
    }

    /// What became of all.
    pub(super) fn gated(&self) -> Gated {
        Gated {
            file: self.file.clone(),
            scenario: self.model.name().to_owned(),
            assertions: self.judged.iter().flatten().cloned().collect(),
            cautions: self.model.cautions().problems.clone(),
        }
    }
}

fn is_bound(one: &Assertion) -> bool {
    matches!(one.claim, Claim::Bound { .. })
}

fn same(one: Window, other: Window) -> bool {
    (one.from, one.until) == (other.from, other.until)
}

/// The window of an assertion within all that is measured.
fn window_of(one: &Assertion, whole: Window) -> Window {
    Window { from: one.from.unwrap_or(whole.from), until: one.until.unwrap_or(whole.until), ..whole }
}

/// The level that a claim speaks of, with its limit.
fn level_of(claim: &Claim) -> Option<(Level, f64)> {
    match *claim {
        Claim::Never { level, above } => Some((level, above)),
        Claim::Back { level, at_most, .. } => Some((level, at_most)),
        _ => None,
    }
}

/// What is to be watched, in the order of the assertions that speak of a level.
fn watched(model: &Model, whole: Window) -> Vec<Watched> {
    let of = |one: &Assertion| {
        let (level, above) = level_of(&one.claim)?;
        let Window { from, until, .. } = window_of(one, whole);
        // Before the moment that it is to be back after, a level may be as it likes.
        let begins = one.claim.deadline().and_then(|(_, of)| model.moment(of)).unwrap_or(SimTime::ZERO);
        Some(Watched { level, above, from: from.max(begins), until })
    };
    model.assertions().iter().filter_map(of).collect()
}
