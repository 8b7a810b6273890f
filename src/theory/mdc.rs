//! All holds alike: the mean wait of M/D/c, exactly.

use super::{poisson, proper};
use crate::math::{exp, ln_1p, sin_cos};

/// Mean wait in seconds of M/D/c: Poisson arrivals at `rate` per second, every hold the same, first come, first served. `None`
/// unless c, the rate and the hold are above zero and the offered load is below c.
///
/// Exact, to about ten digits, in two ways that meet in between. Away from saturation, by the walk of the load between every cth
/// request (C. D. Crommelin 1932, F. Spitzer 1956): the sum over i of E[(N − ic)⁺] / (i rate), N Poisson with mean ia; all terms
/// are positive. Near saturation, where that sum is long, by the c roots of zᶜ = exp(a (z − 1)) (C. D. Crommelin, *Delay
/// probability formulae when the holding times are constant*, 1932; H. C. Tijms, *Stochastic Models*, 1994). The
/// slowest case, 10 000 connections near saturation, takes some milliseconds.
///
/// ```
/// use poolwise::theory::mdc::mean_wait;
/// // One connection, load 1/2: half of what exponential holds would wait.
/// assert!((mean_wait(1, 0.5, 1.0).unwrap() - 0.5).abs() < 1e-12);
/// ```
pub fn mean_wait(c: u32, rate: f64, hold: f64) -> Option<f64> {
    let a = rate * hold;
    if c == 0 || !proper(rate) || !proper(hold) || a >= f64::from(c) {
        return None;
    }
    let over = a / f64::from(c) - 1.0;
    let decay = f64::from(c) * (over - ln_1p(over));
    let queue = if decay >= 1.0 { by_walk(c, a) } else { by_roots(c, a) };
    Some(queue / rate)
}

/// Mean queue, as a sum over i of terms that fall at least like exp(−i decay).
fn by_walk(c: u32, a: f64) -> f64 {
    let mut sum = 0.0;
    for i in 1.. {
        let (n, mean) = (u64::from(c) * i, a * i as f64);
        // Σ m P(N = n + m): masses relative to that at n.
        let (mut mass, mut above, mut m) = (1.0, 0.0, 0.0);
        loop {
            m += 1.0;
            mass *= mean / (n as f64 + m);
            above += m * mass;
            if m * mass <= 1e-17 * above {
                break;
            }
        }
        let term = poisson::mass(n, mean) * above / i as f64;
        sum += term;
        if term <= 1e-16 * sum {
            return sum;
        }
    }
    sum
}

/// Mean queue from the roots z ≠ 1 within the unit circle: the sum of 1 / (1 − z), less (c (c − 1) − a²) / (2 (c − a)).
fn by_roots(c: u32, a: f64) -> f64 {
    let size = f64::from(c);
    let rho = a / size;
    let mut sum = 0.0;
    for k in 1..=c / 2 {
        let (sin, cos) = sin_cos(core::f64::consts::TAU * f64::from(k) / size);
        let (x, y) = root(rho, cos, sin);
        let (p, q) = (1.0 - x, y);
        let real = p / (p * p + q * q);
        // Roots come in conjugate pairs, but for the one on the negative axis.
        sum += if 2 * k == c { real } else { 2.0 * real };
    }
    sum - (size * (size - 1.0) - a * a) / (2.0 * (size - a))
}

/// The solution of z = w exp(rho (z − 1)) within the unit circle, for w on it: Newton's steps after a few of substitution.
fn root(rho: f64, w_real: f64, w_imaginary: f64) -> (f64, f64) {
    let image = |(x, y): (f64, f64)| {
        let (sin, cos) = sin_cos(rho * y);
        let length = exp(rho * (x - 1.0));
        (length * (w_real * cos - w_imaginary * sin), length * (w_real * sin + w_imaginary * cos))
    };
    let mut z = (0.0, 0.0);
    for step in 0..100 {
        let (u, v) = image(z);
        let (dx, dy) = (u - z.0, v - z.1);
        if step < 8 {
            z = (u, v);
            continue;
        }
        // (image − z) / (1 − rho image)
        let (p, q) = (1.0 - rho * u, -rho * v);
        let norm = p * p + q * q;
        let (sx, sy) = ((dx * p + dy * q) / norm, (dy * p - dx * q) / norm);
        z = (z.0 + sx, z.1 + sy);
        if sx * sx + sy * sy < 1e-31 {
            break;
        }
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::slow;

    /// What is there after a hold is what was there before, less up to c that left, and a hold's arrivals: iterate that until it
    /// stands still.
    fn slow_mean_wait(c: usize, a: f64, most: usize) -> f64 {
        let arrivals: Vec<f64> = (0..most as u64).map(|n| poisson::mass(n, a)).collect();
        let mut p = vec![0.0; most];
        p[0] = 1.0;
        for _ in 0..20_000 {
            let mut left = vec![0.0; most];
            p.iter().enumerate().for_each(|(n, p)| left[n.saturating_sub(c)] += p);
            let mut next = vec![0.0; most];
            for (n, share) in left.iter().enumerate().filter(|(_, share)| **share > 1e-18) {
                next[n..].iter_mut().zip(&arrivals).for_each(|(to, p)| *to += share * p);
            }
            let moved: f64 = next.iter().zip(&p).map(|(x, y)| (x - y).abs()).sum();
            p = next;
            if moved < 1e-15 {
                break;
            }
        }
        p.iter().enumerate().map(|(n, p)| p * n.saturating_sub(c) as f64).sum::<f64>() / a
    }

    #[test]
    fn it_agrees_with_the_iterated_chain() {
        for (c, rho) in [(1, 0.5), (2, 0.8), (3, 0.3), (4, 0.9), (10, 0.8), (11, 0.9)] {
            let a = rho * f64::from(c);
            let (fast, slow) = (mean_wait(c, a, 1.0).unwrap(), slow_mean_wait(c as usize, a, 160));
            assert!((fast - slow).abs() < 1e-10 * (1.0 + slow), "{c} {rho}: {fast} {slow}");
        }
    }

    #[test]
    fn the_two_ways_meet() {
        for (c, rho) in [(1, 0.1), (2, 0.3), (5, 0.5), (10, 0.6), (100, 0.86), (1000, 0.96), (10_000, 0.985)] {
            let a = rho * f64::from(c);
            let (walk, roots) = (by_walk(c, a), by_roots(c, a));
            assert!((walk - roots).abs() < 1e-9 * (1.0 + walk), "{c} {rho}: {walk} {roots}");
        }
    }

    #[test]
    fn one_connection_is_pollaczek_and_khinchine() {
        for rho in [0.001, 0.15, 0.5, 0.99, 0.999_999] {
            let wait = mean_wait(1, rho, 1.0).unwrap();
            assert!((wait / (rho / (2.0 * (1.0 - rho))) - 1.0).abs() < 1e-9, "{rho}: {wait}");
        }
    }

    #[test]
    fn a_simulated_queue_agrees_and_extremes_stay_finite() {
        let shown = slow::simulate(20, slow::exponential(1.0 / 18.0), |_| 1.0, |_| f64::INFINITY, 0.0);
        assert!(slow::agrees(&shown.wait, mean_wait(20, 18.0, 1.0).unwrap()));
        for (c, a) in [(10_000, 1.0), (10_000, 9_999.9), (10_000, 9_700.0), (1, 1e-9), (2, 1.999_999)] {
            let wait = mean_wait(c, a, 1.0).unwrap();
            assert!(wait.is_finite() && wait >= 0.0, "{c} {a}: {wait}");
        }
        assert_eq!(mean_wait(2, 2.0, 1.0), None);
        assert_eq!(mean_wait(0, 2.0, 1.0), None);
    }
}
