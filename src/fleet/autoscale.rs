//! How many instances there should be, by a signal and its target.

use crate::units::{SimTime, Span};
use std::collections::VecDeque;

/// What an autoscaler looks at, and what it should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Signal {
    /// The busy share of the processors, over all instances.
    Cpu {
        /// Above 0, at most 1.
        target: f64,
    },
    /// Requests that wait for a connection, per instance.
    Pending {
        /// Above 0.
        target: f64,
    },
    /// How long a request takes.
    Latency {
        /// Above zero.
        target: Span,
    },
}

impl Signal {
    /// The target as a number: a share, requests per instance, or seconds.
    pub fn target(self) -> f64 {
        match self {
            Self::Cpu { target } | Self::Pending { target } => target,
            Self::Latency { target } => target.seconds(),
        }
    }

    fn words(self) -> String {
        match self {
            Self::Cpu { target } => format!("{:.0}% of the instances' processors are busy", target * 100.0),
            Self::Pending { target } => format!("{target} requests wait at each"),
            Self::Latency { target } => format!("a request takes {target}"),
        }
    }
}

/// An autoscaler's settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Autoscale {
    /// What it looks at.
    pub signal: Signal,
    /// The fewest instances.
    pub least: u32,
    /// The most, at least as many.
    pub most: u32,
    /// How often it decides.
    pub every: Span,
    /// How long a new instance takes until it serves.
    pub delay: Span,
    /// Nothing changes while the signal is within this share of its target.
    pub tolerance: f64,
    /// Instances are removed only down to the most that were wanted within this time.
    pub scale_in_after: Span,
}

impl Autoscale {
    /// How many instances it wants for `current` ones at which the signal has this value: `ceil(current · value / target)`, from
    /// `least` to `most`; `current` within the tolerance, and where there is no value (not a number).
    pub fn wanted(&self, current: u32, value: f64) -> u32 {
        let ratio = value / self.signal.target();
        // A hair of rounding neither leaves the tolerance nor makes one more of a whole number.
        let differs = (ratio - 1.0).abs() > self.tolerance + 1e-12;
        let wanted = if differs { (f64::from(current) * ratio * (1.0 - 1e-12)).ceil() as u32 } else { current };
        wanted.clamp(self.least, self.most)
    }

    pub(super) fn words(&self) -> String {
        format!(
            "every {} there shall be as many instances, from {} to {}, as it takes that {}; a new one serves after {}, and one goes \
             only after {}",
            self.every,
            self.least,
            self.most,
            self.signal.words(),
            self.delay,
            self.scale_in_after
        )
    }
}

/// Decides how many instances there should be.
///
/// The algorithm is that of Kubernetes' HorizontalPodAutoscaler (autoscaling/v2): *Horizontal Pod Autoscaling*, "Algorithm
/// details" and "Stabilization window", <https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/>. It adds at
/// once and removes only to the highest number wanted within the stabilization window, to which the number at the start counts
/// too. Its limits on the size of one step (`behavior.policies`) are left out; by default they allow to double in every 15 s.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    config: Autoscale,
    /// What was wanted and when, each less than the one before: only those can still be the highest of a window.
    past: VecDeque<(SimTime, u32)>,
    began: bool,
}

impl Autoscaler {
    /// One that has not decided yet.
    pub fn new(config: Autoscale) -> Self {
        Self { config, past: VecDeque::new(), began: false }
    }

    /// How many instances there should be from now on; `current` if nothing changes.
    ///
    /// `current` counts also those that have not begun to serve. `value` is in the unit of [`Signal::target`]; busy processors and
    /// waiting requests are divided by `current`, so that one that has not begun counts as idle and is not ordered twice. Not a
    /// number is no value.
    pub fn decide(&mut self, now: SimTime, current: u32, value: f64) -> u32 {
        if !self.began {
            self.want(now, current);
            self.began = true;
        }
        let wanted = self.config.wanted(current, value);
        self.want(now, wanted);
        let oldest = self.config.scale_in_after;
        while self.past.front().is_some_and(|(at, _)| now.since(*at) > oldest) {
            self.past.pop_front();
        }
        let highest = self.past.front().map_or(wanted, |(_, most)| *most);
        current.clamp(wanted, highest.max(wanted)).clamp(self.config.least, self.config.most)
    }

    fn want(&mut self, now: SimTime, wanted: u32) {
        while self.past.back().is_some_and(|(_, before)| *before <= wanted) {
            self.past.pop_back();
        }
        self.past.push_back((now, wanted));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        Span::parse(text).unwrap()
    }

    fn at(text: &str) -> SimTime {
        SimTime::ZERO + span(text)
    }

    fn config() -> Autoscale {
        Autoscale {
            signal: Signal::Cpu { target: 0.6 },
            least: 2,
            most: 20,
            every: span("15s"),
            delay: span("60s"),
            tolerance: 0.1,
            scale_in_after: span("5m"),
        }
    }

    #[test]
    fn the_number_wanted_is_that_of_kubernetes() {
        // The documentation's examples: twice the target doubles, half of it halves, and 50 at 90% for a target of 75% are 60.
        let of = |target: f64, most: u32| Autoscale { signal: Signal::Pending { target }, most, ..config() };
        assert_eq!(of(100.0, 20).wanted(3, 200.0), 6);
        assert_eq!(of(100.0, 20).wanted(6, 50.0), 3);
        assert_eq!(of(0.75, 100).wanted(50, 0.90), 60);
        assert_eq!(of(100.0, 20).wanted(3, 110.0), 3, "within the tolerance");
        assert_eq!(of(100.0, 20).wanted(3, 91.0), 3, "within the tolerance");
        assert_eq!(of(100.0, 20).wanted(3, 111.0), 4, "a part of an instance is a whole one");
        assert_eq!(of(100.0, 20).wanted(3, 0.0), 2, "never below the least");
        assert_eq!(of(100.0, 20).wanted(3, f64::INFINITY), 20, "never above the most");
        assert_eq!(of(100.0, 20).wanted(3, f64::NAN), 3, "no value, no change");
        let slow = Autoscale { signal: Signal::Latency { target: span("200ms") }, ..config() };
        assert_eq!(slow.wanted(4, 0.3), 6);
    }

    #[test]
    fn rounding_never_orders_one_more() {
        for current in 1..=10u32 {
            for times in [1.5, 2.0, 3.0, 7.0] {
                for target in [0.1, 0.3, 0.6, 0.7] {
                    let autoscale = Autoscale { signal: Signal::Cpu { target }, least: 1, most: 100, ..config() };
                    let exact = (f64::from(current) * times).ceil() as u32;
                    assert_eq!(autoscale.wanted(current, target * times), exact, "{current} at {times} times {target}");
                }
            }
        }
    }

    #[test]
    fn it_adds_at_once_and_removes_after_the_window() {
        let mut autoscaler = Autoscaler::new(config());
        assert_eq!(autoscaler.decide(at("0s"), 4, 0.9), 6);
        assert_eq!(autoscaler.decide(at("15s"), 6, 0.3), 6, "six were wanted 15 s ago");
        assert_eq!(autoscaler.decide(at("1m"), 6, 0.4), 6);
        assert_eq!(autoscaler.decide(at("5m"), 6, 0.1), 6);
        assert_eq!(autoscaler.decide(at("5m15s"), 6, 0.1), 4, "the most wanted since 15 s: four at 1 m");
        assert_eq!(autoscaler.decide(at("6m15s"), 4, 0.1), 2, "what was wanted at 1 m is forgotten");
    }

    #[test]
    fn the_number_at_the_start_counts_for_one_window() {
        let mut autoscaler = Autoscaler::new(config());
        assert_eq!(autoscaler.decide(at("10s"), 10, 0.1), 10);
        assert_eq!(autoscaler.decide(at("5m10s"), 10, 0.1), 10);
        assert_eq!(autoscaler.decide(at("5m25s"), 10, 0.1), 2);
    }

    #[test]
    fn waiting_lowers_the_signal_of_processors() {
        // Why processors are the wrong signal where instances wait for a database: less work, fewer instances, more waiting.
        let mut autoscaler = Autoscaler::new(Autoscale { scale_in_after: Span::ZERO, ..config() });
        assert_eq!(autoscaler.decide(at("0s"), 10, 0.6), 10);
        assert_eq!(autoscaler.decide(at("15s"), 10, 0.2), 4);
    }

    #[test]
    fn a_fleet_outside_the_limits_is_brought_within() {
        let mut autoscaler = Autoscaler::new(config());
        assert_eq!(autoscaler.decide(at("0s"), 1, 0.6), 2);
        let mut autoscaler = Autoscaler::new(config());
        assert_eq!(autoscaler.decide(at("0s"), 50, 0.6), 20);
    }

    /// Against the rule as it is written: the highest of all that was wanted within the window.
    #[test]
    fn only_the_highest_of_the_window_is_remembered() {
        let mut autoscaler = Autoscaler::new(config());
        let mut all = Vec::new();
        let mut current = 10;
        for turn in 0..400u64 {
            let now = SimTime::ZERO + span("15s").scaled(turn as f64);
            let value = crate::random::unit(crate::random::mix(turn / 30)) * 1.2;
            let wanted = config().wanted(current, value);
            if turn == 0 {
                all.push((now, current));
            }
            all.push((now, wanted));
            let within = all.iter().filter(|(at, _)| now.since(*at) <= span("5m"));
            let highest = within.map(|(_, wanted)| *wanted).max().unwrap();
            let expected = if current < wanted { wanted } else { current.min(highest) };
            current = autoscaler.decide(now, current, value);
            assert_eq!(current, expected, "turn {turn}");
        }
    }
}
