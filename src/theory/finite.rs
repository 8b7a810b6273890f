//! A limit on waiters: M/M/c/K, where whoever finds all connections busy and as many waiting as may is turned away.

use super::erlang::erlang_b;
use super::{poisson, proper};
use crate::math::{exp, exp_m1, ln, ln_1p};

/// What [`limited`] knows. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limited {
    /// Share of all requests that are turned away.
    pub rejected: f64,
    /// Share of all requests that wait and are then served.
    pub wait_probability: f64,
    /// Waiting requests on average.
    pub mean_queue: f64,
    /// Mean wait of those who are let in, the ones who do not wait among them.
    pub mean_wait: f64,
    /// Share of the time with all connections busy and nobody waiting; in overload over rhoᵏ.
    full: f64,
    rho: f64,
    waiters: u32,
    /// How fast all connections together serve, per second.
    speed: f64,
}

/// Poisson arrivals at `rate` per second, exponential holds of a mean in seconds, c connections, first come, first served, at
/// most `waiters` waiting. Holds in overload as well; with no waiters it is Erlang's B. `None` unless c, the rate and the hold are
/// above zero.
///
/// Wrong to use when waiters give up too ([`patience`](super::patience)), or holds are far from exponential (with no waiters any
/// holds will do).
///
/// Source: the balance of the chain, e.g. D. Gross and C. M. Harris, *Fundamentals of Queueing Theory*, 1998.
///
/// ```
/// use poolwise::theory::finite::limited;
/// // One connection, one waiter, load 1: empty, busy and full equally often.
/// let l = limited(1, 50.0, 0.02, 1).unwrap();
/// assert!((l.rejected - 1.0 / 3.0).abs() < 1e-15 && (l.mean_wait - 0.01).abs() < 1e-15);
/// ```
pub fn limited(c: u32, rate: f64, hold: f64, waiters: u32) -> Option<Limited> {
    if c == 0 || !proper(rate) || !proper(hold) {
        return None;
    }
    let speed = f64::from(c) / hold;
    let rho = rate / speed;
    let k = f64::from(waiters);
    // The share with j waiting is that with none times rhoʲ. In overload count from the other end and divide by rhoᵏ.
    let (ratio, over) = if rho > 1.0 { (1.0 / rho, true) } else { (rho, false) };
    let (sum, weighted) = powers(ratio, k);
    let farthest = exp(k * ln(ratio));
    let (none, last) = if over { (farthest, 1.0) } else { (1.0, farthest) };
    let waiting = if over { k * sum - weighted } else { weighted };
    let b = erlang_b(c, rate * hold);
    // `none` stands for all busy and nobody waiting; those with an idle connection follow from Erlang's B.
    let total = b * sum + none * (1.0 - b);
    let full = b / total;
    let rejected = full * last;
    let mean_queue = full * waiting;
    Some(Limited {
        rejected,
        wait_probability: full * (sum - last).max(0.0),
        mean_queue,
        mean_wait: mean_queue / (full * (sum - last).max(0.0) + none * (1.0 - b) / total) / rate,
        full,
        rho,
        waiters,
        speed,
    })
}

impl Limited {
    /// The share of those let in that wait longer than `t` seconds: with j before it, a request waits for j + 1 returns.
    pub fn beyond(&self, t: f64) -> f64 {
        if self.waiters == 0 {
            return 0.0;
        }
        let x = self.speed * t.max(0.0);
        let k = u64::from(self.waiters);
        let gap = self.rho - 1.0;
        let none_yet = poisson::below(k, x);
        // The sum over j < k of rhoʲ P(at most j returns within t), in overload over rhoᵏ.
        let sum = if gap.abs() * k as f64 <= 1e-7 {
            k as f64 * none_yet - x * poisson::below(k - 1, x)
        } else {
            let (many, log) = (self.rho * x, k as f64 * ln_1p(gap));
            if gap <= 0.0 {
                (exp(log) * none_yet - exp(x * gap) * poisson::below(k, many)) / gap
            } else if k as f64 > many {
                (none_yet - exp(x * gap - log) * poisson::below(k, many)) / gap
            } else {
                // The same with masses of the same count in place of an exponential beyond any number.
                (none_yet - poisson::mass(k - 1, x) * poisson::down(k - 1, many) / self.rho) / gap
            }
        };
        (self.full * sum / (1.0 - self.rejected)).clamp(0.0, 1.0)
    }

    /// The time in seconds that a share `q` of those let in wait at most; 0 <= q < 1. To about one part in 1e9.
    pub fn quantile(&self, q: f64) -> f64 {
        let target = 1.0 - q;
        let off = |t: f64| ln(self.beyond(t).max(1e-300) / target);
        let mut low = (0.0, off(0.0));
        if low.1 <= 0.0 {
            return 0.0;
        }
        // Without a limit the tail would fall at this rate.
        let start = low.1 / (self.speed * (1.0 - self.rho).max(1.0 / f64::from(self.waiters)));
        let mut high = (start, off(start));
        while high.1 > 0.0 {
            low = high;
            high.0 *= 2.0;
            high.1 = off(high.0);
        }
        // The logarithm is nearly straight: regula falsi with halving at the end that stays (Illinois).
        for _ in 0..100 {
            let middle = high.0 - high.1 * (high.0 - low.0) / (high.1 - low.1);
            let found = (middle, off(middle));
            if (high.0 - low.0) < 1e-9 * high.0 || found.1.abs() < 1e-9 {
                return middle;
            }
            if found.1 > 0.0 {
                low = found;
                high.1 /= 2.0;
            } else {
                high = found;
                low.1 /= 2.0;
            }
        }
        high.0
    }
}

/// The sums of rʲ and of j rʲ over 0 <= j <= k, for 0 < r <= 1.
fn powers(r: f64, k: f64) -> (f64, f64) {
    if k == 0.0 {
        return (1.0, 0.0);
    }
    let log = ln(r);
    let n = k + 1.0;
    if n * log.abs() < 1e-5 {
        // Taylor in ln r: sums of powers of j.
        let first = k * n / 2.0;
        let second = first * (2.0 * k + 1.0) / 3.0;
        let third = first * first;
        return (n + log * first + log * log / 2.0 * second, first + log * second + log * log / 2.0 * third);
    }
    let (all, one) = (exp_m1(n * log), exp_m1(log));
    (all / one, (n * (all + 1.0) - (one + 1.0) * all / one) / one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::birth_death::{mean, stationary};
    use crate::theory::erlang::erlang_c;
    use crate::theory::slow;

    fn chain(c: u32, rate: f64, waiters: u32) -> Vec<f64> {
        let states = c + waiters;
        let deaths: Vec<f64> = (1..=states).map(|n| f64::from(n.min(c))).collect();
        stationary(&vec![rate; states as usize], &deaths).unwrap()
    }

    #[test]
    fn it_agrees_with_its_chain() {
        for (c, rate, k) in [
            (1, 0.5, 3),
            (5, 4.0, 10),
            (5, 5.0, 10),
            (5, 5.000_000_1, 40),
            (5, 5.001, 40),
            (5, 20.0, 2),
            (3, 2.7, 0),
            (20, 30.0, 500),
        ] {
            let p = chain(c, rate, k);
            let found = limited(c, rate, 1.0, k).unwrap();
            let last = p[(c + k) as usize];
            assert!((found.rejected / last - 1.0).abs() < 1e-9, "{c} {rate} {k}: {found:?} {last}");
            let waits: f64 = p[c as usize..].iter().sum::<f64>() - last;
            assert!((found.wait_probability - waits).abs() < 1e-9, "{c} {rate} {k}: {found:?} {waits}");
            let queue = mean(&p, |n| f64::from(n.saturating_sub(c)));
            assert!((found.mean_queue - queue).abs() < 1e-8 * (1.0 + queue), "{c} {rate} {k}: {found:?} {queue}");
            let wait = queue / rate / (1.0 - last);
            assert!((found.mean_wait - wait).abs() < 1e-8 * (1.0 + wait), "{c} {rate} {k}: {found:?} {wait}");
            // The tail of the wait, summed over what a request finds.
            for t in [0.0, 0.3, 1.0, 4.0] {
                let slow: f64 = (0..k)
                    .map(|j| p[(c + j) as usize] * poisson::below(u64::from(j) + 1, f64::from(c) * t))
                    .sum::<f64>()
                    / (1.0 - last);
                assert!((found.beyond(t) - slow).abs() < 1e-7, "{c} {rate} {k} {t}: {} {slow}", found.beyond(t));
            }
            for q in [0.5, 0.9, 0.99] {
                let t = found.quantile(q);
                assert!(t == 0.0 || (found.beyond(t) - (1.0 - q)).abs() < 1e-9, "{c} {rate} {k} {q}: {t}");
            }
        }
    }

    #[test]
    fn no_waiters_is_erlang_b_and_many_are_erlang_c() {
        for (c, a) in [(1, 0.5), (20, 16.0), (20, 25.0), (10_000, 9_900.0)] {
            let none = limited(c, a, 1.0, 0).unwrap();
            assert!((none.rejected - erlang_b(c, a)).abs() < 1e-14 && none.mean_wait == 0.0, "{c} {a}: {none:?}");
            if let Some(waits) = erlang_c(c, a) {
                let many = limited(c, a, 1.0, u32::MAX).unwrap();
                assert!((many.wait_probability - waits).abs() < 1e-9 && many.rejected == 0.0, "{many:?}");
                let p99 = ln(100.0 * waits).max(0.0) / (f64::from(c) - a);
                assert!((many.quantile(0.99) - p99).abs() < 1e-8, "{} {p99}", many.quantile(0.99));
            }
        }
    }

    #[test]
    fn nothing_overflows() {
        for c in [1, 100, 10_000] {
            for load in [1e-6, 0.5, 0.999_999_9, 1.0, 1.000_000_1, 1.01, 1e4] {
                for k in [0, 1, 50, 10_000, 1_000_000] {
                    let l = limited(c, load * f64::from(c), 1.0, k).unwrap();
                    let shares = [l.rejected, l.wait_probability, l.rejected + l.wait_probability - 1e-12];
                    assert!(shares.iter().all(|p| (-1e-12..=1.0).contains(p)), "{c} {load} {k}: {l:?}");
                    let times = [l.mean_wait, l.mean_queue, l.quantile(0.5), l.quantile(0.99)];
                    assert!(times.iter().all(|t| t.is_finite() && *t >= 0.0), "{c} {load} {k}: {l:?} {times:?}");
                }
            }
        }
    }

    /// The elimination in `slow` against the same chain, so that neither is trusted alone.
    #[test]
    fn the_slow_way_agrees() {
        let p = slow::stationary(9, |i, j| match (i, j) {
            _ if j == i + 1 => 2.5,
            _ if i == j + 1 => i.min(3) as f64,
            _ => 0.0,
        });
        assert!((p[8] - limited(3, 2.5, 1.0, 5).unwrap().rejected).abs() < 1e-14);
    }
}
