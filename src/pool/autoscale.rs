//! A pool that grows by itself when it is full.

use crate::units::Span;

/// What makes it grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GrowsAt {
    /// This share of its limit, or more, is in use at the check.
    Usage(f64),
    /// Somebody gave up waiting since the check before.
    Timeouts,
}

/// When a pool grows, and how far. It never shrinks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoolAutoscale {
    /// What makes it grow.
    pub at: GrowsAt,
    /// How often it is checked; above zero.
    pub every: Span,
    /// At how many checks in a row that must hold; at least one.
    pub checks: u32,
    /// By this share of its limit, at least by one connection.
    pub step: f64,
    /// The most connections.
    pub most: u32,
}

impl PoolAutoscale {
    /// The limit after a check: `held` says how often in a row it held before, and is kept.
    ///
    /// ```
    /// use poolwise::{pool::{GrowsAt, PoolAutoscale}, units::Span};
    /// let every = Span::parse("30s").unwrap();
    /// let scale = PoolAutoscale { at: GrowsAt::Usage(0.8), every, checks: 2, step: 0.5, most: 20 };
    /// let mut held = 0;
    /// let limits = [0.5, 0.8, 0.9, 1.0, 1.0].map(|usage| scale.limit(10, usage, 0, &mut held));
    /// assert_eq!(limits, [10, 10, 15, 10, 15]);
    /// ```
    pub fn limit(&self, max_size: u32, usage: f64, timeouts: u64, held: &mut u32) -> u32 {
        let holds = match self.at {
            GrowsAt::Usage(share) => usage >= share,
            GrowsAt::Timeouts => timeouts > 0,
        };
        *held = if holds { *held + 1 } else { 0 };
        if *held < self.checks {
            return max_size;
        }
        *held = 0;
        let more = (f64::from(max_size) * self.step).ceil().max(1.0) as u32;
        max_size.saturating_add(more).min(self.most.max(max_size))
    }
}
