//! The twin of the event engine: one Vec of what will happen, of which the earliest is looked for each time; everything that can be
//! counted is counted anew. It follows what the catalogue and the pool's settings say.

use super::plan::{Order, Plan};
use poolwise::engine::Fact;
use poolwise::pool::Closed;
use poolwise::units::Span;

/// What a run is compared by: every fact with its moment, and what is in use, waits and is open from some moment on.
#[derive(Debug, Default, PartialEq)]
pub struct Story {
    pub facts: Vec<(u64, Fact)>,
    pub levels: Vec<(u64, [usize; 3])>,
}

impl Story {
    /// In an order that does not depend on what came first at one moment; levels only where they change.
    pub fn told(mut self) -> Self {
        self.facts.sort_by_cached_key(|(at, fact)| (*at, format!("{fact:?}")));
        let mut kept: Vec<(u64, [usize; 3])> = Vec::new();
        for (n, level) in self.levels.iter().enumerate() {
            let last_of_moment = self.levels.get(n + 1).is_none_or(|next| next.0 > level.0);
            if last_of_moment && kept.last().is_none_or(|before| before.1 != level.1) {
                kept.push(*level);
            }
        }
        self.levels = kept;
        self
    }
}

pub fn run(plan: &Plan, until: u64) -> Story {
    let mut twin = Twin {
        plan,
        now: 0,
        limit: plan.max_size,
        to_come: Vec::new(),
        numbered: 0,
        attempts: Vec::new(),
        queue: Vec::new(),
        lines: Vec::new(),
        idle: Vec::new(),
        refilling: false,
        // In eighths.
        budget: 80,
        story: Story::default(),
    };
    twin.begin();
    while let Some(n) = twin.earliest() {
        if twin.to_come[n].0 > until {
            break;
        }
        let (at, _, _, event) = twin.to_come.remove(n);
        twin.now = at;
        twin.happen(event);
        let level = twin.level();
        twin.story.levels.push((at, level));
    }
    twin.story.told()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Opens { caller: Option<usize>, failed: u32 },
    OpensAgain { failed: u32 },
    Rested,
    Checked(usize),
    KeptAlive(usize),
    Over(usize),
    LetsGo(usize),
    Resized(usize),
    Sweep,
    GivesUp { attempt: usize, having: usize },
    Leaves(usize),
    Comes { request: (usize, usize), tries: u64 },
    AsksAgain(usize),
    Reaches(usize),
}

/// Free, change, give up, ask. Among those that ask, a new request comes last.
fn rank(event: Event) -> u8 {
    match event {
        Event::Over(_) | Event::LetsGo(_) => 0,
        Event::Sweep => 2,
        Event::Resized(_) => 3,
        Event::GivesUp { .. } => 4,
        Event::Leaves(_) => 5,
        Event::AsksAgain(_) | Event::Reaches(_) => 6,
        Event::Comes { tries, .. } => {
            if tries > 0 {
                6
            } else {
                7
            }
        }
        _ => 1,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    Queueing,
    Woken,
    Opening,
    Checking(usize),
    Between,
    Working,
    Lingering,
    Gone,
}

struct Attempt {
    /// Source and number.
    request: (usize, usize),
    tries: u64,
    came: u64,
    asked: u64,
    is: Is,
    /// Lines and when each was granted.
    has: Vec<(usize, u64)>,
    left: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Idle,
    Out,
    AtTheHousekeeper,
    Closed,
}

struct Line {
    old_at: Option<u64>,
    used: u64,
    place: Place,
}

struct Twin<'a> {
    plan: &'a Plan,
    now: u64,
    limit: usize,
    to_come: Vec<(u64, u8, u64, Event)>,
    numbered: u64,
    attempts: Vec<Attempt>,
    queue: Vec<usize>,
    lines: Vec<Line>,
    /// The one that came last at the end.
    idle: Vec<usize>,
    refilling: bool,
    budget: u64,
    story: Story,
}

impl Twin<'_> {
    fn begin(&mut self) {
        for _ in 0..self.plan.min_idle {
            let line = self.new_line();
            self.lines[line].place = Place::Idle;
            self.idle.push(line);
        }
        for (source, of) in self.plan.sources.iter().enumerate() {
            for (n, (at, _)) in of.requests.iter().enumerate() {
                self.plan_at(*at, Event::Comes { request: (source, n), tries: 0 });
            }
        }
        for (at, size) in self.plan.resizes.clone() {
            self.plan_at(at, Event::Resized(size));
        }
        if let Some(period) = self.plan.housekeeping {
            self.plan_at(period, Event::Sweep);
        }
        let level = self.level();
        self.story.levels.push((0, level));
    }

    fn earliest(&self) -> Option<usize> {
        (0..self.to_come.len()).min_by_key(|n| {
            let (at, rank, number, _) = self.to_come[*n];
            (at, rank, number)
        })
    }

    fn plan_at(&mut self, at: u64, event: Event) {
        self.numbered += 1;
        self.to_come.push((at, rank(event), self.numbered, event));
    }

    fn plan_in(&mut self, span: u64, event: Event) {
        self.plan_at(self.now + span, event);
    }

    fn tell(&mut self, fact: Fact) {
        self.story.facts.push((self.now, fact));
    }

    fn lines_that(&self, place: Place) -> usize {
        self.lines.iter().filter(|line| line.place == place).count()
    }

    fn opening(&self) -> usize {
        self.to_come.iter().filter(|e| matches!(e.3, Event::Opens { .. } | Event::OpensAgain { .. })).count()
    }

    fn has_room(&self) -> bool {
        self.total() < self.limit
    }

    /// In use, waiting, open.
    fn level(&self) -> [usize; 3] {
        let waits = |a: &&Attempt| matches!(a.is, Is::Queueing | Is::Woken | Is::Opening | Is::Checking(_));
        [
            self.lines_that(Place::Out),
            self.attempts.iter().filter(waits).count(),
            self.lines.len() - self.lines_that(Place::Closed),
        ]
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Comes { request, tries } => self.come(request, tries),
            Event::AsksAgain(who) => self.ask(who),
            Event::Reaches(who) => self.reach(who),
            Event::GivesUp { attempt, having } => self.give_up(attempt, having),
            Event::Leaves(who) => self.leave(who),
            Event::Over(who) => self.answer(who),
            Event::LetsGo(who) => self.let_go(who),
            Event::Opens { caller, failed } => self.opens(caller, failed),
            Event::OpensAgain { failed } => self.open(None, failed),
            Event::Rested => self.serve(),
            Event::Checked(who) => {
                if let Is::Checking(line) = self.attempts[who].is {
                    self.granted(who, line);
                }
            }
            Event::KeptAlive(line) => {
                self.lines[line].used = self.now;
                if self.total() > self.limit {
                    self.close(line, Closed::Surplus);
                } else {
                    self.lines[line].place = Place::Idle;
                    self.idle.push(line);
                }
                self.serve();
            }
            Event::Sweep => self.sweep(),
            Event::Resized(limit) => {
                self.limit = limit;
                while !self.idle.is_empty() && self.total() > limit {
                    let line = self.idle.remove(0);
                    self.close(line, Closed::Surplus);
                }
                let entry = self.plan.resizes.iter().position(|resize| *resize == (self.now, limit)).unwrap();
                self.tell(Fact::Changed { entry });
                self.serve();
            }
        }
    }

    /// There or on their way.
    fn total(&self) -> usize {
        self.lines.len() - self.lines_that(Place::Closed) + self.opening()
    }

    // Requests.

    fn come(&mut self, request: (usize, usize), tries: u64) {
        self.tell(Fact::Arrived { again: tries > 0 });
        if tries == 0 {
            self.budget = (self.budget + self.plan.retry_budget.unwrap_or(0)).min(80);
        }
        let who = self.attempts.len();
        let now = self.now;
        self.attempts.push(Attempt {
            request,
            tries,
            came: now,
            asked: now,
            is: Is::Gone,
            has: Vec::new(),
            left: false,
        });
        if let Some(patience) = self.plan.client_timeout {
            self.plan_in(patience, Event::Leaves(who));
        }
        self.ask(who);
    }

    fn ask(&mut self, who: usize) {
        self.attempts[who].asked = self.now;
        if let Some(patience) = self.plan.acquire_timeout {
            let having = self.attempts[who].has.len();
            self.plan_in(patience, Event::GivesUp { attempt: who, having });
        }
        let may_overtake = self.plan.order == Order::Barging || self.queue.is_empty();
        let taken = if may_overtake { self.take_idle() } else { None };
        if let Some(line) = taken {
            self.hand(who, line);
        } else if may_overtake && !self.plan.background && self.has_room() {
            self.attempts[who].is = Is::Opening;
            self.open(Some(who), 0);
        } else if self.plan.max_waiters.is_none_or(|most| self.queue.len() < most) {
            self.attempts[who].is = Is::Queueing;
            self.queue.push(who);
            self.tell(Fact::Queued);
        } else {
            self.tell(Fact::Rejected);
            self.fail(who);
        }
        self.serve();
    }

    fn reach(&mut self, who: usize) {
        if self.attempts[who].is != Is::Woken {
            return;
        }
        match self.take_idle() {
            Some(line) => self.hand(who, line),
            None => {
                self.attempts[who].is = Is::Queueing;
                self.queue.push(who);
            }
        }
        self.serve();
    }

    fn give_up(&mut self, who: usize, having: usize) {
        let attempt = &self.attempts[who];
        let still = match attempt.is {
            Is::Queueing | Is::Woken => true,
            Is::Opening | Is::Checking(_) => self.plan.covers_all,
            _ => false,
        };
        if !still || attempt.has.len() != having {
            return;
        }
        if let Is::Checking(line) = attempt.is {
            self.take_back(line);
        }
        self.queue.retain(|waiter| *waiter != who);
        self.tell(Fact::TimedOut { wait: Span::from_nanos(self.now - self.attempts[who].asked) });
        self.fail(who);
    }

    fn leave(&mut self, who: usize) {
        if matches!(self.attempts[who].is, Is::Lingering | Is::Gone) {
            return;
        }
        self.tell(Fact::Left);
        self.go_without(who);
        self.attempts[who].left = true;
    }

    fn answer(&mut self, who: usize) {
        let attempt = &self.attempts[who];
        let (sojourn, wanted) = (Span::from_nanos(self.now - attempt.came), !attempt.left);
        let after = self.plan.sources[attempt.request.0].after;
        self.tell(Fact::Served { sojourn, wanted });
        if after > 0 {
            self.attempts[who].is = Is::Lingering;
            self.plan_in(after, Event::LetsGo(who));
        } else {
            self.let_go(who);
        }
    }

    fn let_go(&mut self, who: usize) {
        self.attempts[who].is = Is::Gone;
        for (line, since) in std::mem::take(&mut self.attempts[who].has) {
            self.take_back(line);
            self.tell(Fact::Returned { hold: Span::from_nanos(self.now - since) });
        }
        self.serve();
    }

    fn fail(&mut self, who: usize) {
        if !self.attempts[who].left {
            self.go_without(who);
        }
        self.let_go(who);
    }

    /// A client that has no answer: it tries again or the request is lost.
    fn go_without(&mut self, who: usize) {
        let Attempt { request, tries, came, .. } = self.attempts[who];
        let paid = self.plan.retry_budget.is_none() || self.budget >= 8;
        let again = tries < self.plan.retries && paid;
        self.tell(Fact::Failed { sojourn: Span::from_nanos(self.now - came), lost: !again });
        if again {
            self.budget -= if self.plan.retry_budget.is_some() { 8 } else { 0 };
            let grown = (0..tries).fold(self.plan.backoff, |delay, _| delay * self.plan.backoff_factor);
            self.plan_in(grown.min(self.plan.backoff_cap), Event::Comes { request, tries: tries + 1 });
        }
    }

    /// A line for a request, which may have to be checked.
    fn hand(&mut self, who: usize, line: usize) {
        self.lines[line].place = Place::Out;
        if self.plan.validation > 0 && self.now - self.lines[line].used >= self.plan.validation_skip {
            self.attempts[who].is = Is::Checking(line);
            self.plan_in(self.plan.validation, Event::Checked(who));
        } else {
            self.granted(who, line);
        }
    }

    fn granted(&mut self, who: usize, line: usize) {
        let now = self.now;
        let attempt = &mut self.attempts[who];
        attempt.has.push((line, now));
        let wait = Span::from_nanos(now - attempt.asked);
        let source = &self.plan.sources[attempt.request.0];
        if attempt.has.len() < source.connections {
            attempt.is = Is::Between;
            let between = source.between;
            self.plan_in(between, Event::AsksAgain(who));
        } else {
            attempt.is = Is::Working;
            let hold = source.requests[attempt.request.1].1;
            self.plan_in(hold, Event::Over(who));
        }
        self.tell(Fact::Granted { wait });
    }

    // Lines.

    fn new_line(&mut self) -> usize {
        let old_at = self.plan.max_lifetime.map(|lifetime| self.now + lifetime);
        self.lines.push(Line { old_at, used: self.now, place: Place::Out });
        self.lines.len() - 1
    }

    fn is_old(&self, line: usize) -> bool {
        self.lines[line].old_at.is_some_and(|at| at <= self.now)
    }

    fn close(&mut self, line: usize, reason: Closed) {
        self.lines[line].place = Place::Closed;
        self.tell(Fact::Closed { reason });
    }

    fn take_idle(&mut self) -> Option<usize> {
        while !self.idle.is_empty() {
            let last = self.idle.len() - 1;
            let line = self.idle.remove(if self.plan.longest_idle_first { 0 } else { last });
            if !(self.plan.retire_at_checkout && self.is_old(line)) {
                return Some(line);
            }
            self.close(line, Closed::Lifetime);
        }
        None
    }

    fn take_back(&mut self, line: usize) {
        self.lines[line].used = self.now;
        let enough = self.queue.is_empty() && self.plan.max_idle.is_some_and(|most| self.idle.len() >= most);
        if self.plan.retire_at_return && self.is_old(line) {
            self.close(line, Closed::Lifetime);
        } else if enough || self.total() > self.limit {
            self.close(line, Closed::Surplus);
        } else {
            self.lines[line].place = Place::Idle;
            self.idle.push(line);
        }
    }

    fn open(&mut self, caller: Option<usize>, failed: u32) {
        if self.plan.connect > 0 {
            self.plan_in(self.plan.connect, Event::Opens { caller, failed });
        } else {
            self.opens(caller, failed);
        }
    }

    fn opens(&mut self, caller: Option<usize>, failed: u32) {
        let of_the_pool = caller.is_none();
        let caller = caller.filter(|who| self.attempts[*who].is == Is::Opening);
        if self.plan.connect_fails {
            self.tell(Fact::OpenFailed);
            if let Some(who) = caller {
                self.tell(Fact::Refused { wait: Span::from_nanos(self.now - self.attempts[who].asked) });
                self.fail(who);
            } else if of_the_pool {
                let (first, longest) = self.plan.open_backoff;
                self.plan_in((first << failed.min(20)).min(longest), Event::OpensAgain { failed: failed + 1 });
            } else {
                self.serve();
            }
            return;
        }
        let full = !self.has_room();
        let line = self.new_line();
        self.tell(Fact::Opened);
        if let Some(who) = caller {
            self.granted(who, line);
        } else {
            if full {
                self.close(line, Closed::Surplus);
            } else {
                self.lines[line].place = Place::Idle;
                self.idle.push(line);
            }
            if self.plan.open_pause > 0 && of_the_pool {
                self.plan_in(self.plan.open_pause, Event::Rested);
            }
        }
        self.serve();
    }

    fn sweep(&mut self) {
        let mut left = self.idle.len();
        for line in std::mem::take(&mut self.idle) {
            let unused = self.now - self.lines[line].used;
            let spare = self.plan.refill || left > self.plan.min_idle;
            if self.plan.retire_while_idle && self.is_old(line) {
                self.close(line, Closed::Lifetime);
                left -= 1;
            } else if spare && self.plan.idle_timeout.is_some_and(|longest| unused >= longest) {
                self.close(line, Closed::Idle);
                left -= 1;
            } else if self.plan.keepalive.is_some_and(|after| unused >= after) {
                self.lines[line].place = Place::AtTheHousekeeper;
                self.plan_in(self.plan.validation, Event::KeptAlive(line));
            } else {
                self.idle.push(line);
            }
        }
        self.refilling = true;
        self.plan_in(self.plan.housekeeping.unwrap(), Event::Sweep);
        self.serve();
    }

    /// Whatever can be done for those who wait, and for the least number of idle lines.
    fn serve(&mut self) {
        while self.serve_one() || self.grow() {}
    }

    fn serve_one(&mut self) -> bool {
        if self.queue.is_empty() {
            return false;
        }
        let next = if self.plan.order == Order::Lifo { self.queue.len() - 1 } else { 0 };
        if self.plan.order == Order::Barging {
            let woken = self.attempts.iter().filter(|attempt| attempt.is == Is::Woken).count();
            if self.idle.len() > woken {
                let who = self.queue.remove(next);
                self.attempts[who].is = Is::Woken;
                self.plan_in(self.plan.wake_up, Event::Reaches(who));
                return true;
            }
        } else if let Some(line) = self.take_idle() {
            let who = self.queue.remove(next);
            self.hand(who, line);
            return true;
        }
        if !self.plan.background && self.has_room() {
            let who = self.queue.remove(next);
            self.attempts[who].is = Is::Opening;
            self.open(Some(who), 0);
            return true;
        }
        false
    }

    /// The pool opens one more by itself: where it opens all, and where the housekeeper found too few idle.
    fn grow(&mut self) -> bool {
        let opening = self.opening();
        let short = self.idle.len() + opening + self.lines_that(Place::AtTheHousekeeper) < self.plan.min_idle;
        self.refilling &= short;
        let for_waiters = self.plan.background && self.queue.len() > opening;
        let for_least = short && (self.plan.background || self.refilling);
        let resting = self.to_come.iter().filter(|e| e.3 == Event::Rested).count();
        let may = self.plan.open_parallelism.is_none_or(|most| opening + resting < most);
        let grows = (for_waiters || for_least) && may && self.has_room();
        if grows {
            self.open(None, 0);
        }
        grows
    }
}
