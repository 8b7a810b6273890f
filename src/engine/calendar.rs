//! When what is under way is over.

use crate::units::{SimTime, Span};

/// The place of something that is under way.
pub(crate) type Place = u32;

/// Moments by place, the earliest at hand; of equal moments that of the lower place. Setting one takes time logarithmic in the most
/// places that were ever taken at once, and the same steps whoever wins: there is nothing for the processor to guess. (A tournament
/// of winners: D. E. Knuth, *The Art of Computer Programming* 3, 5.4.1.)
///
/// A node is one word, the moment above and the place below, so that the lesser of two is one comparison. The moment is counted
/// from a base, and one too far from it for the bits that are left is only known to be far; when nothing nearer is left, the base
/// moves on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar {
    /// The lesser of `nodes[2n]` and `nodes[2n + 1]` is `nodes[n]`; the leaves fill the upper half. A power of two of them.
    nodes: Vec<u64>,
    winner: u64,
    /// How many bits the place takes.
    bits: u32,
    base: SimTime,
    /// The moments themselves.
    moments: Vec<SimTime>,
    free: Vec<Place>,
}

impl Calendar {
    /// With room for so many places, which grows as it must.
    pub(crate) fn new(places: u32) -> Self {
        let leaves = places.next_power_of_two().max(2) as usize;
        let mut calendar =
            Self { nodes: Vec::new(), winner: 0, bits: 0, base: SimTime::ZERO, moments: Vec::new(), free: Vec::new() };
        calendar.grow(leaves);
        calendar
    }

    /// The earliest moment, and whose it is.
    #[inline]
    pub(crate) fn first(&self) -> (SimTime, Place) {
        let after = self.winner >> self.bits;
        let at = if after == self.never() { SimTime::NEVER } else { self.base + Span::from_nanos(after) };
        (at, (self.winner - (after << self.bits)) as Place)
    }

    /// A place for something new.
    #[inline]
    pub(crate) fn take(&mut self) -> Place {
        match self.free.pop() {
            Some(place) => place,
            None => {
                self.grow(self.nodes.len());
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

    /// Something begins at the earliest moment, or at `asked` if that is later, and is over so long after; unless it would have to wait
    /// for longer than the patience. How long it would have to wait.
    #[inline]
    pub(crate) fn begin(&mut self, asked: SimTime, lasts: Span, patience: Span) -> Span {
        let place = self.winner & ((1 << self.bits) - 1);
        let free = self.winner - place;
        let after = asked.nanos().wrapping_sub(self.base.nanos());
        // Nothing is far that begins and ends within a quarter each of what the bits can say.
        if after | lasts.nanos() > self.never() >> 2 || self.winner > u64::MAX >> 2 {
            return self.begin_far(asked, lasts, patience);
        }
        let from = free.max(after << self.bits);
        let wait = Span::from_nanos((from >> self.bits) - after);
        if wait <= patience {
            self.moments[place as usize] = asked + wait + lasts;
            self.climb(from + (lasts.nanos() << self.bits) + place, place as usize);
        }
        wait
    }

    #[cold]
    fn begin_far(&mut self, asked: SimTime, lasts: Span, patience: Span) -> Span {
        let (free, place) = self.first();
        let wait = free.since(asked);
        if wait <= patience {
            self.set(place, asked.max(free) + lasts);
        }
        wait
    }

    /// When what is at a place is over.
    #[inline]
    pub(crate) fn set(&mut self, place: Place, at: SimTime) {
        self.moments[place as usize] = at;
        if at < self.base {
            return self.count_from(at);
        }
        self.climb(self.key(place, at), place as usize);
        if self.winner >> self.bits == self.never() - 1 {
            self.count_from(self.moments.iter().copied().min().unwrap_or_default());
        }
    }

    /// Play the matches of one place anew.
    #[inline]
    fn climb(&mut self, mut winner: u64, place: usize) {
        let nodes = self.nodes.as_mut_slice();
        if nodes.is_empty() {
            return;
        }
        // A remainder by a power of two never lies outside: the compiler sees that and checks nothing.
        let within = nodes.len() - 1;
        let mut n = nodes.len() / 2 + place;
        for _ in 0..self.bits {
            nodes[n & within] = winner;
            winner = winner.min(nodes[(n ^ 1) & within]);
            n /= 2;
        }
        self.winner = winner;
    }

    /// The most that the bits above a place can say: never. One less is far.
    #[inline]
    fn never(&self) -> u64 {
        u64::MAX >> self.bits
    }

    #[inline]
    fn key(&self, place: Place, at: SimTime) -> u64 {
        let far = self.never() - 1;
        let after = if at == SimTime::NEVER { far + 1 } else { at.since(self.base).nanos().min(far) };
        (after << self.bits) | u64::from(place)
    }

    #[cold]
    fn count_from(&mut self, base: SimTime) {
        self.base = base;
        self.play();
    }

    /// So many leaves, no fewer than before.
    #[cold]
    fn grow(&mut self, leaves: usize) {
        let old = self.moments.len();
        self.free.extend((old as Place..leaves as Place).rev());
        self.moments.resize(leaves, SimTime::NEVER);
        self.bits = leaves.trailing_zeros();
        self.nodes = vec![0; 2 * leaves];
        self.play();
    }

    /// All matches anew.
    fn play(&mut self) {
        let leaves = self.moments.len();
        for place in 0..leaves {
            self.nodes[leaves + place] = self.key(place as Place, self.moments[place]);
        }
        for n in (1..leaves).rev() {
            self.nodes[n] = self.nodes[2 * n].min(self.nodes[2 * n + 1]);
        }
        self.winner = self.nodes[1];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{below, mix};

    /// Against a plain list, through several sizes.
    #[test]
    fn the_earliest_is_at_hand() {
        let mut calendar = Calendar::new(1);
        let mut list: Vec<(SimTime, Place)> = Vec::new();
        for step in 0..20_000u64 {
            let luck = mix(step);
            // Grows to some hundred places, then shrinks.
            if below(luck, 100) < if step < 10_000 { 53 } else { 47 } {
                let place = calendar.take();
                // Some lie further ahead than the bits of a word reach.
                let ahead = if below(mix(luck + 1), 10) == 0 { 1 << 62 } else { 1_000 };
                let at = SimTime::from_nanos(u64::from(below(mix(luck), 1_000)) + ahead);
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

    /// Against a plain list, near and far.
    #[test]
    fn what_begins_waits_for_the_first() {
        for places in [1, 2, 5, 8] {
            let mut calendar = Calendar::new(places);
            (0..places).for_each(|place| calendar.set(place, SimTime::ZERO));
            let mut list = vec![SimTime::ZERO; places as usize];
            let (mut now, mut waited, mut gave_up) = (SimTime::ZERO, 0, 0);
            for step in 0..20_000u64 {
                let [luck, rare] = [mix(step), mix(step ^ 77)].map(|word| u64::from(below(word, 1_000)));
                now += Span::from_nanos(if rare == 0 { 1 << 49 } else { luck / u64::from(places) });
                let lasts = Span::from_nanos(if rare == 1 { 1 << 58 } else { u64::from(below(mix(luck), 1_000)) });
                let patience = Span::from_nanos(if rare < 500 { u64::MAX } else { luck });
                let first = list.iter_mut().min().unwrap();
                let wait = first.since(now);
                assert_eq!(calendar.begin(now, lasts, patience), wait, "step {step} of {places}");
                waited += u32::from(wait > Span::ZERO);
                gave_up += u32::from(wait > patience);
                if wait <= patience {
                    *first = now.max(*first) + lasts;
                }
                // What lasts for ever would block a small pool for good.
                if calendar.first().0 > now + Span::from_nanos(1 << 40) {
                    calendar.set(0, now);
                    list = calendar.moments[..places as usize].to_vec();
                }
            }
            assert!(waited > 1_000 && gave_up > 100, "{waited} waited, {gave_up} gave up");
        }
    }
}
