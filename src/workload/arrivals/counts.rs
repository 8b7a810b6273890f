//! How many requests came in each interval, as dashboards export it.

use super::trace::busiest_window;
use super::uniform::InOrder;
use crate::random::{Generator, mix};
use crate::units::{SimTime, Span};

/// Exactly as many arrivals in each interval as were counted, at uniformly random moments within it; none after the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    counts: Vec<u32>,
    every: Span,
    peak: f64,
}

impl Counts {
    /// A number that depends on every count and on the length of the intervals.
    pub fn fingerprint(&self) -> u64 {
        self.counts.iter().fold(mix(self.every.nanos()), |key, count| mix(key ^ u64::from(*count)))
    }

    /// From the counts of intervals of length `every`, the first from time zero.
    ///
    /// # Errors
    /// When nothing was counted, or the intervals have no length.
    pub fn new(counts: Vec<u32>, every: Span) -> Result<Self, String> {
        if every == Span::ZERO {
            return Err("the intervals must be longer than 0".into());
        }
        if counts.iter().all(|count| *count == 0) {
            return Err("there is no arrival in it".into());
        }
        let length = every.seconds() * counts.len() as f64;
        let wide = ((busiest_window(length) / every.seconds()) as usize).clamp(1, counts.len());
        let most = counts.windows(wide).map(|w| w.iter().map(|n| u64::from(*n)).sum::<u64>()).max().unwrap_or(0);
        let peak = most as f64 / (every.seconds() * wide as f64);
        Ok(Self { counts, every, peak })
    }

    /// How many came in each interval, and how long one is.
    pub fn intervals(&self) -> (&[u32], Span) {
        (&self.counts, self.every)
    }

    /// When the last interval ends.
    pub fn end(&self) -> SimTime {
        SimTime::ZERO + Span::from_nanos(self.every.nanos().saturating_mul(self.counts.len() as u64))
    }

    /// The highest rate per second, over a window of whole intervals.
    pub(super) fn peak(&self) -> f64 {
        self.peak
    }

    pub(super) fn expected(&self, until: SimTime) -> f64 {
        let (before, into) = (until.nanos() / self.every.nanos(), until.nanos() % self.every.nanos());
        let before = usize::try_from(before).unwrap_or(usize::MAX).min(self.counts.len());
        let whole: f64 = self.counts[..before].iter().map(|n| f64::from(*n)).sum();
        let part = into as f64 / self.every.nanos() as f64;
        whole + self.counts.get(before).map_or(0.0, |n| part * f64::from(*n))
    }

    pub(super) fn clock(&self) -> CountsClock<'_> {
        CountsClock { counts: self, interval: 0, moments: InOrder::new(SimTime::ZERO, self.every, self.counts[0]) }
    }
}

pub(super) struct CountsClock<'a> {
    counts: &'a Counts,
    interval: usize,
    moments: InOrder,
}

impl CountsClock<'_> {
    pub(super) fn next(&mut self, rng: &mut Generator) -> SimTime {
        loop {
            if let Some(moment) = self.moments.next(rng) {
                return moment;
            }
            let every = self.counts.every;
            let Some(count) = self.counts.counts.get(self.interval + 1) else { return SimTime::NEVER };
            self.interval += 1;
            let from = SimTime::ZERO + Span::from_nanos(every.nanos().saturating_mul(self.interval as u64));
            self.moments = InOrder::new(from, every, *count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};

    #[test]
    fn every_interval_has_exactly_its_count() {
        let given = vec![10, 0, 0, 20, 5, 0, 100_000, 1];
        let counts = Counts::new(given.clone(), Span::from_seconds(60.0)).unwrap();
        for seed in 0..20 {
            let mut rng = Streams::new(seed, 0).of(Purpose::Arrival, 0);
            let mut clock = counts.clock();
            let mut found = vec![0; given.len()];
            let mut before = SimTime::ZERO;
            loop {
                let now = clock.next(&mut rng);
                assert!(now >= before);
                if now == SimTime::NEVER {
                    break;
                }
                before = now;
                found[(now.seconds() / 60.0) as usize] += 1;
            }
            assert_eq!(found, given);
            assert_eq!(clock.next(&mut rng), SimTime::NEVER);
        }
    }

    #[test]
    fn peak_and_expected_number() {
        let counts = Counts::new(vec![60, 0, 120, 30], Span::from_seconds(60.0)).unwrap();
        assert_eq!(counts.peak(), 2.0);
        let at = |seconds: f64| counts.expected(SimTime::ZERO + Span::from_seconds(seconds));
        assert_eq!([at(30.0), at(90.0), at(150.0), at(1e6)], [30.0, 60.0, 120.0, 210.0]);
        // Seconds: the busiest tenth of forty of them, four together.
        let mut seconds = vec![1; 40];
        seconds[10..14].fill(5);
        seconds[20] = 15;
        assert_eq!(Counts::new(seconds, Span::from_seconds(1.0)).unwrap().peak(), 5.0);
    }

    #[test]
    fn nothing_counted_is_refused() {
        assert!(Counts::new(vec![0, 0], Span::from_seconds(60.0)).unwrap_err().contains("no arrival"));
        assert!(Counts::new(vec![], Span::from_seconds(60.0)).unwrap_err().contains("no arrival"));
        assert!(Counts::new(vec![1], Span::ZERO).unwrap_err().contains("longer than 0"));
    }
}
