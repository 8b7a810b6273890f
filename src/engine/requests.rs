//! Requests as they are born: everything that chance decides about one is drawn here, from streams by purpose.

use crate::random::{Generator, Purpose, Streams};
use crate::scenario::Model;
use crate::units::{SimTime, Span};
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
    clock: ArrivalClock<'a>,
    routing: Generator,
    class: Generator,
    hold: Generator,
    leak: Generator,
    /// The classes' cumulative weights.
    cumulative: Vec<f64>,
    leaks: bool,
    number: u64,
}

impl<'a> Requests<'a> {
    pub(super) fn new(model: &'a Model, streams: Streams) -> Self {
        let cumulative = (model.queries.iter())
            .scan(0.0, |sum, query| {
                *sum += query.weight;
                Some(*sum)
            })
            .collect();
        Self {
            model,
            clock: model.arrivals.clock(streams.of(Purpose::Arrival)),
            routing: streams.of(Purpose::Routing),
            class: streams.of(Purpose::Class),
            hold: streams.of(Purpose::Hold),
            leak: streams.of(Purpose::Leak),
            cumulative,
            leaks: model.queries.iter().any(|q| q.leak.value() > 0.0),
            number: 0,
        }
    }

    /// The next request. Its moment is [`SimTime::NEVER`] when none comes any more.
    pub(super) fn next(&mut self) -> Request {
        let asked = self.clock.next();
        let instance = match self.model.instances {
            1 => 0,
            n => self.routing.random_range(0..n),
        };
        let class = self.class();
        let query = &self.model.queries[class];
        let hold = query.hold.draw(&mut self.hold);
        let leak = self.leaks && self.leak.random::<f64>() < query.leak.value();
        self.number += 1;
        Request { number: self.number, asked, instance, class, hold, leak }
    }

    fn class(&mut self) -> usize {
        let last = self.cumulative.len() - 1;
        if last == 0 {
            return 0;
        }
        let point = self.class.random::<f64>() * self.cumulative[last];
        self.cumulative.partition_point(|sum| *sum <= point).min(last)
    }
}
