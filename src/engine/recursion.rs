//! The second engine: the waits of a plain pool without any events.
//!
//! With one queue served first come, first served, a request begins its work when it has come and the first connection is free;
//! so the moments at which the connections come free are all that has to be known (J. Kiefer and J. Wolfowitz, *On the theory of
//! queues with many servers*, 1955). Whoever would wait longer than the acquire timeout leaves at that moment and takes nothing.
//! The draws are those of the event engine: request *n* is the same request, and its wait is the same to the nanosecond.

use super::calendar::Calendar;
use super::plain;
use super::requests::Requests;
use crate::random::Streams;
use crate::scenario::Model;
use crate::units::{SimTime, Span};

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Counted from 1 within its source.
    pub number: u64,
    /// Its source, by place.
    pub source: u32,
    /// When it came.
    pub asked: SimTime,
    /// How long it waited, for a connection or until it gave up.
    pub wait: Span,
    /// How long it held its connection; `None` when it gave up.
    pub hold: Option<Span>,
}

/// Whether the recursion computes what a model does: open arrivals, one connection for each request, always returned; waiters
/// first come, first served, with at most an acquire timeout; connections that are open from the start and last; clients that ask
/// once; nothing that changes.
pub fn applies(model: &Model) -> bool {
    let never_leak = model.queries.iter().all(|query| query.leak.value() == 0.0);
    plain::applies(model) && never_leak && model.pool.max_waiters.is_none()
}

/// Run a model to which this [`applies`], telling of every request that comes up to `until`, in the order in which they come.
/// What becomes of some lies beyond.
///
/// ```
/// use poolwise::{engine::recursion, random::Streams, scenario::Scenario, units::{SimTime, Span}};
/// # let text = serde_json::json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "deterministic(20ms)" }] });
/// let model = Scenario::read(text)?.check()?;
/// assert!(recursion::applies(&model));
/// let mut waited = 0;
/// recursion::run(&model, Streams::new(1, 0), SimTime::ZERO + Span::parse("10s").unwrap(), |passage| {
///     waited += u32::from(passage.wait > Span::ZERO);
/// });
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn run(model: &Model, streams: Streams, until: SimTime, mut tell: impl FnMut(Passage)) {
    debug_assert!(applies(model));
    let patience = model.pool.acquire_timeout.unwrap_or(Span::from_nanos(u64::MAX));
    let mut pools: Vec<Servers> = (0..model.instances).map(|_| Servers::new(model.pool.max_size)).collect();
    let mut sources: Vec<Requests> =
        (0..model.sources.len() as u32).map(|source| Requests::new(model, streams, source)).collect();
    let mut pass = |number: u64, source: u32, (asked, instance, work): (SimTime, u32, Span)| {
        let (wait, hold) = pools[instance as usize].pass(asked, work, patience);
        tell(Passage { number, source, asked, wait, hold });
    };
    if let [only] = sources.as_mut_slice() {
        loop {
            let next = only.next_plain();
            if next.0 > until || next.0 == SimTime::NEVER {
                return;
            }
            pass(only.number(), 0, next);
        }
    }
    let mut sources = Merged::new(sources);
    while let Some((number, source, request)) = sources.next(until) {
        pass(number, source, request);
    }
}

/// Requests that are drawn before the first of several pools serves them.
const BLOCK: usize = 256;

/// The same for pools of several sizes at once, each up to its own end: the requests are drawn once, and are those that [`run`] draws
/// for each size. `tell` is told which of the sizes a passage belongs to, by its place; those of one size come in order.
///
/// ```
/// use poolwise::{engine::recursion, random::Streams, scenario::Scenario, units::{SimTime, Span}};
/// # let text = serde_json::json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "deterministic(20ms)" }] });
/// let model = Scenario::read(text)?.check()?;
/// let until = SimTime::ZERO + Span::parse("10s").unwrap();
/// let mut waited = [0, 0];
/// recursion::run_sizes(&model, &[(3, until), (4, until)], Streams::new(1, 0), |place, passage| {
///     waited[place] += passage.wait.nanos();
/// });
/// assert!(waited[0] > waited[1]);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn run_sizes(model: &Model, sizes: &[(u32, SimTime)], streams: Streams, mut tell: impl FnMut(usize, Passage)) {
    debug_assert!(applies(model));
    let patience = model.pool.acquire_timeout.unwrap_or(Span::from_nanos(u64::MAX));
    let end = sizes.iter().map(|(_, until)| *until).max().unwrap_or_default();
    let of_size = |&(size, _): &(u32, SimTime)| (0..model.instances).map(|_| Servers::new(size)).collect();
    let mut pools: Vec<Vec<Servers>> = sizes.iter().map(of_size).collect();
    let mut sources = Merged::new((0..model.sources.len() as u32).map(|n| Requests::new(model, streams, n)).collect());
    let mut block = Vec::with_capacity(BLOCK);
    loop {
        block.clear();
        block.extend(core::iter::from_fn(|| sources.next(end)).take(BLOCK));
        for (place, (instances, (_, until))) in pools.iter_mut().zip(sizes).enumerate() {
            for &(number, source, (asked, instance, work)) in &block {
                if asked > *until {
                    break;
                }
                let (wait, hold) = instances[instance as usize].pass(asked, work, patience);
                tell(place, Passage { number, source, asked, wait, hold });
            }
        }
        if block.len() < BLOCK {
            return;
        }
    }
}

/// The requests of all sources, in the order in which they come.
struct Merged<'a> {
    sources: Vec<Requests<'a>>,
    next: Vec<(SimTime, u32, Span)>,
}

impl<'a> Merged<'a> {
    fn new(mut sources: Vec<Requests<'a>>) -> Self {
        let next = sources.iter_mut().map(Requests::next_plain).collect();
        Self { sources, next }
    }

    /// Its number within its source, the source, and what was drawn; nothing when the next comes later than `until`, or none does.
    #[inline]
    fn next(&mut self, until: SimTime) -> Option<(u64, u32, (SimTime, u32, Span))> {
        let next = &mut self.next;
        let first = (1..next.len()).fold(0, |first, n| if next[n].0 < next[first].0 { n } else { first });
        if next[first].0 > until || next[first].0 == SimTime::NEVER {
            return None;
        }
        let source = &mut self.sources[first];
        let number = source.number();
        Some((number, first as u32, core::mem::replace(&mut next[first], source.next_plain())))
    }
}

/// When the connections of one pool come free.
struct Servers(Calendar);

impl Servers {
    /// All free from the start.
    fn new(count: u32) -> Self {
        let mut free = Calendar::new(count);
        (0..count).for_each(|place| free.set(place, SimTime::ZERO));
        Self(free)
    }

    /// What becomes of a request: how long it waits, and how long it holds its connection if it gets one.
    #[inline]
    fn pass(&mut self, asked: SimTime, work: Span, patience: Span) -> (Span, Option<Span>) {
        let (free, connection) = self.0.first();
        let wait = free.since(asked);
        if wait > patience {
            return (patience, None);
        }
        self.0.set(connection, asked.max(free) + work);
        (wait, Some(work))
    }
}
