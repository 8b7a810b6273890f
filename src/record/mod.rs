//! Facts folded into what one replication measured.

mod alerts;
mod bins;
mod control;
mod film;
mod histogram;
mod impact;
mod instances;
mod series;
mod tiers;

pub use alerts::Firing;
pub use film::{COUNTS, Film, FilmRecorder, LEVELS};
pub use histogram::Histogram;
pub use impact::{Affected, FAILING, Impact, UNWELL};
pub use instances::InstanceSeries;
pub use series::{BINS, Bin, Series};
pub use tiers::{TierCounts, TierLevels, Tiers};

use crate::engine::recursion::{Passage, Passages};
use crate::engine::{Fact, Levels, Observer};
use crate::scenario::Model;
use crate::units::{SimTime, Span};
use bins::Bins;
pub(crate) use control::Control;
use control::ControlRecorder;
use impact::ImpactRecorder;
use instances::InstanceRecorder;
use tiers::TierRecorder;

/// Precision of the histograms of a whole run: quantiles are off by at most 0.2 %.
pub(crate) const BITS: u32 = 8;

/// From when to when a run is measured, and what is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Nothing before is recorded: the run is still warming up.
    pub from: SimTime,
    /// The end of the run.
    pub until: SimTime,
    /// Whether levels and counts over time are kept.
    pub series: bool,
}

/// Spans with their sum, so that the mean is exact.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Spans {
    /// The distribution.
    pub histogram: Histogram,
    /// Nanoseconds in all.
    pub sum: u128,
}

impl Spans {
    fn new() -> Self {
        Self { histogram: Histogram::new(BITS), sum: 0 }
    }

    #[inline]
    fn record(&mut self, span: Span) {
        self.histogram.record(span);
        self.sum += u128::from(span.nanos());
    }

    /// So many whose spans were marked in the histogram, with their sum.
    fn add_marked(&mut self, count: u64, sum: u128) {
        self.histogram.add_to_total(count);
        self.sum += sum;
    }

    /// Seconds; `None` when nothing was recorded.
    pub fn mean(&self) -> Option<f64> {
        match self.histogram.count() {
            0 => None,
            n => Some(self.sum as f64 / n as f64 / 1e9),
        }
    }

    /// Add all of another.
    pub fn merge(&mut self, other: &Self) {
        self.histogram.merge(&other.histogram);
        self.sum += other.sum;
    }
}

/// What one replication measured within its window.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Outcome {
    /// Requests that came.
    pub offered: u64,
    /// Attempts that came as retries.
    pub retried: u64,
    /// Attempts that were served, whether or not their client was still there.
    pub served: u64,
    /// Of these, those whose client was no longer there.
    pub wasted: u64,
    /// Attempts that gave up waiting.
    pub timed_out: u64,
    /// Attempts that were turned away because too many waited.
    pub rejected: u64,
    /// Attempts whose connection could not be opened.
    pub refused: u64,
    /// Attempts that a circuit breaker did not let through.
    pub broken: u64,
    /// Attempts whose client waited no longer for the answer.
    pub left: u64,
    /// Requests that were lost: without an answer, and not tried again.
    pub failed: u64,
    /// Waits that were not zero, of those that ended by a connection or by giving up.
    pub waited: u64,
    /// Connections that were opened.
    pub opened: u64,
    /// Connections suspected of being leaked.
    pub suspected: u64,
    /// Waits of those that got a connection or gave up; those rejected did not wait.
    pub wait: Spans,
    /// How long connections were out, up to their return or leak.
    pub hold: Spans,
    /// Wait and work together, of the attempts whose client got the answer.
    pub response: Spans,
    /// From the arrival of an attempt to its failure, as its client saw it.
    pub failure: Spans,
    /// Mean connections in use.
    pub active: f64,
    /// Mean attempts waiting.
    pub pending: f64,
    /// Mean connections open.
    pub total: f64,
    /// Mean limit of all pools.
    pub size: f64,
    /// The fleet at the end.
    pub at_end: Levels,
    /// When the first attempt failed.
    pub first_failure: Option<SimTime>,
    /// Levels and counts over time.
    pub series: Option<Series>,
    /// What was measured of the database, the pooler and the fleet.
    pub tiers: Tiers,
    /// What became of each alert.
    pub alerts: Vec<Firing>,
    /// Who was affected, where the model has users or an incident.
    pub impact: Option<Impact>,
    /// What each instance had over time, where the model has a timeline or an incident and a series is kept.
    pub instances: Option<InstanceSeries>,
    /// How much more than is expected the control of this replication was; absent where it has none.
    pub control: Option<f64>,
}

/// Folds facts into an [`Outcome`].
pub struct Recorder {
    window: Window,
    outcome: Outcome,
    tiers: TierRecorder,
    impact: Option<ImpactRecorder>,
    instances: Option<InstanceRecorder>,
    /// Where the bins of the series lie; levels that hardly ever change have their own, for they are looked at seldom.
    places: Option<[Bins; 2]>,
    levels: Levels,
    since: SimTime,
    /// Since when the levels that hardly ever change are what they are.
    steady_since: SimTime,
    /// Connection-nanoseconds in use, request-nanoseconds waiting, connection-nanoseconds open and of limit.
    held: [u128; 4],
    whole: Whole,
    /// Whether the holds of passages are recorded.
    holds: bool,
    control: Option<ControlRecorder>,
}

/// Passages that began and ended within the window, as nearly all do: what is the same in several sums is added up once.
#[derive(Default)]
struct Whole {
    count: u64,
    /// Nanoseconds.
    wait: u128,
    hold: u128,
}

impl Recorder {
    /// For a run of a model over `window`.
    pub fn new(window: Window, model: &Model) -> Self {
        let spans = Spans::new();
        let tiers = TierRecorder::new(window, model);
        let instances = model.instances();
        let size = instances * model.pool_configs().map(|config| config.max_size).sum::<u32>();
        let series = window.series.then(|| Series::new(window.until));
        Self {
            window,
            places: series.as_ref().map(|series| [series.places(); 2]),
            outcome: Outcome {
                offered: 0,
                retried: 0,
                served: 0,
                wasted: 0,
                timed_out: 0,
                rejected: 0,
                refused: 0,
                broken: 0,
                left: 0,
                failed: 0,
                waited: 0,
                opened: 0,
                suspected: 0,
                wait: spans.clone(),
                hold: spans.clone(),
                response: spans.clone(),
                failure: spans,
                active: 0.0,
                pending: 0.0,
                total: 0.0,
                size: 0.0,
                at_end: Levels::default(),
                first_failure: None,
                series,
                tiers: Tiers::new(),
                alerts: Firing::none(model.alerts().len()),
                impact: None,
                instances: None,
                control: None,
            },
            tiers,
            impact: ImpactRecorder::of(window, model),
            instances: window.series.then(|| InstanceRecorder::of(window.until, model)).flatten(),
            levels: Levels { size, instances, ..Levels::default() },
            since: SimTime::ZERO,
            steady_since: SimTime::ZERO,
            held: [0; 4],
            whole: Whole::default(),
            holds: true,
            control: None,
        }
    }

    /// The same without the distribution of holds, for whoever compares pools of many sizes by passages.
    pub fn without_holds(self) -> Self {
        Self { holds: false, ..self }
    }

    /// The same with its control.
    pub(crate) fn beside(self, control: Option<&Control>) -> Self {
        Self { control: control.map(|control| control.over(self.window)), ..self }
    }

    /// What was measured up to the end of the window.
    pub fn finish(mut self) -> Outcome {
        Firing::finish(&mut self.outcome.alerts, self.window.until);
        self.hold_until(self.window.until);
        self.hold_steady_until(self.window.until);
        let length = self.window.until.since(self.window.from).nanos().max(1) as f64;
        let [active, pending, total, size] = self.held.map(|sum| sum as f64 / length);
        let (tiers, impact) = (self.tiers.finish(), self.impact.map(|mut impact| impact.finish()));
        let instances = self.instances.map(InstanceRecorder::finish);
        Outcome { active, pending, total, size, at_end: self.levels, tiers, impact, instances, ..self.outcome }
    }

    #[inline(always)]
    fn hold_until(&mut self, now: SimTime) {
        let span = now.since(self.since.max(self.window.from));
        self.held[0] += span.times(self.levels.active);
        self.held[1] += span.times(self.levels.pending);
        if let (Some(series), Some([places, _])) = (&mut self.outcome.series, &mut self.places) {
            places.divide(self.since, now, |bin, span| series.bins[bin].hold(span, &self.levels));
        }
        self.since = now;
    }

    /// The same for the levels that hardly ever change.
    fn hold_steady_until(&mut self, now: SimTime) {
        let span = now.since(self.steady_since.max(self.window.from));
        let Levels { active, total, size, .. } = self.levels;
        self.held[2] += span.times(total);
        // A pool that was made smaller still has its connections until they come back.
        self.held[3] += span.times(size.max(active));
        self.tiers.hold_steady(span, now, &self.levels);
        if let (Some(series), Some([_, places])) = (&mut self.outcome.series, &mut self.places) {
            places.divide(self.steady_since, now, |bin, span| series.bins[bin].hold_steady(span, &self.levels));
        }
        self.steady_since = now;
    }

    /// What differs when the first request comes, which changes none of these, was so from the start: nothing is told of the
    /// connections that the pools open before anybody asks.
    #[cold]
    fn adopt(&mut self, levels: &Levels) {
        let Levels { total, size, connected, servers, instances, .. } = *levels;
        self.levels = Levels { total, size, connected, servers, instances, ..self.levels };
    }
}

/// What the recursion tells is measured as the facts of the event engine are.
impl Recorder {
    /// Add what became of requests that came one after another.
    pub fn pass(&mut self, passages: Passages) {
        if let Some(control) = &mut self.control {
            control.pass(passages);
        }
        let Some((first, over)) = passages.bounds() else { return };
        let Window { from, until, .. } = self.window;
        if first < from || over > until {
            // Of those that were over before the window, only failures are told of.
            let counts = |passage: &Passage| passage.asked + passage.wait + passage.work >= from || passage.gave_up;
            return passages.iter().filter(counts).for_each(|passage| self.pass_in_part(&passage));
        }
        let (mut whole, mut waited) = (Whole::default(), 0);
        for passage in passages.iter() {
            let Passage { wait, work, gave_up, .. } = passage;
            if gave_up {
                self.pass_in_part(&passage);
                continue;
            }
            whole.count += 1;
            whole.hold += u128::from(work.nanos());
            // Few wait, or many do for a while: a processor guesses that well.
            if wait > Span::ZERO {
                waited += 1;
                whole.wait += u128::from(wait.nanos());
                self.outcome.wait.histogram.mark(wait);
            }
            self.outcome.response.histogram.mark(wait + work);
        }
        self.outcome.wait.histogram.mark_many(Span::ZERO, whole.count - waited);
        if self.holds {
            let held = passages.iter().filter_map(|passage| passage.hold());
            held.for_each(|hold| self.outcome.hold.record(hold));
        }
        self.outcome.waited += waited;
        self.whole.count += whole.count;
        self.whole.wait += whole.wait;
        self.whole.hold += whole.hold;
    }

    /// One that gave up, or was not within the window from its begin to its end.
    #[inline(never)]
    fn pass_in_part(&mut self, passage: &Passage) {
        let Window { from, until, .. } = self.window;
        let outcome = &mut self.outcome;
        let asked = passage.asked;
        let ends = asked + passage.wait;
        let within = |start: SimTime, end: SimTime| u128::from(end.min(until).since(start.max(from)).nanos());
        outcome.offered += u64::from(asked >= from);
        self.held[1] += within(asked, ends);
        if ends > until {
            self.levels.pending += 1;
            return;
        }
        if ends >= from {
            outcome.waited += u64::from(passage.wait > Span::ZERO || passage.gave_up);
            outcome.wait.record(passage.wait);
        }
        let Some(hold) = passage.hold() else {
            outcome.first_failure.get_or_insert(ends);
            if ends >= from {
                outcome.timed_out += 1;
                outcome.failed += 1;
                outcome.failure.record(passage.wait);
            }
            return;
        };
        let back = ends + hold;
        self.held[0] += within(ends, back);
        if back > until {
            self.levels.active += 1;
        } else if back >= from {
            outcome.served += 1;
            if self.holds {
                outcome.hold.record(hold);
            }
            outcome.response.record(passage.wait + hold);
        }
    }

    /// What was measured, of pools whose connections are all open and whose limits never change, and of a database that nobody
    /// asks about.
    pub fn finish_passages(mut self) -> Outcome {
        let Whole { count, wait, hold } = self.whole;
        self.outcome.offered += count;
        self.outcome.served += count;
        self.held[0] += hold;
        self.held[1] += wait;
        self.outcome.wait.add_marked(count, wait);
        self.outcome.response.add_marked(count, wait + hold);
        self.hold_steady_until(self.window.until);
        let length = self.window.until.since(self.window.from).nanos().max(1) as f64;
        let [active, pending, ..] = self.held.map(|sum| sum as f64 / length);
        let size = self.levels.size;
        let at_end = Levels { total: size, ..self.levels };
        let tiers = self.tiers.finish();
        let control = self.control.map(ControlRecorder::surplus);
        Outcome { active, pending, total: size.into(), size: size.into(), at_end, tiers, control, ..self.outcome }
    }
}

/// Whether the levels that hardly ever change did: two at a time, because a compiler makes more of six single ones than a processor
/// likes.
#[inline]
fn rare_change(before: &Levels, now: &Levels) -> bool {
    let two = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    let rare = |levels: &Levels| {
        let Levels { leaked, total, size, connected, servers, instances, .. } = *levels;
        (two(leaked, total), two(size, connected), two(servers, instances))
    };
    let (before, now) = (rare(before), rare(now));
    (before.0 ^ now.0) | (before.1 ^ now.1) | (before.2 ^ now.2) != 0
}

impl Observer for Recorder {
    #[inline]
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        if let Some(instances) = &mut self.instances {
            instances.on(now, instance, fact, levels.here);
        }
        if rare_change(&self.levels, levels) || self.levels.active > self.levels.size {
            if let (Fact::Arrived { .. }, SimTime::ZERO) = (fact, self.since) {
                self.adopt(levels);
            }
            self.hold_steady_until(now);
        }
        if now > self.since {
            self.hold_until(now);
        }
        self.levels = *levels;
        if let (Some(series), Some([places, _])) = (&mut self.outcome.series, &mut self.places) {
            series.bins[places.at(now)].count(fact);
        }
        let outcome = &mut self.outcome;
        if !outcome.alerts.is_empty() {
            Firing::on(&mut outcome.alerts, now, fact, self.window);
        }
        if matches!(fact, Fact::Failed { .. }) && outcome.first_failure.is_none() {
            outcome.first_failure = Some(now);
        }
        if let Fact::Ended { .. } = fact
            && let Some(impact) = &mut self.impact
        {
            return impact.on(now, fact);
        }
        if now < self.window.from {
            return self.tiers.on(now, fact, levels);
        }
        match fact {
            Fact::Arrived { again: false } => outcome.offered += 1,
            Fact::Arrived { again: true } => outcome.retried += 1,
            Fact::Rejected => outcome.rejected += 1,
            Fact::Broken => outcome.broken += 1,
            Fact::Granted { wait } => {
                outcome.waited += u64::from(wait > Span::ZERO);
                outcome.wait.record(wait);
            }
            Fact::TimedOut { wait } => {
                outcome.timed_out += 1;
                outcome.waited += 1;
                outcome.wait.record(wait);
            }
            Fact::Refused { wait } => {
                outcome.refused += 1;
                outcome.waited += u64::from(wait > Span::ZERO);
                outcome.wait.record(wait);
            }
            Fact::Left => outcome.left += 1,
            Fact::Served { sojourn, wanted } => {
                outcome.served += 1;
                if wanted {
                    outcome.response.record(sojourn);
                } else {
                    outcome.wasted += 1;
                }
            }
            Fact::Failed { sojourn, lost } => {
                outcome.failed += u64::from(lost);
                outcome.failure.record(sojourn);
            }
            Fact::Returned { hold } | Fact::Leaked { hold } => outcome.hold.record(hold),
            Fact::Opened => outcome.opened += 1,
            Fact::Suspected => outcome.suspected += 1,
            Fact::Queued
            | Fact::Opens
            | Fact::Checked
            | Fact::OpenFailed
            | Fact::Closed { .. }
            | Fact::Connects
            | Fact::Database { .. }
            | Fact::ServerOpened
            | Fact::ServerClosed
            | Fact::Serves
            | Fact::Gone
            | Fact::Probes
            | Fact::Looked { .. }
            | Fact::Fires { .. }
            | Fact::Clears { .. }
            | Fact::Ended { .. }
            | Fact::Changed { .. } => {}
            Fact::ConnectRefused { .. }
            | Fact::Runs
            | Fact::Ran
            | Fact::Blocked
            | Fact::Unblocked { .. }
            | Fact::Cut { .. }
            | Fact::Links
            | Fact::Linked { .. }
            | Fact::Unlinked
            | Fact::Leaves
            | Fact::Unserved
            | Fact::Probed { .. } => self.tiers.on(now, fact, levels),
        }
    }
}
