//! Connections that never come back: how long until a pool is too small, and until it is empty.

use super::{poisson, proper};
use crate::math::ln;

/// The time until a number of connections have leaked: the sum of that many exponential times (Erlang's distribution).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leaked {
    /// How many.
    pub connections: u32,
    /// Leaks per second.
    pub rate: f64,
}

/// When a pool of `size` with an offered load in erlangs can no longer keep up, where `rate` requests per second are served
/// and each is lost with a probability `leak`: the time until what is left of the pool is no more than the load. Zero connections if
/// it can not keep up from the start. `None` unless the size, the rate and the load are above zero and 0 < leak <= 1.
///
/// Exact in distribution until the first request fails, as leaks are then a thinned Poisson process; near saturation requests wait,
/// and with a timeout fail, earlier than this. Source: sums of exponential times, A. K. Erlang; thinning, e.g. S. Ross,
/// *Introduction to Probability Models*.
///
/// ```
/// use poolwise::theory::leak::until_overload;
/// // Twenty connections, load 10, one leak in 4 s on average: ten leaks.
/// let time = until_overload(20, 10.0, 50.0, 0.005).unwrap();
/// assert_eq!((time.connections, time.mean()), (10, 40.0));
/// ```
pub fn until_overload(size: u32, load: f64, rate: f64, leak: f64) -> Option<Leaked> {
    let all = until_empty(size, rate, leak)?;
    let spare = libm::ceil(f64::from(size) - load).max(0.0);
    proper(load).then_some(Leaked { connections: spare as u32, ..all })
}

/// When all connections of the pool have leaked, if requests are served at the full rate until then: the soonest. Once what is left
/// is less than the load fewer are served, and fewer leak: see [`mean_until_empty`].
///
/// ```
/// use poolwise::theory::leak::until_empty;
/// let time = until_empty(20, 50.0, 0.005).unwrap();
/// assert_eq!(time.mean(), 80.0);
/// assert!((time.deviation() - 17.8885).abs() < 1e-4);
/// ```
pub fn until_empty(size: u32, rate: f64, leak: f64) -> Option<Leaked> {
    let usable = size > 0 && proper(rate) && leak > 0.0 && leak <= 1.0;
    usable.then_some(Leaked { connections: size, rate: rate * leak })
}

/// About the mean time in seconds until all connections have leaked, with the slowing at the end: with u usable connections,
/// `min(rate, u / hold)` requests per second are served. A fluid approximation: near saturation a few more fail. The hold is in
/// seconds. `None` as in [`until_empty`].
///
/// ```
/// use poolwise::theory::leak::mean_until_empty;
/// // Two connections of 1 s at 10/s, each use leaks one in ten: 5 s for the first, 10 s for the second.
/// assert!((mean_until_empty(2, 10.0, 1.0, 0.1).unwrap() - 15.0).abs() < 1e-12);
/// ```
pub fn mean_until_empty(size: u32, rate: f64, hold: f64, leak: f64) -> Option<f64> {
    until_empty(size, rate, leak)?;
    proper(hold).then(|| (1..=size).map(|usable| 1.0 / (leak * rate.min(f64::from(usable) / hold))).sum())
}

impl Leaked {
    /// Mean in seconds.
    pub fn mean(&self) -> f64 {
        f64::from(self.connections) / self.rate
    }

    /// Standard deviation in seconds.
    pub fn deviation(&self) -> f64 {
        libm::sqrt(f64::from(self.connections)) / self.rate
    }

    /// The probability that it has happened by a time in seconds.
    pub fn by(&self, t: f64) -> f64 {
        poisson::at_least(self.connections.into(), self.rate * t.max(0.0))
    }

    /// The time in seconds by which it has happened with probability `q`; `None` unless 0 < q < 1.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        if !(q > 0.0 && q < 1.0) {
            return None;
        }
        if self.connections == 0 {
            return Some(0.0);
        }
        let (mut low, mut high) = (0.0, self.mean() + self.deviation() - ln(1.0 - q) / self.rate);
        while self.by(high) < q {
            high *= 2.0;
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.by(middle) < q { low = middle } else { high = middle }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};
    use crate::theory::slow;
    use rand_distr::{Distribution as _, Exp1};

    #[test]
    fn one_leak_is_exponential_and_quantiles_match_the_table_of_chi_squared() {
        let one = until_empty(1, 2.0, 0.5).unwrap();
        assert!((one.quantile(0.5).unwrap() - core::f64::consts::LN_2).abs() < 1e-12);
        // Twice the number of leaks as degrees of freedom: half of the printed 18.307 and 3.940 for ten, 124.342 for a hundred.
        let five = until_empty(5, 1.0, 1.0).unwrap();
        assert!((five.quantile(0.95).unwrap() - 18.307 / 2.0).abs() < 5e-4);
        assert!((five.quantile(0.05).unwrap() - 3.940 / 2.0).abs() < 5e-4);
        let fifty = until_empty(50, 1.0, 1.0).unwrap();
        assert!((fifty.quantile(0.95).unwrap() - 124.342 / 2.0).abs() < 5e-4);
    }

    /// Draws of the sums themselves: 4.5 standard errors.
    #[test]
    fn sums_of_draws_agree() {
        let time = until_overload(20, 12.5, 50.0, 0.01).unwrap();
        assert_eq!(time.connections, 8);
        let mut rng = Streams::new(5, 0).of(Purpose::Leak, 0);
        let (mut means, mut squares, mut below) = (Vec::new(), Vec::new(), Vec::new());
        let p90 = time.quantile(0.9).unwrap();
        for _ in 0..25 {
            let sums: Vec<f64> =
                (0..4000).map(|_| (0..8).map(|_| -> f64 { Exp1.sample(&mut rng) }).sum::<f64>() / 0.5).collect();
            let n = sums.len() as f64;
            means.push(sums.iter().sum::<f64>() / n);
            squares.push(sums.iter().map(|t| (t - time.mean()) * (t - time.mean())).sum::<f64>() / n);
            below.push(sums.iter().filter(|t| **t <= p90).count() as f64 / n);
        }
        assert!(slow::agrees(&means, time.mean()));
        assert!(slow::agrees(&squares, time.deviation() * time.deviation()));
        assert!(slow::agrees(&below, 0.9));
    }

    #[test]
    fn what_is_left_is_compared_with_the_load() {
        let spare = |size, load| until_overload(size, load, 50.0, 0.01).unwrap().connections;
        assert_eq!(
            (spare(10, 9.5), spare(10, 9.0), spare(10, 8.99), spare(10, 10.0), spare(10, 50.0)),
            (1, 1, 2, 0, 0)
        );
        assert_eq!(until_overload(10, 50.0, 50.0, 0.01).unwrap().quantile(0.9), Some(0.0));
        assert_eq!(until_overload(10, f64::NAN, 50.0, 0.01), None);
        assert_eq!(until_empty(10, 50.0, 0.0), None);
        let large = until_empty(10_000, 1e4, 1e-6).unwrap();
        let median = large.quantile(0.5).unwrap();
        assert!((median * large.rate - (10_000.0 - 1.0 / 3.0)).abs() < 0.01, "{median}");
        // With load to spare until the last, the slowed mean is the plain one.
        let plain = until_empty(20, 50.0, 0.005).unwrap().mean();
        assert!((mean_until_empty(20, 50.0, 0.02, 0.005).unwrap() - plain).abs() < 1e-9);
        assert!(mean_until_empty(20, 50.0, 0.2, 0.005).unwrap() > plain + 20.0);
    }
}
