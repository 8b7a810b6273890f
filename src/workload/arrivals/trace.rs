//! Arrivals as they were recorded, one by one.

use crate::random::mix;
use crate::units::{SimTime, Span};

/// Recorded arrivals in order of time, and how long each held its connection where that was recorded too. Eight bytes per
/// arrival, sixteen with holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    at: Vec<SimTime>,
    /// As many as arrivals, or none at all.
    hold: Vec<Span>,
    peak: f64,
    /// Mean and second moment of the holds, in seconds and seconds².
    moments: Option<(f64, f64)>,
}

impl Trace {
    /// From arrivals in order of time; `hold` is empty, or has one for each.
    ///
    /// # Errors
    /// When there is no arrival, when one is earlier than the one before, or when there are more or fewer holds than arrivals.
    ///
    /// ```
    /// use poolwise::units::{SimTime, Span};
    /// use poolwise::workload::arrivals::Trace;
    /// let at = |seconds| SimTime::ZERO + Span::from_seconds(seconds);
    /// assert!(Trace::new(vec![at(0.0), at(1.2)], vec![]).is_ok());
    /// assert!(Trace::new(vec![at(1.2), at(0.0)], vec![]).unwrap_err().contains("earlier"));
    /// ```
    pub fn new(mut at: Vec<SimTime>, mut hold: Vec<Span>) -> Result<Self, String> {
        if at.is_empty() {
            return Err("there is no arrival in it".into());
        }
        if let Some(n) = (1..at.len()).find(|n| at[*n] < at[*n - 1]) {
            let [before, now] = [at[n - 1], at[n]].map(|moment| moment.since(SimTime::ZERO));
            return Err(format!("{now} is earlier than the arrival before, at {before}"));
        }
        if !hold.is_empty() && hold.len() != at.len() {
            return Err(format!("{} holds for {} arrivals: one for each, or none", hold.len(), at.len()));
        }
        at.shrink_to_fit();
        hold.shrink_to_fit();
        let peak = busiest(&at);
        let n = hold.len() as f64;
        let sum = |power: fn(f64) -> f64| hold.iter().map(|span| power(span.seconds())).sum::<f64>() / n;
        let moments = (!hold.is_empty()).then(|| (sum(|x| x), sum(|x| x * x)));
        Ok(Self { at, hold, peak, moments })
    }

    /// How many arrivals.
    pub fn count(&self) -> usize {
        self.at.len()
    }

    /// Each arrival, and how long it held its connection where that is known.
    pub fn arrivals(&self) -> impl Iterator<Item = (SimTime, Option<Span>)> + '_ {
        self.at.iter().enumerate().map(|(n, at)| (*at, self.hold.get(n).copied()))
    }

    /// The last arrival.
    pub fn end(&self) -> SimTime {
        self.at[self.at.len() - 1]
    }

    /// Mean and second moment of the recorded holds, in seconds and seconds².
    pub fn hold_moments(&self) -> Option<(f64, f64)> {
        self.moments
    }

    /// A number that depends on every arrival and every hold.
    pub fn fingerprint(&self) -> u64 {
        let all = self.at.iter().map(|at| at.nanos()).chain(self.hold.iter().map(|hold| hold.nanos()));
        all.fold(mix(self.hold.len() as u64), |key, nanos| mix(key ^ nanos))
    }

    /// Arrivals per second in the busiest window.
    pub(super) fn peak(&self) -> f64 {
        self.peak
    }

    pub(super) fn up_to(&self, until: SimTime) -> usize {
        self.at.partition_point(|moment| *moment <= until)
    }

    pub(super) fn clock(&self) -> TraceClock<'_> {
        TraceClock { trace: self, given: 0 }
    }
}

/// The window in which a trace of this many seconds is busiest: a minute, or a tenth if shorter, but at least a second.
pub(super) fn busiest_window(seconds: f64) -> f64 {
    (seconds / 10.0).clamp(1.0, 60.0)
}

/// Arrivals per second within any window of that length, at most.
fn busiest(at: &[SimTime]) -> f64 {
    let window = busiest_window(at[at.len() - 1].since(at[0]).seconds());
    let length = Span::from_seconds(window);
    let mut first = 0;
    let mut most = 0;
    for (n, now) in at.iter().enumerate() {
        while now.since(at[first]) >= length {
            first += 1;
        }
        most = most.max(n + 1 - first);
    }
    most as f64 / window
}

pub(super) struct TraceClock<'a> {
    trace: &'a Trace,
    given: usize,
}

impl TraceClock<'_> {
    pub(super) fn next(&mut self) -> SimTime {
        let next = self.trace.at.get(self.given).copied().unwrap_or(SimTime::NEVER);
        self.given += 1;
        next
    }

    pub(super) fn hold(&self) -> Option<Span> {
        self.trace.hold.get(self.given.checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arrivals, Open};
    use super::*;
    use crate::random::{Purpose, Streams};
    use std::sync::Arc;

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + Span::from_seconds(seconds)
    }

    #[test]
    fn a_trace_is_replayed_as_it_was() {
        let moments = [0.0, 0.0, 1.2, 1.200_000_001, 7.5].map(at);
        let holds = [5, 0, 7, 9, 1].map(Span::from_nanos);
        let trace = Trace::new(moments.to_vec(), holds.to_vec()).unwrap();
        let open = Open::Trace(Arc::new(trace));
        for seed in [1, 2] {
            let mut clock = open.clock(Streams::new(seed, 0).of(Purpose::Arrival, 0));
            for (moment, hold) in moments.into_iter().zip(holds) {
                assert_eq!((clock.next(), clock.hold()), (moment, Some(hold)));
            }
            assert_eq!((clock.next(), clock.hold()), (SimTime::NEVER, None));
            assert_eq!((clock.next(), clock.hold()), (SimTime::NEVER, None));
        }
        let arrivals = Arrivals::Open(open);
        assert_eq!([at(0.0), at(1.2), at(9.0)].map(|t| arrivals.expected(t, 1.0)), [2.0, 3.0, 5.0]);
    }

    #[test]
    fn without_holds_none_is_handed_out() {
        let open = Open::Trace(Arc::new(Trace::new(vec![at(1.0)], vec![]).unwrap()));
        let mut clock = open.clock(Streams::new(1, 0).of(Purpose::Arrival, 0));
        assert_eq!((clock.next(), clock.hold()), (at(1.0), None));
    }

    #[test]
    fn the_peak_is_that_of_the_busiest_minute_or_tenth() {
        // 40 s, one a second, and 20 more within a second: the busiest 4 s have 24 of them.
        let mut moments: Vec<f64> =
            (0..=40).map(f64::from).chain((0..20).map(|n| 20.1 + 0.04 * f64::from(n))).collect();
        moments.sort_by(f64::total_cmp);
        let peak = |seconds: &[f64]| Trace::new(seconds.iter().map(|s| at(*s)).collect(), vec![]).unwrap().peak();
        assert_eq!(peak(&moments), 6.0);
        // An hour, two a second: a minute has 120, whatever the burst of 60 on its edge does within another.
        let hour: Vec<f64> = (0..7200).map(|n| 0.5 * f64::from(n)).collect();
        assert_eq!(peak(&hour), 2.0);
        // One alone: one in a second.
        assert_eq!(peak(&[5.0]), 1.0);
    }

    #[test]
    fn holds_have_their_moments() {
        let hold = |seconds: &[f64]| seconds.iter().map(|s| Span::from_seconds(*s)).collect();
        let trace = Trace::new(vec![at(0.0); 4], hold(&[1.0, 2.0, 3.0, 2.0])).unwrap();
        assert_eq!(trace.hold_moments(), Some((2.0, 4.5)));
    }

    #[test]
    fn what_is_no_trace_is_refused() {
        let hold = |n: usize| vec![Span::ZERO; n];
        assert!(Trace::new(vec![], vec![]).unwrap_err().contains("no arrival"));
        assert!(Trace::new(vec![at(2.0), at(1.0)], vec![]).unwrap_err().contains("1s is earlier"));
        assert!(Trace::new(vec![at(1.0), at(2.0)], hold(1)).unwrap_err().contains("1 holds for 2"));
    }
}
