//! The Poisson distribution without overflow.

use crate::math::{exp, ln, ln_1p};

/// P(N = n) for a mean above zero.
///
/// From 32 on by the deviance, which does not cancel: C. Loader, *Fast and Accurate Computation of Binomial Probabilities*, 2000.
pub(super) fn mass(n: u64, mean: f64) -> f64 {
    if n < 32 {
        return (1..=n).fold(exp(-mean), |p, k| p * mean / k as f64);
    }
    let n = n as f64;
    let over = (mean - n) / n;
    let deviance = n * (over - if over.abs() < 0.5 { ln_1p(over) } else { ln(mean / n) });
    let square = 1.0 / (n * n);
    // What Stirling's formula for n! leaves: relative error below 1e-15 from 32 on.
    let rest = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / n;
    exp(-deviance - rest) / libm::sqrt(core::f64::consts::TAU * n)
}

/// P(N < n) for a mean of zero or above.
pub(super) fn below(n: u64, mean: f64) -> f64 {
    match n {
        0 => 0.0,
        _ if mean <= 0.0 => 1.0,
        _ if n as f64 <= mean => down(n - 1, mean) * mass(n - 1, mean),
        _ => 1.0 - up_from(n, mean),
    }
}

/// P(N >= n) for a mean of zero or above.
pub(super) fn at_least(n: u64, mean: f64) -> f64 {
    match n {
        0 => 1.0,
        _ if mean <= 0.0 => 0.0,
        _ if n as f64 <= mean => 1.0 - down(n - 1, mean) * mass(n - 1, mean),
        _ => up_from(n, mean),
    }
}

/// The sum of the masses from n >= mean upwards: they fall.
fn up_from(n: u64, mean: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, n as f64);
    while term > 1e-17 * sum {
        k += 1.0;
        term *= mean / k;
        sum += term;
    }
    sum * mass(n, mean)
}

/// The sum of the masses from n <= mean downwards, over the mass at n: they fall.
pub(super) fn down(n: u64, mean: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, n as f64);
    while k > 0.0 && term > 1e-17 * sum {
        term *= k / mean;
        sum += term;
        k -= 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_ways_to_a_mass_meet() {
        for mean in [0.5, 20.0, 32.0, 60.0] {
            let by_product = (1..=40).fold(exp(-mean), |p, k| p * mean / f64::from(k));
            assert!((mass(40, mean) / by_product - 1.0).abs() < 1e-13, "{mean}");
        }
    }

    #[test]
    fn the_masses_add_up_to_one() {
        for mean in [0.1, 3.0, 40.0, 900.0, 1e6] {
            let (from, to) =
                ((mean - 50.0 * libm::sqrt(mean)).max(0.0) as u64, (mean + 50.0 * libm::sqrt(mean)) as u64);
            let sum: f64 = (from..=to + 100).map(|n| mass(n, mean)).sum();
            assert!((sum - 1.0).abs() < 1e-11, "{mean}: {sum}");
            for n in [0, 1, mean as u64, mean as u64 + 2] {
                let slow: f64 = (from..n).map(|n| mass(n, mean)).sum();
                assert!((below(n, mean) - slow).abs() < 1e-11 && (at_least(n, mean) - 1.0 + slow).abs() < 1e-11);
            }
        }
    }
}
