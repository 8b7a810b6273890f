//! How long a run is, and how much of its start theory takes away.

use crate::problem::Problems;
use crate::record::Window;
use crate::scenario::Model;
use crate::units::{SimTime, Span};

/// The whole of a run over time.
pub(crate) fn over_time(model: &Model) -> Window {
    Window { from: SimTime::ZERO, until: SimTime::ZERO + model.length(), series: true }
}

/// How long a replication of a steady question is.
pub(crate) struct Steady {
    pub(crate) window: Window,
    /// What makes it too short to show the long run, if it is.
    pub(crate) short: Option<Short>,
}

/// Why no affordable run shows the long run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Short {
    /// The load is so near to the limit, or the timeout so long, that the queue forgets its start too slowly.
    Queue,
    /// Holds have so heavy a tail that the longest do not come in their share.
    Holds,
    /// What comes changes more slowly than a run can last: rare batches, long states, patient clients.
    Arrivals,
}

impl Short {
    /// Where the reason is, and what it means.
    pub(crate) fn caution(self) -> (&'static str, &'static str) {
        match self {
            Self::Queue => (
                "pool.max_size",
                "so near to its limit the queue forgets its empty start more slowly than a run can last: waits and failures of \
                 the long run are higher than what is said here",
            ),
            Self::Holds => (
                "query",
                "the holds have so heavy a tail that their longest are missing from a run of affordable length: the long run is \
                 worse than what is said here",
            ),
            Self::Arrivals => (
                "traffic",
                "what comes repeats itself too seldom for a run of affordable length: write a duration that holds at least ten of \
                 its cycles",
            ),
        }
    }
}

/// At least `requests` are measured and at most `most` simulated, if no duration is written. This is theory's part of the
/// warm-up; [`after_pilots`](super::warm_up) may move the window further.
///
/// The warm-up is the longest of: a tenth of what is measured; ten mean residual holds, hold · (1 + cv²) / 2, so that long holds
/// are there in their share; ten relaxation times of the queue; ten cycles of what comes
/// ([`Arrivals::cycle`](crate::workload::Arrivals::cycle)), of batches one and of states three; and under overload twice the time
/// until the first gives up: the wait that awaits a newcomer grows to the acquire timeout in timeout / |1 − ρ|, and then that
/// newcomer waits. What is measured lasts at least ten relaxation times and ten cycles too. The relaxation time is that of heavy traffic, residual / (c (1 − ρ)²), or the
/// time in which the wait diffuses over the acquire timeout if that is shorter, timeout² / σ² with σ² = 2 · residual · ρ / c
/// (reflected Brownian motion: J. M. Harrison, *Brownian Motion and Stochastic Flow Systems*, 1985). Clients that wait for their
/// answers do not drive a queue to its limit: they count by their cycle alone.
pub(crate) fn steady_window(model: &Model, requests: f64, most: f64) -> Steady {
    let hold = model.hold_shape().0;
    let c = f64::from(model.max_size());
    // Whichever is nearest to its limit decides: the pool, the database, or the pooler.
    let open = model.open_load();
    let cores = model.cpu_capacity().map(|cores| model.cpu_demand() / cores);
    let servers = model.pooler_load().map(|(load, servers)| load / servers);
    let shared = if open > 0.0 { cores.into_iter().chain(servers).fold(0.0, f64::max) } else { 0.0 };
    let load = (open / c).max(shared);
    let spare = 1.0 - load;
    let residual = residual(model);
    let patience = match model.pool.max_waiters {
        // As many waiters as may be are served in this time.
        Some(waiters) => f64::from(waiters) * hold / c,
        None => f64::INFINITY,
    }
    .min(model.pool.acquire_timeout.map_or(f64::INFINITY, Span::seconds));
    let rate = model.peak().as_per_second();
    let diffusion = patience * patience / (2.0 * residual * load / c);
    let relaxation = (residual / (c * spare * spare)).min(diffusion);
    let fill = if spare < 0.0 { 2.0 * (patience + (patience / -spare).min(10.0 * diffusion)) } else { 0.0 };
    // An overloaded queue without bound has no long run to wait for.
    let (relaxation, fill) = if fill.is_finite() { (relaxation, fill) } else { (0.0, 0.0) };
    let (cycle, start) = model.cycle();
    let asked = model.duration.map(Span::seconds);
    // Each request can be tried so many times.
    let affordable = most / (rate * f64::from(1 + model.client.retries));
    let measured =
        asked.unwrap_or((requests / rate).max(10.0 * relaxation.max(cycle)).min(affordable / 2.0).max(requests / rate));
    let wanted = [measured / 10.0, 10.0 * residual, 10.0 * relaxation, start, fill].into_iter().fold(0.0, f64::max);
    let warm_up = wanted.min((affordable - measured).max(measured / 10.0));
    let short = if warm_up < 10.0 * residual {
        Some(Short::Holds)
    } else if measured < 10.0 * cycle {
        Some(Short::Arrivals)
    } else if warm_up < wanted || (asked.is_none() && measured < 10.0 * relaxation) {
        Some(Short::Queue)
    } else {
        None
    };
    let from = SimTime::ZERO + Span::from_seconds(warm_up);
    Steady { window: Window { from, until: from + Span::from_seconds(measured), series: false }, short }
}

/// How long a hold that is under way lasts on, on average, in seconds.
fn residual(model: &Model) -> f64 {
    let (hold, scv) = model.hold_shape();
    hold * (1.0 + scv) / 2.0
}

/// A window that waits for all that [`steady_window`] waits for but the queue, and measures whole cycles, be it only one: what is measured
/// in it are the waits of the long run, or shorter ones.
pub(crate) fn brief_window(model: &Model, requests: f64) -> Window {
    let (cycle, start) = model.cycle();
    let least = requests / model.peak().as_per_second();
    let measured = if cycle > 0.0 { (least / cycle).ceil() * cycle } else { least };
    let warm_up = (measured / 10.0).max(10.0 * residual(model)).max(start);
    let from = SimTime::ZERO + Span::from_seconds(warm_up);
    Window { from, until: from + Span::from_seconds(measured), series: false }
}

/// Refuse what could fill the memory: more attempts under way than fit. One that waits takes ten times the room where it has timers
/// than where it stands in a queue alone.
pub(crate) fn crowd(model: &Model, window: Window) -> Result<(), Problems> {
    let simple = model.is_textbook() && model.client.timeout.is_none() && !model.tells_ends();
    let most = if simple { 1e7 } else { 3e6 };
    let length = window.until.since(SimTime::ZERO);
    let patience = model.pool.acquire_timeout.unwrap_or(length).min(length).seconds();
    let retries = f64::from(model.client.retries);
    let between = if retries > 0.0 { model.client.backoff.cap.min(length).seconds() } else { 0.0 };
    let rate = model.attempt_rate();
    let capped = model.pool.max_waiters.map_or(f64::INFINITY, |n| f64::from(n) * f64::from(model.instances()));
    let under_way = (rate * (1.0 + retries) * patience).min(capped) + rate * retries * between;
    let overloaded = model.changes_over_time() || model.offered_load() > f64::from(model.max_size());
    if (overloaded || !simple) && under_way > most {
        return Err(Problems::one(
            "pool.acquire_timeout",
            format!(
                "up to {under_way:.1e} requests could wait at once, more than the {most:.0e} that fit: set a shorter timeout, \
                 pool.max_waiters or a shorter duration"
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::replicate;
    use crate::report::{CONFIDENCE, Estimate, Tally};
    use crate::scenario::Scenario;
    use serde_json::json;

    /// What is measured behind the warm-up is what is measured long after it, where batches come or rates change.
    #[test]
    fn the_start_of_what_comes_is_forgotten() {
        let states = |stay: &str| {
            let state = |rate: &str| json!({ "rate": rate, "stay": stay });
            json!({ "states": [state("200/s"), state("20/s")] })
        };
        for traffic in [
            json!([{ "batch": { "size": 20, "every": "1s", "at": "500ms" } }, { "rate": "50/s" }]),
            states("exponential(mean=500ms)"),
            states("uniform(400ms, 600ms)"),
        ] {
            let text = json!({
                "traffic": traffic,
                "query": [{ "hold": "exponential(mean=20ms)" }],
                "pool": { "max_size": 4 },
            });
            let model = Scenario::read(text).unwrap().check().unwrap();
            let from = steady_window(&model, 500.0, 1e9).window.from;
            // A single cycle, in which a start that still shows can not hide.
            let waits = |from: SimTime, first: u32| {
                let window = Window { from, until: from + Span::from_seconds(1.0), series: false };
                let mut tally = Tally::default();
                (first..first + 6000).for_each(|n| tally.add(replicate(&model, window, 1, n)));
                tally.times(CONFIDENCE)[0].mean.unwrap()
            };
            let Estimate { mean: behind, half_width, .. } = waits(from, 0);
            let other = waits(from + Span::from_seconds(10.0), 6000);
            // Twice 95 % is four standard errors.
            let noise = half_width.unwrap().hypot(other.half_width.unwrap());
            assert!(
                (behind - other.mean).abs() < 2.0 * noise && noise < 0.05 * behind,
                "{traffic}: {behind}, {other:?}"
            );
        }
    }
}
