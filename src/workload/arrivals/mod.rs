//! When requests come: by themselves, whatever becomes of those before ([`Open`]), or from clients that wait for their answers.

mod batch;
mod counts;
mod modulated;
mod rate;
mod renewal;
mod shape;
mod trace;
mod uniform;

pub use batch::Batch;
pub use counts::Counts;
pub use modulated::{Modulated, State};
pub use rate::RateCurve;
pub use shape::{Daily, Shape, Spike, Step};
pub use trace::Trace;

use super::Distribution;
use crate::random::Generator;
use crate::units::{Rate, SimTime, Span};
use rate::RateClock;
use std::sync::Arc;

/// When the requests of one source come, over the whole fleet.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// They come whatever happens to those before.
    Open(Open),
    /// Each client asks, waits for its answer or gives up, thinks, and asks again. All begin with a think time, or at time zero
    /// when they do not think. What they do depends on the pool, so that no clock can tell it beforehand.
    Closed {
        /// How many clients.
        clients: u32,
        /// How long a client thinks between an answer and its next request; `None`: not at all.
        think: Option<Distribution>,
    },
}

/// Arrivals that do not depend on what happens to the requests.
#[derive(Clone, Debug, PartialEq)]
pub enum Open {
    /// Poisson, at a rate that may change with time.
    Rate(RateCurve),
    /// A renewal process: gaps drawn from one distribution, the first from time zero.
    Renewal(Distribution),
    /// Poisson, at a rate that chance switches between states.
    Modulated(Modulated),
    /// So many together, again and again.
    Batch(Batch),
    /// As recorded, one by one.
    Trace(Arc<Trace>),
    /// As many in each interval as were counted.
    Counts(Arc<Counts>),
}

impl Arrivals {
    /// Poisson at one rate, for ever.
    pub fn constant(rate: Rate) -> Self {
        Self::Open(Open::Rate(RateCurve::constant(rate)))
    }

    /// Whether the same law holds at all times, so that a long run is worth asking for. Batches count as such: their hours are
    /// all alike.
    pub fn is_stationary(&self) -> bool {
        match self {
            Self::Open(Open::Rate(curve)) => curve.is_constant(),
            Self::Open(Open::Trace(_) | Open::Counts(_)) => false,
            Self::Open(Open::Renewal(_) | Open::Modulated(_) | Open::Batch(_)) | Self::Closed { .. } => true,
        }
    }

    /// Whether it is a Poisson process at a constant rate, as the formulas of queueing theory take it.
    pub fn is_poisson(&self) -> bool {
        match self {
            Self::Open(Open::Rate(curve)) => curve.is_constant(),
            Self::Open(Open::Renewal(gap)) => matches!(gap, Distribution::Exponential { .. }),
            _ => false,
        }
    }

    /// Whether requests come independently of each other (Poisson), at a constant rate or not.
    pub fn is_independent(&self) -> bool {
        self.is_poisson() || matches!(self, Self::Open(Open::Rate(_)))
    }

    /// The highest rate, fleet-wide; of a stationary source the mean in the long run; of a trace that of its busiest minute, or
    /// busiest tenth if that is shorter.
    ///
    /// Clients that wait for their answers are at most as fast as their mean think time and `hold`, the mean hold in seconds,
    /// allow; nothing else depends on it. Waiting makes them slower.
    pub fn peak(&self, hold: f64) -> Rate {
        Rate::per_second(match self {
            Self::Open(open) => open.peak(),
            Self::Closed { clients, think } => {
                f64::from(*clients) / (think.as_ref().map_or(0.0, Distribution::mean) + hold)
            }
        })
    }

    /// The expected number of arrivals up to `until`; of clients that wait for their answers the most that it can be, as in
    /// [`Arrivals::peak`]. Where chance switches the rate, that at the long-run mean.
    pub fn expected(&self, until: SimTime, hold: f64) -> f64 {
        match self {
            Self::Open(Open::Rate(curve)) => curve.expected(until),
            Self::Open(Open::Batch(batch)) => batch.expected(until),
            Self::Open(Open::Trace(trace)) => trace.up_to(until) as f64,
            Self::Open(Open::Counts(counts)) => counts.expected(until),
            Self::Open(Open::Renewal(_) | Open::Modulated(_)) | Self::Closed { .. } => {
                self.peak(hold).as_per_second() * until.seconds()
            }
        }
    }

    /// So many times as many requests: higher rates, shorter gaps, batches more often, more clients. `None` for recorded arrivals,
    /// which are what they were. `factor` is above 0.
    pub(crate) fn scaled(&self, factor: f64) -> Option<Self> {
        Some(match self {
            Self::Open(Open::Rate(curve)) => Self::Open(Open::Rate(curve.scaled(factor))),
            Self::Open(Open::Renewal(gap)) => Self::Open(Open::Renewal(gap.scaled(1.0 / factor))),
            Self::Open(Open::Modulated(modulated)) => Self::Open(Open::Modulated(modulated.scaled(factor))),
            Self::Open(Open::Batch(batch)) => Self::Open(Open::Batch(batch.scaled(factor))),
            Self::Open(Open::Trace(_) | Open::Counts(_)) => return None,
            Self::Closed { clients, think } => {
                let clients = (f64::from(*clients) * factor).round().clamp(1.0, 1e9) as u32;
                Self::Closed { clients, think: think.clone() }
            }
        })
    }

    /// The longest time over which a stationary source remembers what it did, in seconds: a run must last many of them to show
    /// the long run. Batches: the time between two; states: a mean round through all; gaps: their mean times (1 + cv²).
    pub fn cycle(&self) -> f64 {
        match self {
            Self::Open(Open::Renewal(gap)) => gap.second_moment() / gap.mean(),
            Self::Open(Open::Modulated(modulated)) => modulated.round(),
            Self::Open(Open::Batch(batch)) => batch.every().seconds(),
            _ => 0.0,
        }
    }

    /// How many of these cycles its start shows. Batches are the same from the first on. Of the state of the start a few rounds leave
    /// nothing, or hardly anything where stays do not vary, and then whole rounds even it out.
    pub(crate) fn cycles_of_start(&self) -> f64 {
        match self {
            Self::Open(Open::Batch(_)) => 1.0,
            Self::Open(Open::Modulated(_)) => 3.0,
            _ => 10.0,
        }
    }

    /// What is assumed of them, in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Open(Open::Rate(_)) => "requests arrive independently of each other (Poisson)".into(),
            Self::Open(Open::Renewal(gap)) => format!("the gaps between requests are independent draws of {gap}"),
            Self::Open(Open::Modulated(modulated)) => format!(
                "requests arrive independently of each other (Poisson) while the rate stays in one of {} states",
                modulated.states().len()
            ),
            Self::Open(Open::Batch(batch)) => batch.words(),
            Self::Open(Open::Trace(_)) => "requests arrive when they were recorded".into(),
            Self::Open(Open::Counts(_)) => {
                "as many requests arrive as were counted, at random moments of their interval".into()
            }
            Self::Closed { clients, .. } => {
                format!("{clients} clients each wait for their answer before they ask again")
            }
        }
    }
}

impl Open {
    fn peak(&self) -> f64 {
        match self {
            Self::Rate(curve) => curve.peak(),
            Self::Renewal(gap) => 1.0 / gap.mean(),
            Self::Modulated(modulated) => modulated.mean_rate(),
            Self::Batch(batch) => f64::from(batch.size()) / batch.every().seconds(),
            Self::Trace(trace) => trace.peak(),
            Self::Counts(counts) => counts.peak(),
        }
    }

    /// The arrival moments, one after another.
    pub(crate) fn clock(&self, mut rng: Generator) -> ArrivalClock<'_> {
        let kind = match self {
            Self::Rate(curve) => Kind::Rate(curve.clock()),
            Self::Renewal(gap) => Kind::Renewal(gap, SimTime::ZERO),
            Self::Modulated(modulated) => Kind::Modulated(modulated.clock(&mut rng)),
            Self::Batch(batch) => Kind::Batch(batch.clock()),
            Self::Trace(trace) => Kind::Trace(trace.clock()),
            Self::Counts(counts) => Kind::Counts(counts.clock()),
        };
        ArrivalClock { rng, kind }
    }
}

/// Gives the arrivals of one source, one after another, in order.
pub(crate) struct ArrivalClock<'a> {
    rng: Generator,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Rate(RateClock<'a>),
    Renewal(&'a Distribution, SimTime),
    Modulated(modulated::ModulatedClock<'a>),
    Batch(batch::BatchClock<'a>),
    Trace(trace::TraceClock<'a>),
    Counts(counts::CountsClock<'a>),
}

impl ArrivalClock<'_> {
    /// The next arrivals, as many as there is room for, with the recorded holds of those that have one.
    pub(crate) fn fill(&mut self, moments: &mut [SimTime], holds: &mut [Span]) {
        match &mut self.kind {
            Kind::Rate(clock) => clock.fill(&mut self.rng, moments),
            _ => {
                for (moment, hold) in moments.iter_mut().zip(holds) {
                    *moment = self.next();
                    *hold = self.hold().unwrap_or(*hold);
                }
            }
        }
    }

    /// The next arrival, not before the one given last; [`SimTime::NEVER`] when there is no more.
    #[inline]
    pub(crate) fn next(&mut self) -> SimTime {
        match &mut self.kind {
            Kind::Rate(clock) => clock.next(&mut self.rng),
            Kind::Renewal(gap, now) => renewal::next(gap, now, &mut self.rng),
            Kind::Modulated(clock) => clock.next(&mut self.rng),
            Kind::Batch(clock) => clock.next(&mut self.rng),
            Kind::Trace(clock) => clock.next(),
            Kind::Counts(clock) => clock.next(&mut self.rng),
        }
    }

    /// How long the request that was given last held its connection, where that was recorded.
    #[inline]
    pub(crate) fn hold(&self) -> Option<Span> {
        match &self.kind {
            Kind::Trace(clock) => clock.hold(),
            _ => None,
        }
    }
}
