//! Requests as they are born: everything that chance decides about one is drawn here, from streams by purpose.

use crate::random::{Generator, Purpose, Streams};
use crate::scenario::Model;
use crate::units::{SimTime, Span};
use crate::workload::arrivals::ArrivalClock;
use crate::workload::{Arrivals, Cpu, Distribution, Query};
use rand::{RngExt, SeedableRng};
use std::mem;

/// Arrivals and holds are drawn so many at a time: what kind they are is asked once for all.
const BLOCK: usize = 256;

/// A request and all its luck.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Request {
    /// Counted from 1 within its source.
    pub(crate) number: u64,
    /// How long it would work with its connection, up to the answer, in the good version; where its parts are told apart, the
    /// database's part without a processor.
    pub(crate) work: Span,
    /// The database's processor time, what the application does within the transaction and what before, where they are told apart.
    pub(crate) cpu: Span,
    pub(crate) app: Span,
    pub(crate) outside: Span,
    pub(crate) lock: bool,
    pub(crate) source: u32,
    pub(crate) instance: u32,
    /// The pool that it asks, by its place among all pools of the fleet.
    pub(crate) home: u32,
    pub(crate) class: u32,
    /// The version of the application for which all this was drawn; 0 is that of the start.
    pub(crate) version: u32,
    pub(crate) leak: bool,
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
    /// The class of every request, if there is but one.
    only: Option<usize>,
    routing: Generator,
    class: Generator,
    hold: Generator,
    leak: Generator,
    app: Generator,
    after: Generator,
    between: Generator,
    cpu: Generator,
    outside: Generator,
    lock: Generator,
    /// How many pools an instance has, and which of them these requests ask.
    kinds: u32,
    kind: u32,
    /// Whether the parts of a hold are told apart.
    apart: bool,
    /// The classes' cumulative weights.
    cumulative: Vec<f64>,
    /// Whether any class has more than a hold.
    rich: bool,
    number: u64,
    block: Box<Block>,
    used: usize,
}

/// What is drawn of the next requests.
struct Block {
    moments: [SimTime; BLOCK],
    works: [Span; BLOCK],
    instances: [u32; BLOCK],
    classes: [u32; BLOCK],
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
            cpu: of(Purpose::Cpu),
            outside: of(Purpose::Outside),
            lock: of(Purpose::Lock),
            kinds: model.pool_configs().count() as u32,
            kind: from.pool as u32,
            apart: model.has_phases(),
            cumulative,
            rich: !model.classes().all(|q| q.is_plain()),
            number: 0,
            block: Box::new(Block {
                moments: [SimTime::NEVER; BLOCK],
                works: [Span::ZERO; BLOCK],
                instances: [0; BLOCK],
                classes: [0; BLOCK],
            }),
            used: BLOCK,
        }
    }

    /// When the next request comes: [`SimTime::NEVER`] when none comes any more, or when clients decide.
    #[inline]
    pub(crate) fn moment(&mut self) -> SimTime {
        if self.used == BLOCK {
            self.fill();
        }
        self.block.moments[self.used % BLOCK]
    }

    /// Write the next request where it is to be: field by field, which a processor reads back sooner than a copy.
    #[inline]
    pub(crate) fn write(&mut self, request: &mut Request) {
        let (_, instance, work) = self.next_plain();
        request.number = self.number;
        request.work = work;
        request.source = self.source;
        request.instance = instance;
        request.home = instance * self.kinds + self.kind;
        request.class = self.block.classes[(self.used - 1) % BLOCK];
        request.version = 0;
        if self.rich {
            self.enrich(request);
        }
    }

    /// When the next request comes, to which instance, and how long it works.
    #[inline]
    pub(crate) fn next_plain(&mut self) -> (SimTime, u32, Span) {
        if self.used == BLOCK {
            self.fill();
        }
        let n = self.used % BLOCK;
        self.used += 1;
        self.number += 1;
        (self.block.moments[n], self.block.instances[n], self.block.works[n])
    }

    /// The same of all that are drawn, and have not been told yet.
    pub(crate) fn rest_plain(&mut self) -> impl Iterator<Item = (SimTime, u32, Span)> {
        if self.used == BLOCK {
            self.fill();
        }
        let from = mem::replace(&mut self.used, BLOCK);
        self.number += (BLOCK - from) as u64;
        let Block { moments, works, instances, .. } = &*self.block;
        let all = moments[from..].iter().zip(&instances[from..]).zip(&works[from..]);
        all.map(|((moment, instance), work)| (*moment, *instance, *work))
    }

    /// How many requests there were.
    #[inline]
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Draw the next block: one stream after another.
    #[inline(never)]
    fn fill(&mut self) {
        self.used = 0;
        let Block { moments, works, instances, classes } = &mut *self.block;
        let queries = &self.model.queries;
        if self.model.instances > 1 {
            instances.fill_with(|| self.routing.random_range(0..self.model.instances));
        }
        match self.only {
            Some(only) => {
                classes.fill(only as u32);
                queries[only].hold.fill(&mut self.hold, works);
            }
            None => {
                for (class, work) in classes.iter_mut().zip(works.iter_mut()) {
                    let point = self.class.random::<f64>() * self.cumulative[queries.len() - 1];
                    let drawn = self.cumulative.partition_point(|sum| *sum <= point).min(queries.len() - 1);
                    *class = drawn as u32;
                    *work = queries[drawn].hold.draw(&mut self.hold);
                }
            }
        }
        if let Some(clock) = &mut self.clock {
            clock.fill(moments, works);
        }
    }

    fn enrich(&mut self, request: &mut Request) {
        let query = &self.model.queries[request.class as usize];
        let draw = |what: &Option<Distribution>, rng| what.as_ref().map_or(Span::ZERO, |d| d.draw(rng));
        let app = draw(&query.app, &mut self.app);
        request.after = draw(&query.after, &mut self.after);
        request.between = draw(&query.between, &mut self.between);
        request.leak = self.leak.random::<f64>() < query.leak.value();
        let outside = draw(&query.outside, &mut self.outside);
        let cpu = match &query.cpu {
            Cpu::Work(cpu) => cpu.draw(&mut self.cpu),
            Cpu::None | Cpu::ShareOfHold(_) => Span::ZERO,
        };
        if self.apart {
            request.lock = self.lock.random::<f64>() < query.lock.value();
        }
        request.divide(query, [request.work, cpu, app, outside], self.apart);
    }
}

impl Request {
    /// The parts of the hold: what the database does, its processor time if that is drawn by itself, what the application does within
    /// the transaction and before it; all one where they are not told apart.
    fn divide(&mut self, query: &Query, [work, cpu, app, outside]: [Span; 4], apart: bool) {
        let (work, cpu) = match &query.cpu {
            Cpu::None | Cpu::Work(_) => (work, cpu),
            Cpu::ShareOfHold(share) => {
                let cpu = work.scaled(share.value());
                (Span::from_nanos(work.nanos().saturating_sub(cpu.nanos())), cpu)
            }
        };
        if apart {
            (self.work, self.cpu, self.app, self.outside) = (work, cpu, app, outside);
        } else {
            self.work = work + cpu + app + outside;
        }
    }

    /// Draw anew what the request does, with another version of the application. The same luck whatever the version: one that is
    /// slower in one class makes no other request slower, and one that leaks more leaks where the other does and elsewhere.
    pub(crate) fn becomes(&mut self, model: &Model, streams: Streams, version: u32, apart: bool) {
        let query = model.query_of(version, self.class);
        let luck = |part: u64| {
            Generator::seed_from_u64(streams.number(Purpose::Version, [self.source.into(), self.number, part]))
        };
        let draw = |what: &Option<Distribution>, part| what.as_ref().map_or(Span::ZERO, |d| d.draw(&mut luck(part)));
        let cpu = match &query.cpu {
            Cpu::Work(cpu) => cpu.draw(&mut luck(1)),
            Cpu::None | Cpu::ShareOfHold(_) => Span::ZERO,
        };
        let parts = [query.hold.draw(&mut luck(0)), cpu, draw(&query.app, 2), draw(&query.outside, 3)];
        let (after, between) = (draw(&query.after, 4), draw(&query.between, 5));
        let chance = |part, of: crate::units::Probability| luck(part).random::<f64>() < of.value();
        let (leak, lock) = (chance(6, query.leak), chance(7, query.lock));
        (self.version, self.after, self.between, self.leak, self.lock) = (version, after, between, leak, lock);
        self.divide(query, parts, apart);
    }
}
