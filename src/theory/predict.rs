//! The instant answer: by the formula that knows most of the model.

use super::erlang::erlang_c;
use super::{database, finite, ggc, patience};
use crate::database::Law;
use crate::math::ln;
use crate::problem::Problem;
use crate::scenario::{Model, POOL_MAX, SCHEMA_VERSION};
use crate::slo::{Metric, Stat};
use crate::units::Span;
use crate::workload::{Cpu, Distribution, Query};
use serde::Serialize;

/// Predicted waits in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct PredictedTimes {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
}

/// What is predicted for one pool size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct PredictedSize {
    /// Connections of one instance's pool.
    pub max_size: u32,
    /// Share of the connections in use, 0 to 1; only who gets one counts.
    pub utilisation: f64,
    /// Probability that a request waits.
    pub wait_probability: f64,
    /// Waits in seconds.
    pub wait: PredictedTimes,
}

/// What a formula says of one size.
#[derive(Clone, Copy)]
struct Known {
    size: PredictedSize,
    /// Absent where the formula knows no timeout.
    timed_out: Option<f64>,
    /// Absent where the formula knows no limit on waiters.
    rejected: Option<f64>,
}

/// What theory says of a model in the long run, at its peak rate, for one instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Prediction {
    /// The version of these names.
    pub schema_version: u32,
    /// Arrival rate times mean hold of one instance, in erlangs: the connections busy on average if there were enough. Absent where
    /// the mean hold is infinite.
    pub offered_load: Option<f64>,
    /// Offered load over pool size; 1 and above can not be kept up. Absent where the mean hold is infinite.
    pub utilisation: Option<f64>,
    /// Probability that a request waits; 1 without a steady state. For holds of infinite variance Erlang C's.
    pub wait_probability: f64,
    /// Share of the requests that time out; absent without a timeout, and where no formula applies.
    pub timed_out_share: Option<f64>,
    /// Share of the requests that are turned away; absent without a limit on waiters, and where no formula applies.
    pub rejected_share: Option<f64>,
    /// Requests per second that the whole fleet can serve.
    pub capacity: f64,
    /// Whether there is a steady state without anybody giving up.
    pub stable: bool,
    /// How fast the fleet's queue would grow if nobody gave up, in requests per second; 0 when stable.
    pub growth: f64,
    /// Whether the formula is exact for this model.
    pub exact: bool,
    /// Whether the question is what happens over time: then this long-run answer is beside the point.
    pub changes_over_time: bool,
    /// Waits in seconds, of those who time out the whole timeout, without those who are turned away; absent without a steady state,
    /// and where the variance of the holds is infinite, which no formula here can reckon with.
    pub wait: Option<PredictedTimes>,
    /// The smallest pool that meets the objectives, by this formula. Waits are judged as if nobody gave up or was turned away, so that
    /// failing early never makes a small pool look good.
    pub smallest: Option<u32>,
    /// The same for the sizes around.
    pub sizes: Vec<PredictedSize>,
    /// What is assumed.
    pub assumptions: Vec<String>,
    /// What may surprise.
    pub cautions: Vec<Problem>,
}

/// Predict without simulating: in microseconds, for 10 000 connections in milliseconds.
///
/// For one class of exponential holds the answer is exact: by Erlang C, with an acquire timeout by M/M/c+D
/// ([`patience`]), which holds in overload too, with a limit on waiters by M/M/c/K ([`finite`]). When nobody may
/// wait it is exact for any holds.
///
/// For other holds the mean wait is [`kimura`](ggc::kimura)'s, the share that waits Erlang C's, the waits of those who wait are taken
/// to be exponential, and nobody gives up. Beside simulated lognormal holds the predicted p99 is about right up to cv 2 (0.6 to
/// 1.4 % of requests wait longer, 2.3 % with one connection) and too low for heavier tails: at cv 3 one to two per cent wait longer,
/// at cv 4 one to three. Size with [`recommend`](crate::plan::recommend), which simulates.
///
/// ```
/// use poolwise::scenario::Scenario;
/// # let text = serde_json::json!({ "traffic": { "rate": "800/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "pool": { "max_size": 20, "acquire_timeout": "none" } });
/// let prediction = poolwise::theory::predict(&Scenario::read(text)?.check()?);
/// assert!(prediction.exact && (prediction.utilisation.unwrap() - 0.8).abs() < 1e-12);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn predict(model: &Model) -> Prediction {
    let system = System::of(model);
    let size = model.max_size();
    let here = system.at(size);
    let instances = f64::from(model.instances());
    let finite = system.load.is_finite();
    let capacity = system.capacity(size);
    let growth = (system.rate - capacity).max(0.0) * instances;
    let smallest = system.smallest(model);
    let centre = smallest.unwrap_or(size);
    let around = (centre / 4).clamp(6, 20);
    let sizes =
        (centre.saturating_sub(around).max(1)..=centre + around).filter_map(|c| Some(system.at(c)?.size)).collect();
    Prediction {
        schema_version: SCHEMA_VERSION,
        offered_load: finite.then_some(system.load),
        utilisation: finite.then_some(system.load / f64::from(size)),
        wait_probability: here
            .map_or_else(|| erlang_c(size, system.load).unwrap_or(1.0), |known| known.size.wait_probability),
        timed_out_share: here.and_then(|h| h.timed_out),
        rejected_share: here.and_then(|h| h.rejected),
        capacity: capacity * instances,
        stable: system.rate < capacity,
        growth,
        exact: system.formula(size).1,
        changes_over_time: model.changes_over_time(),
        wait: here.map(|h| h.size.wait),
        smallest,
        sizes,
        assumptions: assumptions(model, &system),
        cautions: model.cautions().problems.clone(),
    }
}

fn assumptions(model: &Model, system: &System) -> Vec<String> {
    let mut said = [vec!["the peak rate lasts for ever".to_owned()], model.assumptions()].concat();
    let (formula, exact) = system.formula(model.max_size());
    said.push(match formula {
        Formula::Patient if system.exponential => "formula: Erlang C (M/M/c), for exponential holds".to_owned(),
        Formula::Patient if system.scv.is_infinite() => {
            "formula: none for the waits, since the variance of the holds is infinite".to_owned()
        }
        Formula::Patient => format!(
            "formula: Erlang C for who waits, Kimura's mean wait for holds with cv {:.2}, tails approximate",
            libm::sqrt(system.scv)
        ),
        Formula::Shared => {
            "formula: a birth-death chain, exponential work on cores that all running queries share".to_owned()
        }
        Formula::Timeout => "formula: M/M/c+D, exponential holds and a timeout".to_owned(),
        Formula::Limited if system.waiters == Some(0) => "formula: Erlang B, nobody may wait".to_owned(),
        Formula::Limited => "formula: M/M/c/K, exponential holds and a limit on waiters".to_owned(),
    });
    let ignored = match formula {
        _ if exact => None,
        Formula::Patient | Formula::Shared => {
            (system.patience.is_some() || system.waiters.is_some()).then_some("nobody gives up or is turned away")
        }
        Formula::Timeout => Some("nobody is turned away: the timeout comes before the queue is full"),
        Formula::Limited => Some("nobody gives up: a full queue is served within the timeout"),
    };
    said.extend(ignored.map(str::to_owned));
    if formula != Formula::Shared && model.cpu_capacity().is_some() {
        said.push("no formula knows how these queries slow each other down: simulate does".to_owned());
    }
    said.extend(unknown(model).map(|what| format!("no formula knows {what}: simulate does")));
    said.extend(model.demand_below_capacity());
    said
}

/// What waits besides, of which no formula here knows.
fn unknown(model: &Model) -> impl Iterator<Item = &'static str> {
    let servers = model.pooler_load().map_or(f64::INFINITY, |(_, servers)| servers);
    [
        (model.pooler.is_some() && servers < f64::from(model.connections()), "the wait for a server of the pooler"),
        (!model.side_pools.is_empty(), "which requests ask for which pool: holds are those of all"),
        (
            model.queries.iter().any(|q| q.connections > 1),
            "requests that hold one connection while they wait for another",
        ),
    ]
    .into_iter()
    .filter_map(|(there, what)| there.then_some(what))
}

/// A prediction for a terminal.
pub fn text(prediction: &Prediction) -> String {
    let mut out = match prediction.wait {
        None if prediction.stable => "No formula knows the waits: the variance of the holds is infinite.\n".into(),
        None => format!("No steady state: waiting requests would grow by {:.2}/s.\n", prediction.growth),
        Some(wait) => format!(
            "{} of requests wait; mean wait {}, p99 {}; utilisation {}{}.\n",
            format_args!("{:.2} %", prediction.wait_probability * 100.0),
            milliseconds(wait.mean),
            milliseconds(wait.p99),
            prediction.utilisation.map_or("–".into(), |share| format!("{:.1} %", share * 100.0)),
            if prediction.exact { "" } else { " (approximate)" }
        ),
    };
    if !prediction.stable && prediction.wait.is_some() {
        out += &format!("  overload: the queue would grow by {:.2}/s if all waited\n", prediction.growth);
    }
    for (share, what) in [(prediction.timed_out_share, "time out"), (prediction.rejected_share, "are turned away")] {
        if let Some(share) = share {
            out += &format!("  {:.2} % of requests {what}\n", share * 100.0);
        }
    }
    out += &match prediction.offered_load {
        Some(load) => format!("  offered load {load:.2} erlangs per instance, capacity {:.0}/s\n", prediction.capacity),
        None => "  the mean hold is infinite: no offered load, and no pool size keeps up for ever\n".into(),
    };
    match prediction.smallest {
        Some(size) => out += &format!("  smallest pool by this formula: {size} (recommend simulates, and decides)\n"),
        None => out += "  no pool size is known to meet the objectives by this formula\n",
    }
    out += &format!("  assumed: {}.\n", prediction.assumptions.join(";\n           "));
    out
}

fn milliseconds(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.3} ms", seconds * 1e3) } else { format!("{seconds:.3} s") }
}

/// What is reckoned with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Formula {
    /// All wait for as long as it takes.
    Patient,
    /// Exponential holds, and all give up after the same time.
    Timeout,
    /// Exponential holds and a limit on waiters, or nobody may wait.
    Limited,
    /// Exponential work on cores that all share, and all wait for as long as it takes.
    Shared,
}

/// One instance as theory sees it.
struct System {
    rate: f64,
    hold: f64,
    scv: f64,
    load: f64,
    /// One class of exponential holds.
    exponential: bool,
    /// The acquire timeout, in seconds.
    patience: Option<f64>,
    waiters: Option<u32>,
    /// How the database works, where all that a request does is exponential work on its cores.
    shared: Option<Law>,
}

impl System {
    fn of(model: &Model) -> Self {
        let (hold, scv) = model.hold_shape();
        let exponential = match model.queries.as_slice() {
            [only] => matches!(only.hold, crate::workload::Distribution::Exponential { .. }) && model.is_textbook(),
            _ => false,
        };
        let only_cpu = |query: &Query| {
            let work = matches!(query.cpu, Cpu::Work(Distribution::Exponential { .. })) && query.hold.mean() == 0.0;
            work && query.is_brief() && query.app.is_none() && query.outside.is_none() && query.leak.value() == 0.0
        };
        let alone = model.instances() == 1 && matches!(model.queries.as_slice(), [only] if only_cpu(only));
        Self {
            shared: model.database.law.filter(|_| alone && model.is_simple_but_for_work()),
            rate: model.rate_per_instance(),
            hold,
            scv,
            load: model.offered_load(),
            exponential,
            patience: model.pool.acquire_timeout.map(Span::seconds),
            waiters: model.pool.max_waiters,
        }
    }

    /// The formula for c connections, and whether it is exact. Of a timeout and a limit, the one that is met first counts.
    fn formula(&self, c: u32) -> (Formula, bool) {
        match (self.patience, self.waiters) {
            _ if self.shared.is_some() => (Formula::Shared, self.patience.is_none() && self.waiters.is_none()),
            (_, Some(0)) => (Formula::Limited, true),
            _ if !self.exponential => (Formula::Patient, false),
            (None, None) => (Formula::Patient, true),
            (Some(_), None) => (Formula::Timeout, true),
            (None, Some(_)) => (Formula::Limited, true),
            (Some(patience), Some(waiters)) => {
                let full = f64::from(waiters) * self.hold / f64::from(c);
                (if full < patience { Formula::Limited } else { Formula::Timeout }, false)
            }
        }
    }

    fn at(&self, c: u32) -> Option<Known> {
        if c > 2 * POOL_MAX {
            return None;
        }
        match self.formula(c).0 {
            Formula::Patient => self.patient(c),
            Formula::Shared => self.sharing(c),
            Formula::Timeout => {
                let known = patience::timeout(c, self.rate, self.hold, self.patience?)?;
                let wait = PredictedTimes::of(known.mean_wait, |q| known.quantile(q));
                let size = self.row(c, known.wait_probability, known.timed_out, wait);
                Some(Known { size, timed_out: Some(known.timed_out), rejected: None })
            }
            Formula::Limited => {
                let known = finite::limited(c, self.rate, self.hold, self.waiters?)?;
                let wait = PredictedTimes::of(known.mean_wait, |q| known.quantile(q));
                let size = self.row(c, known.wait_probability, known.rejected, wait);
                Some(Known { size, timed_out: None, rejected: Some(known.rejected) })
            }
        }
    }

    /// The database's cores are shared: a full pool completes requests at the rate of its law.
    fn sharing(&self, c: u32) -> Option<Known> {
        let (law, work) = (self.shared?, self.hold);
        let known = database::open(c, self.rate, |n| law.capacity(n) / work)?;
        let (waits, conditional) = (known.wait_probability, 1.0 / (known.capacity - self.rate));
        let wait = PredictedTimes::of(known.wait, |q| conditional * ln(waits / (1.0 - q)).max(0.0));
        let size = PredictedSize { max_size: c, utilisation: known.utilisation, wait_probability: waits, wait };
        Some(Known { size, timed_out: None, rejected: None })
    }

    /// Requests per second that one instance can serve.
    fn capacity(&self, c: u32) -> f64 {
        self.shared.map_or(f64::from(c), |law| law.capacity(c)) / self.hold
    }

    /// As if all waited for as long as it takes.
    fn patient(&self, c: u32) -> Option<Known> {
        if self.shared.is_some() {
            return self.sharing(c);
        }
        let waits = erlang_c(c, self.load)?;
        let mut conditional = self.hold / (f64::from(c) - self.load);
        if !self.exponential && self.scv.is_infinite() {
            return None;
        }
        if !self.exponential && waits > 0.0 {
            conditional = ggc::kimura(c, self.rate, self.hold, self.scv)? / waits;
        }
        let wait = PredictedTimes::of(waits * conditional, |q| conditional * ln(waits / (1.0 - q)).max(0.0));
        Some(Known { size: self.row(c, waits, 0.0, wait), timed_out: None, rejected: None })
    }

    fn row(&self, c: u32, wait_probability: f64, failed: f64, wait: PredictedTimes) -> PredictedSize {
        PredictedSize { max_size: c, utilisation: self.load * (1.0 - failed) / f64::from(c), wait_probability, wait }
    }

    /// The smallest size that meets every objective that this formula can judge: waits, and responses by adding a mean hold.
    fn smallest(&self, model: &Model) -> Option<u32> {
        let fails = model.slo().iter().any(|o| matches!(o.metric, Metric::TimedOutShare | Metric::FailedRequests));
        let meets = |c: u32| {
            let Some(Known { size, .. }) = self.patient(c) else { return false };
            let known = if fails { self.at(c) } else { None };
            let timed_out = known.and_then(|k| k.timed_out).unwrap_or(0.0);
            let rejected = known.and_then(|k| k.rejected).unwrap_or(0.0);
            model.slo().iter().all(|objective| {
                let found = match objective.metric {
                    Metric::Wait(stat) => size.wait.stat(stat),
                    Metric::Response(stat) | Metric::Attempt(stat) => size.wait.stat(stat) + self.hold,
                    Metric::TimedOutShare => timed_out,
                    // No formula knows of clients that leave.
                    Metric::WastedShare => 0.0,
                    Metric::FailedRequests => timed_out + rejected,
                };
                found <= objective.at_most
            })
        };
        if self.load >= f64::from(POOL_MAX) {
            return None;
        }
        let first = self.load as u32 + 1;
        // Waits fall with the size: double, then halve.
        let mut step = 1;
        while !meets(first + step - 1) {
            step *= 2;
            if step > POOL_MAX {
                return None;
            }
        }
        let (mut low, mut high) = (first + step / 2, first + step - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if meets(middle) { high = middle } else { low = middle + 1 }
        }
        Some(high)
    }
}

impl PredictedTimes {
    fn of(mean: f64, quantile: impl Fn(f64) -> f64) -> Self {
        Self { mean, p50: quantile(0.5), p90: quantile(0.9), p95: quantile(0.95), p99: quantile(0.99) }
    }

    fn stat(&self, stat: Stat) -> f64 {
        match stat {
            Stat::Mean => self.mean,
            Stat::Percentile(500) => self.p50,
            Stat::Percentile(900) => self.p90,
            Stat::Percentile(950) => self.p95,
            Stat::Percentile(_) => self.p99,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use crate::theory::erlang::erlang_b;
    use serde_json::json;

    fn predicted(rate: &str, hold: &str, pool: serde_json::Value) -> Prediction {
        let document = json!({ "traffic": { "rate": rate }, "query": [{ "hold": hold }], "pool": pool });
        predict(&Scenario::read(document).unwrap().check().unwrap())
    }

    const EXPONENTIAL: &str = "exponential(mean=20ms)";

    #[test]
    fn a_timeout_is_exact_and_has_waits_in_overload() {
        let found = predicted("1200/s", EXPONENTIAL, json!({ "max_size": 20, "acquire_timeout": "1s" }));
        assert!(found.exact && !found.stable && (found.growth - 200.0).abs() < 1e-9);
        assert!((found.timed_out_share.unwrap() - 1.0 / 6.0).abs() < 1e-9, "{found:?}");
        let wait = found.wait.unwrap();
        assert!(wait.p99 == 1.0 && wait.mean > 0.98 && wait.mean < 1.0, "{wait:?}");
        assert!(found.sizes.iter().all(|row| row.utilisation <= 1.0));
        let said = text(&found);
        assert!(
            said.contains("16.67 % of requests time out")
                && said.contains("grow by 200.00/s")
                && said.contains("M/M/c+D"),
            "{said}"
        );
        // Without a timeout there is no steady state.
        let found = predicted("1200/s", EXPONENTIAL, json!({ "max_size": 20, "acquire_timeout": "none" }));
        assert!(found.exact && found.wait.is_none() && found.timed_out_share.is_none());
    }

    #[test]
    fn a_limit_on_waiters_is_exact_without_a_timeout() {
        let pool =
            |waiters: u32, timeout: &str| json!({ "max_size": 18, "max_waiters": waiters, "acquire_timeout": timeout });
        let found = predicted("800/s", EXPONENTIAL, pool(5, "none"));
        let exact = finite::limited(18, 800.0, 0.02, 5).unwrap();
        assert!(found.exact && found.rejected_share == Some(exact.rejected) && found.timed_out_share.is_none());
        assert_eq!(found.wait.unwrap().mean, exact.mean_wait);
        assert!(text(&found).contains("are turned away"));
        let both = predicted("800/s", EXPONENTIAL, pool(5, "1s"));
        assert!(!both.exact && both.rejected_share == Some(exact.rejected));
        assert!(both.assumptions.last().unwrap().contains("nobody gives up"), "{:?}", both.assumptions);
        let both = predicted("800/s", EXPONENTIAL, pool(5000, "1s"));
        assert!(!both.exact && both.rejected_share.is_none() && both.timed_out_share.is_some());
        // When nobody may wait, any hold will do.
        let none = predicted("800/s", "lognormal(mean=20ms, cv=2)", pool(0, "1s"));
        assert!(none.exact && (none.rejected_share.unwrap() - erlang_b(18, 16.0)).abs() < 1e-9, "{none:?}");
    }

    #[test]
    fn other_holds_take_the_better_mean() {
        let found = predicted("800/s", "deterministic(20ms)", json!({ "max_size": 20, "acquire_timeout": "none" }));
        let exact = super::super::mdc::mean_wait(20, 800.0, 0.02).unwrap();
        assert!(!found.exact && (found.wait.unwrap().mean / exact - 1.0).abs() < 1e-9);
        assert!(found.assumptions.iter().any(|a| a.contains("Kimura")), "{:?}", found.assumptions);
        assert!(found.timed_out_share.is_none());
    }

    /// A short timeout cuts the waits, and must not make a small pool look good.
    #[test]
    fn the_smallest_is_judged_without_giving_up() {
        let small = |timeout: &str, slo: &[&str]| {
            let document = json!({ "traffic": { "rate": "800/s" }, "query": [{ "hold": EXPONENTIAL }],
                "pool": { "acquire_timeout": timeout }, "slo": slo });
            predict(&Scenario::read(document).unwrap().check().unwrap()).smallest.unwrap()
        };
        assert_eq!(small("10ms", &["wait.p99 <= 20ms"]), small("none", &["wait.p99 <= 20ms"]));
        let size = small("10ms", &["timed_out_share <= 0.1%"]);
        let share = |c| patience::timeout(c, 800.0, 0.02, 0.01).unwrap().timed_out;
        assert!(share(size) <= 0.001 && share(size - 1) > 0.001, "{size}");
    }
}
