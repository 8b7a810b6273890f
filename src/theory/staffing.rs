//! A size by the square root of the load: c = a + β √a.

use super::erlang::erlang_c;
use crate::math::{normal_cdf, normal_density};

/// The share of requests that wait when a pool has β √a connections more than the offered load a, for exponential holds and a
/// large load. `None` unless β is above zero and finite.
///
/// Source: S. Halfin and W. Whitt, *Heavy-traffic limits for queues with many exponential servers*, Operations Research 29, 1981:
/// 1 / (1 + β Φ(β) / φ(β)).
///
/// ```
/// let share = poolwise::theory::staffing::delay_probability(1.0).unwrap();
/// assert!((share - 0.2234).abs() < 1e-4);
/// ```
pub fn delay_probability(beta: f64) -> Option<f64> {
    let usable = beta > 0.0 && beta.is_finite();
    usable.then(|| normal_density(beta) / (normal_density(beta) + beta * normal_cdf(beta)))
}

/// The β at which a share of requests waits, for a share from 1e-300 to below 1; else `None`. The inverse of [`delay_probability`].
///
/// ```
/// let beta = poolwise::theory::staffing::beta(0.5).unwrap();
/// assert!((beta - 0.5061).abs() < 1e-4);
/// ```
pub fn beta(share: f64) -> Option<f64> {
    if !(1e-300..1.0).contains(&share) {
        return None;
    }
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..70 {
        let middle = 0.5 * (low + high);
        if delay_probability(middle)? > share { low = middle } else { high = middle }
    }
    Some(high)
}

/// The connections that let no more than a share of requests wait, by the square-root rule: a + β √a, rounded up. `None` when the
/// load is not above zero or the share not within [`beta`]'s bounds.
///
/// Off by at most one connection from [`exact_size`] for loads from 1 to 10 000 and shares from 1 % to 90 % (a test holds that). It
/// looks at exponential holds only; a heavy tail needs more.
///
/// ```
/// // A hundred busy connections: eleven more for one in five to wait.
/// assert_eq!(poolwise::theory::staffing::size(100.0, 0.2), Some(111));
/// ```
pub fn size(load: f64, share: f64) -> Option<u32> {
    let size = libm::ceil(load + beta(share)? * libm::sqrt(load));
    (load > 0.0 && size <= f64::from(u32::MAX)).then_some(size as u32)
}

/// The same by Erlang C, exactly: the smallest c with C(c, load) at most `share`. For loads up to 100 000, else `None`.
///
/// ```
/// assert_eq!(poolwise::theory::staffing::exact_size(100.0, 0.2), Some(111));
/// ```
pub fn exact_size(load: f64, share: f64) -> Option<u32> {
    if !(load > 0.0 && load <= 1e5 && share > 0.0 && share < 1.0) {
        return None;
    }
    let meets = |c: u32| erlang_c(c, load).is_some_and(|waits| waits <= share);
    let mut low = load as u32;
    let mut step = 1;
    while !meets(low + step) {
        low += step;
        step *= 2;
    }
    let mut high = low + step;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if meets(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_off_by_one_at_most() {
        let mut off = [0, 0, 0];
        for load in [1.0, 1.7, 3.6, 10.0, 33.75, 99.9, 450.0, 1000.0, 3333.3, 9_900.0, 10_000.0] {
            for share in [0.01, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9] {
                let (rule, exact) = (size(load, share).unwrap(), exact_size(load, share).unwrap());
                assert!(rule.abs_diff(exact) <= 1, "load {load}, share {share}: {rule} for {exact}");
                off[(rule + 1 - exact) as usize] += 1;
            }
        }
        assert!(off[1] > off[0] + off[2], "mostly right: {off:?}");
    }

    #[test]
    fn the_exact_size_is_the_smallest() {
        for (load, share) in [(0.01, 0.5), (10.0, 0.2), (1000.0, 1e-9), (9_900.0, 0.3)] {
            let c = exact_size(load, share).unwrap();
            assert!(erlang_c(c, load).unwrap() <= share);
            assert!(erlang_c(c - 1, load).is_none_or(|waits| waits > share));
        }
    }

    /// The limit itself: the delay probability of ever larger pools at the same β.
    #[test]
    fn large_pools_approach_the_limit() {
        for beta in [0.2, 1.0, 2.5] {
            let miss = |a: f64| {
                let c = libm::round(a + beta * libm::sqrt(a));
                let own = (c - a) / libm::sqrt(a);
                (erlang_c(c as u32, a).unwrap() / delay_probability(own).unwrap() - 1.0).abs()
            };
            assert!(
                miss(1e4) < 0.05 && miss(1e4) < miss(100.0) && miss(1e6) < 5e-3,
                "{beta}: {} {}",
                miss(1e4),
                miss(1e6)
            );
        }
    }

    #[test]
    fn beta_inverts_and_bounds_hold() {
        for share in [1e-299, 1e-9, 0.01, 0.5, 0.99, 0.999_999] {
            let back = delay_probability(beta(share).unwrap()).unwrap();
            assert!((back / share - 1.0).abs() < 1e-9, "{share}: {back}");
        }
        for wrong in [0.0, 1.0, f64::NAN] {
            assert_eq!(beta(wrong), None);
        }
        assert_eq!(size(f64::NAN, 0.5), None);
        assert_eq!(size(-1.0, 0.5), None);
    }
}
