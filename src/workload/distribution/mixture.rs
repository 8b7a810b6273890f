//! Holds of several kinds, each in its share: most from the cache, some from the disk.

use super::Distribution;
use super::arguments::{Arguments, share_text};
use super::unit;
use crate::math::least;
use crate::problem::shown;
use crate::random::Generator;
use crate::units::Probability;
use core::fmt;

/// The most components of one mixture.
const COMPONENTS_MAX: usize = 1000;
/// How far the shares' sum may be from 1.
const SUM_TOLERANCE: f64 = 1e-9;
/// The most cautions that are passed on.
const CAUTIONS_MAX: usize = 8;

/// Components and their shares.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    /// At least one.
    pub components: Vec<Component>,
}

/// One kind of holds within a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its share, as it was given: above 0, at most 1.
    pub share: f64,
    /// Its holds.
    pub hold: Distribution,
    /// The shares up to and with this one, of all.
    up_to: f64,
}

impl Mixture {
    pub(super) fn read(arguments: &Arguments, depth: usize) -> Result<Self, String> {
        let example = "mixture(90%: exponential(mean=2ms), 10%: exponential(mean=1s))";
        let mut components = Vec::new();
        let mut sum = 0.0;
        for (n, part) in arguments.list(COMPONENTS_MAX, example)?.iter().enumerate() {
            let Some((share, hold)) = part.split_once(':') else {
                return Err(format!("{} has no share: write {example}", shown(part)));
            };
            let inside = |why| format!("component {}: {why}", n + 1);
            let value = Probability::parse(share).map_err(inside)?.value();
            if value <= 0.0 {
                return Err(inside(format!("its share must be above 0%, found {}: leave it out", shown(share))));
            }
            sum += value;
            let hold = Distribution::parse_within(hold, depth + 1).map_err(inside)?;
            components.push(Component { share: value, hold, up_to: sum });
        }
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            let percent = (sum * 1e8).round() / 1e6;
            return Err(format!("the shares of a mixture must sum to 1 (100 %); these sum to {sum} ({percent} %)"));
        }
        for component in &mut components {
            component.up_to /= sum;
        }
        Ok(Self { components })
    }

    pub(super) fn draw(&self, rng: &mut Generator) -> f64 {
        let point = unit(rng);
        let n = self.components.partition_point(|component| component.up_to <= point);
        self.components[n.min(self.components.len() - 1)].hold.seconds(rng)
    }

    /// The average over the components, by share.
    fn average(&self, of: impl Fn(&Distribution) -> f64) -> f64 {
        let mut before = 0.0;
        let mut sum = 0.0;
        for component in &self.components {
            sum += (component.up_to - before) * of(&component.hold);
            before = component.up_to;
        }
        sum
    }

    pub(super) fn moment(&self, k: f64) -> f64 {
        self.average(|hold| hold.moment(k))
    }

    /// Between the least and the greatest of the components' quantiles, where the shares below first add up to `p`.
    pub(super) fn quantile(&self, p: f64) -> f64 {
        let of_each = self.components.iter().map(|component| component.hold.quantile(p));
        let (low, high) = of_each.fold((f64::INFINITY, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
        least(low, high, |x| self.cdf(x) >= p)
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        self.average(|hold| hold.cdf(x))
    }

    pub(super) fn cautions(&self) -> Vec<String> {
        let each = self.components.iter().enumerate().flat_map(|(n, component)| {
            let named = move |said| format!("component {} ({}): {said}", n + 1, component.hold.name());
            component.hold.cautions().into_iter().map(named)
        });
        let mut said: Vec<_> = each.take(CAUTIONS_MAX + 1).collect();
        if said.len() > CAUTIONS_MAX {
            said[CAUTIONS_MAX] = "and more of the like in further components".to_owned();
        }
        said
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", share_text(self.share), self.hold)
    }
}

impl fmt::Display for Mixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mixture(")?;
        super::write_list(f, &self.components)?;
        f.write_str(")")
    }
}
