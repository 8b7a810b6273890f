//! Requests as they are born: everything that chance decides about one is drawn here, from streams by purpose.

use crate::random::{Generator, Purpose, Streams};
use crate::scenario::Model;
use crate::units::{SimTime, Span};
use crate::workload::arrivals::ArrivalClock;
use crate::workload::{Arrivals, Distribution};
use rand::RngExt;

/// A request and all its luck.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Request {
    /// Counted from 1 within its source.
    pub(crate) number: u64,
    pub(crate) source: u32,
    pub(crate) instance: u32,
    pub(crate) class: u32,
    pub(crate) leak: bool,
    /// How long it would work with its connection, up to the answer, in the good version.
    pub(crate) work: Span,
    /// How long it keeps its connection after the answer.
    pub(crate) after: Span,
    /// How long it works before it asks for a further connection.
    pub(crate) between: Span,
}

/// The requests of one source, in order of arrival.
pub(crate) struct Requests<'a> {
    model: &'a Model,
    source: u32,
    clock: Option<ArrivalClock<'a>>,
    /// The class of every request, if the source names one.
    only: Option<usize>,
    routing: Generator,
    class: Generator,
    hold: Generator,
    leak: Generator,
    app: Generator,
    after: Generator,
    between: Generator,
    /// The classes' cumulative weights.
    cumulative: Vec<f64>,
    /// Whether any class has more than a hold.
    rich: bool,
    number: u64,
}

impl<'a> Requests<'a> {
    pub(crate) fn new(model: &'a Model, streams: Streams, source: u32) -> Self {
        let cumulative = (model.queries.iter())
            .scan(0.0, |sum, query| {
                *sum += query.weight;
                Some(*sum)
            })
            .collect();
        let of = |purpose| streams.of(purpose, source);
        let from = &model.sources[source as usize];
        Self {
            model,
            source,
            clock: match &from.arrivals {
                Arrivals::Open(open) => Some(open.clock(of(Purpose::Arrival))),
                Arrivals::Closed { .. } => None,
            },
            only: from.query.or((model.queries.len() == 1).then_some(0)),
            routing: of(Purpose::Routing),
            class: of(Purpose::Class),
            hold: of(Purpose::Hold),
            leak: of(Purpose::Leak),
            app: of(Purpose::App),
            after: of(Purpose::After),
            between: of(Purpose::Between),
            cumulative,
            rich: !model.queries.iter().all(|q| q.is_plain()),
            number: 0,
        }
    }

    /// The next request and when it comes: [`SimTime::NEVER`] when none comes any more, or when clients decide.
    #[inline]
    pub(crate) fn next(&mut self) -> (SimTime, Request) {
        let Some(clock) = &mut self.clock else { return (SimTime::NEVER, Request::default()) };
        let at = clock.next();
        let recorded = clock.hold();
        let request = self.draw(recorded);
        (at, request)
    }

    /// A request, whenever it comes.
    #[inline]
    pub(crate) fn draw(&mut self, recorded: Option<Span>) -> Request {
        let instance = match self.model.instances {
            1 => 0,
            n => self.routing.random_range(0..n),
        };
        let class = self.only.unwrap_or_else(|| self.class());
        let query = &self.model.queries[class];
        let work = recorded.unwrap_or_else(|| query.hold.draw(&mut self.hold));
        self.number += 1;
        let mut request = Request {
            number: self.number,
            source: self.source,
            instance,
            class: class as u32,
            work,
            ..Request::default()
        };
        if self.rich {
            let draw = |what: &Option<Distribution>, rng| what.as_ref().map_or(Span::ZERO, |d| d.draw(rng));
            request.work = request.work + draw(&query.app, &mut self.app);
            request.after = draw(&query.after, &mut self.after);
            request.between = draw(&query.between, &mut self.between);
            request.leak = self.leak.random::<f64>() < query.leak.value();
        }
        request
    }

    fn class(&mut self) -> usize {
        let last = self.cumulative.len() - 1;
        let point = self.class.random::<f64>() * self.cumulative[last];
        self.cumulative.partition_point(|sum| *sum <= point).min(last)
    }
}
