//! A. K. Erlang's formulas for Poisson arrivals, and C. Palm's for waiters who lose patience at random. Stable to 10 000
//! connections and beyond.

use super::proper;
use crate::math::exp;

/// Erlang B: the probability that all `c` connections are busy when nobody may wait. `a` is the offered load in erlangs.
///
/// Holds for any distribution of the hold. Source: A. K. Erlang, 1917; the recursion B(k) = a B(k−1) / (k + a B(k−1)) is
/// standard (e.g. Cooper, *Introduction to Queueing Theory*, 1981).
pub fn erlang_b(c: u32, a: f64) -> f64 {
    (1..=c).fold(1.0, |b, k| a * b / (f64::from(k) + a * b))
}

/// Erlang C: the probability that a request waits, for exponential holds and patience without end. `None` when `a >= c`: the
/// queue has no steady state. Wrong to use when holds are far from exponential or waiters give up.
///
/// Source: A. K. Erlang, 1917, from [`erlang_b`] by C = B / (1 − ρ (1 − B)).
///
/// ```
/// use poolwise::theory::erlang::erlang_c;
/// assert!((erlang_c(10, 9.5).unwrap() - 0.82558558).abs() < 1e-8);
/// assert_eq!(erlang_c(10, 10.0), None);
/// ```
pub fn erlang_c(c: u32, a: f64) -> Option<f64> {
    let b = erlang_b(c, a);
    (a < f64::from(c)).then(|| b / (1.0 - a / f64::from(c) * (1.0 - b)))
}

/// The share of requests that get their connection within `t` seconds of asking: M/M/c, first come, first served, with a mean
/// hold in seconds. `None` when `a >= c`.
///
/// Source: P(wait > t) = C(c, a) exp(−(c − a) t / hold), e.g. L. Kleinrock, *Queueing Systems* 1, 1975.
///
/// ```
/// use poolwise::theory::erlang::service_level;
/// // 100 calls in half an hour, three minutes each, 14 people: answered within 20 s.
/// assert!((service_level(14, 10.0, 180.0, 20.0).unwrap() - 0.88835).abs() < 1e-5);
/// ```
pub fn service_level(c: u32, a: f64, hold: f64, t: f64) -> Option<f64> {
    Some(1.0 - erlang_c(c, a)? * exp(-(f64::from(c) - a) * t.max(0.0) / hold))
}

/// What [`erlang_a`] knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangA {
    /// Probability that a request waits.
    pub wait_probability: f64,
    /// Probability that a request gives up before it is served.
    pub gives_up: f64,
    /// Mean wait of all requests in seconds, of those who give up until they do.
    pub mean_wait: f64,
    /// Waiting requests on average.
    pub mean_queue: f64,
}

/// Erlang A, that is M/M/c+M: Poisson arrivals at `rate` per second, exponential holds, and waiters whose patience is exponential
/// with a mean in seconds. Holds in overload as well. `None` unless the connections, the rate and both times are above zero.
///
/// Wrong to use for an acquire timeout, which is the same for everybody: that is [`patience`](super::patience).
///
/// Source: C. Palm, *Research on telephone traffic carried by full availability groups*, Tele 1957; O. Garnett, A. Mandelbaum and
/// M. Reiman, *Designing a call center with impatient customers*, M&SOM 4, 2002. The states are summed from the likeliest
/// outwards: some tens of the square root of rate × patience steps.
///
/// ```
/// use poolwise::theory::erlang::erlang_a;
/// // Patience as long as a hold: the number there is Poisson, as if there were a connection for everybody.
/// let a = erlang_a(2, 1.0, 1.0, 1.0).unwrap();
/// assert!((a.wait_probability - (1.0 - 2.0 / core::f64::consts::E)).abs() < 1e-14);
/// ```
pub fn erlang_a(c: u32, rate: f64, hold: f64, patience: f64) -> Option<ErlangA> {
    if c == 0 || ![rate, hold, patience].into_iter().all(proper) {
        return None;
    }
    // With j waiting, requests leave at rate busy + j / patience.
    let busy = f64::from(c) / hold;
    let peak = ((rate - busy) * patience).max(0.0);
    let (mut all, mut queue) = (0.0, 0.0);
    let mut add = |share: f64, waiting: f64| {
        all += share;
        queue += share * waiting;
        share > 1e-18 * all
    };
    let peak = libm::floor(peak);
    let (mut share, mut j) = (1.0, peak);
    while add(share, j) {
        j += 1.0;
        share *= rate / (busy + j / patience);
    }
    let (mut share, mut j) = (1.0, peak);
    while j > 0.0 && share > 0.0 {
        share *= (busy + j / patience) / rate;
        j -= 1.0;
        if !add(share, j) {
            share = 0.0;
        }
    }
    // `share` is now that of c busy and nobody waiting; those with an idle connection follow from Erlang's B.
    let b = erlang_b(c, rate * hold);
    let idle = if share > 0.0 { share * (1.0 - b) / b } else { 0.0 };
    if !idle.is_finite() {
        return Some(ErlangA { wait_probability: 0.0, gives_up: 0.0, mean_wait: 0.0, mean_queue: 0.0 });
    }
    let mean_queue = queue / (all + idle);
    let mean_wait = mean_queue / rate;
    Some(ErlangA { wait_probability: all / (all + idle), gives_up: mean_wait / patience, mean_wait, mean_queue })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::{birth_death, poisson};

    #[test]
    fn published_values() {
        for (c, rho, expected) in
            [(2, 0.5, 0.33333333), (4, 0.8, 0.59643247), (10, 0.8, 0.40918015), (20, 0.9, 0.550769)]
        {
            let found = erlang_c(c, rho * f64::from(c)).unwrap();
            assert!((found - expected).abs() < 1e-8, "c {c}, rho {rho}: {found}");
        }
    }

    #[test]
    fn large_pools_stay_between_zero_and_one() {
        for a in [5_000.0, 9_900.0, 9_999.9] {
            let c = erlang_c(10_000, a).unwrap();
            assert!((0.0..=1.0).contains(&c), "{a}: {c}");
        }
    }

    /// pyworkforce's example: 100 calls in 30 minutes, 3 minutes each, answered within 20 s; 14 positions.
    #[test]
    fn a_call_centres_service_level() {
        assert!((erlang_c(14, 10.0).unwrap() - 0.174132).abs() < 1e-6);
        assert!((service_level(14, 10.0, 180.0, 20.0).unwrap() - 0.88835).abs() < 1e-5);
        assert!(service_level(13, 10.0, 180.0, 20.0).unwrap() < 0.8, "13 are too few");
        assert_eq!(service_level(10, 10.0, 180.0, 20.0), None);
    }

    #[test]
    fn erlang_a_agrees_with_its_chain() {
        for (c, rate, hold, patience) in
            [(1, 0.7, 1.0, 2.0), (10, 9.0, 1.0, 0.1), (10, 14.0, 1.0, 3.0), (3, 40.0, 0.1, 5.0), (50, 20.0, 3.0, 1.0)]
        {
            let births = vec![rate; 1000];
            let deaths: Vec<f64> =
                (1..=1000u32).map(|n| f64::from(n.min(c)) / hold + f64::from(n.saturating_sub(c)) / patience).collect();
            let p = birth_death::stationary(&births, &deaths).unwrap();
            let busy = birth_death::mean(&p, |n| f64::from(n.min(c)));
            let waits: f64 = p[c as usize..].iter().sum();
            let found = erlang_a(c, rate, hold, patience).unwrap();
            assert!((found.wait_probability - waits).abs() < 1e-11, "{found:?} {waits}");
            // Who does not give up is served.
            assert!((rate * (1.0 - found.gives_up) - busy / hold).abs() < 1e-10 * rate, "{found:?} {busy}");
            let queue = birth_death::mean(&p, |n| f64::from(n.saturating_sub(c)));
            assert!((found.mean_queue - queue).abs() < 1e-9 * (1.0 + queue), "{found:?} {queue}");
        }
    }

    #[test]
    fn patience_as_long_as_a_hold_makes_the_number_there_poisson() {
        for (c, a) in [(1, 0.1), (20, 16.0), (20, 30.0), (10_000, 9_900.0), (10_000, 12_000.0), (10_000, 10.0)] {
            let found = erlang_a(c, a, 1.0, 1.0).unwrap();
            assert!((found.wait_probability - poisson::at_least(c.into(), a)).abs() < 1e-9, "{c} {a}: {found:?}");
        }
    }

    #[test]
    fn long_patience_is_erlang_c_and_none_is_erlang_b() {
        let long = erlang_a(10, 8.0, 1.0, 1e9).unwrap();
        let c = erlang_c(10, 8.0).unwrap();
        assert!((long.wait_probability - c).abs() < 1e-7 && (long.mean_wait - c / 2.0).abs() < 1e-6, "{long:?}");
        let short = erlang_a(10, 8.0, 1.0, 1e-9).unwrap();
        assert!((short.gives_up - erlang_b(10, 8.0)).abs() < 1e-6, "{short:?}");
        let flooded = erlang_a(1, 10_000.0, 1.0, 1000.0).unwrap();
        assert!((flooded.gives_up - 0.9999).abs() < 1e-9 && flooded.wait_probability == 1.0, "{flooded:?}");
        for wrong in [erlang_a(0, 1.0, 1.0, 1.0), erlang_a(1, f64::NAN, 1.0, 1.0), erlang_a(1, 1.0, 1.0, f64::INFINITY)]
        {
            assert_eq!(wrong, None);
        }
    }
}
