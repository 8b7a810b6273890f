//! Poisson arrivals whose rate is linear between given moments.

use crate::random::Generator;
use crate::units::{Rate, SimTime, Span};
use rand_distr::{Distribution as _, Exp1};

/// A rate over time, linear between given moments; it may jump there, and may repeat for ever.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCurve {
    /// The first from time zero; moments rise strictly.
    pieces: Vec<Piece>,
    repeats: Option<Repeats>,
}

/// From this moment on, so many per second, and so much more every second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) from: SimTime,
    pub(super) rate: f64,
    pub(super) slope: f64,
}

impl Piece {
    fn at(&self, moment: SimTime) -> f64 {
        self.rate + self.slope * moment.since(self.from).seconds()
    }

    /// The expected number up to `end`.
    fn area(&self, end: SimTime) -> f64 {
        (self.rate + self.at(end)) / 2.0 * end.since(self.from).seconds()
    }
}

/// From which piece on everything comes again, and after how long; the last piece ends with the first such period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Repeats {
    pub(super) first: usize,
    pub(super) period: Span,
}

impl RateCurve {
    pub(super) fn new(pieces: Vec<Piece>, repeats: Option<Repeats>) -> Self {
        debug_assert!(pieces.first().is_some_and(|p| p.from == SimTime::ZERO));
        debug_assert!(pieces.is_sorted_by(|a, b| a.from < b.from));
        Self { pieces, repeats }
    }

    /// One rate for ever.
    pub fn constant(rate: Rate) -> Self {
        Self::new(vec![Piece { from: SimTime::ZERO, rate: rate.as_per_second(), slope: 0.0 }], None)
    }

    /// So many times as high at every moment.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let scaled = |piece: &Piece| Piece { rate: piece.rate * factor, slope: piece.slope * factor, ..*piece };
        Self::new(self.pieces.iter().map(scaled).collect(), self.repeats)
    }

    /// Whether it never changes.
    pub fn is_constant(&self) -> bool {
        self.pieces.iter().all(|piece| piece.slope == 0.0 && piece.rate == self.pieces[0].rate)
    }

    /// The rate at the start, per second.
    pub(crate) fn start(&self) -> f64 {
        self.pieces[0].rate
    }

    /// When it first changes; [`SimTime::NEVER`] if it does not.
    pub(crate) fn first_change(&self) -> SimTime {
        let changes = self.pieces.iter().find(|piece| piece.slope != 0.0 || piece.rate != self.pieces[0].rate);
        changes.map_or(SimTime::NEVER, |piece| piece.from)
    }

    /// The end of a piece, the first time that it is reached.
    fn end_of(&self, piece: usize) -> SimTime {
        let last = || self.repeats.map_or(SimTime::NEVER, |r| self.pieces[r.first].from + r.period);
        self.pieces.get(piece + 1).map_or_else(last, |next| next.from)
    }

    /// The highest rate, per second: that of a corner.
    pub(super) fn peak(&self) -> f64 {
        let corners = self.pieces.iter().enumerate().map(|(n, piece)| {
            let end = if piece.slope == 0.0 { piece.rate } else { piece.at(self.end_of(n)) };
            piece.rate.max(end)
        });
        corners.fold(0.0, f64::max)
    }

    /// The expected number of arrivals up to `until`.
    pub(super) fn expected(&self, until: SimTime) -> f64 {
        let Some(Repeats { first, period }) = self.repeats else { return self.area(0, until) };
        let start = self.pieces[first].from;
        if until <= start {
            return self.area(0, until);
        }
        let (whole, rest) = (until.since(start).nanos() / period.nanos(), until.since(start).nanos() % period.nanos());
        let of_one = self.area(first, start + period);
        self.area(0, start) + whole as f64 * of_one + self.area(first, start + Span::from_nanos(rest))
    }

    /// The expected number from the start of a piece up to `until`, without repetition.
    fn area(&self, first: usize, until: SimTime) -> f64 {
        let pieces = self.pieces.iter().enumerate().skip(first).take_while(|(_, piece)| piece.from < until);
        pieces.map(|(n, piece)| piece.area(self.end_of(n).min(until))).sum()
    }

    pub(super) fn clock(&self) -> RateClock<'_> {
        let mut clock = RateClock {
            curve: self,
            piece: 0,
            shift: Span::ZERO,
            here: self.pieces[0],
            end: SimTime::NEVER,
            now: SimTime::ZERO,
        };
        clock.enter(0);
        clock
    }
}

/// Gives the next arrival, one exponential draw each, by inversion of the cumulative rate.
pub(super) struct RateClock<'a> {
    curve: &'a RateCurve,
    piece: usize,
    /// How much later than the first time the pieces come now.
    shift: Span,
    /// The piece of this moment and its end, shifted.
    here: Piece,
    end: SimTime,
    now: SimTime,
}

impl RateClock<'_> {
    /// The next arrivals, as many as there is room for.
    pub(super) fn fill(&mut self, rng: &mut Generator, moments: &mut [SimTime]) {
        // While the rate lasts, with the generator's state out of memory.
        let (mut own, mut now, mut filled) = (rng.clone(), self.now, 0);
        if self.end == SimTime::NEVER && self.here.slope == 0.0 && self.here.rate > 0.0 {
            let (mut luck, mut gaps) = ([0.0f64; 32], [Span::ZERO; 32]);
            for moments in moments.chunks_mut(luck.len()) {
                let luck = &mut luck[..moments.len()];
                luck.fill_with(|| Exp1.sample(&mut own));
                luck.iter_mut().for_each(|to_go| *to_go /= self.here.rate);
                Span::all_from_seconds(&mut gaps, luck);
                for (moment, gap) in moments.iter_mut().zip(gaps) {
                    now += gap;
                    *moment = now;
                }
            }
            (self.now, filled) = (now, moments.len());
        }
        *rng = own;
        moments[filled..].iter_mut().for_each(|moment| *moment = self.next(rng));
    }

    /// The next arrival; [`SimTime::NEVER`] when the rate stays zero.
    #[inline]
    pub(super) fn next(&mut self, rng: &mut Generator) -> SimTime {
        let mut to_go: f64 = Exp1.sample(rng);
        loop {
            if let Some(seconds) = self.needs(to_go) {
                let arrival = self.now + Span::from_seconds(seconds);
                if arrival < self.end {
                    self.now = arrival;
                    return arrival;
                }
            }
            if self.end == SimTime::NEVER {
                return SimTime::NEVER;
            }
            to_go = (to_go - self.passes()).max(0.0);
            self.now = self.end;
            self.enter(self.piece + 1);
        }
    }

    /// How many seconds from now on it takes until `to_go` are expected, if this piece lasts so long; `None` if it never gets
    /// there.
    #[inline]
    fn needs(&self, to_go: f64) -> Option<f64> {
        if self.here.slope == 0.0 {
            return (self.here.rate > 0.0).then(|| to_go / self.here.rate);
        }
        // rate · t + slope · t² / 2 = to_go, solved without cancellation.
        let rate = self.here.at(self.now).max(0.0);
        let square = rate * rate + 2.0 * self.here.slope * to_go;
        let root = rate + libm::sqrt(square.max(0.0));
        (square >= 0.0 && root > 0.0).then(|| 2.0 * to_go / root)
    }

    /// How many are expected from now until the end of the piece.
    fn passes(&self) -> f64 {
        let seconds = self.end.since(self.now).seconds();
        if self.here.slope == 0.0 {
            seconds * self.here.rate
        } else {
            (self.here.at(self.now) + self.here.at(self.end)).max(0.0) / 2.0 * seconds
        }
    }

    fn enter(&mut self, piece: usize) {
        self.piece = piece;
        if let (true, Some(again)) = (piece == self.curve.pieces.len(), self.curve.repeats) {
            self.piece = again.first;
            self.shift = self.shift + again.period;
        }
        self.here = self.curve.pieces[self.piece];
        self.here.from += self.shift;
        self.end = self.curve.end_of(self.piece) + self.shift;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + Span::from_seconds(seconds)
    }

    fn curve(pieces: &[(f64, f64, f64)], period: Option<f64>) -> RateCurve {
        let pieces = pieces.iter().map(|(from, rate, slope)| Piece { from: at(*from), rate: *rate, slope: *slope });
        let repeats = period.map(|seconds| Repeats { first: 0, period: Span::from_seconds(seconds) });
        RateCurve::new(pieces.collect(), repeats)
    }

    /// The number of arrivals in each of the intervals that begin at `from`, up to `until`.
    fn counts(curve: &RateCurve, from: &[f64], until: f64, seed: u64) -> Vec<u32> {
        let mut rng = Streams::new(seed, 0).of(Purpose::Arrival, 0);
        let mut clock = curve.clock();
        let mut counts = vec![0; from.len()];
        let mut before = SimTime::ZERO;
        loop {
            let now = clock.next(&mut rng);
            assert!(now >= before, "{now:?} after {before:?}");
            if now > at(until) {
                return counts;
            }
            before = now;
            counts[from.partition_point(|s| at(*s) <= now) - 1] += 1;
        }
    }

    /// Poisson counts: within four standard deviations (false alarm 6e-5 each, under 1e-2 for all of this file).
    fn poisson(found: &[u32], expected: &[f64]) {
        for (n, (count, expected)) in found.iter().zip(expected).enumerate() {
            assert!((f64::from(*count) - expected).abs() <= 4.0 * expected.sqrt(), "{n}: {count} for {expected}");
        }
        assert_eq!(found.len(), expected.len());
    }

    #[test]
    fn counts_follow_the_steps() {
        let curve = curve(&[(0.0, 100.0, 0.0), (50.0, 0.0, 0.0), (60.0, 1000.0, 0.0), (100.0, 10.0, 0.0)], None);
        poisson(&counts(&curve, &[0.0, 50.0, 60.0, 100.0], 200.0, 7), &[5000.0, 0.0, 40_000.0, 1000.0]);
        assert_eq!(curve.expected(at(200.0)), 46_000.0);
        assert_eq!((curve.peak(), curve.is_constant()), (1000.0, false));
    }

    #[test]
    fn counts_follow_a_ramp_up_and_down_to_nothing() {
        // 0 to 1000/s in 10 s, back to 0 in 20 s, nothing for 10 s, then from 0 again.
        let pieces =
            [(0.0, 0.0, 100.0), (10.0, 1000.0, -50.0), (30.0, 0.0, 0.0), (40.0, 0.0, 10.0), (60.0, 200.0, 0.0)];
        let curve = curve(&pieces, None);
        // Within each piece the first and the second half differ: the moments follow the slope, not only the counts.
        let from = [0.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0];
        let expected = [1250.0, 3750.0, 7500.0, 2500.0, 0.0, 500.0, 1500.0, 2000.0];
        for seed in 0..8 {
            poisson(&counts(&curve, &from, 70.0, seed), &expected);
        }
        assert!((curve.expected(at(70.0)) - 19_000.0).abs() < 1e-6);
        assert!((curve.expected(at(20.0)) - 12_500.0).abs() < 1e-6);
        assert!((curve.peak() - 1000.0).abs() < 1e-9);
    }

    #[test]
    fn what_repeats_comes_again_in_each_period() {
        let curve = curve(&[(0.0, 100.0, 0.0), (3.0, 400.0, -100.0)], Some(5.0));
        let from: Vec<f64> = (0..40).flat_map(|n| [f64::from(n) * 5.0, f64::from(n) * 5.0 + 3.0]).collect();
        let expected: Vec<f64> = (0..40).flat_map(|_| [300.0, 600.0]).collect();
        poisson(&counts(&curve, &from, 200.0, 3), &expected);
        assert!((curve.expected(at(200.0)) - 36_000.0).abs() < 1e-6);
        assert!((curve.expected(at(204.0)) - 36_650.0).abs() < 1e-6, "{}", curve.expected(at(204.0)));
    }

    /// Where few come, each gap spans much of the ramp: 0 to 2/s in a second, then nothing for one, and again.
    #[test]
    fn a_slow_ramp_is_inverted_exactly() {
        let curve = curve(&[(0.0, 0.0, 2.0), (1.0, 0.0, 0.0)], Some(2.0));
        let periods = 20_000;
        let from: Vec<f64> = (0..periods).flat_map(|n| [0.0, 0.5, 1.0].map(|part| 2.0 * f64::from(n) + part)).collect();
        let found = counts(&curve, &from, 2.0 * f64::from(periods), 13);
        let sums = [0, 1, 2].map(|part| found.iter().skip(part).step_by(3).sum::<u32>());
        poisson(&sums, &[5000.0, 15_000.0, 0.0]);
    }

    #[test]
    fn no_rate_no_arrival() {
        let none = RateCurve::constant(Rate::per_second(0.0));
        assert_eq!(none.clock().next(&mut Streams::new(1, 0).of(Purpose::Arrival, 0)), SimTime::NEVER);
    }

    /// One draw per arrival: a clock that skips pieces uses as many as one that does not.
    #[test]
    fn every_arrival_is_one_draw() {
        let many = curve(&[(0.0, 5.0, 0.0), (1.0, 0.0, 2.0), (2.0, 2.0, -2.0), (3.0, 5.0, 0.0)], None);
        let one = RateCurve::constant(Rate::per_second(5.0));
        let mut streams = [0; 2].map(|_| Streams::new(9, 0).of(Purpose::Arrival, 0));
        let (mut a, mut b) = (many.clock(), one.clock());
        for _ in 0..1000 {
            a.next(&mut streams[0]);
            b.next(&mut streams[1]);
        }
        assert_eq!(streams[0], streams[1]);
    }
}
