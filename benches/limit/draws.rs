//! The draws of the engine, as fast as they go: the same streams, the same values.

use poolwise::math;
use poolwise::random::Generator;
use rand_distr::{Distribution, Exp1, StandardNormal};

/// A draw in whole nanoseconds.
pub trait Draw: Copy {
    fn draw(self, rng: &mut Generator) -> u64;
}

/// Means in seconds.
#[derive(Clone, Copy)]
pub struct Exponential {
    pub mean: f64,
}

/// `median · exp(sigma · z)`, in seconds.
#[derive(Clone, Copy)]
pub struct Lognormal {
    pub median: f64,
    pub sigma: f64,
}

impl Lognormal {
    pub fn with_mean(mean: f64, sigma: f64) -> Self {
        Self { median: mean * math::exp(-0.5 * sigma * sigma), sigma }
    }
}

impl Draw for Exponential {
    #[inline(always)]
    fn draw(self, rng: &mut Generator) -> u64 {
        let unit: f64 = Exp1.sample(rng);
        nanos(self.mean * unit)
    }
}

impl Draw for Lognormal {
    #[inline(always)]
    fn draw(self, rng: &mut Generator) -> u64 {
        let z: f64 = StandardNormal.sample(rng);
        nanos(self.median * math::exp(self.sigma * z))
    }
}

/// As `Span::from_seconds` rounds, for what is neither negative nor beyond 292 years.
#[inline(always)]
fn nanos(seconds: f64) -> u64 {
    let nanos = seconds * 1e9 + 0.5;
    debug_assert!((0.0..9e18).contains(&nanos));
    // SAFETY: the draws are of a mean of milliseconds. An exponential draw stays under 45 means (the ziggurat's tail is
    // 7.7 − ln u with u at least 2^-53) and a normal one under 13, so this is far below 2^63. The saturating cast costs six
    // instructions more, twice per request: 13 % of the recursion.
    unsafe { nanos.to_int_unchecked::<i64>() as u64 }
}
