//! When connections come back: a tournament over the places of what is under way.

use crate::units::SimTime;

/// The place of something that is under way.
pub(crate) type Place = u32;

/// Moments by place, the earliest at hand; at one moment the lower place comes first. Setting a moment takes time logarithmic
/// in the most places that were ever taken at once. (A tournament tree of winners: Knuth, *The Art of Computer Programming* 3,
/// 5.4.1.)
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    /// The winner of `nodes[2n]` and `nodes[2n + 1]` is `nodes[n]`; the leaves fill the upper half. Each is a moment and, below
    /// it, a place.
    nodes: Vec<u128>,
    free: Vec<Place>,
}

const NEVER: u64 = u64::MAX;

fn key(at: u64, place: Place) -> u128 {
    (u128::from(at) << 64) | u128::from(place)
}

impl Calendar {
    pub(crate) fn new() -> Self {
        let mut calendar = Self { nodes: Vec::new(), free: Vec::new() };
        calendar.grow();
        calendar
    }

    /// The earliest moment, and whose it is.
    #[inline]
    pub(crate) fn first(&self) -> (SimTime, Place) {
        let winner = self.nodes[1];
        (SimTime::from_nanos((winner >> 64) as u64), winner as Place)
    }

    /// A place for something new.
    #[inline]
    pub(crate) fn take(&mut self) -> Place {
        match self.free.pop() {
            Some(place) => place,
            None => {
                self.grow();
                self.take()
            }
        }
    }

    /// A place is free again.
    #[inline]
    pub(crate) fn clear(&mut self, place: Place) {
        self.set(place, SimTime::NEVER);
        self.free.push(place);
    }

    /// When what is at a place is over.
    #[inline]
    pub(crate) fn set(&mut self, place: Place, at: SimTime) {
        let leaves = self.nodes.len() / 2;
        let mut n = leaves + place as usize;
        let mut winner = key(at.nanos(), place);
        self.nodes[n] = winner;
        while n > 1 {
            winner = winner.min(self.nodes[n ^ 1]);
            n /= 2;
            self.nodes[n] = winner;
        }
    }

    /// Twice as many places.
    fn grow(&mut self) {
        let old = self.nodes.len() / 2;
        let leaves = (2 * old).max(16);
        let mut nodes = vec![0; 2 * leaves];
        for place in 0..leaves {
            nodes[leaves + place] = match self.nodes.get(old + place) {
                Some(leaf) if place < old => *leaf,
                _ => key(NEVER, place as Place),
            };
        }
        for n in (1..leaves).rev() {
            nodes[n] = nodes[2 * n].min(nodes[2 * n + 1]);
        }
        self.nodes = nodes;
        self.free.extend((old as Place..leaves as Place).rev());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{below, mix};

    /// Against a plain list, through several sizes.
    #[test]
    fn the_earliest_is_at_hand() {
        let mut calendar = Calendar::new();
        let mut list: Vec<(SimTime, Place)> = Vec::new();
        for step in 0..20_000u64 {
            let luck = mix(step);
            // Grows to some hundred places, then shrinks.
            if below(luck, 100) < if step < 10_000 { 53 } else { 47 } {
                let place = calendar.take();
                let at = SimTime::from_nanos(below(mix(luck), 1000).into());
                calendar.set(place, at);
                list.push((at, place));
            } else if let Some(first) = list.iter().copied().min() {
                assert_eq!(calendar.first(), first);
                calendar.clear(first.1);
                list.retain(|entry| *entry != first);
            }
        }
        assert!(calendar.nodes.len() > 64, "it has grown");
    }
}
