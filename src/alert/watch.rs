//! One alert while it is watched: a state machine without a clock.

use super::{Alert, Metric, Scope};
use crate::units::SimTime;
use std::collections::VecDeque;

/// What one pool has counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters {
    /// Requests that gave up waiting.
    pub timed_out: f64,
    /// Waits that ended, and their sum in seconds.
    pub waits: f64,
    /// Seconds.
    pub waited: f64,
    /// Connections that came back, and for how long all were out.
    pub returned: f64,
    /// Seconds.
    pub held: f64,
    /// Requests that were answered.
    pub served: f64,
    /// Requests that were lost.
    pub lost: f64,
    /// Connections that were opened.
    pub opened: f64,
    /// Connections that were refused.
    pub refused: f64,
}

/// What can be seen of one pool at a look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    /// Whose it is: pools that are gone are not seen any more, new ones have numbers of their own.
    pub pool: u32,
    /// Connections in use.
    pub active: f64,
    /// Requests that wait.
    pub pending: f64,
    /// The limit.
    pub size: f64,
    /// What it has counted.
    pub counters: Counters,
}

/// How much each pool has counted, and among how many.
type Counts = Vec<(u32, f64, f64)>;

/// Watches one alert.
#[derive(Clone, Debug)]
pub struct Watch {
    /// What was counted at the looks of the last window, and when: by pool, or of all together.
    past: VecDeque<(SimTime, Counts)>,
    /// Since when each pool has been above.
    above: Vec<(u32, SimTime)>,
    fires: bool,
}

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// The highest value, in the unit of the metric; `None` where there is none yet.
    pub value: Option<f64>,
    /// Which pool has it.
    pub pool: u32,
    /// Whether it fires.
    pub fires: bool,
    /// Whether it did at the look before.
    pub fired: bool,
}

impl Watch {
    /// Nothing has been seen yet.
    pub fn new() -> Self {
        Self { past: VecDeque::new(), above: Vec::new(), fires: false }
    }

    /// Look at the pools, of which there is at least one, and at what there is of the database: see [`Metric`].
    pub fn look(&mut self, alert: &Alert, now: SimTime, pools: &[Seen], database: Option<f64>) -> Look {
        let values = if alert.metric.is_of_the_database() {
            database.map(|value| (0, value)).into_iter().collect()
        } else if alert.metric.is_counted() {
            self.counted(alert, now, pools)
        } else {
            levels(alert, pools)
        };
        let since = core::mem::take(&mut self.above);
        for (pool, _) in values.iter().filter(|(_, value)| *value > alert.above) {
            let known = since.iter().find(|(other, _)| other == pool).map_or(now, |(_, since)| *since);
            self.above.push((*pool, known));
        }
        let fires = self.above.iter().any(|(_, since)| now.since(*since) >= alert.hold);
        let fired = core::mem::replace(&mut self.fires, fires);
        let highest = values.into_iter().fold(None, |best: Option<(u32, f64)>, one| match best {
            Some(best) if best.1 >= one.1 => Some(best),
            _ => Some(one),
        });
        Look { value: highest.map(|(_, value)| value), pool: highest.map_or(0, |(pool, _)| pool), fires, fired }
    }

    /// What was counted over the window, per second or on average; nothing before a window has two looks.
    fn counted(&mut self, alert: &Alert, now: SimTime, pools: &[Seen]) -> Vec<(u32, f64)> {
        let count = |seen: &Seen| {
            let (much, among) = alert.metric.of(&seen.counters).unwrap_or_default();
            (seen.pool, much, among.unwrap_or(0.0))
        };
        let counts: Counts = match alert.scope {
            Scope::Instance => pools.iter().map(count).collect(),
            Scope::Fleet => {
                let sum = |(_, a, b): (u32, f64, f64), (_, c, d): (u32, f64, f64)| (0, a + c, b + d);
                vec![pools.iter().map(count).fold((0, 0.0, 0.0), sum)]
            }
        };
        let begin = now.since(SimTime::ZERO).nanos().saturating_sub(alert.window.nanos());
        while self.past.get(1).is_some_and(|(at, _)| at.nanos() <= begin) {
            self.past.pop_front();
        }
        let is_share = alert.metric.of(&Counters::default()).is_some_and(|(_, among)| among.is_some());
        let values = match self.past.front() {
            None => Vec::new(),
            Some((then, before)) => {
                let seconds = now.since(*then).seconds();
                let grown = |(pool, much, among): &(u32, f64, f64)| {
                    // A pool that was not there had counted nothing. One that is gone takes its counts along: not below nothing.
                    let old = before.iter().find(|(other, ..)| other == pool).map_or((0.0, 0.0), |(_, m, a)| (*m, *a));
                    let (much, among) = ((much - old.0).max(0.0), (among - old.1).max(0.0));
                    match is_share {
                        true if among > 0.0 => Some((*pool, much / among)),
                        true => None,
                        false => Some((*pool, much / seconds)),
                    }
                };
                counts.iter().filter_map(grown).collect()
            }
        };
        self.past.push_back((now, counts));
        values
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

fn levels(alert: &Alert, pools: &[Seen]) -> Vec<(u32, f64)> {
    let value = |active: f64, pending: f64, size: f64| match alert.metric {
        Metric::Usage if size > 0.0 => active / size,
        Metric::Usage => 0.0,
        _ => pending,
    };
    match alert.scope {
        Scope::Instance => pools.iter().map(|seen| (seen.pool, value(seen.active, seen.pending, seen.size))).collect(),
        Scope::Fleet => {
            let sum = |of: fn(&Seen) -> f64| pools.iter().map(of).sum::<f64>();
            vec![(0, value(sum(|s| s.active), sum(|s| s.pending), sum(|s| s.size)))]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    fn alert(metric: Metric, scope: Scope, above: f64, hold: &str) -> Alert {
        let span = |text| Span::parse(text).unwrap();
        Alert { name: "a".into(), metric, scope, above, hold: span(hold), every: span("15s"), window: span("1m") }
    }

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + Span::from_seconds(seconds)
    }

    fn seen(pool: u32, active: f64, pending: f64) -> Seen {
        Seen { pool, active, pending, size: 10.0, counters: Counters::default() }
    }

    #[test]
    fn it_fires_once_it_has_been_above_for_long_enough() {
        let alert = alert(Metric::Usage, Scope::Fleet, 0.8, "30s");
        let mut watch = Watch::new();
        let mut look = |seconds, active| watch.look(&alert, at(seconds), &[seen(0, active, 0.0)], None).fires;
        assert!(!look(0.0, 9.0) && !look(15.0, 9.0) && look(30.0, 9.0));
        // Exactly the threshold is not above it, and the time begins anew.
        assert!(!look(45.0, 8.0) && !look(60.0, 9.0) && !look(75.0, 9.0) && look(90.0, 10.0));
    }

    #[test]
    fn one_full_instance_is_not_a_full_fleet() {
        let pools = [seen(0, 10.0, 5.0), seen(1, 0.0, 0.0), seen(2, 2.0, 0.0)];
        let value = |metric, scope| {
            let look = Watch::new().look(&alert(metric, scope, 0.8, "0s"), at(0.0), &pools, None);
            (look.value.unwrap(), look.fires)
        };
        assert_eq!(value(Metric::Usage, Scope::Fleet), (0.4, false));
        assert_eq!(value(Metric::Usage, Scope::Instance), (1.0, true));
        assert_eq!(value(Metric::Pending, Scope::Fleet), (5.0, true));
    }

    #[test]
    fn instances_do_not_share_their_time() {
        let alert = alert(Metric::Usage, Scope::Instance, 0.8, "30s");
        let mut watch = Watch::new();
        let mut look = |seconds, first, second| {
            watch.look(&alert, at(seconds), &[seen(0, first, 0.0), seen(1, second, 0.0)], None).fires
        };
        assert!(!look(0.0, 9.0, 0.0) && !look(15.0, 0.0, 9.0) && !look(30.0, 9.0, 0.0) && !look(45.0, 9.0, 9.0));
        assert!(look(60.0, 9.0, 0.0));
    }

    #[test]
    fn what_is_counted_is_counted_over_the_window() {
        let rate = alert(Metric::Timeouts, Scope::Fleet, 0.0, "0s");
        let mut watch = Watch::new();
        let mut look = |seconds, timed_out| {
            let counters = Counters { timed_out, ..Counters::default() };
            watch.look(&rate, at(seconds), &[Seen { counters, ..seen(0, 0.0, 0.0) }], None).value
        };
        assert_eq!(look(0.0, 0.0), None);
        assert_eq!(look(15.0, 30.0), Some(2.0));
        assert_eq!(look(30.0, 30.0), Some(1.0));
        assert_eq!(look(60.0, 30.0), Some(0.5));
        assert_eq!(look(75.0, 30.0), Some(0.0), "what was counted a window ago is over");
    }

    #[test]
    fn a_share_of_nothing_is_nothing() {
        let errors = alert(Metric::Errors, Scope::Fleet, 0.05, "0s");
        let mut watch = Watch::new();
        let mut look = |seconds, served, lost| {
            let counters = Counters { served, lost, ..Counters::default() };
            watch.look(&errors, at(seconds), &[Seen { counters, ..seen(0, 0.0, 0.0) }], None)
        };
        assert_eq!(look(0.0, 0.0, 0.0).value, None);
        assert_eq!(look(15.0, 0.0, 0.0).value, None);
        let look = look(30.0, 9.0, 1.0);
        assert_eq!((look.value, look.fires, look.fired), (Some(0.1), true, false));
    }
}
