//! Pools that grow by themselves.

use super::timers::{Rank, Timer};
use super::{Engine, Observer};
use crate::pool::PoolConfig;
use crate::units::SimTime;

/// What such pools remember, by pool: how often in a row they were full, and how many gave up waiting since the last check.
pub(super) struct Growing {
    pools: Vec<(u32, u64)>,
}

impl Growing {
    pub(super) fn of(kinds: &[&PoolConfig], instances: u32) -> Option<Self> {
        let any = kinds.iter().any(|kind| kind.autoscale.is_some());
        any.then(|| Self { pools: vec![(0, 0); instances as usize * kinds.len()] })
    }

    pub(super) fn timed_out(&mut self, home: u32) {
        if let Some((_, timeouts)) = self.pools.get_mut(home as usize) {
            *timeouts += 1;
        }
    }
}

impl<O: Observer> Engine<'_, O> {
    /// A pool that grows by itself is checked later.
    pub(super) fn grow_later(&mut self, now: SimTime, home: u32) {
        let every = self.pools[home as usize].config().autoscale.map(|autoscale| autoscale.every);
        if let (Some(growing), Some(every)) = (&mut self.growing, every) {
            growing.pools.resize(self.pools.len(), (0, 0));
            self.plan(now + every, Rank::Change, Timer::Grows { home });
        }
    }

    /// A pool is checked, and grows if it has been full for long enough.
    pub(super) fn grow(&mut self, now: SimTime, home: u32) {
        let pool = &self.pools[home as usize];
        let (max_size, active) = (pool.config().max_size, pool.active());
        let (Some(growing), Some(autoscale)) = (&mut self.growing, pool.config().autoscale) else { return };
        if pool.is_ended() {
            return;
        }
        let (held, timeouts) = &mut growing.pools[home as usize];
        let usage = f64::from(active) / f64::from(max_size);
        let limit = autoscale.limit(max_size, usage, core::mem::take(timeouts), held);
        self.resize(now, home, limit);
        self.grow_later(now, home);
    }
}
