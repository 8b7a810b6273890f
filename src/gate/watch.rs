//! What is seen of one run: how high levels were, and when alerts fired.

use crate::engine::{self, Fact, Levels, Observer};
use crate::random::Streams;
use crate::record::{Outcome, Recorder, Series, Window};
use crate::scenario::{Level, Model};
use crate::units::SimTime;

/// A level that is watched within a part of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Watched {
    pub(super) level: Level,
    pub(super) above: f64,
    pub(super) from: SimTime,
    pub(super) until: SimTime,
}

/// How high a level was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Peak {
    /// The highest value; absent where there was none.
    pub(super) highest: Option<f64>,
    /// Until when it was above the limit for the last time.
    pub(super) last_above: Option<SimTime>,
}

impl Peak {
    fn add(&mut self, value: f64, above: f64, until: SimTime) {
        self.highest = Some(self.highest.map_or(value, |highest| highest.max(value)));
        if value > above {
            self.last_above = Some(until);
        }
    }
}

/// What is seen of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// In the order of what is watched.
    pub(super) peaks: Vec<Peak>,
    /// From when to when each alert fired.
    pub(super) firing: Vec<Vec<(SimTime, SimTime)>>,
    /// When 5 % of the requests began to fail.
    pub(super) onset: Option<SimTime>,
    /// When no more failed or were slow than before.
    pub(super) recovered: Option<SimTime>,
}

/// Simulate replication number `n` and watch it.
pub(super) fn watch(model: &Model, window: Window, seed: u64, n: u32, watched: &[Watched]) -> (Outcome, Seen) {
    let mut eyes = Eyes {
        recorder: Recorder::new(window, model),
        watched,
        seen: Seen {
            peaks: vec![Peak::default(); watched.len()],
            firing: vec![Vec::new(); model.alerts().len()],
            ..Seen::default()
        },
        levels: Levels::default(),
        since: SimTime::ZERO,
    };
    engine::run(model, Streams::new(seed, n), window.until, &mut eyes);
    eyes.hold_until(window.until);
    let Eyes { recorder, mut seen, .. } = eyes;
    let outcome = recorder.finish();
    for (one, peak) in watched.iter().zip(&mut seen.peaks).filter(|(one, _)| one.level.is_of_parts()) {
        *peak = outcome.series.as_ref().map_or(Peak::default(), |series| of_parts(series, window.until, one));
    }
    for firing in seen.firing.iter_mut().flatten() {
        firing.1 = firing.1.min(window.until);
    }
    (seen.onset, seen.recovered) = outcome.impact.map_or((None, None), |impact| (impact.onset, impact.recovered));
    (outcome, seen)
}

struct Eyes<'a> {
    recorder: Recorder,
    watched: &'a [Watched],
    seen: Seen,
    levels: Levels,
    since: SimTime,
}

impl Eyes<'_> {
    /// What the levels were from the last fact on. What lasts no time at all is not seen.
    fn hold_until(&mut self, now: SimTime) {
        for (one, peak) in self.watched.iter().zip(&mut self.seen.peaks) {
            let (from, until) = (self.since.max(one.from), now.min(one.until));
            if from < until
                && let Some(value) = value(one.level, &self.levels)
            {
                peak.add(value, one.above, until);
            }
        }
        self.since = now;
    }
}

impl Observer for Eyes<'_> {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        if now > self.since {
            self.hold_until(now);
        }
        self.levels = *levels;
        match fact {
            Fact::Fires { alert } => self.seen.firing[alert].push((now, SimTime::NEVER)),
            Fact::Clears { alert } => {
                if let Some(last) = self.seen.firing[alert].last_mut() {
                    last.1 = now;
                }
            }
            _ => {}
        }
        self.recorder.on(now, instance, fact, levels);
    }
}

/// The value of a level at a moment; `None` for what is known over parts of the run.
fn value(level: Level, levels: &Levels) -> Option<f64> {
    let number = match level {
        Level::Active => levels.active,
        Level::Pending => levels.pending,
        Level::Usage => return Some(f64::from(levels.active) / f64::from(levels.size.max(levels.active).max(1))),
        Level::Total => levels.total,
        Level::Leaked => levels.leaked,
        Level::Connected => levels.connected,
        Level::Running => levels.running,
        Level::Blocked => levels.blocked,
        Level::PoolerWaiting => levels.linking,
        _ => return None,
    };
    Some(f64::from(number))
}

/// The same over the parts of the series that lie whole within the window.
fn of_parts(series: &Series, end: SimTime, one: &Watched) -> Peak {
    let mut peak = Peak::default();
    let mut from = SimTime::ZERO;
    for bin in &series.bins {
        let until = (from + series.width).min(end);
        let width = until.since(from).seconds();
        let value = match one.level {
            Level::Offered => Some(bin.counts[0] as f64 / width),
            Level::TimedOut => Some(bin.counts[2] as f64 / width),
            Level::Rejected => Some(bin.counts[3] as f64 / width),
            Level::Failed => Some(bin.counts[4] as f64 / width),
            Level::ConnectRefused => Some(bin.counts[5] as f64 / width),
            Level::WaitP50 => bin.wait.quantile(500),
            Level::WaitP95 => bin.wait.quantile(950),
            _ => bin.wait.quantile(990),
        };
        if let Some(value) = value.filter(|_| from >= one.from && until <= one.until) {
            peak.add(value, one.above, until);
        }
        from = until;
    }
    peak
}
