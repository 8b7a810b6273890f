//! Alerts, looked at in rounds, and what begins with them.

use super::timers::{Rank, Timer};
use super::{Engine, Fact, Observer};
use crate::alert::{Alert, Counters, Metric, Seen, Watch};
use crate::scenario::Model;
use crate::timeline::Begins;
use crate::units::SimTime;

/// What is remembered for the alerts.
pub(super) struct Watched {
    /// By pool.
    counters: Vec<Counters>,
    watches: Vec<Watch>,
    /// Whether each has fired.
    fired: Vec<bool>,
}

impl Watched {
    pub(super) fn of(model: &Model) -> Option<Self> {
        let count = model.alerts().len();
        (count > 0).then(|| Self {
            counters: Vec::new(),
            watches: (0..count).map(|_| Watch::new()).collect(),
            fired: vec![false; count],
        })
    }

    /// Count what happened at a pool.
    #[inline]
    pub(super) fn count(&mut self, home: u32, fact: Fact) {
        match fact {
            Fact::TimedOut { wait } => {
                let counters = self.of_pool(home);
                counters.timed_out += 1.0;
                counters.waits += 1.0;
                counters.waited += wait.seconds();
            }
            Fact::Granted { wait } => {
                let counters = self.of_pool(home);
                counters.waits += 1.0;
                counters.waited += wait.seconds();
            }
            Fact::Returned { hold } => {
                let counters = self.of_pool(home);
                counters.returned += 1.0;
                counters.held += hold.seconds();
            }
            Fact::Served { wanted: true, .. } => self.of_pool(home).served += 1.0,
            Fact::Failed { lost: true, .. } => self.of_pool(home).lost += 1.0,
            Fact::Opened => self.of_pool(home).opened += 1.0,
            Fact::ConnectRefused { .. } => self.of_pool(home).refused += 1.0,
            _ => {}
        }
    }

    fn of_pool(&mut self, home: u32) -> &mut Counters {
        let home = home as usize;
        if home >= self.counters.len() {
            self.counters.resize(home + 1, Counters::default());
        }
        &mut self.counters[home]
    }
}

impl<O: Observer> Engine<'_, O> {
    pub(super) fn start_alerts(&mut self, now: SimTime) {
        for (alert, rule) in self.model.alerts().iter().enumerate() {
            self.plan(now + rule.every, Rank::Ask, Timer::Looks { alert });
        }
    }

    /// An alert is looked at.
    pub(super) fn look(&mut self, now: SimTime, alert: usize) {
        let rule = &self.model.alerts()[alert];
        self.plan(now + rule.every, Rank::Ask, Timer::Looks { alert });
        let database = self.seen_of_the_database(rule);
        let Some(watched) = &mut self.watched else { return };
        watched.counters.resize(self.pools.len(), Counters::default());
        let pools: Vec<Seen> = (self.pools.iter().zip(&watched.counters).zip(0..))
            .filter(|((pool, _), _)| !pool.is_ended())
            .map(|((pool, counters), home)| Seen {
                pool: home,
                active: pool.active().into(),
                pending: (pool.queued() + pool.woken()).into(),
                size: pool.config().max_size.into(),
                counters: *counters,
            })
            .collect();
        let look = watched.watches[alert].look(rule, now, &pools, database);
        let first = look.fires && !watched.fired[alert];
        watched.fired[alert] |= look.fires;
        if let Some(value) = look.value {
            self.tell(now, look.pool, Fact::Looked { alert, thousandths: thousandths(value, rule.above) });
        }
        if look.fires && !look.fired {
            self.tell(now, look.pool, Fact::Fires { alert });
        } else if look.fired && !look.fires {
            self.tell(now, look.pool, Fact::Clears { alert });
        }
        if first {
            self.begin_with(now, alert);
        }
    }

    fn seen_of_the_database(&self, rule: &Alert) -> Option<f64> {
        match rule.metric {
            Metric::DatabaseConnections => {
                let usable = self.database.limits.usable()?;
                Some(f64::from(self.levels.connected) / f64::from(usable))
            }
            Metric::DatabaseLoad => {
                let cores = self.database.law.map(|law| law.cores).filter(|cores| cores.is_finite())?;
                Some(f64::from(self.levels.running) / cores)
            }
            Metric::PoolerWaiting => self.pooler.as_ref().map(|_| self.levels.linking.into()),
            _ => None,
        }
    }

    /// What was to begin with an alert begins.
    fn begin_with(&mut self, now: SimTime, fired: usize) {
        for (n, entry) in self.model.timeline.iter().enumerate() {
            if let Begins::On { alert, after } = entry.begins
                && alert == fired
            {
                for (later, position) in entry.reaches(self.model.most_instances()) {
                    self.plan(now + after + later, Rank::Change, Timer::Changes { entry: n, position });
                }
            }
        }
    }
}

/// A value as thousandths of its threshold, as far as a small number can say; a threshold of 0 counts as 1.
fn thousandths(value: f64, above: f64) -> u32 {
    let of = if above > 0.0 { above } else { 1.0 };
    (value / of * 1000.0) as u32
}
