//! Gaps drawn from one distribution, each independent of the others.

use crate::random::Generator;
use crate::units::SimTime;
use crate::workload::Distribution;

/// The arrival after `now`, one gap later.
pub(super) fn next(gap: &Distribution, now: &mut SimTime, rng: &mut Generator) -> SimTime {
    *now += gap.draw(rng);
    *now
}

#[cfg(test)]
mod tests {
    use super::super::{Arrivals, Open};
    use super::*;
    use crate::random::{Purpose, Streams};

    /// The share of gaps below each quantile is what it says: 4 standard errors, false alarm 6e-5 each.
    #[test]
    fn gaps_follow_their_distribution() {
        for text in ["exponential(mean=10ms)", "lognormal(mean=10ms, cv=2)"] {
            let gap = Distribution::parse(text).unwrap();
            let renewal = Open::Renewal(gap.clone());
            let mut clock = renewal.clock(Streams::new(5, 0).of(Purpose::Arrival, 0));
            let mut before = SimTime::ZERO;
            let n = 100_000;
            let gaps: Vec<f64> = (0..n)
                .map(|_| {
                    let now = clock.next();
                    let gap = (now - before).seconds();
                    before = now;
                    gap
                })
                .collect();
            for p in [0.1, 0.5, 0.9, 0.99] {
                let below = gaps.iter().filter(|g| **g <= gap.quantile(p)).count() as f64 / f64::from(n);
                let error = (p * (1.0 - p) / f64::from(n)).sqrt();
                assert!((below - p).abs() <= 4.0 * error, "{text}: {below} below the quantile {p}");
            }
        }
    }

    #[test]
    fn constant_gaps_are_a_metronome() {
        let renewal = Open::Renewal(Distribution::parse("deterministic(250ms)").unwrap());
        let mut clock = renewal.clock(Streams::new(5, 0).of(Purpose::Arrival, 0));
        let moments: Vec<f64> = (0..4).map(|_| clock.next().seconds()).collect();
        assert_eq!(moments, [0.25, 0.5, 0.75, 1.0]);
        let arrivals = Arrivals::Open(renewal);
        assert_eq!((arrivals.peak(1.0).as_per_second(), arrivals.is_poisson(), arrivals.cycle()), (4.0, false, 0.25));
    }
}
