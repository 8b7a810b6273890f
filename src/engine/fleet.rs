//! Instances that come and go, and which of them serves an attempt.

use super::attempts::{Id, State};
use super::timers::{Rank, Step, Timer};
use super::{Cut, Engine, Fact, Observer};
use crate::fleet::{Action, Autoscaler, Health, Live, Rollout, Router, Routing, Signal, Verdict};
use crate::pool::{Closed, Pool, PoolConfig};
use crate::random::{Purpose, mix};
use crate::scenario::Model;
use crate::timeline::{Change, Deploy};
use crate::units::{SimTime, Span};

/// What is new on an instance that an entry of the timeline starts.
fn new_with(model: &Model, entry: usize) -> New<'_> {
    match &model.timeline[entry].change {
        Change::Deploy(deploy) => New::Version(deploy),
        Change::Rollback(_) => New::AsAtTheStart,
        _ => New::Nothing,
    }
}

/// How long an instance that autoscaling removes may finish its requests: the grace period of Kubernetes.
const GRACE: Span = Span::from_nanos(30_000_000_000);

/// One instance, as far as it is more than its pools.
#[derive(Clone, Debug)]
struct Instance {
    position: u32,
    /// Attempts that it has not answered yet.
    under_way: u32,
    /// How often it has been idle, so that an old timer knows that it is old.
    idled: u64,
    /// Whether it is counted among those that serve.
    serves: bool,
    leaving: bool,
    ended: bool,
    health: Option<Health>,
    /// What its pools are like, and those of whoever takes its place.
    configs: Vec<PoolConfig>,
}

/// What is new on an instance that starts.
pub(super) enum New<'a> {
    /// Nothing: it is like the one before it.
    Nothing,
    /// What a deploy brings.
    Version(&'a Deploy),
    /// Everything is as it was at the start.
    AsAtTheStart,
}

/// The instances of a fleet in which they change, or are not chosen by chance.
pub(super) struct Fleet {
    router: Router,
    live: Live,
    /// The instance that serves at each position, and the one that is coming.
    positions: Vec<(Option<u32>, Option<u32>)>,
    instances: Vec<Instance>,
    /// The last that served, or serves, at each position: what a new one there is like.
    last: Vec<u32>,
    autoscaler: Option<Autoscaler>,
    /// Attempts in which the application works now, and for how long in all since it was last asked, in nanoseconds.
    busy: (u32, u128, SimTime),
    /// How long attempts took that ended since then, in nanoseconds, and how many they were.
    took: (u128, u64),
}

impl Fleet {
    pub(super) fn of(model: &Model) -> Option<Self> {
        model.has_fleet().then(|| {
            let (fleet, count) = (model.fleet(), model.instances());
            Self {
                router: Router::new(fleet.routing, model.most_instances()),
                live: Live::first(count),
                positions: (0..count).map(|n| (Some(n), None)).collect(),
                instances: (0..count)
                    .map(|n| Instance {
                        serves: true,
                        ..Instance::new(n, model, model.pool_configs().cloned().collect())
                    })
                    .collect(),
                last: (0..count).collect(),
                autoscaler: fleet.autoscale.map(Autoscaler::new),
                busy: (0, 0, SimTime::ZERO),
                took: (0, 0),
            }
        })
    }

    /// The application works for one attempt more, or one less.
    pub(super) fn works(&mut self, now: SimTime, more: bool) {
        let (busy, sum, since) = self.busy;
        let sum = sum + (now - since).times(busy);
        self.busy = (if more { busy + 1 } else { busy - 1 }, sum, now);
    }

    /// An attempt ended, with or without an answer.
    pub(super) fn took(&mut self, sojourn: Span) {
        self.took.0 += u128::from(sojourn.nanos());
        self.took.1 += 1;
    }

    /// What a pool of an instance is like, and that of whoever takes its place.
    pub(super) fn config_of(&mut self, instance: u32, kind: u32) -> &mut PoolConfig {
        &mut self.instances[instance as usize].configs[kind as usize]
    }

    /// Requests find their instance in another way.
    pub(super) fn route_by(&mut self, routing: Routing) {
        self.router.route_by(routing);
    }

    /// The instance that stands at a position of the start, or at what has become of it.
    pub(super) fn at(&self, position: u32) -> Option<u32> {
        let (now, coming) = *self.positions.get(position as usize)?;
        now.or(coming)
    }
}

impl Instance {
    fn new(position: u32, model: &Model, configs: Vec<PoolConfig>) -> Self {
        let health = model.fleet().probes.map(Health::new);
        Self { position, under_way: 0, idled: 0, serves: false, leaving: false, ended: false, health, configs }
    }
}

impl<O: Observer> Engine<'_, O> {
    /// What the fleet does by itself from the start on.
    pub(super) fn start_fleet(&mut self, now: SimTime) {
        let fleet = self.model.fleet();
        if let Some(autoscale) = &fleet.autoscale {
            self.plan(now + autoscale.every, Rank::Change, Timer::Autoscale);
        }
        for instance in 0..self.model.instances() {
            self.start_probes(now, instance);
            if fleet.elastic.is_some() {
                self.idles(now, instance);
            }
        }
    }

    fn start_probes(&mut self, now: SimTime, instance: u32) {
        if let Some(probes) = self.model.fleet().probes {
            // Not all at one moment.
            let share = (mix(instance.into()) >> 11) as f64 / (1u64 << 53) as f64;
            self.plan(now + probes.every.scaled(share), Rank::Ask, Timer::Probe { instance });
        }
    }

    /// Choose who serves an attempt; `false` when it can not go on now.
    pub(super) fn route(&mut self, now: SimTime, id: Id) -> bool {
        let request = &self.attempts[id].request;
        let thing = [request.source.into(), request.number, self.attempts[id].tries.into()];
        let luck = self.streams.number(Purpose::Routing, thing);
        let user = self.luck_of_user(request);
        let elastic = self.model.fleet().elastic.as_ref();
        let Some(fleet) = &mut self.fleet else { return true };
        if let Some(elastic) = elastic {
            return self.find_room(now, id, elastic.concurrency, elastic.most);
        }
        let user = fleet.router.routing().user(user);
        let Fleet { router, live, positions, instances, .. } = fleet;
        let under_way = |position: u32| positions[position as usize].0.map_or(0, |n| instances[n as usize].under_way);
        let chosen = router.choose(live, luck, user, under_way).and_then(|position| positions[position as usize].0);
        match chosen {
            Some(instance) => self.send(id, instance),
            None => self.turn_away(now, id),
        }
        chosen.is_some()
    }

    fn send(&mut self, id: Id, instance: u32) {
        let kinds = self.kinds.len() as u32;
        let attempt = &mut self.attempts[id];
        attempt.request.home = instance * kinds + attempt.request.home % kinds;
        attempt.routed = true;
        if let Some(fleet) = &mut self.fleet {
            fleet.instances[instance as usize].under_way += 1;
        }
    }

    fn turn_away(&mut self, now: SimTime, id: Id) {
        let home = self.attempts[id].request.home;
        self.tell(now, home, Fact::Arrived { again: self.attempts[id].tries > 0 });
        self.tell(now, home, Fact::Unserved);
        self.fail(now, id);
    }

    /// An attempt has been answered, has failed, or is gone.
    pub(super) fn done(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        let instance = attempt.request.home / self.kinds.len() as u32;
        if !core::mem::take(&mut attempt.routed) {
            return;
        }
        let Some(fleet) = &mut self.fleet else { return };
        let one = &mut fleet.instances[instance as usize];
        one.under_way -= 1;
        if one.under_way == 0 && one.leaving {
            self.plan(now, Rank::Free, Timer::Ends { instance });
        } else if one.under_way == 0 {
            self.idles(now, instance);
        }
    }

    /// Serverless: an instance with room, the lowest position first, else a new one, which takes its time to start.
    fn find_room(&mut self, now: SimTime, id: Id, concurrency: u32, most: u32) -> bool {
        let Some(fleet) = &self.fleet else { return true };
        let has_room = |n: &u32| fleet.instances[*n as usize].under_way < concurrency;
        let live = fleet.live.positions().iter().filter_map(|position| fleet.positions[*position as usize].0);
        if let Some(instance) = live.into_iter().find(has_room) {
            self.send(id, instance);
            return true;
        }
        let free = fleet.positions.iter().position(|at| *at == (None, None));
        let there = fleet.positions.iter().filter(|at| **at != (None, None)).count() as u32;
        if there >= most {
            self.turn_away(now, id);
            return false;
        }
        let position = free.map_or(fleet.positions.len() as u32, |n| n as u32);
        let instance = self.start_instance(now, position, &New::Nothing);
        self.send(id, instance);
        let start = self.model.fleet().elastic.as_ref().and_then(|elastic| elastic.start.as_ref());
        let takes = start.map_or(Span::ZERO, |start| start.draw(&mut self.starts));
        let serial = self.attempts[id].serial;
        self.plan(now + takes, Rank::Ask, Timer::Started { instance, id, serial });
        false
    }

    /// A cold instance is there, and so is the request that started it.
    pub(super) fn started(&mut self, now: SimTime, instance: u32, id: Id, serial: u64) {
        self.serve(now, instance);
        if self.attempts[id].serial == serial {
            self.come(now, id);
        }
    }

    /// Serverless: an instance without requests is gone after a while.
    fn idles(&mut self, now: SimTime, instance: u32) {
        let (Some(fleet), Some(elastic)) = (&mut self.fleet, &self.model.fleet().elastic) else { return };
        let one = &mut fleet.instances[instance as usize];
        one.idled += 1;
        let idled = one.idled;
        self.plan(now + elastic.idle, Rank::Change, Timer::IdlesOut { instance, idled });
    }

    pub(super) fn idles_out(&mut self, now: SimTime, instance: u32, idled: u64) {
        let still = |one: &Instance| one.under_way == 0 && one.idled == idled && !one.ended;
        if self.fleet.as_ref().is_some_and(|fleet| still(&fleet.instances[instance as usize])) {
            self.leave_service(now, instance, Span::ZERO);
        }
    }

    /// A new instance starts: like the one before it, but for what is new.
    fn start_instance(&mut self, now: SimTime, position: u32, new: &New) -> u32 {
        let kinds = self.kinds.len() as u32;
        let classes = self.model.queries.len();
        // Whoever was coming there comes too late.
        let late = self.fleet.as_ref().and_then(|fleet| fleet.positions.get(position as usize)?.1);
        late.into_iter().for_each(|late| self.leave_service(now, late, GRACE));
        let Some(fleet) = &mut self.fleet else { return 0 };
        let instance = fleet.instances.len() as u32;
        // Where none was before, it is like the last of them: a canary is among the first.
        let like = fleet.last.get(position as usize).or(fleet.last.last()).copied().unwrap_or(0);
        if position as usize >= fleet.positions.len() {
            fleet.positions.push((None, None));
        }
        fleet.positions[position as usize].1 = Some(instance);
        let mut configs = fleet.instances[like as usize].configs.clone();
        self.factors.extend_from_within(like as usize * classes..(like as usize + 1) * classes);
        self.versions.push(self.versions[like as usize]);
        match new {
            New::Nothing => {}
            New::Version(deploy) => {
                if let Some(most) = deploy.max_size {
                    configs[0] = configs[0].resized(most);
                }
                if let Some(least) = deploy.min_idle {
                    configs[0].min_idle = least.min(configs[0].max_size);
                }
                if let Some(version) = deploy.version {
                    self.versions[instance as usize] = version;
                }
            }
            New::AsAtTheStart => {
                configs = self.kinds.iter().map(|&config| config.clone()).collect();
                self.versions[instance as usize] = 0;
            }
        }
        fleet.instances.push(Instance::new(position, self.model, configs.clone()));
        self.breakers.extend(self.client.breaker.map(crate::client::Breaker::new));
        self.levels.size += configs.iter().map(|config| config.max_size).sum::<u32>();
        self.pools.extend(configs.into_iter().map(Pool::new));
        match new {
            New::Nothing => {}
            New::Version(deploy) => self.change_work(instance, deploy.work),
            New::AsAtTheStart => self.change_work(instance, Some((None, 1.0, 1.0))),
        }
        self.look_at(instance);
        for home in instance * kinds..(instance + 1) * kinds {
            self.sweep(now, home);
            self.grow_later(now, home);
        }
        self.start_probes(now, instance);
        instance
    }

    /// An instance that was coming serves from now on.
    pub(super) fn serve(&mut self, now: SimTime, instance: u32) {
        let Some(fleet) = &mut self.fleet else { return };
        let position = fleet.instances[instance as usize].position;
        if fleet.positions.get(position as usize).is_none_or(|at| at.1 != Some(instance)) {
            return;
        }
        let old = fleet.positions[position as usize].0;
        fleet.positions[position as usize] = (Some(instance), None);
        fleet.last.resize(fleet.positions.len().max(fleet.last.len()), instance);
        fleet.last[position as usize] = instance;
        fleet.instances[instance as usize].serves = true;
        fleet.live.set(position, true);
        self.levels.instances += 1;
        self.tell(now, instance * self.kinds.len() as u32, Fact::Serves);
        if let Some(old) = old {
            self.retire(now, old, GRACE);
        }
    }

    /// An instance gets no more requests, and its position nobody else's.
    fn leave_service(&mut self, now: SimTime, instance: u32, drain: Span) {
        let Some(fleet) = &mut self.fleet else { return };
        let position = fleet.instances[instance as usize].position;
        let at = &mut fleet.positions[position as usize];
        if at.1 == Some(instance) {
            at.1 = None;
        }
        if at.0 == Some(instance) {
            at.0 = None;
            fleet.live.set(position, false);
        }
        self.retire(now, instance, drain);
    }

    /// An instance that gets no more requests finishes those that it has, if they do not take too long.
    fn retire(&mut self, now: SimTime, instance: u32, drain: Span) {
        let Some(fleet) = &mut self.fleet else { return };
        let one = &mut fleet.instances[instance as usize];
        one.leaving = true;
        let served = core::mem::take(&mut one.serves);
        let drain = if one.under_way == 0 { Span::ZERO } else { drain };
        if served {
            self.levels.instances -= 1;
            self.tell(now, instance * self.kinds.len() as u32, Fact::Leaves);
        }
        // What it frees is there for whoever starts at that moment: the next of a deploy.
        self.plan(now + drain, Rank::Free, Timer::Ends { instance });
    }

    /// An instance ends: whatever it still has to do is ended, and its connections are closed.
    pub(super) fn end_instance(&mut self, now: SimTime, instance: u32) {
        let Some(fleet) = &mut self.fleet else { return };
        if core::mem::replace(&mut fleet.instances[instance as usize].ended, true) {
            return;
        }
        let kinds = self.kinds.len() as u32;
        let homes = instance * kinds..(instance + 1) * kinds;
        for home in homes.clone() {
            let pool = &mut self.pools[home as usize];
            self.levels.size -= pool.config().max_size;
            pool.close_down();
        }
        self.look_at(instance);
        let here = |attempt: &super::attempts::Attempt| {
            homes.contains(&attempt.request.home) && (attempt.state != State::Retrying || attempt.routed)
        };
        for (id, serial) in self.attempts.which(here) {
            if self.attempts[id].serial == serial {
                self.end_attempt(now, id);
            }
        }
        for home in homes {
            let pool = &mut self.pools[home as usize];
            // What is still out has leaked.
            let out = pool.active();
            self.levels.active -= out;
            self.levels.leaked -= out;
            pool.end();
            self.look_at(instance);
            self.settle(now, home);
        }
        self.tell(now, instance * kinds, Fact::Gone);
    }

    fn end_attempt(&mut self, now: SimTime, id: Id) {
        if self.attempts[id].waits() {
            self.stop_waiting(now, id);
        }
        match self.attempts[id].state {
            state @ (State::Leaked | State::Lingering(_)) => {
                if state == State::Leaked {
                    self.levels.leaked -= self.attempts[id].connections();
                } else {
                    self.stop_work(now, id, true);
                }
                self.discard_all(now, id, Closed::Ended);
                self.done(now, id);
                self.attempts.remove(id);
            }
            _ => self.cut(now, id, Cut::Ended),
        }
    }

    /// An entry of the timeline begins to replace instances.
    pub(super) fn deploy(&mut self, now: SimTime, entry: usize, rollout: &Rollout) {
        let Some(fleet) = &self.fleet else { return };
        let positions = self.model.timeline[entry].positions(fleet.positions.len() as u32);
        for batch in rollout.batches(positions.len() as u32) {
            for place in batch.positions {
                let position = positions[place as usize];
                let mut at = |after: Span, step| {
                    self.plan(now + after, Rank::Change, Timer::Deploys { entry, position, step });
                };
                if rollout.is_in_place() {
                    at(batch.leave, Step::Leave);
                }
                at(batch.start, Step::Start);
                at(batch.serve, Step::Serve);
            }
        }
    }

    pub(super) fn deploys(&mut self, now: SimTime, entry: usize, position: u32, step: Step) {
        let Some(rollout) = self.model.timeline[entry].change.rollout().copied() else { return };
        let Some(fleet) = &self.fleet else { return };
        let Some((old, coming)) = fleet.positions.get(position as usize).copied() else { return };
        match step {
            Step::Leave => old.into_iter().for_each(|old| self.leave_service(now, old, rollout.drain)),
            Step::Start => {
                let model = self.model;
                self.start_instance(now, position, &new_with(model, entry));
            }
            Step::Serve => {
                if let Some(new) = coming {
                    if let Some(old) = old {
                        self.leave_service(now, old, rollout.drain);
                    }
                    self.serve(now, new);
                }
            }
        }
    }

    /// There are so many instances from now on.
    pub(super) fn scale(&mut self, now: SimTime, count: u32, start: Span) {
        let Some(fleet) = &self.fleet else { return };
        let current = fleet.positions.len() as u32;
        for position in current..count {
            let instance = self.start_instance(now, position, &New::Nothing);
            self.plan(now + start, Rank::Change, Timer::Serves { instance });
        }
        for _ in count..current {
            self.remove_last(now);
        }
    }

    /// On one instance work takes longer, or less long.
    pub(super) fn change_work(&mut self, instance: u32, work: Option<(Option<usize>, f64, f64)>) {
        let classes = self.model.queries.len();
        let factors = &mut self.factors[instance as usize * classes..][..classes];
        match work {
            None => {}
            Some((Some(class), whole, cpu)) => factors[class] = (whole, cpu),
            Some((None, whole, cpu)) => factors.fill((whole, cpu)),
        }
    }

    /// The autoscaler looks at its signal.
    pub(super) fn autoscale(&mut self, now: SimTime) {
        let Some(config) = self.model.fleet().autoscale else { return };
        self.plan(now + config.every, Rank::Change, Timer::Autoscale);
        let pending = f64::from(self.levels.pending);
        let cores = self.model.fleet().cores;
        let Some(fleet) = &mut self.fleet else { return };
        let current = fleet.positions.len() as u32;
        let (busy, worked, since) = fleet.busy;
        let worked = worked + (now - since).times(busy);
        fleet.busy = (busy, 0, now);
        let (took, count) = core::mem::take(&mut fleet.took);
        let value = match config.signal {
            Signal::Cpu { .. } => worked as f64 / config.every.nanos() as f64 / (cores * f64::from(current)),
            Signal::Pending { .. } => pending / f64::from(current),
            Signal::Latency { .. } => took as f64 / 1e9 / count as f64,
        };
        let wanted = fleet.autoscaler.as_mut().map_or(current, |scaler| scaler.decide(now, current, value));
        for position in current..wanted {
            let instance = self.start_instance(now, position, &New::Nothing);
            self.plan(now + config.delay, Rank::Change, Timer::Serves { instance });
        }
        for _ in wanted..current {
            self.remove_last(now);
        }
    }

    fn remove_last(&mut self, now: SimTime) {
        let Some(fleet) = &mut self.fleet else { return };
        let position = fleet.positions.len() as u32 - 1;
        let (serving, coming) = fleet.positions[position as usize];
        for instance in [serving, coming].into_iter().flatten() {
            self.leave_service(now, instance, GRACE);
        }
        if let Some(fleet) = &mut self.fleet {
            fleet.positions.pop();
        }
    }

    /// A health check asks an instance's first pool for a connection.
    pub(super) fn probe(&mut self, now: SimTime, instance: u32) {
        let Some(probes) = self.model.fleet().probes else { return };
        let Some(fleet) = &self.fleet else { return };
        let one = &fleet.instances[instance as usize];
        if one.ended || one.leaving {
            return;
        }
        self.plan(now + probes.every, Rank::Ask, Timer::Probe { instance });
        let id = self.attempts.insert(None, 0, now);
        let attempt = &mut self.attempts[id];
        attempt.request = Default::default();
        attempt.request.home = instance * self.kinds.len() as u32;
        attempt.probes = true;
        let serial = attempt.serial;
        self.plan(now + probes.timeout, Rank::GiveUp, Timer::ProbeTimesOut { id, serial });
        self.ask(now, id);
    }

    /// A health check has its answer, or none in time.
    pub(super) fn probed(&mut self, now: SimTime, id: Id, ok: bool) {
        let attempt = &mut self.attempts[id];
        if core::mem::replace(&mut attempt.left, true) {
            return;
        }
        let home = attempt.request.home;
        let instance = home / self.kinds.len() as u32;
        self.tell(now, home, Fact::Probed { ok });
        let Some(fleet) = &mut self.fleet else { return };
        let one = &mut fleet.instances[instance as usize];
        let position = one.position;
        if one.leaving || fleet.positions.get(position as usize).is_none_or(|at| at.0 != Some(instance)) {
            return;
        }
        match one.health.as_mut().and_then(|health| health.saw(ok)) {
            None => {}
            Some(Verdict::Eject) => {
                one.serves = false;
                fleet.live.set(position, false);
                self.levels.instances -= 1;
                self.tell(now, home, Fact::Leaves);
            }
            Some(Verdict::Return) => {
                one.serves = true;
                fleet.live.set(position, true);
                self.levels.instances += 1;
                self.tell(now, home, Fact::Serves);
            }
            Some(Verdict::Restart) => self.plan(now, Rank::Change, Timer::Restarts { instance }),
        }
    }

    /// An unhealthy instance is stopped, and another takes its place.
    pub(super) fn restart(&mut self, now: SimTime, instance: u32) {
        let Some(fleet) = &self.fleet else { return };
        let position = fleet.instances[instance as usize].position;
        let Some(Action::Restart { takes }) = self.model.fleet().probes.map(|probes| probes.action) else { return };
        if fleet.positions.get(position as usize).is_none_or(|at| at.0 != Some(instance)) {
            return;
        }
        self.leave_service(now, instance, Span::ZERO);
        self.end_instance(now, instance);
        let new = self.start_instance(now, position, &New::Nothing);
        self.plan(now + takes, Rank::Change, Timer::Serves { instance: new });
    }
}
