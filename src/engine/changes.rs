//! What the entries of the timeline do.

use super::{Engine, Fact, Observer};
use crate::client::{Breaker, RetryBudget};
use crate::database::Law;
use crate::pool::PoolConfig;
use crate::timeline::{Change, Setting};
use crate::units::SimTime;

impl<O: Observer> Engine<'_, O> {
    /// The next entry that stands at a moment reaches a position.
    pub(super) fn change(&mut self, now: SimTime) {
        if let Some((_, entry, position)) = self.changes.pop_front() {
            self.change_at(now, entry, position);
        }
    }

    /// An entry of the timeline reaches a position, or happens once for all.
    pub(super) fn change_at(&mut self, now: SimTime, entry: usize, position: u32) {
        let model = self.model;
        let (change, over) = (&model.timeline[entry].change, model.timeline[entry].over);
        // What stands there now, where instances have changed.
        let standing = match &self.fleet {
            Some(fleet) => fleet.at(position),
            None => Some(position).filter(|position| *position < model.instances()),
        };
        let per_instance = change.is_per_instance();
        if per_instance && standing.is_none() {
            return;
        }
        let instance = standing.filter(|_| per_instance).unwrap_or(0);
        let home = instance * self.kinds.len() as u32;
        self.tell(now, home, Fact::Changed { entry });
        match change {
            Change::SlowQuery { query, factor, cpu_factor } => {
                self.change_work(instance, Some((*query, *factor, *cpu_factor)));
            }
            Change::Deploy(version) => self.deploy(now, entry, &version.rollout),
            Change::Rollback(rollout) | Change::RestartInstances(rollout) => self.deploy(now, entry, rollout),
            Change::Scale { count, start } => self.scale(now, *count, *start),
            Change::ResizePool { max_size } => {
                self.resize(now, home, *max_size);
                self.remember(home, |config| config.resized(*max_size));
            }
            Change::FlushIdle => {
                for home in home..home + self.kinds.len() as u32 {
                    self.pools[home as usize].flush();
                    self.settle(now, home);
                }
            }
            Change::Set(setting) => self.set(now, instance, setting),
            Change::DatabaseSpeed { factor } => self.database_changes_speed(now, over, *factor),
            Change::RestartDatabase { lasts } => self.database_goes_down(now, *lasts),
            Change::RestartPooler { lasts } => self.pooler_goes_down(now, *lasts),
            Change::Lock { lasts } => self.somebody_locks(now, *lasts),
            Change::Note => {}
        }
    }

    /// A pool gets another limit.
    pub(super) fn resize(&mut self, now: SimTime, home: u32, max_size: u32) {
        let pool = &mut self.pools[home as usize];
        self.levels.size = self.levels.size - pool.config().max_size + max_size;
        pool.resize(max_size);
        self.look_at(home / self.kinds.len() as u32);
        self.settle(now, home);
    }

    /// What becomes of a pool's settings when its instance is replaced.
    fn remember(&mut self, home: u32, change: impl Fn(&PoolConfig) -> PoolConfig) {
        let kinds = self.kinds.len() as u32;
        if let Some(fleet) = &mut self.fleet {
            let config = fleet.config_of(home / kinds, home % kinds);
            *config = change(config);
        }
    }

    fn set(&mut self, now: SimTime, instance: u32, setting: &Setting) {
        match setting {
            Setting::Pool { kind, from, to } => {
                let home = instance * self.kinds.len() as u32 + *kind as u32;
                let pool = &mut self.pools[home as usize];
                let config = pool.config().changed(from, to);
                self.levels.size = self.levels.size - pool.config().max_size + config.max_size;
                pool.configure(config);
                self.look_at(instance);
                self.remember(home, |config| config.changed(from, to));
                self.settle(now, home);
            }
            Setting::Client(client) => {
                if client.breaker != self.client.breaker {
                    let closed = client.breaker.map(Breaker::new);
                    self.breakers = closed.map_or(Vec::new(), |breaker| vec![breaker; self.versions.len()]);
                }
                if client.retry_budget != self.client.retry_budget {
                    self.retry_budget = RetryBudget::new(client.retry_budget);
                }
                self.client = client.clone();
            }
            Setting::Database(database) => {
                self.server.set_limits(database.limits);
                if database.law != self.database.law {
                    self.cores.set_law(now, database.law.unwrap_or(Law::of_cores(f64::INFINITY)));
                }
                self.database = database.clone();
            }
            Setting::Routing(routing) => {
                if let Some(fleet) = &mut self.fleet {
                    fleet.route_by(*routing);
                }
            }
        }
    }
}
