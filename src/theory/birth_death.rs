//! Chains that go one up or one down: the long-run share of time in each state.

use super::proper;
use crate::math::{exp, ln};

/// The stationary probabilities of a birth-death chain. `births[n]` is the rate from state n to n + 1 and `deaths[n]` the rate
/// back, from n + 1 to n, so there is one state more than rates.
///
/// `None` when the lists differ in length, a death rate is not above zero, or a birth rate is below it or not finite. A birth rate
/// of zero ends the chain there. The chain must be finite: cut an infinite one off where its probability no longer matters.
///
/// Source: the balance p(n) births(n) = p(n + 1) deaths(n), e.g. L. Kleinrock, *Queueing Systems* 1, 1975. Products are
/// sums of logarithms, so nothing overflows and a second peak beyond a deep valley is not lost.
///
/// ```
/// use poolwise::theory::birth_death::stationary;
/// // Two connections, nobody waits, offered load 1: Erlang's B is 1/5.
/// let p = stationary(&[1.0, 1.0], &[1.0, 2.0]).unwrap();
/// assert!((p[2] - 0.2).abs() < 1e-15);
/// ```
pub fn stationary(births: &[f64], deaths: &[f64]) -> Option<Vec<f64>> {
    let usable = births.iter().all(|b| b.is_finite() && *b >= 0.0) && deaths.iter().all(|d| proper(*d));
    if births.len() != deaths.len() || !usable {
        return None;
    }
    let mut height = 0.0;
    let mut heights = vec![0.0];
    for (birth, death) in births.iter().zip(deaths) {
        height += ln(*birth) - ln(*death);
        heights.push(height);
    }
    let top = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = heights.iter().map(|h| exp(h - top)).collect();
    let total: f64 = shares.iter().sum();
    Some(shares.iter().map(|share| share / total).collect())
}

/// The mean of `value(n)` over stationary probabilities.
pub(super) fn mean(shares: &[f64], value: impl Fn(u32) -> f64) -> f64 {
    shares.iter().zip(0..).map(|(share, n)| share * value(n)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::erlang::erlang_b;
    use crate::theory::slow;

    #[test]
    fn the_last_state_of_a_loss_system_is_erlangs_b() {
        for (c, a) in [(1, 0.5), (20, 16.0), (10_000, 9_900.0), (10_000, 1.0), (3, 1e6)] {
            let deaths: Vec<f64> = (1..=c).map(f64::from).collect();
            let p = stationary(&vec![a; c as usize], &deaths).unwrap();
            let b = erlang_b(c, a);
            assert!((p[c as usize] - b).abs() <= 1e-9 * b, "{c} {a}");
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    /// Against elimination of states one by one, which knows nothing of balance.
    #[test]
    fn any_rates_agree_with_elimination() {
        let births = [2.0, 7.0, 0.3, 11.0, 5.0];
        let deaths = [1.0, 0.2, 9.0, 4.0, 30.0];
        let slow = slow::stationary(6, |i, j| match (i, j) {
            _ if j == i + 1 => births[i],
            _ if i == j + 1 => deaths[j],
            _ => 0.0,
        });
        let fast = stationary(&births, &deaths).unwrap();
        assert!(fast.iter().zip(&slow).all(|(f, s)| (f - s).abs() < 1e-14), "{fast:?} {slow:?}");
    }

    #[test]
    fn a_second_peak_behind_a_valley_of_1e_minus_600_is_kept() {
        let slope: Vec<f64> = (0..400).map(|n| if n < 200 { 1e-3 } else { 1e3 }).collect();
        let p = stationary(&slope, &[1.0; 400]).unwrap();
        assert!((p[0] - p[400]).abs() < 1e-9 && p[0] > 0.49, "{} {}", p[0], p[400]);
        assert_eq!(stationary(&[1.0, 0.0], &[1.0, 1.0]).unwrap(), [0.5, 0.5, 0.0]);
        assert_eq!(stationary(&[1.0], &[0.0]), None);
        assert_eq!(stationary(&[f64::NAN], &[1.0]), None);
    }
}
