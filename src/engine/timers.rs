//! What will happen, apart from arrivals and the ends of work: those two come with nearly every request and have registers of
//! their own.

use super::attempts::Id;
use crate::database::Refusal;
use crate::pool::Connection;
use crate::pooler::User;
use crate::units::{SimTime, Span};
use core::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// What happens first at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Free,
    Change,
    GiveUp,
    Ask,
}

/// A connection on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Opening {
    /// For which pool.
    pub(super) home: u32,
    /// In which epoch of the database it took its slot, or why it got none.
    pub(super) epoch: Result<u32, Refusal>,
    /// The processor time of the database that it takes.
    pub(super) cpu: Span,
    /// How many openings failed before.
    pub(super) retry: u32,
    /// The attempt that waits for just this one.
    pub(super) caller: Option<(Id, u64)>,
}

/// A server connection of the pooler on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Login {
    pub(super) user: User,
    /// In which epoch of the database it took its slot, or why it got none.
    pub(super) epoch: Result<u32, Refusal>,
    /// The processor time of the database that it takes.
    pub(super) cpu: Span,
}

/// A step of a deploy at one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The old instance gets no more requests, and nobody takes its place yet.
    Leave,
    /// The new one starts.
    Start,
    /// The new one serves, and the old one, if it is still there, gets no more requests.
    Serve,
}

/// Something on the agenda.
#[derive(Clone, Copy, Debug)]
pub(super) enum Timer {
    /// The database answers to one who opens a connection.
    Opens(Opening),
    /// The database answers to the pooler.
    LogsIn(Login),
    /// An opener has rested.
    Rested { home: u32 },
    /// The pool, or an attempt, tries again to open a connection.
    OpensAgain { home: u32, retry: u32, caller: Option<(Id, u64)> },
    /// The database comes up.
    DatabaseUp,
    /// The database becomes so many times as fast as its law.
    Speed(f64),
    /// Somebody who is no request lets the locked row go.
    Unlocks { epoch: u32 },
    /// An attempt's connection has been checked.
    Checked { id: Id, serial: u64 },
    /// A connection that the housekeeper took away has been checked.
    KeptAlive { home: u32, connection: Connection },
    /// The housekeeper comes.
    Sweep { home: u32 },
    /// An attempt needs a further connection.
    AsksAgain { id: Id, serial: u64 },
    /// A woken waiter reaches for a connection.
    Reaches { id: Id, serial: u64 },
    /// A request is tried again.
    Retries { id: Id },
    /// An instance ends.
    Ends { instance: u32 },
    /// An instance that was started serves.
    Serves { instance: u32 },
    /// The same, with the request that started it.
    Started { instance: u32, id: Id, serial: u64 },
    /// An instance has had no request for long, if it has been idle so often.
    IdlesOut { instance: u32, idled: u64 },
    /// A deploy takes a step.
    Deploys { entry: usize, position: u32, step: Step },
    /// An entry of the timeline reaches a position, so long after an alert.
    Changes { entry: usize, position: u32 },
    /// An alert is looked at.
    Looks { alert: usize },
    /// A pool looks whether it is to grow.
    Grows { home: u32 },
    /// The pooler comes up.
    PoolerUp,
    /// The autoscaler decides.
    Autoscale,
    /// A health check comes.
    Probe { instance: u32 },
    /// A health check has had no answer for too long.
    ProbeTimesOut { id: Id, serial: u64 },
    /// An unhealthy instance is restarted.
    Restarts { instance: u32 },
    /// A client has thought.
    Thought { source: u32, client: u32 },
}

struct Planned {
    at: SimTime,
    rank: Rank,
    number: u64,
    timer: Timer,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
impl Eq for Planned {}
impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Planned {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.at, self.rank, self.number).cmp(&(other.at, other.rank, other.number))
    }
}

/// What happens rarely, in order of (moment, rank, when it was planned).
#[derive(Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<Planned>>,
    planned: u64,
}

impl Agenda {
    pub(super) fn plan(&mut self, at: SimTime, rank: Rank, timer: Timer) {
        self.planned += 1;
        self.heap.push(Reverse(Planned { at, rank, number: self.planned, timer }));
    }

    pub(super) fn first(&self) -> Option<(SimTime, Rank)> {
        self.heap.peek().map(|planned| (planned.0.at, planned.0.rank))
    }

    pub(super) fn pop(&mut self) -> Option<Timer> {
        self.heap.pop().map(|planned| planned.0.timer)
    }
}

/// Deadlines, those that lie equally far ahead in one queue: they come in the order in which they were set. Whoever is done
/// meanwhile is still in it, and is passed over.
#[derive(Default)]
pub(super) struct Deadlines {
    /// One for every time ahead that was ever asked for: one, unless it changes during the run or differs between pools.
    queues: Vec<Queue>,
}

struct Queue {
    after: Span,
    queue: VecDeque<(SimTime, Id, u64)>,
    /// How long the queue may get before those who are done are sought in all of it.
    roomy: usize,
}

/// The least such length.
const ROOMY: usize = 1024;

impl Deadlines {
    /// Set one for an attempt; the moment, if there are deadlines at all. One that still matters can stand before many that do
    /// not: when the queue has doubled, those are taken out, so that it is never much longer than what is under way.
    #[inline]
    pub(super) fn set(
        &mut self,
        now: SimTime,
        after: Option<Span>,
        (id, serial): (Id, u64),
        matters: impl Fn(Span, SimTime, Id, u64) -> bool,
    ) -> Option<SimTime> {
        let after = after?;
        let at = now + after;
        let place = self.queues.iter().position(|queue| queue.after == after).unwrap_or_else(|| {
            self.queues.push(Queue { after, queue: VecDeque::new(), roomy: ROOMY });
            self.queues.len() - 1
        });
        let Queue { queue, roomy, .. } = &mut self.queues[place];
        if queue.len() >= *roomy {
            queue.retain(|(at, id, serial)| matters(after, *at, *id, *serial));
            *roomy = ROOMY.max(2 * queue.len());
        }
        queue.push_back((at, id, serial));
        Some(at)
    }

    /// The first that still matters.
    #[inline]
    pub(super) fn first(&mut self, matters: impl Fn(Span, SimTime, Id, u64) -> bool) -> SimTime {
        let mut first = SimTime::NEVER;
        for Queue { after, queue, .. } in &mut self.queues {
            while let Some(&(at, id, serial)) = queue.front() {
                if matters(*after, at, id, serial) {
                    first = first.min(at);
                    break;
                }
                queue.pop_front();
            }
        }
        first
    }

    /// Take out the first, which matters: whose it is.
    pub(super) fn pop(&mut self) -> Option<Id> {
        let fronts = self.queues.iter().enumerate().filter_map(|(n, queue)| Some((queue.queue.front()?.0, n)));
        let (_, place) = fronts.min()?;
        self.queues[place].queue.pop_front().map(|(_, id, _)| id)
    }
}
