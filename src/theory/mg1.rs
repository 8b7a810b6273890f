//! One connection and any holds: first come, first served, or all at once with a share each.

use super::proper;

/// Mean wait in seconds of M/G/1, first come, first served: Poisson arrivals at `rate` per second, holds with a mean in seconds and
/// a squared coefficient of variation. `None` when the offered load is 1 or more, or a number makes no sense.
///
/// Source: F. Pollaczek 1930, A. Y. Khinchine 1932: rate · E(S²) / (2 (1 − ρ)).
///
/// ```
/// use poolwise::theory::mg1::mean_wait;
/// assert_eq!(mean_wait(5.0, 0.1, 1.0), Some(0.1));
/// assert_eq!(mean_wait(10.0, 0.1, 1.0), None);
/// ```
pub fn mean_wait(rate: f64, hold: f64, scv: f64) -> Option<f64> {
    let usable = proper(rate) && proper(hold) && scv.is_finite() && scv >= 0.0 && rate * hold < 1.0;
    usable.then(|| rate * hold * hold * (1.0 + scv) / (2.0 * (1.0 - rate * hold)))
}

/// Mean sojourn in seconds when all requests run at once and share one processor equally (M/G/1-PS): depends on nothing but the
/// mean of the work, in seconds of the whole processor. `None` when the offered load is 1 or more.
///
/// Source: L. Kleinrock, *Time-shared systems*, J. ACM 14, 1967; M. Sakata, S. Noguchi and J. Oizumi 1971 for any distribution.
///
/// ```
/// use poolwise::theory::mg1::shared_mean_sojourn;
/// assert_eq!(shared_mean_sojourn(5.0, 0.1), Some(0.2));
/// ```
pub fn shared_mean_sojourn(rate: f64, work: f64) -> Option<f64> {
    shared_sojourn_of(rate, work, work)
}

/// The same for a request whose own work is `size` seconds: it takes size / (1 − ρ) on average, so that all are slowed alike.
///
/// ```
/// use poolwise::theory::mg1::shared_sojourn_of;
/// assert_eq!(shared_sojourn_of(5.0, 0.1, 1.0), Some(2.0));
/// ```
pub fn shared_sojourn_of(rate: f64, work: f64, size: f64) -> Option<f64> {
    let usable = proper(rate) && proper(work) && size.is_finite() && size >= 0.0 && rate * work < 1.0;
    usable.then(|| size / (1.0 - rate * work))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};
    use crate::theory::erlang::erlang_c;
    use crate::theory::slow;
    use rand_distr::{Distribution as _, Exp1};

    #[test]
    fn it_agrees_with_chains_of_phases() {
        for (scv, hold) in
            [(0.5, slow::TwoPhases::ERLANG), (3.0, slow::TwoPhases::hyper(3.0)), (9.0, slow::TwoPhases::hyper(9.0))]
        {
            let (slow, exact) = (slow::mean_wait_of_phases(1, 0.5, hold, 300), mean_wait(0.5, 1.0, scv).unwrap());
            assert!((slow - exact).abs() < 1e-7, "{scv}: {slow} {exact}");
        }
        let exponential = erlang_c(1, 0.8).unwrap() / 0.2;
        assert!((mean_wait(0.8, 1.0, 1.0).unwrap() - exponential).abs() < 1e-12);
    }

    /// Requests of 1/2 and 5/2 by chance, a mean of 1, sharing a processor at 0.6: each slowed by 1 / (1 − ρ) = 2.5.
    #[test]
    fn a_simulated_processor_is_shared_as_said() {
        let rate = 0.6;
        let mut rng = Streams::new(3, 0).of(Purpose::Arrival, 0);
        let mut draw = || -> f64 { Exp1.sample(&mut rng) };
        let mut there: Vec<(f64, f64, bool)> = Vec::new(); // work left, arrival, whether large
        let (mut now, mut next) = (0.0, draw() / rate);
        let mut batches = [Vec::new(), Vec::new()];
        for batch in 0..=25 {
            let (mut sums, mut counts) = ([0.0, 0.0], [0.0, 0.0]);
            for _ in 0..40_000 {
                loop {
                    let least = there.iter().map(|(left, ..)| *left).fold(f64::INFINITY, f64::min);
                    let done = if there.is_empty() { f64::INFINITY } else { now + least * there.len() as f64 };
                    let until = done.min(next);
                    let share = (until - now) / (there.len().max(1)) as f64;
                    there.iter_mut().for_each(|(left, ..)| *left -= share);
                    now = until;
                    if next <= done {
                        break;
                    }
                    let at = (0..there.len()).min_by(|a, b| there[*a].0.total_cmp(&there[*b].0)).unwrap();
                    let (_, since, large) = there.swap_remove(at);
                    sums[usize::from(large)] += now - since;
                    counts[usize::from(large)] += 1.0;
                }
                // Large with probability 1/4: the mean is 1.
                let large = draw() < -crate::math::ln(0.75);
                there.push((if large { 2.5 } else { 0.5 }, now, large));
                next = now + draw() / rate;
            }
            if batch > 0 {
                (0..2).for_each(|n| batches[n].push(sums[n] / counts[n]));
            }
        }
        for (sojourns, size) in batches.iter().zip([0.5, 2.5]) {
            assert!(slow::agrees(sojourns, shared_sojourn_of(rate, 1.0, size).unwrap()), "{size}");
        }
        assert_eq!(shared_mean_sojourn(rate, 1.0), Some(1.0 / (1.0 - rate)));
    }

    #[test]
    fn what_makes_no_sense_has_no_answer() {
        assert_eq!(mean_wait(1.0, 1.0, 1.0), None);
        assert_eq!(mean_wait(f64::NAN, 1.0, 1.0), None);
        assert_eq!(mean_wait(0.5, 1.0, -1.0), None);
        assert_eq!(shared_mean_sojourn(2.0, 0.5), None);
    }
}
