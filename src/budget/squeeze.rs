//! Who gets fewer connections than it needs, so that the worst off is as well off as can be.

use crate::experiment::{in_parallel, regime, replicate, steady_window};
use crate::record::Window;
use crate::report::{CONFIDENCE, Estimate, Regime, Tally, only_grows};
use crate::scenario::Model;
use crate::slo::Objective;
use std::collections::BTreeMap;

/// Requests measured by one replication, and simulated at most: those of the size search.
const REQUESTS: f64 = 40_000.0;
const REQUESTS_MAX: f64 = 2e6;
/// Replications of a size on the way, and of the sizes that are given in the end.
const ON_THE_WAY: u32 = 3;
pub(super) const IN_THE_END: u32 = 16;
/// How bad a queue that grows without end is, times how far its load lies above the pool: worse than anything that was measured.
const GROWS: f64 = 1e6;

/// What a pool of some size gives its service.
#[derive(Clone, Debug)]
pub(super) struct Felt {
    /// How many times over its objective the worst off lies; at most 1 where all are met.
    pub(super) times: f64,
    /// Which objective that is.
    pub(super) worst: usize,
    /// What was measured of each objective; nothing where the queue grows without end.
    pub(super) measured: Vec<Option<Estimate>>,
}

/// One service as far as the sharing is concerned.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// At its peak, as the size search sees it.
    pub(super) model: Model,
    pub(super) objectives: Vec<Objective>,
    /// The size that meets its objectives.
    pub(super) wanted: u32,
    /// How many instances have a pool of that size at once, while a deploy replaces them too.
    pub(super) instances: u32,
}

impl Claim {
    /// Simulate it with pools of a size.
    pub(super) fn felt(&self, size: u32, seed: u64, replications: u32) -> Felt {
        let model = self.model.with_max_size(size);
        let (regime, _) = regime(&model);
        if only_grows(&model, regime) {
            let times = GROWS * model.offered_load() / f64::from(size);
            return Felt { times, worst: 0, measured: vec![None; self.objectives.len()] };
        }
        let window = steady_window(&model, REQUESTS, REQUESTS_MAX).window;
        debug_assert!(regime != Regime::Timeline, "the peak lasts for ever");
        let tally = tally(&model, window, seed, replications);
        let measured: Vec<Option<Estimate>> =
            self.objectives.iter().map(|o| tally.measure(o.metric, CONFIDENCE)).collect();
        let times = |n: usize| {
            let most = self.objectives[n].at_most.max(1e-9);
            measured[n].map_or(0.0, |estimate| estimate.mean / most)
        };
        let worst = (0..measured.len()).max_by(|a, b| times(*a).total_cmp(&times(*b))).unwrap_or(0);
        Felt { times: if measured.is_empty() { 0.0 } else { times(worst) }, worst, measured }
    }
}

fn tally(model: &Model, window: Window, seed: u64, replications: u32) -> Tally {
    let mut tally = Tally::default();
    in_parallel(0..replications, |n| replicate(model, window, seed, n))
        .into_iter()
        .for_each(|outcome| tally.add(outcome));
    tally
}

/// Divide `usable` connections: `None` where there is not even one for each instance.
///
/// Everybody begins with what it wants. While that is too much, one connection of each instance is taken from whoever suffers least
/// without it, going by a simulation of that size; what is left over in the end goes to whoever suffers most. For services of equal
/// weight no other division leaves the worst off better: any would take from somebody who then suffers at least as much.
pub(super) fn divide(claims: &[Claim], usable: u32, seed: u64, mut tell: impl FnMut(u64, u64)) -> Option<Vec<u32>> {
    let least: u64 = claims.iter().map(|claim| u64::from(claim.instances)).sum();
    if least > u64::from(usable) {
        return None;
    }
    let mut sizes: Vec<u32> = claims.iter().map(|claim| claim.wanted.max(1)).collect();
    let sum = |sizes: &[u32]| -> u64 {
        claims.iter().zip(sizes).map(|(c, size)| u64::from(c.instances) * u64::from(*size)).sum()
    };
    let short = sum(&sizes).saturating_sub(usable.into());
    let mut felt: BTreeMap<(usize, u32), f64> = BTreeMap::new();
    let mut ask = |wanted: &[(usize, u32)]| -> Vec<f64> {
        let new: Vec<(usize, u32)> = wanted.iter().filter(|key| !felt.contains_key(key)).copied().collect();
        let found = in_parallel(0..new.len() as u32, |n| {
            let (which, size) = new[n as usize];
            claims[which].felt(size, seed, ON_THE_WAY).times
        });
        felt.extend(new.into_iter().zip(found));
        wanted.iter().map(|key| felt[key]).collect()
    };
    while sum(&sizes) > u64::from(usable) {
        // Large pools give several at once: what is taken too much comes back below.
        let smaller = |size: u32| size - (size / 32).max(1);
        let can: Vec<(usize, u32)> =
            (0..).zip(&sizes).filter(|(_, s)| **s > 1).map(|(n, s)| (n, smaller(*s))).collect();
        let times = ask(&can);
        let least = can.iter().zip(&times).min_by(|a, b| a.1.total_cmp(b.1))?.0;
        sizes[least.0] = least.1;
        tell(short.saturating_sub(sum(&sizes).saturating_sub(usable.into())), short);
    }
    loop {
        let left = u64::from(usable) - sum(&sizes);
        let can: Vec<(usize, u32)> = (0..)
            .zip(claims.iter().zip(&sizes))
            .filter(|(_, (claim, size))| **size < claim.wanted && u64::from(claim.instances) <= left)
            .map(|(n, (_, size))| (n, *size))
            .collect();
        let times = ask(&can);
        let Some(((which, _), _)) = can.iter().zip(&times).max_by(|a, b| a.1.total_cmp(b.1)) else {
            return Some(sizes);
        };
        sizes[*which] += 1;
    }
}
