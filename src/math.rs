//! The only file that calls a maths library: `libm` gives the same last bit natively and in Wasm, the platform's does not.

/// Natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// e to the power of `x`.
///
/// Half of what drawing a lognormal hold takes, and the library's is a call with branches: where the result is neither tiny nor huge,
/// this is 2ᵏ eʳ with |r| at most ln 2 / 2, and eʳ by its series, within one unit in the last place of the library's. Additions and
/// multiplications alone, so the same everywhere.
#[inline]
pub fn exp(x: f64) -> f64 {
    if NEAR.contains(&x) { exp_near(x) } else { libm::exp(x) }
}

/// The same of each: together, where none of them is far.
pub fn exp_all(all: &mut [f64]) {
    if all.iter().all(|x| NEAR.contains(x)) {
        all.iter_mut().for_each(|x| *x = exp_near(*x));
    } else {
        all.iter_mut().for_each(|x| *x = exp(*x));
    }
}

const NEAR: core::ops::Range<f64> = -700.0..700.0;

#[inline]
fn exp_near(x: f64) -> f64 {
    /// 1.5 times 2⁵²: what is added to it is rounded to a whole number, which stands in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts; the first has so few bits that its product with k is exact.
    const LN2: [f64; 2] = [f64::from_bits(0x3fe6_2e42_fee0_0000), f64::from_bits(0x3dea_39ef_3579_3c76)];
    let rounded = x * core::f64::consts::LOG2_E + ROUND;
    let k = rounded - ROUND;
    let r = (x - k * LN2[0]) - k * LN2[1];
    // The parts of the series do not wait for each other.
    let (square, fourth) = (r * r, r * r * (r * r));
    let [a, b, c, d, e, f] = SERIES.map(|[even, odd]| even + r * odd);
    let sum = (a + square * b) + fourth * ((c + square * d) + fourth * (e + square * f));
    let power = f64::from_bits((rounded.to_bits() << 52).wrapping_add(1023 << 52));
    power * (1.0 + (r + square * sum))
}

/// 1 / 2! down to 1 / 13!, in pairs.
const SERIES: [[f64; 2]; 6] = [
    [1.0 / 2.0, 1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 120.0],
    [1.0 / 720.0, 1.0 / 5_040.0],
    [1.0 / 40_320.0, 1.0 / 362_880.0],
    [1.0 / 3_628_800.0, 1.0 / 39_916_800.0],
    [1.0 / 479_001_600.0, 1.0 / 6_227_020_800.0],
];

/// ln(1 + x), exact for small `x`.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// e to the power of `x`, less one; exact for small `x`.
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// Cosine of an angle in radians.
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Sine and cosine of an angle in radians.
pub fn sin_cos(x: f64) -> (f64, f64) {
    libm::sincos(x)
}

/// Standard normal density φ(z).
pub fn normal_density(z: f64) -> f64 {
    exp(-0.5 * z * z) / libm::sqrt(core::f64::consts::TAU)
}

/// `x` to the power of `y`.
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Natural logarithm of Γ(x), for x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The smallest number from `low` to `high`, neither below zero, at which `holds`, which fails up to some number and holds from
/// there on. `high` itself is taken to do.
///
/// Numbers of one sign are ordered as their bits are, so that 64 halvings find it to the last bit.
///
/// ```
/// assert_eq!(poolwise::math::least(0.0, 10.0, |x| x * x >= 9.0), 3.0);
/// ```
pub fn least(low: f64, high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    debug_assert!(low >= 0.0 && low <= high);
    if holds(low) {
        return low;
    }
    // Adding zero takes the sign from a negative zero.
    let (mut low, mut high) = ((low + 0.0).to_bits(), (high + 0.0).to_bits());
    while high > low + 1 {
        let middle = low + (high - low) / 2;
        if holds(f64::from_bits(middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    f64::from_bits(high)
}

/// Distribution function of the gamma distribution of shape `a` and scale 1: the lower incomplete gamma function P(a, x), for
/// 0 < a <= 10⁴ and x >= 0, to about 1e-11.
///
/// Below a + 1 by the series of NIST's *Digital Library of Mathematical Functions* 8.11.4, above by the continued fraction 8.9.2.
///
/// ```
/// // Two exponential steps: 1 − (1 + x) exp(−x).
/// assert!((poolwise::math::gamma_cdf(2.0, 3.0) - (1.0 - 4.0 * poolwise::math::exp(-3.0))).abs() < 1e-14);
/// ```
pub fn gamma_cdf(a: f64, x: f64) -> f64 {
    debug_assert!(a > 0.0 && a <= 1e4 && x >= 0.0);
    let factor = exp(a * ln(x) - x - ln_gamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * f64::EPSILON {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return (factor * sum).min(1.0);
    }
    if factor == 0.0 || x == f64::INFINITY {
        return 1.0;
    }
    // Lentz's way to evaluate a continued fraction from the front; none of its parts can vanish here.
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (f64::INFINITY, 1.0 / b);
    let mut fraction = d;
    for n in 1..100_000 {
        let n = f64::from(n);
        let top = -n * (n - a);
        b += 2.0;
        d = 1.0 / (top * d + b);
        c = b + top / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    (1.0 - factor * fraction).max(0.0)
}

/// Mills' ratio (1 − Φ(t)) / φ(t) for t >= 5, by Laplace's continued fraction 1 / (t + 1 / (t + 2 / (t + …))).
///
/// ```
/// assert!((poolwise::math::mills(10.0) - 0.09902859647173194).abs() < 1e-15);
/// ```
pub fn mills(t: f64) -> f64 {
    debug_assert!(t >= 5.0);
    1.0 / (1..60).rev().fold(t, |below, n| t + f64::from(n) / below)
}

/// Standard normal distribution function Φ(z).
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / core::f64::consts::SQRT_2)
}

/// Standard normal quantile Φ⁻¹(p) for 0 < p < 1, to about 1e-13.
///
/// A start by P. J. Acklam's rational approximation (relative error 1.15e-9), then two Newton steps on [`normal_cdf`].
///
/// ```
/// assert!((poolwise::math::normal_quantile(0.99) - 2.3263478740408408).abs() < 1e-12);
/// ```
pub fn normal_quantile(p: f64) -> f64 {
    debug_assert!(p > 0.0 && p < 1.0);
    let upper = p > 0.5;
    let tail = if upper { 1.0 - p } else { p };
    let mut z = acklam(tail);
    for _ in 0..2 {
        z -= (normal_cdf(z) - tail) / normal_density(z);
    }
    if upper { -z } else { z }
}

/// Acklam's start for 0 < p <= 0.5.
fn acklam(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.38357751867269e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 5] =
        [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 4] = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
    let poly = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, k| sum * x + k);
    if p < 0.02425 {
        let q = libm::sqrt(-2.0 * ln(p));
        poly(&C, q) / (poly(&D, q) * q + 1.0)
    } else {
        let q = p - 0.5;
        let r = q * q;
        poly(&A, r) * q / (poly(&B, r) * r + 1.0)
    }
}

/// Quantile of Student's t with `df` degrees of freedom, for `p` above one half.
///
/// Exact for one and two degrees of freedom, else the expansion around the normal quantile of Abramowitz and Stegun 26.7.5
/// (error below 0.3 % from four degrees of freedom on; 1.5 % at three).
///
/// ```
/// let t = poolwise::math::student_quantile(0.975, 9);
/// assert!((t - 2.262157).abs() < 1e-3);
/// ```
pub fn student_quantile(p: f64, df: u32) -> f64 {
    debug_assert!(p > 0.5 && p < 1.0 && df > 0);
    match df {
        1 => {
            // tan(π(p − ½)) without a platform's tan.
            let x = core::f64::consts::PI * (p - 0.5);
            libm::sin(x) / libm::cos(x)
        }
        2 => (2.0 * p - 1.0) * libm::sqrt(2.0 / (4.0 * p * (1.0 - p))),
        _ => {
            let z = normal_quantile(p);
            let n = f64::from(df);
            let (z2, z3) = (z * z, z * z * z);
            let (z5, z7) = (z3 * z2, z3 * z2 * z2);
            let g1 = (z3 + z) / 4.0;
            let g2 = (5.0 * z5 + 16.0 * z3 + 3.0 * z) / 96.0;
            let g3 = (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / 384.0;
            let g4 = (79.0 * z7 * z2 + 776.0 * z7 + 1482.0 * z5 - 1920.0 * z3 - 945.0 * z) / 92160.0;
            z + g1 / n + g2 / (n * n) + g3 / (n * n * n) + g4 / (n * n * n * n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_the_librarys_within_one_unit_in_the_last_place() {
        let mut differ = 0;
        for n in 0..400_000i32 {
            let x = f64::from(n - 200_000) * 0.003_499_9;
            let (found, known) = (exp(x), libm::exp(x));
            assert!(found.to_bits().abs_diff(known.to_bits()) <= 1, "exp({x}) is {known}, not {found}");
            differ += u32::from(found != known);
        }
        assert!(differ < 100_000, "{differ} of 400 000 differ");
        assert_eq!([exp(0.0), exp(-0.0), exp(800.0), exp(-800.0)], [1.0, 1.0, f64::INFINITY, 0.0]);
        assert!(exp(f64::NAN).is_nan());
    }

    #[test]
    fn the_normal_quantile_inverts_the_distribution() {
        for p in [1e-12, 1e-6, 0.01, 0.3, 0.5, 0.7, 0.975, 0.9999, 1.0 - 1e-9] {
            let back = normal_cdf(normal_quantile(p));
            assert!((back - p).abs() < 1e-13, "{p}: {back}");
        }
    }

    #[test]
    fn student_quantiles_match_the_printed_table() {
        for (p, df, t) in [
            (0.975, 1, 12.7062),
            (0.975, 2, 4.30265),
            (0.975, 4, 2.77645),
            (0.975, 7, 2.36462),
            (0.975, 30, 2.04227),
            (0.995, 7, 3.49948),
            (0.995, 15, 2.94671),
        ] {
            let found = student_quantile(p, df);
            assert!((found / t - 1.0).abs() < 3e-3, "p {p}, {df} degrees: {found}, table {t}");
        }
    }
}
