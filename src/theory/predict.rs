//! The instant answer: Erlang C, scaled for the spread of the holds.

use super::erlang::erlang_c;
use crate::math::ln;
use crate::problem::Problem;
use crate::scenario::{Model, POOL_MAX};
use crate::slo::{Metric, Stat};
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
    /// Share of the connections in use, 0 to 1.
    pub utilisation: f64,
    /// Probability that a request waits.
    pub wait_probability: f64,
    /// Waits in seconds.
    pub wait: PredictedTimes,
}

/// What theory says of a model in the long run, at its peak rate, for one instance.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Prediction {
    /// Arrival rate times mean hold of one instance, in erlangs: the connections busy on average if there were enough.
    pub offered_load: f64,
    /// Offered load over pool size; 1 and above can not be kept up.
    pub utilisation: f64,
    /// Probability that a request waits; 1 without a steady state.
    pub wait_probability: f64,
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
    /// Waits in seconds; absent without a steady state.
    pub wait: Option<PredictedTimes>,
    /// The smallest pool that meets the objectives on waiting, by this formula.
    pub smallest: Option<u32>,
    /// The same for the sizes around.
    pub sizes: Vec<PredictedSize>,
    /// What is assumed.
    pub assumptions: Vec<String>,
    /// What may surprise.
    pub cautions: Vec<Problem>,
}

/// Predict without simulating: in microseconds.
///
/// Waits follow Erlang C for exponential holds, exactly. For other holds the conditional wait is scaled by (1 + cv²) / 2 and
/// still taken to be exponential (A. O. Allen, *Probability, Statistics and Queueing Theory*, 1990, with J. Cunneen): good in the
/// mean near saturation, wrong by 20 to 50 % and more in the tail of heavy-tailed holds. Size with
/// [`recommend`](crate::plan::recommend), which simulates.
///
/// ```
/// use poolwise::scenario::Scenario;
/// # let text = serde_json::json!({ "traffic": { "rate": "800/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "pool": { "max_size": 20, "acquire_timeout": "none" } });
/// let prediction = poolwise::theory::predict(&Scenario::read(text)?.check()?);
/// assert!(prediction.exact && (prediction.utilisation - 0.8).abs() < 1e-12);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn predict(model: &Model) -> Prediction {
    let system = System::of(model);
    let size = model.max_size();
    let here = system.at(size);
    let instances = f64::from(model.instances());
    let capacity = f64::from(size) / system.hold;
    let growth = (system.rate - capacity).max(0.0) * instances;
    let smallest = system.smallest(model);
    let centre = smallest.unwrap_or(size);
    let around = (centre / 4).clamp(6, 20);
    let sizes = (centre.saturating_sub(around).max(1)..=centre + around).filter_map(|c| system.at(c)).collect();
    Prediction {
        offered_load: system.load,
        utilisation: system.load / f64::from(size),
        wait_probability: here.map_or(1.0, |h| h.wait_probability),
        capacity: capacity * instances,
        stable: here.is_some(),
        growth,
        exact: system.exact && model.pool.acquire_timeout.is_none() && model.pool.max_waiters.is_none(),
        changes_over_time: model.changes_over_time(),
        wait: here.map(|h| h.wait),
        smallest,
        sizes,
        assumptions: assumptions(model, &system),
        cautions: model.cautions().problems.clone(),
    }
}

fn assumptions(model: &Model, system: &System) -> Vec<String> {
    let mut said = [vec!["the peak rate lasts for ever".to_owned()], model.assumptions()].concat();
    if !system.exact {
        said.push(format!(
            "holds with cv {:.2}: waits scaled by Allen and Cunneen, tails approximate",
            libm::sqrt(system.scv)
        ));
    }
    if model.pool.acquire_timeout.is_some() || model.pool.max_waiters.is_some() {
        said.push("nobody gives up or is turned away".to_owned());
    }
    said
}

/// A prediction for a terminal.
pub fn text(prediction: &Prediction) -> String {
    let mut out = match prediction.wait {
        None => format!("No steady state: waiting requests would grow by {:.2}/s.\n", prediction.growth),
        Some(wait) => format!(
            "{} of requests wait; mean wait {}, p99 {}; utilisation {:.1} %{}.\n",
            format_args!("{:.2} %", prediction.wait_probability * 100.0),
            milliseconds(wait.mean),
            milliseconds(wait.p99),
            prediction.utilisation * 100.0,
            if prediction.exact { "" } else { " (approximate)" }
        ),
    };
    out += &format!(
        "  offered load {:.2} erlangs per instance, capacity {:.0}/s\n",
        prediction.offered_load, prediction.capacity
    );
    match prediction.smallest {
        Some(size) => out += &format!("  smallest pool by this formula: {size} (recommend simulates, and decides)\n"),
        None => out += "  no pool size meets the objectives by this formula\n",
    }
    out += &format!("  assumed: {}.\n", prediction.assumptions.join(";\n           "));
    out
}

fn milliseconds(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.3} ms", seconds * 1e3) } else { format!("{seconds:.3} s") }
}

/// One instance as theory sees it.
struct System {
    rate: f64,
    hold: f64,
    scv: f64,
    load: f64,
    exact: bool,
}

impl System {
    fn of(model: &Model) -> Self {
        let (hold, scv) = model.hold_shape();
        let exact = match model.queries.as_slice() {
            [only] => matches!(only.hold, crate::workload::Distribution::Exponential { .. }),
            _ => false,
        };
        Self { rate: model.rate_per_instance(), hold, scv, load: model.offered_load(), exact }
    }

    fn at(&self, c: u32) -> Option<PredictedSize> {
        let wait_probability = if c > 2 * POOL_MAX { None } else { erlang_c(c, self.load) }?;
        let conditional =
            self.hold / (f64::from(c) - self.load) * if self.exact { 1.0 } else { (1.0 + self.scv) / 2.0 };
        // Not a product with a logarithm cut off at 0, which an infinite variance would leave undefined.
        let tail =
            |p: f64| if wait_probability > 1.0 - p { conditional * ln(wait_probability / (1.0 - p)) } else { 0.0 };
        let wait = PredictedTimes {
            mean: wait_probability * conditional,
            p50: tail(0.5),
            p90: tail(0.9),
            p95: tail(0.95),
            p99: tail(0.99),
        };
        Some(PredictedSize { max_size: c, utilisation: self.load / f64::from(c), wait_probability, wait })
    }

    /// The smallest size that meets every objective that this formula can judge: waits, and responses by adding a mean hold.
    fn smallest(&self, model: &Model) -> Option<u32> {
        let meets = |c: u32| {
            self.at(c).is_some_and(|size| {
                model.slo().iter().all(|objective| match objective.metric {
                    Metric::Wait(stat) => size.wait.stat(stat) <= objective.at_most,
                    Metric::Response(stat) => size.wait.stat(stat) + self.hold <= objective.at_most,
                    Metric::TimedOutShare | Metric::FailedRequests => true,
                })
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
