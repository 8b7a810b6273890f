//! Equal bins of time.

use crate::units::{SimTime, Span};

/// Finds the bin of a moment. Moments come in order, or nearly so, and most lie in the bin of the one before: that is looked at
/// first, because a division takes longer than all else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bins {
    width: u64,
    count: usize,
    last: usize,
    from: u64,
    until: u64,
}

impl Bins {
    /// So many bins, of which the last has no end; `width` is above zero.
    pub(super) fn new(count: usize, width: Span) -> Self {
        let width = width.nanos();
        Self { width, count, last: 0, from: 0, until: if count > 1 { width } else { u64::MAX } }
    }

    /// The bin of a moment.
    #[inline]
    pub(super) fn at(&mut self, at: SimTime) -> usize {
        let nanos = at.nanos();
        if nanos < self.from || nanos >= self.until {
            self.look(nanos);
        }
        self.last
    }

    #[inline(never)]
    fn look(&mut self, nanos: u64) {
        self.last = ((nanos / self.width) as usize).min(self.count - 1);
        self.from = self.width * self.last as u64;
        self.until = if self.last + 1 == self.count { u64::MAX } else { self.from + self.width };
    }

    /// Tell how much of the time between two moments lies in each bin.
    #[inline]
    pub(super) fn divide(&mut self, from: SimTime, to: SimTime, mut add: impl FnMut(usize, Span)) {
        let (mut at, to) = (from.nanos(), to.nanos());
        while at < to {
            let bin = self.at(SimTime::ZERO + Span::from_nanos(at));
            let end = to.min(self.until);
            add(bin, Span::from_nanos(end - at));
            at = end;
        }
    }
}
