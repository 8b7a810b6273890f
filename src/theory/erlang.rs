//! A. K. Erlang's formulas for Poisson arrivals. Stable to 10 000 connections and beyond.

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
