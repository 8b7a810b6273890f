//! The search for the smallest pool that meets the objectives, step by step.

use super::verdict::{FIRST, LOOKS, MOST, Verdict, judge};
use super::{Recommendation, Recommended, SizeRow};
use crate::engine::recursion;
use crate::experiment::{Options, Piece, Pieces, Progress, brief_window, in_parallel, replicate_sizes, steady_window};
use crate::order::sort_by;
use crate::problem::Problems;
use crate::record::{Control, Outcome, Window};
use crate::report::{CONFIDENCE, Tally, VERSION};
use crate::scenario::{Model, POOL_MAX, SCHEMA_VERSION};
use crate::slo::{Metric, Objective};
use crate::theory;
use crate::units::{SimTime, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Requests measured by one replication.
const REQUESTS: f64 = 40_000.0;
/// Requests that one replication simulates at most, warm-up included.
const REQUESTS_MAX: f64 = 2e6;
/// The share of requests that may fail when no objective says so.
const FAILURES_ALLOWED: f64 = 0.001;
/// How far the sizes that are tried first reach below and above theory's, where one stream of requests serves all.
const AROUND: [u32; 2] = [2, 3];
/// How many sizes on either side of the recommended one are simulated for the table; those that are known up to twice as far away
/// are shown too.
const BESIDE: u32 = 2;
/// A size so near to its limit that a replication takes so many times as many requests is not simulated for the table alone, and where
/// only the verdict counts not before a glance.
const DEAR: f64 = 4.0;

/// The search, step by step.
#[derive(Clone, Debug)]
pub struct Search {
    model: Model,
    pub(super) instances: u32,
    pub(super) objectives: Vec<Objective>,
    seed: u64,
    theory: Option<u32>,
    control: Option<Control>,
    /// Why no size can be judged, if none can.
    pub(super) hopeless: Option<String>,
    /// The largest size that every instance can have at once.
    lets_in: u32,
    /// The largest size that can be recommended: larger ones the database does not let in, or they do not recover from being full.
    pub(super) most: u32,
    assumptions: Vec<String>,
    /// The largest size that can not do, whatever chance says: it serves too small a share.
    floor: u32,
    /// Whether the sizes around the answer are wanted too.
    table: bool,
    pub(super) sizes: BTreeMap<u32, Assessed>,
}

/// A size with what its replications said so far.
#[derive(Clone, Debug)]
pub(super) struct Assessed {
    model: Model,
    window: Window,
    /// Whether a replication is too short for the long run.
    pub(super) short: bool,
    pub(super) tally: Tally,
    pub(super) verdict: Verdict,
    /// Whether the estimates themselves meet the objectives.
    point_meets: bool,
    /// Whether no number of further replications is likely to show that it meets them.
    futile: bool,
    /// Whether nobody ever waited: then a larger pool changes nothing.
    nobody_waited: bool,
}

impl Assessed {
    fn new(model: Model) -> Self {
        // Theory's warm-up alone, without pilots: see `experiment::warm_up` for what was measured.
        let steady = steady_window(&model, REQUESTS, REQUESTS_MAX);
        Self {
            model,
            window: steady.window,
            short: steady.short.is_some(),
            tally: Tally::default(),
            verdict: Verdict::Unsure,
            point_meets: false,
            futile: false,
            nobody_waited: true,
        }
    }

    fn add(&mut self, outcome: Outcome, objectives: &[Objective]) {
        self.nobody_waited &= outcome.waited + outcome.rejected == 0;
        self.tally.add(outcome);
        self.judge(objectives);
    }

    fn judge(&mut self, objectives: &[Objective]) {
        if !self.at_a_look() {
            (self.verdict, self.futile) = (Verdict::Unsure, false);
            return;
        }
        let judged = judge(&self.tally, objectives, self.done());
        (self.verdict, self.point_meets, self.futile) = (judged.verdict, judged.point_meets, judged.futile);
        // A run that is too short for the long run shows too little waiting: enough to refuse a size, not to accept one, however many
        // there are.
        if self.short && self.verdict != Verdict::Misses {
            (self.verdict, self.point_meets, self.futile) = (Verdict::Unsure, false, true);
        }
    }

    fn done(&self) -> u32 {
        self.tally.replications()
    }

    fn settled(&self) -> bool {
        self.verdict != Verdict::Unsure || self.futile || self.done() >= MOST
    }

    /// Whether verdicts are given now: at the looks alone, or chance would get more of them than the confidence allows for.
    fn at_a_look(&self) -> bool {
        LOOKS.contains(&self.done())
    }

    /// How many replications are missing for the next look; none after the last.
    fn to_look(&self) -> u32 {
        LOOKS.iter().find(|look| **look > self.done()).map_or(0, |look| look - self.done())
    }

    /// As far as is known. What is still open after the most replications does not pass.
    fn passes(&self) -> bool {
        self.verdict == Verdict::Meets || (!self.settled() && self.point_meets)
    }
}

impl Search {
    /// Prepare it.
    ///
    /// # Errors
    /// When the options ask for what can not be.
    pub fn new(model: &Model, options: &Options) -> Result<Self, Problems> {
        let mut one = model.at_peak();
        one.duration = None;
        if model.changes_over_time() {
            one.cautions.caution(
                "timeline",
                "recommend answers for the long run at the peak rate, without timeline, leaks and changes of the rate: \
                 try its answer with simulate",
            );
        }
        let mut objectives = model.slo().to_vec();
        let allowed = failures_allowed(&mut objectives, one.pool.bounds_its_queue());
        // A pool of c serves at most the share c / load.
        let least = one.offered_load() * (1.0 - allowed);
        if least.is_infinite() {
            let message = "the mean hold is infinite: no pool size keeps up for ever. Bound it, as in pareto(min=…, max=…, alpha=…)";
            return Err(Problems::one("query", message));
        }
        if least >= f64::from(POOL_MAX) {
            let message = format!(
                "keeps {least:.0} connections of one instance busy, more than the {POOL_MAX} that a pool may have: use more instances"
            );
            return Err(Problems::one("traffic.rate", message));
        }
        let lets_in = largest(&one);
        let most = one.largest_that_recovers(lets_in, 1.0 - allowed).max(1);
        let short = steady_window(&one.with_max_size(most), REQUESTS, REQUESTS_MAX).short;
        let hopeless = beyond_the_pools(&one, most, allowed).or(short.map(|short| short.caution().1.to_owned()));
        Ok(Self {
            theory: theory::predict(&one).smallest,
            control: Control::of(&one, longest(&one)),
            hopeless,
            lets_in,
            most,
            assumptions: [
                vec!["the peak rate lasts for ever".to_owned()],
                left_out(model),
                sized(model),
                model.assumptions(),
            ]
            .concat(),
            instances: model.instances(),
            objectives,
            seed: options.check()?.0,
            floor: least as u32,
            table: true,
            sizes: BTreeMap::new(),
            model: one,
        })
    }

    /// Do all that is left, telling how far it is.
    pub fn finish(&mut self, tell: impl Fn(Progress)) -> Recommendation {
        while self.some() {
            tell(self.progress());
        }
        self.recommendation()
    }

    /// The recommended size, if there is one, without those around it.
    pub(crate) fn smallest(mut self) -> Option<u32> {
        self.table = false;
        while let Some((sizes, count)) = self.next() {
            let open: Vec<u32> = sizes.into_iter().filter(|size| !self.refuse_at_a_glance(*size)).collect();
            if !open.is_empty() {
                self.run(&self.of(&open, count));
            }
        }
        self.found()
    }

    /// Whether a size is refused by runs that are long enough for all but a queue that forgets its empty start slowly. They show too
    /// little waiting: enough to refuse a size, not to say how long waits are, for which one would have to wait for millions of requests.
    fn refuse_at_a_glance(&mut self, size: u32) -> bool {
        let mut glance = Assessed::new(self.model.with_max_size(size));
        if self.sizes.contains_key(&size) || !glance.model.starts_at_its_best() {
            return false;
        }
        let whole = f64::from(FIRST) * glance.window.until.seconds();
        glance.window = brief_window(&glance.model, REQUESTS);
        // What it costs is little beside the first look at the long run.
        let affordable = |look: &u32| DEAR * f64::from(*look) * glance.window.until.seconds() <= whole;
        for look in LOOKS.into_iter().take_while(affordable).collect::<Vec<_>>() {
            let row = [(&glance.model, glance.window)];
            let next = in_parallel(glance.done()..look, |n| replicate_sizes(&row, self.control.as_ref(), self.seed, n));
            next.into_iter().flatten().for_each(|outcome| glance.add(outcome, &self.objectives));
            match glance.verdict {
                Verdict::Unsure => {}
                Verdict::Meets => return false,
                Verdict::Misses => {
                    glance.short = true;
                    self.sizes.insert(size, glance);
                    return true;
                }
            }
        }
        false
    }

    /// Whether one size meets the objectives, by at most so many looks at it; [`Verdict::Unsure`] when they do not say. Or the pieces
    /// that are to be done before it is known.
    pub(crate) fn verdict(&self, size: u32, looks: usize) -> Result<Verdict, Vec<Piece>> {
        if self.hopeless.is_some() || size <= self.floor || size > self.most {
            return Ok(Verdict::Misses);
        }
        match self.sizes.get(&size).filter(|a| a.at_a_look()) {
            Some(a) if a.settled() || a.done() >= LOOKS[looks - 1] => Ok(a.verdict),
            _ => Err(self.of(&[size], self.known(size).to_look())),
        }
    }

    /// The same, once all is done that it takes.
    pub(crate) fn assess(&mut self, size: u32, looks: usize) -> Verdict {
        loop {
            match self.verdict(size, looks) {
                Ok(verdict) => return verdict,
                Err(_) if self.refuse_at_a_glance(size) => {}
                Err(pieces) => self.run(&pieces),
            }
        }
    }

    /// Put a size that the search had no reason to try into a table, after one look at it; or the pieces of that look.
    pub(crate) fn show(&self, size: u32, table: &mut Vec<SizeRow>) -> Result<(), Vec<Piece>> {
        if let Err(place) = table.binary_search_by_key(&size, |row| row.max_size) {
            self.verdict(size, 1)?;
            if let Some(assessed) = self.sizes.get(&size) {
                table.insert(place, row(size, assessed));
            }
        }
        Ok(())
    }

    /// Why no size can be judged, if none can.
    pub(crate) fn hopeless(&self) -> Option<&str> {
        self.hopeless.as_deref()
    }

    /// Whether nobody waited at the largest size that was tried.
    pub(crate) fn nobody_waited(&self) -> bool {
        self.sizes.last_key_value().is_some_and(|(_, a)| a.nobody_waited)
    }

    /// Whether all sizes fail that the database lets every instance have at once.
    pub(crate) fn ended_at_the_database(&self) -> bool {
        let low = self.bracket().0;
        let used = self.sizes.get(&low).is_none_or(|a| !a.nobody_waited && !self.changed_nothing(low));
        low >= self.most && !self.ended_by_crowding() && self.most < POOL_MAX && used
    }

    /// Whether all sizes fail that recover from being full.
    pub(crate) fn ended_by_crowding(&self) -> bool {
        self.bracket().0 >= self.most && self.most < self.lets_in
    }

    /// The largest size that can be recommended.
    pub(crate) fn most(&self) -> u32 {
        self.most
    }

    /// The largest size that every instance can have at once.
    pub(crate) fn lets_in(&self) -> u32 {
        self.lets_in
    }

    /// Do pieces, on all cores where the feature `cli` is on.
    pub(crate) fn run(&mut self, pieces: &[Piece]) {
        let done = in_parallel(0..pieces.len() as u32, |n| self.perform(&pieces[n as usize]));
        pieces.iter().zip(done).for_each(|(piece, outcomes)| self.take(piece, outcomes));
    }

    /// A size as it is known, or as it is before anything is.
    fn known(&self, size: u32) -> Cow<'_, Assessed> {
        match self.sizes.get(&size) {
            Some(assessed) => Cow::Borrowed(assessed),
            None => Cow::Owned(Assessed::new(self.model.with_max_size(size))),
        }
    }

    /// The next replications of sizes that have equally many.
    fn of(&self, sizes: &[u32], count: u32) -> Vec<Piece> {
        let from = self.sizes.get(&sizes[0]).map_or(0, Assessed::done);
        (from..from + count).map(|replication| Piece { replication, sizes: sizes.to_vec() }).collect()
    }

    /// Which sizes want how many more replications: a function of what is known, and of nothing else.
    fn next(&self) -> Option<(Vec<u32>, u32)> {
        if self.hopeless.is_some() {
            return None;
        }
        let open = self.sizes.values().filter(|a| !a.at_a_look()).min_by_key(|a| a.done());
        if let Some(fewest) = open {
            let sizes = self.sizes.iter().filter(|(_, a)| a.done() == fewest.done() && !a.at_a_look());
            return Some((sizes.map(|(size, _)| *size).collect(), fewest.to_look()));
        }
        let (low, high) = self.bracket();
        let Some(high) = high else {
            return self.larger(low).map(|size| (self.around(size), FIRST));
        };
        if high - low > 1 {
            return Some((vec![self.between(low, high)], FIRST));
        }
        let edges = [low, high].into_iter().filter_map(|size| Some((size, self.sizes.get(&size)?)));
        let open: Vec<_> = edges.filter(|(_, a)| !a.settled()).collect();
        if let Some((_, fewest)) = open.iter().min_by_key(|(_, a)| a.done()) {
            let sizes = open.iter().filter(|(_, a)| a.done() == fewest.done()).map(|(size, _)| *size);
            return Some((sizes.collect(), fewest.to_look()));
        }
        if !self.table {
            return None;
        }
        let missing: Vec<u32> = self.shown(high).filter(|size| !self.sizes.contains_key(size)).collect();
        // The nearest first, so that a table that grows step by step is useful at once.
        let count = if self.shares_requests() { missing.len() } else { missing.len().min(1) };
        (count > 0).then(|| (missing[..count].to_vec(), FIRST))
    }

    /// Whether several sizes cost little more than one.
    fn shares_requests(&self) -> bool {
        recursion::applies(&self.model)
    }

    /// The sizes that are tried first; later the next one alone.
    fn around(&self, size: u32) -> Vec<u32> {
        if !self.sizes.is_empty() || !self.shares_requests() {
            return vec![size];
        }
        self.near(size, AROUND).filter(|near| *near == size || !self.is_dear(*near)).collect()
    }

    /// The sizes up to so far below and above one that can be.
    fn near(&self, size: u32, [below, above]: [u32; 2]) -> RangeInclusive<u32> {
        size.saturating_sub(below).max(self.floor + 1).max(1)..=(size + above).min(self.most)
    }

    fn is_dear(&self, size: u32) -> bool {
        let window = Assessed::new(self.model.with_max_size(size)).window;
        let length = window.until.since(SimTime::ZERO).seconds();
        length * self.model.peak().as_per_second() > DEAR * REQUESTS
    }

    /// The largest size that does not pass, and the smallest above it that does.
    fn bracket(&self) -> (u32, Option<u32>) {
        let low =
            self.sizes.iter().rev().find(|(_, a)| !a.passes()).map_or(self.floor, |(size, _)| (*size).max(self.floor));
        (low, self.sizes.range(low + 1..).next().map(|(size, _)| *size))
    }

    /// The smallest that passes, once all is known.
    fn found(&self) -> Option<u32> {
        self.bracket().1.filter(|_| self.next().is_none())
    }

    /// A size to try above all that fail, unless none can help.
    fn larger(&self, low: u32) -> Option<u32> {
        match self.sizes.get(&low) {
            None if low >= self.most => None,
            None => Some(self.theory.unwrap_or(low + 1).max(low + 1).min(self.most)),
            Some(a) if a.nobody_waited || low >= self.most || self.changed_nothing(low) => None,
            Some(_) => Some((low + (low - self.floor).max(low / 16).max(1)).min(self.most)),
        }
    }

    /// Whether the next smaller size gave just the same waits to the same requests: then nobody uses what it has more.
    fn changed_nothing(&self, size: u32) -> bool {
        let gave = |a: &Assessed| (a.done(), a.tally.times(CONFIDENCE), a.tally.failed_requests(CONFIDENCE));
        let smaller = self.sizes.range(..size).next_back();
        smaller.is_some_and(|(_, a)| gave(a) == gave(&self.sizes[&size]))
    }

    /// A size within the bracket: next to a neighbour that was tried, else the middle.
    fn between(&self, low: u32, high: u32) -> u32 {
        if self.sizes.contains_key(&low) || high - low <= 2 {
            low + (high - low) / 2
        } else {
            high - ((high - low) / 4).max(1)
        }
    }

    fn shown(&self, centre: u32) -> impl Iterator<Item = u32> + use<> {
        let mut sizes: Vec<u32> =
            self.near(centre, [BESIDE; 2]).filter(|size| size.abs_diff(centre) <= 1 || !self.is_dear(*size)).collect();
        sort_by(&mut sizes, |a, b| a.abs_diff(centre).cmp(&b.abs_diff(centre)));
        sizes.into_iter()
    }

    /// What is known so far.
    pub fn recommendation(&self) -> Recommendation {
        let finished = self.next().is_none();
        let (low, high) = self.bracket();
        let found = self.found();
        let centre = high.unwrap_or(low);
        let near = self.near(centre, [2 * BESIDE; 2]);
        // Where none will do, all that were tried show that larger ones do not help.
        let shown = self.sizes.iter().filter(|(size, _)| !finished || found.is_none() || near.contains(size));
        let table = shown.map(|(size, a)| row(*size, a)).collect();
        Recommendation {
            schema_version: SCHEMA_VERSION,
            version: VERSION,
            scenario: self.model.name().to_owned(),
            seed: self.seed,
            confidence: CONFIDENCE,
            slo: self.objectives.iter().map(Objective::to_string).collect(),
            offered_load: self.model.offered_load(),
            recommended: found.map(|max_size| Recommended { max_size, total: max_size * self.instances }),
            sentence: self.sentence(found, finished),
            theory: self.theory,
            table,
            cautions: self.model.cautions().problems.clone(),
            assumptions: self.assumptions.clone(),
        }
    }
}

impl Pieces for Search {
    fn pieces(&self) -> Vec<Piece> {
        self.next().map_or(Vec::new(), |(sizes, count)| self.of(&sizes, count))
    }

    fn perform(&self, piece: &Piece) -> Vec<Outcome> {
        let new: Vec<_> = piece.sizes.iter().map(|size| self.known(*size)).collect();
        let rows: Vec<_> = new.iter().map(|assessed| (&assessed.model, assessed.window)).collect();
        replicate_sizes(&rows, self.control.as_ref(), self.seed, piece.replication)
    }

    fn take(&mut self, piece: &Piece, outcomes: Vec<Outcome>) {
        for (size, outcome) in piece.sizes.iter().zip(outcomes) {
            let assessed = self.sizes.entry(*size).or_insert_with(|| Assessed::new(self.model.with_max_size(*size)));
            assessed.add(outcome, &self.objectives);
        }
    }

    /// By recursion a replication takes a millisecond or two: to tell of each few of them would take longer than it is worth.
    fn at_once(&self) -> usize {
        if self.shares_requests() { 64 } else { 8 }
    }

    fn progress(&self) -> Progress {
        let done: u32 = self.sizes.values().map(Assessed::done).sum();
        let expected = FIRST * (AROUND[0] + 1 + AROUND[1]) + FIRST;
        match self.next() {
            None => Progress { done, total: done, finished: true },
            Some((sizes, left)) => {
                Progress { done, total: expected.max(done + left * sizes.len() as u32), finished: false }
            }
        }
    }
}

/// No replication of any size ends later.
fn longest(model: &Model) -> SimTime {
    SimTime::ZERO + Span::from_seconds(REQUESTS_MAX.max(2.0 * REQUESTS) / model.peak().as_per_second())
}

/// What the scenario has that no size is asked for.
fn left_out(model: &Model) -> Vec<String> {
    match model.queries.iter().any(|query| query.leak.value() > 0.0) {
        true => vec!["nothing leaks: a pool that loses connections is emptied whatever its size".to_owned()],
        false => Vec::new(),
    }
}

/// Which pool is sized, where there are several.
fn sized(model: &Model) -> Vec<String> {
    let others: Vec<_> = model.side_pools.iter().map(|pool| pool.name.as_str()).collect();
    match others.as_slice() {
        [] => Vec::new(),
        others => vec![format!("the pool \"{}\" is sized; {} stay as they are", model.pool_name, others.join(", "))],
    }
}

/// The share of requests that may fail. Without a word on it in the objectives one is added, or a short timeout would make a
/// small pool look good.
fn failures_allowed(objectives: &mut Vec<Objective>, can_fail: bool) -> f64 {
    if !can_fail {
        return 0.0;
    }
    let least = |metric: Metric| objectives.iter().filter(|o| o.metric == metric).map(|o| o.at_most).reduce(f64::min);
    let timed_out = least(Metric::TimedOutShare).unwrap_or(0.0);
    least(Metric::FailedRequests).unwrap_or_else(|| {
        let at_most = timed_out.max(FAILURES_ALLOWED);
        objectives.push(Objective { metric: Metric::FailedRequests, at_most });
        at_most
    })
}

/// The largest size that every instance can have at once: without a pooler, its share of what the database lets in.
fn largest(model: &Model) -> u32 {
    let sides: u32 = model.side_pools.iter().map(|pool| pool.config.max_size).sum();
    match (model.database.limits.usable(), &model.pooler) {
        (Some(usable), None) => (usable / model.instances()).saturating_sub(sides).clamp(1, POOL_MAX),
        _ => POOL_MAX,
    }
}

/// Why no size of the pools can help, if the database's cores or the pooler's servers are the limit.
fn beyond_the_pools(model: &Model, most: u32, allowed: f64) -> Option<String> {
    let largest = model.with_max_size(most);
    // Servers first: few of them keep the cores from work, and more cores do not help then.
    if let Some((load, servers)) = largest.pooler_load().filter(|(load, servers)| load * (1.0 - allowed) >= *servers) {
        return Some(format!(
            "requests keep {load:.2} server connections of the pooler busy, and it has {servers}: no pool size helps, only less work \
             or more servers"
        ));
    }
    let (demand, capacity) = (model.cpu_demand(), largest.cpu_capacity()?);
    (demand * (1.0 - allowed) >= capacity).then(|| {
        format!(
            "requests need {demand:.2} cores of the database, and it can do the work of {capacity:.2}: no pool size helps, only less \
             work or more cores"
        )
    })
}

fn row(max_size: u32, assessed: &Assessed) -> SizeRow {
    let [wait, _, response, attempt] = assessed.tally.times(CONFIDENCE);
    SizeRow {
        max_size,
        replications: assessed.done(),
        verdict: assessed.verdict,
        utilisation: assessed.tally.utilisation(CONFIDENCE),
        wait,
        response,
        attempt,
        timed_out_share: assessed.tally.timed_out_share(CONFIDENCE),
        wasted_share: assessed.tally.wasted_share(CONFIDENCE),
        failed_requests: assessed.tally.failed_requests(CONFIDENCE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use crate::theory::erlang;
    use serde_json::json;

    /// At 99.6 % of what it can do a pool needs a long run before its waits are those that theory knows; a glance refuses what lies far
    /// beyond an objective, and never what just keeps it.
    #[test]
    fn a_glance_refuses_what_is_far_beyond() {
        let (size, rate, hold) = (10, 498.0, 0.02);
        let waits = erlang::erlang_c(size, rate * hold).unwrap();
        let p99 = crate::math::ln(waits / 0.01) / (f64::from(size) / hold - rate);
        let refused = |of_it: f64, seed: u64| {
            let scenario = Scenario::read(json!({
                "traffic": { "rate": format!("{rate}/s") },
                "query": [{ "hold": "exponential(mean=20ms)" }],
                "slo": [format!("wait.p99 <= {}ms", 1000.0 * of_it * p99)],
            }));
            let options = Options { seed: Some(seed), ..Options::default() };
            let mut search = Search::new(&scenario.and_then(|s| s.check()).unwrap(), &options).unwrap();
            assert_eq!(search.refuse_at_a_glance(size), search.sizes.contains_key(&size));
            search.sizes.contains_key(&size)
        };
        for seed in 1..=20 {
            assert!(refused(0.1, seed), "seed {seed}");
            assert!(!refused(1.0, seed), "seed {seed}");
        }
    }

    /// Two connections that are always busy: nobody fails, and no run is long enough to say so.
    #[test]
    fn what_no_run_can_accept_is_not_run_again() {
        let text = json!({
            "traffic": { "rate": "100/s" },
            "query": [{ "hold": "exponential(mean=20ms)" }],
            "slo": ["impact.failed_requests <= 0.1%"],
        });
        let mut search =
            Search::new(&Scenario::read(text).and_then(|s| s.check()).unwrap(), &Options::default()).unwrap();
        search.floor = 1;
        assert_eq!(search.assess(2, LOOKS.len()), Verdict::Unsure);
        let assessed = &search.sizes[&2];
        assert!(assessed.short && assessed.settled() && !assessed.passes() && assessed.done() == FIRST);
    }

    /// Where a pool begins with no connection and opens each slowly, its start is worse than what follows: a glance would refuse 10.
    #[test]
    fn glances_lead_to_the_same_size_where_pools_start_cold() {
        for seed in [1, 2, 3] {
            let model = Scenario::read(json!({
                "traffic": { "rate": "497/s" },
                "query": [{ "hold": "exponential(mean=20ms)" }],
                "pool": { "min_idle": 0 },
                "database": { "connect": "deterministic(3s)" },
                "slo": ["wait.p99 <= 2900ms"],
            }));
            let model = model.and_then(|s| s.check()).unwrap();
            let search = || Search::new(&model, &Options { seed: Some(seed), ..Options::default() }).unwrap();
            let found = search().finish(|_| {}).recommended.map(|found| found.max_size);
            assert!(found.is_some() && search().smallest() == found, "seed {seed}: {found:?}");
        }
    }

    /// It costs a quarter of the long run at most, or there is none.
    #[test]
    fn no_glance_is_made_where_a_run_is_short() {
        let text = json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "slo": ["wait.p99 <= 1us"] });
        let model = Scenario::read(text).and_then(|s| s.check()).unwrap();
        let mut search = Search::new(&model, &Options::default()).unwrap();
        assert!(!search.refuse_at_a_glance(4) && search.sizes.is_empty());
        assert_eq!(search.assess(4, 1), Verdict::Misses);
    }
}
