//! Requests as they are born: everything that chance decides about one is drawn here, from streams by purpose.

use crate::random::{Generator, Purpose, Streams};
use crate::scenario::Model;
use crate::units::{SimTime, Span};
use crate::workload::Arrivals;
use crate::workload::arrivals::ArrivalClock;
use rand::RngExt;

/// A request and all its luck.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) asked: SimTime,
    pub(super) instance: u32,
    pub(super) class: usize,
    /// How long it would hold its connection in the good version.
    pub(super) hold: Span,
    pub(super) leak: bool,
}

/// The requests of one run, in order of arrival.
pub(super) struct Requests<'a> {
    model: &'a Model,
    sources: Vec<Born<'a>>,
    /// The classes' cumulative weights.
    cumulative: Vec<f64>,
    leaks: bool,
    number: u64,
}

/// One source: its clock, its next arrival and its streams.
struct Born<'a> {
    clock: Option<ArrivalClock<'a>>,
    next: SimTime,
    query: Option<usize>,
    routing: Generator,
    class: Generator,
    hold: Generator,
    leak: Generator,
}

impl<'a> Requests<'a> {
    pub(super) fn new(model: &'a Model, streams: Streams) -> Self {
        let cumulative = (model.queries.iter())
            .scan(0.0, |sum, query| {
                *sum += query.weight;
                Some(*sum)
            })
            .collect();
        let sources = (0..).zip(&model.sources).map(|(n, source)| {
            let mut clock = match &source.arrivals {
                Arrivals::Open(open) => Some(open.clock(streams.of(Purpose::Arrival, n))),
                // The loop drives these.
                Arrivals::Closed { .. } => None,
            };
            Born {
                next: clock.as_mut().map_or(SimTime::NEVER, ArrivalClock::next),
                clock,
                query: source.query,
                routing: streams.of(Purpose::Routing, n),
                class: streams.of(Purpose::Class, n),
                hold: streams.of(Purpose::Hold, n),
                leak: streams.of(Purpose::Leak, n),
            }
        });
        Self {
            model,
            sources: sources.collect(),
            cumulative,
            leaks: model.queries.iter().any(|q| q.leak.value() > 0.0),
            number: 0,
        }
    }

    /// The next request. Its moment is [`SimTime::NEVER`] when none comes any more.
    pub(super) fn next(&mut self) -> Request {
        let earliest = (1..self.sources.len())
            .fold(0, |first, n| if self.sources[n].next < self.sources[first].next { n } else { first });
        let source = &mut self.sources[earliest];
        let asked = source.next;
        let recorded = source.clock.as_ref().and_then(ArrivalClock::hold);
        let instance = match self.model.instances {
            1 => 0,
            n => source.routing.random_range(0..n),
        };
        let class = source.query.unwrap_or_else(|| class(&self.cumulative, &mut source.class));
        let query = &self.model.queries[class];
        let hold = recorded.unwrap_or_else(|| query.hold.draw(&mut source.hold));
        let leak = self.leaks && source.leak.random::<f64>() < query.leak.value();
        source.next = source.clock.as_mut().map_or(SimTime::NEVER, ArrivalClock::next);
        self.number += 1;
        Request { number: self.number, asked, instance, class, hold, leak }
    }
}

fn class(cumulative: &[f64], rng: &mut Generator) -> usize {
    let last = cumulative.len() - 1;
    if last == 0 {
        return 0;
    }
    let point = rng.random::<f64>() * cumulative[last];
    cumulative.partition_point(|sum| *sum <= point).min(last)
}
