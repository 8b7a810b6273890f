//! When alerts fired.

use super::Window;
use crate::engine::Fact;
use crate::units::SimTime;

/// What became of one alert in one replication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Firing {
    /// When it fired first within the window.
    pub first: Option<SimTime>,
    /// How often it began to fire.
    pub times: u64,
    /// Nanoseconds for which it fired.
    pub nanos: u128,
    /// The highest value that was seen, in thousandths of its threshold; absent where there never was a value.
    pub highest: Option<u32>,
    since: Option<SimTime>,
}

impl Firing {
    pub(super) fn none(count: usize) -> Vec<Self> {
        vec![Self::default(); count]
    }

    pub(super) fn on(all: &mut [Self], now: SimTime, fact: Fact, window: Window) {
        match fact {
            Fact::Looked { alert, thousandths } if now >= window.from => {
                let one = &mut all[alert];
                one.highest = one.highest.max(Some(thousandths));
            }
            Fact::Fires { alert } => all[alert].fires(now.max(window.from), now >= window.from),
            Fact::Clears { alert } => all[alert].clears(now.max(window.from)),
            _ => {}
        }
    }

    fn fires(&mut self, now: SimTime, within: bool) {
        self.since = Some(now);
        self.times += u64::from(within);
        if within {
            self.first.get_or_insert(now);
        }
    }

    fn clears(&mut self, now: SimTime) {
        if let Some(since) = self.since.take() {
            self.nanos += u128::from(now.since(since).nanos());
        }
    }

    pub(super) fn finish(all: &mut [Self], until: SimTime) {
        all.iter_mut().for_each(|one| one.clears(until));
    }
}
