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
use std::mem;

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
    /// How long it holds a connection, if it gets one.
    pub work: Span,
    /// Whether it gave up waiting.
    pub gave_up: bool,
}

impl Passage {
    /// How long it held its connection; `None` when it gave up.
    #[inline]
    pub fn hold(&self) -> Option<Span> {
        (!self.gave_up).then_some(self.work)
    }
}

/// What became of requests that came one after another.
#[derive(Clone, Copy)]
pub struct Passages<'a> {
    drawn: &'a [Drawn],
    /// How long each would have to wait, as many as requests.
    waits: &'a [Span],
    /// Whoever would have to wait longer gives up.
    patience: Span,
    /// By when surely all are over: they would be if the longest wait and the longest work had come last, and together.
    over: SimTime,
}

impl<'a> Passages<'a> {
    /// One by one.
    #[inline]
    pub fn iter(self) -> impl ExactSizeIterator<Item = Passage> + 'a {
        let patience = self.patience;
        self.drawn.iter().zip(self.waits).map(move |(drawn, &wait)| {
            let Drawn { number, source, asked, work, .. } = *drawn;
            Passage { number, source, asked, wait: wait.min(patience), work, gave_up: wait > patience }
        })
    }

    /// When the first came, and by when surely all were over.
    pub(crate) fn bounds(&self) -> Option<(SimTime, SimTime)> {
        Some((self.drawn.first()?.asked, self.over))
    }
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
    run_sizes(model, &[(model.pool.max_size, until)], streams, |_, passages| passages.iter().for_each(&mut tell));
}

/// Requests that are drawn before the first of several pools serves them: so many that the histograms of one pool are at hand for most
/// of them before it is the next one's turn.
const BLOCK: usize = 2048;

/// The same for pools of several sizes at once, each up to its own end: the requests are drawn once, and are those that [`run`] draws
/// for each size. `tell` is told of many at a time, and which of the sizes they belong to, by its place; those of one size come in
/// order.
///
/// ```
/// use poolwise::{engine::recursion, random::Streams, scenario::Scenario, units::{SimTime, Span}};
/// # let text = serde_json::json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "deterministic(20ms)" }] });
/// let model = Scenario::read(text)?.check()?;
/// let until = SimTime::ZERO + Span::parse("10s").unwrap();
/// let mut waited = [0, 0];
/// recursion::run_sizes(&model, &[(3, until), (4, until)], Streams::new(1, 0), |place, passages| {
///     waited[place] += passages.iter().map(|passage| passage.wait.nanos()).sum::<u64>();
/// });
/// assert!(waited[0] > waited[1]);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn run_sizes(model: &Model, sizes: &[(u32, SimTime)], streams: Streams, mut tell: impl FnMut(usize, Passages)) {
    debug_assert!(applies(model));
    let patience = model.pool.acquire_timeout.unwrap_or(Span::from_nanos(u64::MAX));
    let end = sizes.iter().map(|(_, until)| *until).max().unwrap_or_default();
    let of_size = |&(size, _): &(u32, SimTime)| (0..model.instances).map(|_| all_free(size)).collect();
    let mut pools: Vec<Vec<Calendar>> = sizes.iter().map(of_size).collect();
    let mut sources = Merged::new((0..model.sources.len() as u32).map(|n| Requests::new(model, streams, n)).collect());
    let mut block = Vec::with_capacity(BLOCK);
    let mut waits = [[Span::ZERO; BLOCK]; 2];
    loop {
        let more = sources.fill(&mut block, end);
        let longest = block.iter().map(|drawn| drawn.work).max().unwrap_or_default();
        for (pair, pools) in pools.chunks_mut(2).enumerate() {
            let waited = serve(pools, &block, &mut waits, patience);
            for (n, waits) in waits.iter().enumerate().take(pools.len()) {
                let place = 2 * pair + n;
                let drawn = &block[..block.partition_point(|drawn| drawn.asked <= sizes[place].1)];
                let over = drawn.last().map_or(SimTime::ZERO, |last| last.asked) + waited[n].min(patience) + longest;
                tell(place, Passages { drawn, waits: &waits[..drawn.len()], patience, over });
            }
        }
        if !more {
            return;
        }
    }
}

/// How long each would have to wait for one or two pools, and the longest such wait of each. Two at a time: each waits for what it did
/// last, and the processor goes on with the one while the other waits.
fn serve(pools: &mut [Vec<Calendar>], block: &[Drawn], waits: &mut [[Span; BLOCK]; 2], patience: Span) -> [Span; 2] {
    let [first, second] = waits;
    let alone = |pool: &mut Vec<Calendar>, waits: &mut [Span; BLOCK]| match pool.as_mut_slice() {
        [only] => serve_together([only], block, [waits], patience)[0],
        instances => serve_instances(instances, block, waits, patience),
    };
    match pools {
        [one] => [alone(one, first), Span::ZERO],
        [one, other] => match [one.as_mut_slice(), other.as_mut_slice()] {
            [[one], [other]] => serve_together([one, other], block, [first, second], patience),
            _ => [alone(one, first), alone(other, second)],
        },
        _ => unreachable!("one or two"),
    }
}

/// The loop that counts, apart from all else, so that what it needs stays at hand.
#[inline(never)]
fn serve_together<const N: usize>(
    pools: [&mut Calendar; N],
    block: &[Drawn],
    waits: [&mut [Span; BLOCK]; N],
    patience: Span,
) -> [Span; N] {
    // With the connections out of memory.
    let mut own = pools.map(|pool| (mem::take(pool), pool));
    let mut longest = [Span::ZERO; N];
    for (n, drawn) in block.iter().enumerate() {
        for k in 0..N {
            let wait = own[k].0.begin(drawn.asked, drawn.work, patience);
            waits[k][n] = wait;
            longest[k] = longest[k].max(wait);
        }
    }
    own.into_iter().for_each(|(served, pool)| *pool = served);
    longest
}

/// The same of a fleet with one pool in each instance.
fn serve_instances(instances: &mut [Calendar], block: &[Drawn], waits: &mut [Span; BLOCK], patience: Span) -> Span {
    let mut longest = Span::ZERO;
    for (drawn, wait) in block.iter().zip(waits) {
        *wait = instances[drawn.instance as usize].begin(drawn.asked, drawn.work, patience);
        longest = longest.max(*wait);
    }
    longest
}

/// What comes later never comes.
const LAST: SimTime = SimTime::from_nanos(u64::MAX - 1);

/// A request as it was drawn.
#[derive(Clone, Copy)]
struct Drawn {
    number: u64,
    asked: SimTime,
    work: Span,
    source: u32,
    instance: u32,
}

impl Drawn {
    /// The next of a source.
    #[inline]
    fn of(requests: &mut Requests, source: u32) -> Self {
        let (asked, instance, work) = requests.next_plain();
        Self { number: requests.number(), asked, work, source, instance }
    }
}

/// The requests of all sources, in the order in which they come.
struct Merged<'a> {
    sources: Vec<Requests<'a>>,
    /// The next of each source, where there are several.
    next: Vec<Drawn>,
}

impl<'a> Merged<'a> {
    fn new(mut sources: Vec<Requests<'a>>) -> Self {
        let next = match sources.as_mut_slice() {
            [_] => Vec::new(),
            several => (0..).zip(several).map(|(n, source)| Drawn::of(source, n)).collect(),
        };
        Self { sources, next }
    }

    /// Draw a block anew, of all that come up to `until`; whether more may come after it.
    fn fill(&mut self, block: &mut Vec<Drawn>, until: SimTime) -> bool {
        block.clear();
        let until = until.min(LAST);
        if let [only] = self.sources.as_mut_slice() {
            while block.len() < BLOCK && block.last().is_none_or(|last| last.asked <= until) {
                let numbers = only.number() + 1..;
                let drawn = numbers.zip(only.rest_plain());
                block.extend(drawn.map(|(number, (asked, instance, work))| Drawn {
                    number,
                    asked,
                    work,
                    source: 0,
                    instance,
                }));
            }
            let within = block.partition_point(|drawn| drawn.asked <= until);
            let more = within == block.len();
            block.truncate(within);
            return more;
        }
        let next = &mut self.next;
        while block.len() < BLOCK {
            let first = (1..next.len()).fold(0, |first, n| if next[n].asked < next[first].asked { n } else { first });
            if next[first].asked > until {
                return false;
            }
            block.push(next[first]);
            next[first] = Drawn::of(&mut self.sources[first], first as u32);
        }
        true
    }
}

/// When the connections of one pool come free: all are free from the start.
fn all_free(connections: u32) -> Calendar {
    let mut free = Calendar::new(connections);
    (0..connections).for_each(|place| free.set(place, SimTime::ZERO));
    free
}
