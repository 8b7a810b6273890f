//! So many requests together, again and again: what cron and its like do.

use super::uniform::InOrder;
use crate::random::Generator;
use crate::units::{SimTime, Span};

/// `size` requests every `every`, the first batch at `at`; each spread uniformly at random over `spread`, or all at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batch {
    pub(crate) size: u32,
    pub(crate) every: Span,
    pub(crate) at: Span,
    /// Not longer than `every`.
    pub(crate) spread: Span,
}

impl Batch {
    /// Requests of one batch.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// So many times as often.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let shorter = |span: Span| Span::from_seconds((span.seconds() / factor).max(1e-9));
        Self { every: shorter(self.every), spread: self.spread.min(shorter(self.every)), ..*self }
    }

    /// From the start of one batch to that of the next.
    pub fn every(&self) -> Span {
        self.every
    }

    /// How many have come when `until` comes: all of the batches before, and of the last its part.
    pub(super) fn expected(&self, until: SimTime) -> f64 {
        let Some(past) = until.nanos().checked_sub(self.at.nanos()) else { return 0.0 };
        let (before, into) = (past / self.every.nanos(), past % self.every.nanos());
        let part = if into >= self.spread.nanos() { 1.0 } else { into as f64 / self.spread.nanos() as f64 };
        f64::from(self.size) * (before as f64 + part)
    }

    pub(super) fn words(&self) -> String {
        let spread = match self.spread {
            Span::ZERO => String::new(),
            spread => format!(", spread over {spread}"),
        };
        format!("{} requests come together every {}{spread}", self.size, self.every)
    }

    pub(super) fn clock(&self) -> BatchClock<'_> {
        let start = SimTime::ZERO + self.at;
        BatchClock { batch: self, start, moments: InOrder::new(start, self.spread, self.size) }
    }
}

pub(super) struct BatchClock<'a> {
    batch: &'a Batch,
    start: SimTime,
    moments: InOrder,
}

impl BatchClock<'_> {
    pub(super) fn next(&mut self, rng: &mut Generator) -> SimTime {
        loop {
            if self.start == SimTime::NEVER {
                return SimTime::NEVER;
            }
            if let Some(moment) = self.moments.next(rng) {
                return moment;
            }
            self.start += self.batch.every;
            self.moments = InOrder::new(self.start, self.batch.spread, self.batch.size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arrivals, Open};
    use super::*;
    use crate::random::{Purpose, Streams};

    fn batch(size: u32, every: f64, at: f64, spread: f64) -> Batch {
        let [every, at, spread] = [every, at, spread].map(Span::from_seconds);
        Batch { size, every, at, spread }
    }

    fn moments(batch: Batch, n: usize) -> Vec<f64> {
        let open = Open::Batch(batch);
        let mut clock = open.clock(Streams::new(6, 0).of(Purpose::Arrival, 0));
        (0..n).map(|_| clock.next().seconds()).collect()
    }

    #[test]
    fn a_batch_comes_all_at_once_and_again() {
        assert_eq!(moments(batch(3, 60.0, 0.0, 0.0), 7), [0.0, 0.0, 0.0, 60.0, 60.0, 60.0, 120.0]);
        assert_eq!(moments(batch(2, 60.0, 7.0, 0.0), 3), [7.0, 7.0, 67.0]);
    }

    /// Mean and variance of the moments within their spread are those of a uniform: 4 standard errors.
    #[test]
    fn a_batch_is_spread_uniformly() {
        let (size, n) = (50, 100_000);
        let all = moments(batch(size, 10.0, 1.0, 4.0), n);
        assert!(all.is_sorted());
        let within: Vec<f64> =
            all.iter().enumerate().map(|(i, t)| t - 1.0 - 10.0 * (i / size as usize) as f64).collect();
        assert!(within.iter().all(|x| (0.0..4.0).contains(x)));
        let n = n as f64;
        let mean = within.iter().sum::<f64>() / n;
        let square = within.iter().map(|x| (x - 2.0) * (x - 2.0)).sum::<f64>() / n;
        // A uniform on 0..4 has variance 16/12 and fourth central moment 256/80.
        let (variance, fourth) = (16.0 / 12.0, 256.0 / 80.0);
        assert!((mean - 2.0).abs() <= 4.0 * f64::sqrt(variance / n), "{mean}");
        assert!((square - variance).abs() <= 4.0 * f64::sqrt((fourth - variance * variance) / n), "{square}");
    }

    #[test]
    fn the_expected_number_counts_whole_batches_and_a_part() {
        let arrivals = Arrivals::Open(Open::Batch(batch(50, 10.0, 1.0, 4.0)));
        let at = |seconds: f64| arrivals.expected(SimTime::ZERO + Span::from_seconds(seconds), 1.0);
        assert_eq!([at(0.5), at(3.0), at(5.0), at(10.9), at(13.0)], [0.0, 25.0, 50.0, 50.0, 75.0]);
        assert_eq!(arrivals.peak(1.0).as_per_second(), 5.0);
    }
}
