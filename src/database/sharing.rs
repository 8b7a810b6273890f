//! Processor sharing: all queries that run get an equal part of what the database can do.

use super::Law;
use crate::order::sort_by;
use crate::units::{SimTime, Span};
use core::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// Names one piece of work.
pub type Job = u64;

/// `W` is whose work it is. A virtual clock shows how much work each running query has had since the clock was set. A query that comes with work w is done
/// when the clock shows w more than it does now, whoever comes and goes meanwhile; so all are kept in the order of these marks, and
/// one that comes, one that goes and a change of speed each take time logarithmic in how many run.
///
/// Where the idea is known: A. Parekh and R. Gallager, *A generalized processor sharing approach to flow control in integrated
/// services networks*, IEEE/ACM Transactions on Networking 1, 1993.
///
/// ```
/// use poolwise::{database::{Law, Sharing}, units::{SimTime, Span}};
/// let ms = |n| SimTime::ZERO + Span::from_seconds(f64::from(n) / 1e3);
/// let mut cores = Sharing::new(Law::of_cores(1.0));
/// cores.begin(ms(0), Span::from_seconds(0.010), "first");
/// cores.begin(ms(4), Span::from_seconds(0.003), "second"); // from now on each gets half
/// assert_eq!((cores.next(), cores.pop(ms(10))), (ms(10), Some("second")));
/// assert_eq!((cores.next(), cores.pop(ms(13))), (ms(13), Some("first")));
/// ```
#[derive(Clone, Debug)]
pub struct Sharing<W> {
    law: Law,
    /// How many times as fast as its law the database is now.
    speed: f64,
    /// Nanoseconds of work per nanosecond that one of n running queries gets, by n.
    each: Vec<f64>,
    running: u32,
    /// Nanoseconds of work that each has had, when it was last looked at, and when that was.
    clock: f64,
    looked: SimTime,
    /// The marks at which work is done, those of work that was given up too.
    marks: BinaryHeap<Reverse<(Mark, Job, W)>>,
    given_up: BTreeSet<Job>,
    jobs: Job,
    next: SimTime,
}

/// A mark on the virtual clock: never negative, so that its bits have its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark(u64);

impl Mark {
    fn at(clock: f64) -> Self {
        Self(clock.max(0.0).to_bits())
    }

    fn clock(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// For more running queries than this a share is computed anew each time.
const KEPT: u32 = 4096;

impl<W: Copy + Ord> Sharing<W> {
    /// Nothing runs, at full speed.
    pub fn new(law: Law) -> Self {
        let each = (0..=KEPT).map(|n| share(&law, n)).collect();
        Self {
            law,
            speed: 1.0,
            each,
            running: 0,
            clock: 0.0,
            looked: SimTime::ZERO,
            marks: BinaryHeap::new(),
            given_up: BTreeSet::new(),
            jobs: 0,
            next: SimTime::NEVER,
        }
    }

    /// How many queries run.
    #[inline]
    pub fn running(&self) -> u32 {
        self.running
    }

    /// When the next is done, if nobody comes or goes before; [`SimTime::NEVER`] if none runs or the database stands still.
    #[inline]
    pub fn next(&self) -> SimTime {
        self.next
    }

    /// Work of `who` begins that takes so long alone on a core at full speed.
    pub fn begin(&mut self, now: SimTime, work: Span, who: W) -> Job {
        self.look(now);
        self.jobs += 1;
        self.running += 1;
        self.marks.push(Reverse((Mark::at(self.clock + work.nanos() as f64), self.jobs, who)));
        self.plan(now);
        self.jobs
    }

    /// Whose work is done [`next`](Self::next), at that moment; `None` if none is.
    pub fn pop(&mut self, now: SimTime) -> Option<W> {
        if self.next > now {
            return None;
        }
        let Reverse((mark, _, who)) = self.marks.pop()?;
        self.look(now);
        // The moment is a whole nanosecond, at or behind the mark; nobody gains by that.
        self.clock = mark.clock();
        self.running -= 1;
        self.plan(now);
        Some(who)
    }

    /// Work that is not done is given up.
    pub fn cancel(&mut self, now: SimTime, job: Job) {
        self.look(now);
        self.running -= 1;
        self.given_up.insert(job);
        self.plan(now);
    }

    /// All work is given up: whose it was, in the order in which it came.
    pub fn cancel_all(&mut self, now: SimTime) -> Vec<W> {
        let mut left: Vec<(Job, W)> = Vec::new();
        for Reverse((_, job, who)) in core::mem::take(&mut self.marks) {
            if !self.given_up.remove(&job) {
                left.push((job, who));
            }
        }
        sort_by(&mut left, Ord::cmp);
        self.running = 0;
        self.plan(now);
        left.into_iter().map(|(_, who)| who).collect()
    }

    /// From now on the database is so many times as fast as its law; 0 stands still.
    pub fn set_speed(&mut self, now: SimTime, speed: f64) {
        self.look(now);
        self.speed = speed;
        self.plan(now);
    }

    /// From now on it works by another law: it has more cores, or fewer.
    pub fn set_law(&mut self, now: SimTime, law: Law) {
        self.look(now);
        self.each = (0..=KEPT).map(|n| share(&law, n)).collect();
        self.law = law;
        self.plan(now);
    }

    /// How many times as fast as its law it is.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    #[inline]
    fn rate(&self) -> f64 {
        self.speed * self.each.get(self.running as usize).copied().unwrap_or_else(|| share(&self.law, self.running))
    }

    #[inline]
    fn look(&mut self, now: SimTime) {
        if now > self.looked {
            self.clock += self.rate() * now.since(self.looked).nanos() as f64;
            self.looked = now;
        }
    }

    #[inline]
    fn plan(&mut self, now: SimTime) {
        if self.running == 0 {
            // An idle database begins to count anew, so that a long run is as exact as a short one.
            self.clock = 0.0;
            self.marks.clear();
            self.given_up.clear();
            self.next = SimTime::NEVER;
            return;
        }
        while !self.given_up.is_empty()
            && let Some(Reverse((_, job, _))) = self.marks.peek()
            && self.given_up.remove(job)
        {
            self.marks.pop();
        }
        let Some(Reverse((mark, ..))) = self.marks.peek() else { return };
        let left = (mark.clock() - self.clock).max(0.0);
        let takes = libm::ceil(left / self.rate());
        // At a standstill that is infinite, or not a number.
        self.next = if takes < 9e18 { now + Span::from_nanos(takes as u64) } else { SimTime::NEVER };
    }
}

fn share(law: &Law, n: u32) -> f64 {
    if n == 0 { 0.0 } else { law.capacity(n) / f64::from(n) }
}
