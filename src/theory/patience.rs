//! An acquire timeout: M/M/c+D, where every waiter has the same patience. Exact, and in overload too.

use super::erlang::erlang_b;
use super::proper;
use crate::math::{exp, exp_m1, ln, ln_1p};

/// What [`timeout`] knows. Shares are of all requests; times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeout {
    /// Probability that a request waits.
    pub wait_probability: f64,
    /// Probability that a request times out.
    pub timed_out: f64,
    /// Mean wait of all; who times out has waited for the whole patience.
    pub mean_wait: f64,
    /// Mean wait of those who were served, the ones who did not wait among them.
    pub mean_wait_served: f64,
    /// How fast all c connections together serve, per second.
    speed: f64,
    /// The same less the arrivals.
    spare: f64,
    patience: f64,
}

/// Poisson arrivals at `rate` per second, exponential holds of a mean in seconds, c connections, first come, first served, and
/// a patience in seconds after which whoever still waits gives up. With no patience at all it is Erlang's B, with much Erlang's C.
/// `None` unless c, the rate and the hold are above zero and the patience is finite and not negative.
///
/// Wrong to use when holds are far from exponential, or when who gave up tries again.
///
/// Source: D. Y. Barrer, *Queuing with impatient customers and ordered service*, Operations Research 5, 1957; as written here,
/// by the time a request that never gives up would wait, F. Baccelli and G. Hebuterne, *On queues with impatient customers*, 1981;
/// S. Zeltyn and A. Mandelbaum, *Call centers with impatient customers*, Queueing Systems 51, 2005. That time has on (0, patience) the
/// density rate · p(c − 1) · exp(−spare v), and beyond it nobody joins, so it decays with the speed of the connections.
///
/// ```
/// use poolwise::theory::patience::timeout;
/// // One and a half times what ten connections of 20 ms can serve, and a timeout of one second.
/// let t = timeout(10, 750.0, 0.02, 1.0).unwrap();
/// assert!((t.timed_out - 1.0 / 3.0).abs() < 1e-9);
/// assert!(t.quantile(0.99) == 1.0 && t.mean_wait_served > 0.99);
/// ```
pub fn timeout(c: u32, rate: f64, hold: f64, patience: f64) -> Option<Timeout> {
    if c == 0 || !proper(rate) || !proper(hold) || !patience.is_finite() || patience < 0.0 {
        return None;
    }
    let speed = f64::from(c) / hold;
    let spare = speed - rate;
    let depth = spare * patience;
    // In overload everything is divided by the density's growth, exp(-depth), which may be beyond any number.
    let end = exp(-depth.max(0.0));
    let scale = exp(depth.min(0.0));
    // Within the patience: the integrals of the density and of the wait times the density; beyond it: the density's rest.
    let within = patience * first(depth);
    let waited = patience * patience * second(depth);
    let beyond = end / speed;
    let full = rate * erlang_b(c - 1, rate * hold);
    let all = scale + full * (within + beyond);
    let timed_out = full * beyond / all;
    let served_waits = full * waited / all;
    Some(Timeout {
        wait_probability: full * (within + beyond) / all,
        timed_out,
        mean_wait: served_waits + patience * timed_out,
        mean_wait_served: served_waits / (scale + full * within) * all,
        speed,
        spare,
        patience,
    })
}

impl Timeout {
    /// The time that a share `q` of all requests wait at most, who times out counted with the whole patience; 0 <= q < 1.
    pub fn quantile(&self, q: f64) -> f64 {
        let beyond = 1.0 - q;
        if beyond >= self.wait_probability {
            return 0.0;
        }
        if self.timed_out >= beyond {
            return self.patience;
        }
        if self.timed_out < 1e-290 {
            // Nobody ever times out: Erlang C.
            return ln(self.wait_probability / beyond) / self.spare;
        }
        // How long before the end of the patience.
        let x = (beyond / self.timed_out - 1.0) / self.speed;
        let before = if (self.spare * x).abs() < 1e-12 { x } else { ln_1p(self.spare * x) / self.spare };
        (self.patience - before).max(0.0)
    }
}

/// ∫ exp(−yu) du over 0 < u < 1; divided by exp(−y) when y is negative.
fn first(y: f64) -> f64 {
    let y = y.abs();
    if y < 1e-12 { 1.0 } else { -exp_m1(-y) / y }
}

/// ∫ u exp(−yu) du over 0 < u < 1; divided by exp(−y) when y is negative.
fn second(y: f64) -> f64 {
    if y.abs() < 0.05 {
        // Taylor: the sum of (−y)ᵏ / (k! (k + 2)).
        let mut term = 1.0;
        let mut sum = 0.5;
        for k in 1..10 {
            term *= -y / f64::from(k);
            sum += term / f64::from(k + 2);
        }
        return if y < 0.0 { sum * exp(y) } else { sum };
    }
    if y > 0.0 { (-exp_m1(-y) - y * exp(-y)) / (y * y) } else { (exp_m1(y) - y) / (y * y) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::erlang::erlang_c;
    use crate::theory::slow;

    /// A million requests each: every statistic within 4.5 standard errors (one false alarm in 7000 each).
    #[test]
    fn it_agrees_with_simulated_queues() {
        for (c, rate, patience) in [(1, 0.8, 1.0), (5, 4.5, 0.7), (5, 5.0, 2.0), (8, 12.0, 1.5), (20, 19.0, 0.1)] {
            let found = timeout(c, rate, 1.0, patience).unwrap();
            let median = found.quantile(0.7);
            let shown =
                slow::simulate(c as usize, slow::exponential(1.0 / rate), slow::exponential(1.0), |_| patience, median);
            assert!(slow::agrees(&shown.waited, found.wait_probability), "{c} {rate} {patience}: {found:?}");
            assert!(slow::agrees(&shown.gave_up, found.timed_out), "{c} {rate} {patience}: {found:?}");
            assert!(slow::agrees(&shown.wait, found.mean_wait), "{c} {rate} {patience}: {found:?}");
            if median > 0.0 && median < patience {
                assert!(slow::agrees(&shown.within, 0.7), "{c} {rate} {patience}: quantile {median}");
            }
        }
    }

    /// Who does not time out keeps connections busy: rate (1 − timed out) hold = E[busy], where with k < c busy the shares are
    /// Erlang's. Also: the mean wait is the area under the tail, and the quantiles invert it.
    #[test]
    fn flow_and_area_agree() {
        for (c, rate, patience) in
            [(1, 0.5, 3.0), (10, 8.0, 0.5), (10, 10.0, 4.0), (10, 10.000001, 4.0), (10, 30.0, 2.0)]
        {
            let found = timeout(c, rate, 1.0, patience).unwrap();
            // Mean busy while one at least is idle, by the loss system with one connection less.
            let below = rate * (1.0 - erlang_b(c - 1, rate));
            let busy = (1.0 - found.wait_probability) * below + found.wait_probability * f64::from(c);
            assert!((rate * (1.0 - found.timed_out) - busy).abs() < 1e-12 * rate, "{c} {rate}: {found:?} {busy}");
            let steps = 200_000;
            // ∫ quantile dq is the mean.
            let area: f64 = (0..steps).map(|n| found.quantile((f64::from(n) + 0.5) / f64::from(steps))).sum::<f64>()
                / f64::from(steps);
            assert!((area - found.mean_wait).abs() < 1e-4 * found.mean_wait, "{c} {rate}: {area} {found:?}");
            let served = (found.mean_wait - patience * found.timed_out) / (1.0 - found.timed_out);
            assert!((found.mean_wait_served - served).abs() < 1e-11, "{found:?}");
        }
    }

    #[test]
    fn no_patience_is_erlang_b_and_much_is_erlang_c() {
        for (c, a) in [(1, 0.5), (20, 16.0), (10_000, 9_900.0)] {
            let none = timeout(c, a, 1.0, 0.0).unwrap();
            assert!((none.timed_out - erlang_b(c, a)).abs() < 1e-14 && none.mean_wait == 0.0, "{none:?}");
            let much = timeout(c, a, 1.0, 1e6).unwrap();
            let waits = erlang_c(c, a).unwrap();
            assert!((much.wait_probability - waits).abs() < 1e-12 && much.timed_out == 0.0, "{much:?}");
            assert!((much.mean_wait - waits / (f64::from(c) - a)).abs() < 1e-12, "{much:?}");
            let p999 = ln(1000.0 * waits).max(0.0) / (f64::from(c) - a);
            assert!((much.quantile(0.999) - p999).abs() < 1e-9, "{much:?}");
        }
    }

    #[test]
    fn nothing_overflows() {
        for c in [1, 100, 10_000] {
            for load in [1e-3, 0.5, 0.999_999, 1.0, 1.000_001, 2.0, 1e4] {
                for patience in [0.0, 1e-9, 0.03, 30.0, 1e7] {
                    let found = timeout(c, load * f64::from(c) / 0.02, 0.02, patience).unwrap();
                    let shares = [found.wait_probability, found.timed_out];
                    assert!(shares.iter().all(|p| (0.0..=1.0).contains(p)), "{c} {load} {patience}: {found:?}");
                    let q = [0.0, 0.5, 0.99, 0.999_999].map(|q| found.quantile(q));
                    let times = [q[0], q[1], q[2], q[3], found.mean_wait, found.mean_wait_served];
                    let most = patience * (1.0 + 1e-12);
                    assert!(times.iter().all(|t| (0.0..=most).contains(t)), "{c} {load} {patience}: {found:?} {q:?}");
                    assert!(q.is_sorted());
                }
            }
        }
        assert_eq!(timeout(0, 1.0, 1.0, 1.0), None);
        assert_eq!(timeout(1, 1.0, 1.0, f64::INFINITY), None);
    }
}
