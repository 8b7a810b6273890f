//! A rate as people describe it: steps, ramps, spikes and the hours of the day, put together into one curve.

use super::rate::{Piece, RateCurve, Repeats};
use crate::math::cos;
use crate::order::sort_by;
use crate::units::{Rate, SimTime, Span};

/// How many linear pieces stand in for a day's cosine. It is met exactly at their ends; between them the rate is at most
/// 0.03 % of its swing too low or too high, and the day's mean is exact.
const PIECES: u64 = 96;
const DAY: Span = Span::from_nanos(86_400_000_000_000);
const PIECE: Span = Span::from_nanos(DAY.nanos() / PIECES);

/// From `at` on another rate, reached on a straight line that takes `over`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// When it begins.
    pub at: SimTime,
    /// The rate at its end.
    pub rate: Rate,
    /// How long it takes.
    pub over: Span,
}

impl Step {
    fn end(&self) -> SimTime {
        self.at + self.over
    }
}

/// For a while so many times as many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// When it begins.
    pub at: SimTime,
    /// How long it lasts.
    pub lasts: Span,
    /// How many times as many requests.
    pub factor: f64,
}

/// A cosine over the 24 hours; the run starts at midnight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Daily {
    /// The lowest rate of the day, relative to the highest.
    pub low: f64,
    /// When the rate is highest, after midnight; less than a day.
    pub peak_at: Span,
}

impl Daily {
    /// Relative to the day's highest.
    fn at(&self, moment: SimTime) -> f64 {
        // On the grid of pieces, which the peak is on; the cosine is even and repeats.
        let after = (moment.nanos() % DAY.nanos() + DAY.nanos() - self.peak_at.nanos()) % DAY.nanos();
        let corner = |n: u64| {
            let turn = core::f64::consts::TAU * (n % PIECES) as f64 / PIECES as f64;
            self.low + (1.0 - self.low) * (1.0 + cos(turn)) / 2.0
        };
        let (n, rest) = (after / PIECE.nanos(), after % PIECE.nanos());
        let part = rest as f64 / PIECE.nanos() as f64;
        if rest == 0 { corner(n) } else { corner(n) + (corner(n + 1) - corner(n)) * part }
    }

    /// The first moment of the grid, within the first piece of the first day.
    fn first(&self) -> SimTime {
        SimTime::ZERO + Span::from_nanos(self.peak_at.nanos() % PIECE.nanos())
    }
}

/// A rate as it is described. Steps are in order, each from the end of the one before; spikes are in order and do not overlap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// The rate at the start.
    pub rate: Rate,
    /// How it changes.
    pub steps: Vec<Step>,
    /// When it is higher for a while.
    pub spikes: Vec<Spike>,
    /// How it follows the hours of the day.
    pub daily: Option<Daily>,
}

impl Shape {
    /// The curve: at every moment the product of what steps, spikes and the hour of the day say.
    pub(crate) fn curve(&self) -> RateCurve {
        let ends = self.steps.iter().flat_map(|s| [s.at, s.end()]);
        let ends = ends.chain(self.spikes.iter().flat_map(|s| [s.at, s.at + s.lasts]));
        let mut corners: Vec<SimTime> = ends.chain([SimTime::ZERO]).collect();
        let settled = corners.iter().copied().max().unwrap_or_default();
        let last = self.steps.last().map_or(self.rate, |step| step.rate);
        // Once all is settled, one more day, to be repeated.
        let daily = self.daily.filter(|daily| daily.low < 1.0 && last.as_per_second() > 0.0);
        let again = daily.map(|daily| {
            let mut corner = daily.first();
            while corner < settled {
                corners.push(corner);
                corner += PIECE;
            }
            let start = corner;
            while corner <= start + DAY {
                corners.push(corner);
                corner += PIECE;
            }
            start
        });
        // Before the rate falls to nothing for good, the hours of the day count too.
        if let (None, Some(daily)) = (again, self.daily) {
            let mut corner = daily.first();
            while corner < settled {
                corners.push(corner);
                corner += PIECE;
            }
        }
        sort_by(&mut corners, Ord::cmp);
        corners.dedup();
        let mut pieces: Vec<Piece> = corners.windows(2).map(|ends| self.piece(ends[0], ends[1])).collect();
        let repeats = again.map(|start| {
            let first = pieces.partition_point(|piece| piece.from < start);
            Repeats { first, period: DAY }
        });
        if repeats.is_none() {
            pieces.push(Piece { from: settled, rate: self.at(settled, settled), slope: 0.0 });
        }
        RateCurve::new(pieces, repeats)
    }

    fn piece(&self, from: SimTime, until: SimTime) -> Piece {
        let [rate, end] = [from, until].map(|moment| self.at(moment, from));
        Piece { from, rate, slope: if rate == end { 0.0 } else { (end - rate) / until.since(from).seconds() } }
    }

    /// The rate at `moment`, by the steps and spikes that have begun and not ended at `from`: `moment` is in or at the end of the
    /// same piece.
    fn at(&self, moment: SimTime, from: SimTime) -> f64 {
        let begun = self.steps.partition_point(|step| step.at <= from);
        let before = |n: usize| if n == 0 { self.rate } else { self.steps[n - 1].rate }.as_per_second();
        let rate = match begun.checked_sub(1).map(|n| (&self.steps[n], before(n))) {
            Some((step, before)) if moment < step.end() => {
                let part = moment.since(step.at).seconds() / step.over.seconds();
                before + (step.rate.as_per_second() - before) * part
            }
            _ => before(begun),
        };
        let spike = self.spikes.iter().find(|spike| spike.at <= from && from < spike.at + spike.lasts);
        rate * spike.map_or(1.0, |spike| spike.factor) * self.daily.map_or(1.0, |daily| daily.at(moment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};

    const HOUR: f64 = 3600.0;

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + Span::from_seconds(seconds)
    }

    fn per_second(rate: f64) -> Rate {
        Rate::per_second(rate)
    }

    fn step(from: f64, rate: f64, over: f64) -> Step {
        Step { at: at(from), rate: per_second(rate), over: Span::from_seconds(over) }
    }

    fn spike(from: f64, lasts: f64, factor: f64) -> Spike {
        Spike { at: at(from), lasts: Span::from_seconds(lasts), factor }
    }

    /// The expected number between two moments.
    fn between(curve: &RateCurve, from: f64, until: f64) -> f64 {
        curve.expected(at(until)) - curve.expected(at(from))
    }

    fn same(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} for {expected}");
    }

    #[test]
    fn steps_ramps_and_spikes_multiply() {
        let shape = Shape {
            rate: per_second(100.0),
            steps: vec![step(10.0, 300.0, 0.0), step(20.0, 100.0, 10.0), step(30.0, 0.0, 5.0)],
            spikes: vec![spike(5.0, 10.0, 2.0), spike(25.0, 5.0, 10.0)],
            daily: None,
        };
        let curve = shape.curve();
        for (from, until, expected) in [
            (0.0, 5.0, 500.0),
            (5.0, 10.0, 1000.0),
            (10.0, 15.0, 3000.0),
            (15.0, 20.0, 1500.0),
            (20.0, 25.0, 1250.0),
            (25.0, 30.0, 7500.0),
            (30.0, 35.0, 250.0),
            (35.0, 1e6, 0.0),
        ] {
            same(between(&curve, from, until), expected);
        }
        same(curve.peak(), 2000.0);
    }

    #[test]
    fn a_day_is_a_cosine_and_comes_again() {
        let shape = Shape {
            rate: per_second(1000.0),
            daily: Some(Daily { low: 0.3, peak_at: Span::from_seconds(14.0 * HOUR + 100.0) }),
            ..Shape::default()
        };
        let curve = shape.curve();
        same(curve.peak(), 1000.0);
        let peak = 14.0 * HOUR + 100.0;
        // The integral of the cosine over an hour about the peak, about the trough, and on the way down.
        let exact = |from: f64, until: f64| {
            let turn = core::f64::consts::TAU / (24.0 * HOUR);
            let sin = |t: f64| cos(turn * (t - peak) - core::f64::consts::FRAC_PI_2);
            1000.0 * (0.65 * (until - from) + 0.35 * (sin(until) - sin(from)) / turn)
        };
        for day in [0.0, 1.0, 9.0] {
            let zero = day * 24.0 * HOUR;
            for hour in [0.0, 2.0, 8.0, 13.5, 20.0, 23.0] {
                let (from, until) = (zero + hour * HOUR, zero + (hour + 1.0) * HOUR);
                let found = between(&curve, from, until);
                let (found, exact) = (found / HOUR, exact(from, until) / HOUR);
                assert!((found - exact).abs() < 3e-4 * 700.0, "hour {hour}: {found} for {exact}");
            }
            let found = between(&curve, zero, zero + 24.0 * HOUR);
            assert!((found / (1000.0 * 0.65 * 24.0 * HOUR) - 1.0).abs() < 1e-9, "{found}");
        }
        // The peak and the trough themselves.
        same(between(&curve, peak, peak + 1e-3) / 1.0, between(&curve, peak - 1e-3, peak));
        assert!((between(&curve, peak - 12.0 * HOUR, peak - 12.0 * HOUR + 1.0) - 300.0).abs() < 0.1);
    }

    /// Poisson counts of each hour of the third day, within four standard deviations (false alarm 24 × 6e-5).
    #[test]
    fn a_day_draws_what_it_expects() {
        let shape = Shape {
            rate: per_second(2.0),
            steps: vec![step(25.0 * HOUR, 4.0, HOUR)],
            daily: Some(Daily { low: 0.0, peak_at: Span::from_seconds(HOUR) }),
            ..Shape::default()
        };
        let curve = shape.curve();
        let mut rng = Streams::new(11, 0).of(Purpose::Arrival, 0);
        let mut clock = curve.clock();
        let mut counts = [0u32; 24];
        loop {
            let hour = clock.next(&mut rng).seconds() / HOUR - 48.0;
            if hour >= 24.0 {
                break;
            }
            if hour >= 0.0 {
                counts[hour as usize] += 1;
            }
        }
        for (hour, count) in (0..24).zip(counts) {
            let from = (48.0 + f64::from(hour)) * HOUR;
            let expected = between(&curve, from, from + HOUR);
            let found = f64::from(count);
            assert!((found - expected).abs() <= 4.0 * expected.sqrt(), "hour {hour}: {found} for {expected}");
        }
        same(curve.peak(), 4.0);
    }

    #[test]
    fn a_day_ends_when_the_rate_falls_to_nothing() {
        let daily = Some(Daily { low: 0.5, peak_at: Span::ZERO });
        let shape =
            Shape { rate: per_second(1.0), steps: vec![step(12.0 * HOUR, 0.0, 0.0)], daily, ..Shape::default() };
        let curve = shape.curve();
        assert!((curve.expected(at(1e7)) / (0.75 * 12.0 * HOUR) - 1.0).abs() < 1e-9, "{}", curve.expected(at(1e7)));
    }
}
