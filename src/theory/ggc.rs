//! Any arrivals, any holds, many connections: the mean wait from two moments of each. Approximations, and said to be.

use super::erlang::erlang_c;
use super::{mdc, proper};
use crate::math::{exp, ln};

/// What two moments say of a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Connections.
    pub c: u32,
    /// Requests per second.
    pub rate: f64,
    /// Mean hold in seconds.
    pub hold: f64,
    /// Squared coefficient of variation of the times between requests; 1 for Poisson arrivals.
    pub arrival_scv: f64,
    /// Squared coefficient of variation of the holds; 1 for exponential ones.
    pub hold_scv: f64,
}

impl Moments {
    /// By how much constant holds wait longer than half of the exponential ones, relative to that: Cosmetatos' approximation.
    fn gamma(&self) -> f64 {
        let c = f64::from(self.c);
        let rho = self.rate * self.hold / c;
        ((1.0 - rho) * (c - 1.0) * (libm::sqrt(4.0 + 5.0 * c) - 2.0) / (16.0 * rho * c)).min(0.24)
    }

    /// Mean wait of M/M/c, which all approximations scale.
    fn exponential(&self) -> Option<f64> {
        let scvs = [self.arrival_scv, self.hold_scv];
        let usable = proper(self.rate) && proper(self.hold) && scvs.iter().all(|s| s.is_finite() && *s >= 0.0);
        let a = self.rate * self.hold;
        if !usable {
            return None;
        }
        Some(erlang_c(self.c, a)? * self.hold / (f64::from(self.c) - a))
    }
}

/// Mean wait in seconds of G/G/c, first come, first served: that of M/M/c times half the sum of the squared coefficients of
/// variation. `None` without a steady state.
///
/// Exact for M/M/c and M/G/1, good near saturation. With many connections and little load it is off by up to a factor: too low for
/// holds that vary little, too high for heavy tails.
///
/// Source: A. O. Allen, *Probability, Statistics and Queueing Theory*, 1990, with J. Cunneen.
///
/// ```
/// use poolwise::theory::ggc::{Moments, allen_cunneen};
/// let queue = Moments { c: 10, rate: 450.0, hold: 0.02, arrival_scv: 1.0, hold_scv: 3.0 };
/// let exponential = Moments { hold_scv: 1.0, ..queue };
/// let (wait, base) = (allen_cunneen(&queue).unwrap(), allen_cunneen(&exponential).unwrap());
/// assert!((wait / base - 2.0).abs() < 1e-12);
/// ```
pub fn allen_cunneen(queue: &Moments) -> Option<f64> {
    Some(queue.exponential()? * (queue.arrival_scv + queue.hold_scv) / 2.0)
}

/// Mean wait in seconds of G/G/c, first come, first served: between M/M/c, M/D/c and D/M/c by where the two coefficients of
/// variation lie. `None` without a steady state.
///
/// Exact for M/M/c and close to exact for M/D/c. Two moments do not fix the wait: for the same two, it may still be off by tens of
/// per cent when holds vary much and the load is light, and for perfectly regular arrivals it is too high (by a fifth for four
/// connections at 0.7). It says nothing of percentiles.
///
/// Source: W. Whitt, *Approximations for the GI/G/m queue*, Production and Operations Management 2, 1993, equations 2.16
/// to 2.25, with G. P. Cosmetatos' correction for holds that are all alike (1975) and T. Kimura's interpolation (1986).
///
/// ```
/// use poolwise::theory::ggc::{Moments, whitt};
/// // Fifty connections at 0.8 and all holds alike: more than half of what exponential holds would wait.
/// let alike = Moments { c: 50, rate: 40.0, hold: 1.0, arrival_scv: 1.0, hold_scv: 0.0 };
/// let exact = poolwise::theory::mdc::mean_wait(50, 40.0, 1.0).unwrap();
/// assert!((whitt(&alike).unwrap() / exact - 1.0).abs() < 0.05);
/// ```
pub fn whitt(queue: &Moments) -> Option<f64> {
    let simple = allen_cunneen(queue)?;
    let rho = queue.rate * queue.hold / f64::from(queue.c);
    let gamma = queue.gamma();
    let constant_holds = 1.0 + gamma;
    let constant_arrivals = (1.0 - 4.0 * gamma) * exp(-2.0 * (1.0 - rho) / (3.0 * rho));
    let (arrivals, holds) = (queue.arrival_scv, queue.hold_scv);
    let both = (arrivals + holds) / 2.0;
    let alike = if both >= 1.0 {
        1.0
    } else {
        exp(2.0 * (1.0 - both) * ln(((constant_holds + constant_arrivals) / 2.0).min(1.0)))
    };
    let factor = if arrivals == holds {
        alike
    } else if arrivals > holds {
        let below = 4.0 * arrivals - 3.0 * holds;
        4.0 * (arrivals - holds) / below * constant_holds + holds / below * alike
    } else {
        let below = 2.0 * (arrivals + holds);
        (holds - arrivals) / below * constant_arrivals + (holds + 3.0 * arrivals) / below * alike
    };
    Some(simple * factor)
}

/// Above this many connections [`kimura`] takes Cosmetatos' value for constant holds: the exact one would take milliseconds.
const EXACT_TO: u32 = 200;

/// Mean wait in seconds of M/G/c, Poisson arrivals at `rate` per second: the harmonic mean, by the squared coefficient of
/// variation of the holds, of M/M/c and M/D/c. `None` without a steady state, or when a number makes no sense.
///
/// Exact for exponential and for constant holds and for M/G/1. Of the three here it is the nearest for lognormal holds (at cv 2 and
/// 5 to 50 connections about 10 to 20 % too high, where Allen and Cunneen are 20 to 50 %); for a mix of two exponentials with cv 3 it
/// is up to 20 % too low. It says nothing of percentiles.
///
/// Source: T. Kimura, *A two-moment approximation for the mean waiting time in the GI/G/s queue*, Management Science 32, 1986,
/// with M/D/c by [`mdc`] up to 200 connections and G. P. Cosmetatos' approximation (1975) beyond.
///
/// ```
/// use poolwise::theory::ggc::kimura;
/// // Ten connections at 0.8: holds that are all alike wait a little over half as long as exponential ones.
/// let [alike, exponential] = [0.0, 1.0].map(|scv| kimura(10, 8.0, 1.0, scv).unwrap());
/// assert!((alike / exponential - 0.52).abs() < 0.02);
/// ```
pub fn kimura(c: u32, rate: f64, hold: f64, hold_scv: f64) -> Option<f64> {
    let queue = Moments { c, rate, hold, arrival_scv: 1.0, hold_scv };
    let exponential = queue.exponential()?;
    let alike = if c <= EXACT_TO { mdc::mean_wait(c, rate, hold)? } else { exponential * (1.0 + queue.gamma()) / 2.0 };
    if exponential == 0.0 || alike == 0.0 {
        return Some(exponential);
    }
    // Constant holds never wait less than half as long, but for the last digit.
    let ratio = (alike / exponential).max(0.5);
    Some(exponential * (1.0 + hold_scv) / (2.0 * hold_scv + (1.0 - hold_scv) / ratio))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::slow;
    use rand_distr::{Distribution as _, StandardNormal};

    fn queue(c: u32, rho: f64, hold_scv: f64) -> Moments {
        Moments { c, rate: rho * f64::from(c), hold: 1.0, arrival_scv: 1.0, hold_scv }
    }

    /// Exact waits: constant holds by theory, two phases (Erlang's, and a mix of two exponentials) by their chain.
    fn exact(q: &Moments) -> f64 {
        match q.hold_scv {
            0.0 => mdc::mean_wait(q.c, q.rate, 1.0).unwrap(),
            0.5 => slow::mean_wait_of_phases(q.c as usize, q.rate, slow::TwoPhases::ERLANG, 130),
            scv => slow::mean_wait_of_phases(q.c as usize, q.rate, slow::TwoPhases::hyper(scv), 130),
        }
    }

    #[test]
    fn the_interpolations_are_nearer_to_exact_waits() {
        for scv in [0.0, 0.5, 2.0, 4.0] {
            let mut miss = [0.0; 3];
            for (c, rho) in [(2, 0.5), (2, 0.7), (3, 0.4), (4, 0.6), (4, 0.8)] {
                let q = queue(c, rho, scv);
                let truth = exact(&q);
                let found = [allen_cunneen(&q), whitt(&q), kimura(c, q.rate, 1.0, scv)];
                miss.iter_mut().zip(found).for_each(|(sum, found)| *sum += (found.unwrap() / truth - 1.0).abs() / 5.0);
            }
            let [simple, whitt, kimura] = miss;
            assert!(whitt < 0.6 * simple && kimura < 0.5 * simple, "scv {scv}: {miss:?}");
            assert!(kimura < 0.04, "scv {scv}: {miss:?}");
        }
    }

    /// A lognormal with cv 2, where Allen and Cunneen are off by a quarter and more.
    #[test]
    fn kimura_is_nearest_for_lognormal_holds() {
        let sigma = libm::sqrt(ln(5.0));
        for (c, rho) in [(5, 0.6), (20, 0.8), (50, 0.9)] {
            let q = queue(c, rho, 4.0);
            let lognormal = |rng: &mut _| {
                let z: f64 = StandardNormal.sample(rng);
                exp(sigma * (z - sigma / 2.0))
            };
            let waits =
                slow::simulate(c as usize, slow::exponential(1.0 / q.rate), lognormal, |_| f64::INFINITY, 0.0).wait;
            let truth = waits.iter().sum::<f64>() / waits.len() as f64;
            // A million requests: the truth is known to some per cent.
            let off = |found: Option<f64>| (found.unwrap() / truth - 1.0).abs();
            assert!(off(kimura(c, q.rate, 1.0, 4.0)) < 0.3, "{c} {rho}");
            assert!(off(kimura(c, q.rate, 1.0, 4.0)) < 0.6 * off(allen_cunneen(&q)), "{c} {rho}");
        }
    }

    #[test]
    fn the_ends_are_exact_and_extremes_finite() {
        let base = queue(10, 0.8, 1.0);
        let exponential = base.exponential().unwrap();
        for found in [allen_cunneen(&base), whitt(&base), kimura(10, 8.0, 1.0, 1.0)] {
            assert!((found.unwrap() / exponential - 1.0).abs() < 1e-12);
        }
        assert!((kimura(10, 8.0, 1.0, 0.0).unwrap() / mdc::mean_wait(10, 8.0, 1.0).unwrap() - 1.0).abs() < 1e-12);
        let one = super::super::mg1::mean_wait(0.7, 1.0, 5.0).unwrap();
        assert!((kimura(1, 0.7, 1.0, 5.0).unwrap() / one - 1.0).abs() < 1e-9);
        for c in [1, 30, 10_000] {
            for rho in [1e-6, 0.3, 0.97, 0.999_999] {
                for scv in [0.0, 0.3, 1.0, 30.0, 1e6] {
                    let q = queue(c, rho, scv);
                    for found in [allen_cunneen(&q), whitt(&q), kimura(c, q.rate, 1.0, scv)] {
                        assert!(found.is_some_and(|w| w.is_finite() && w >= 0.0), "{q:?}: {found:?}");
                    }
                }
            }
        }
        assert_eq!((allen_cunneen(&queue(2, 1.0, 1.0)), kimura(2, 2.0, 1.0, 0.5)), (None, None));
        assert_eq!(whitt(&queue(2, 0.5, f64::NAN)), None);
    }

    /// Regular arrivals (D/M/1): the wait is x / (1 − x) holds, with x = exp(−(1 − x) / ρ).
    #[test]
    fn regular_arrivals_wait_less() {
        let rho = 0.8;
        let x = (0..200).fold(0.5, |x, _| exp(-(1.0 - x) / rho));
        let truth = x / (1.0 - x);
        let q = Moments { arrival_scv: 0.0, ..queue(1, rho, 1.0) };
        let off = |found: Option<f64>| (found.unwrap() / truth - 1.0).abs();
        assert!(off(whitt(&q)) < 0.05 && off(whitt(&q)) < 0.5 * off(allen_cunneen(&q)), "{truth}");
        // Several connections, simulated: a million requests know the truth to a per cent or two.
        for (c, rho) in [(4, 0.7), (8, 0.8)] {
            let q = Moments { arrival_scv: 0.0, ..queue(c, rho, 1.0) };
            let gap = 1.0 / q.rate;
            let waits = slow::simulate(c as usize, |_| gap, slow::exponential(1.0), |_| f64::INFINITY, 0.0).wait;
            let truth = waits.iter().sum::<f64>() / waits.len() as f64;
            let [better, simple] = [whitt(&q), allen_cunneen(&q)].map(|found| found.unwrap() / truth - 1.0);
            assert!(better.abs() < 0.25 && better < 0.6 * simple, "{c} {rho}: {better} {simple}");
        }
    }
}
