//! Reading `[pool]` and `[client]`.

use super::check::{Check, above_zero, count, or_none};
use super::sections::POOL;
use super::{ClientSection, POOL_MAX, PoolAutoscaleSection, PoolSection, Pools, Written};
use crate::catalogue::default_of;
use crate::client::{Backoff, BreakerConfig, Client};
use crate::pool::presets::{PRESETS, Preset, preset};
use crate::pool::{
    Covers, GrowsAt, Growth, IdleFloor, IdleOrder, LeakAction, Order, PoolAutoscale, PoolConfig, Retire,
};
use crate::problem::{MISSING, nearest, shown};
use crate::units::{Probability, Span};
use std::collections::BTreeSet;

/// The most retries of one request.
const RETRIES_MAX: u64 = 100;
/// The most pools of one instance.
const POOLS_MAX: usize = 100;

/// A pool that every instance has.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPool {
    /// What people call it.
    pub name: String,
    /// As whom it connects: a pooler keeps the servers of each user apart.
    pub user: String,
    /// Its settings.
    pub config: PoolConfig,
}

pub(super) fn pool_name(pool: &PoolSection, place: usize) -> String {
    match &pool.name {
        Some(name) => name.to_string(),
        None if place == 0 => default_of("pool.name").into(),
        None => format!("{} {}", default_of("pool.name"), place + 1),
    }
}

impl Check {
    /// Every pool of an instance, with its name and as whom it connects.
    pub(super) fn pools(&mut self, pools: &Pools) -> Option<Vec<NamedPool>> {
        let sections = pools.sections();
        if sections.is_empty() {
            self.problems.error(POOL, format!("{MISSING}; each instance has at least one pool"));
        }
        if sections.len() > POOLS_MAX {
            self.problems.error(POOL, format!("{} pools are more than the {POOLS_MAX} that are read", sections.len()));
            return None;
        }
        let mut names = BTreeSet::new();
        let mut read = Vec::new();
        for (n, section) in sections.iter().enumerate() {
            let at = pools.path(n);
            let name = pool_name(section, n);
            if !names.insert(name.clone()) {
                self.problems
                    .error(format!("{at}.name"), format!("{} is the name of an earlier pool too", shown(&name)));
            }
            let user = section.user.as_ref().map_or_else(|| default_of("pool.user").to_owned(), Written::to_string);
            read.push(self.pool(&at, section).map(|config| NamedPool { name, user, config }));
        }
        read.into_iter().collect::<Option<Vec<_>>>().filter(|list| !list.is_empty())
    }

    fn pool(&mut self, at: &str, p: &PoolSection) -> Option<PoolConfig> {
        let named = self.optional(&format!("{at}.preset"), &p.preset, preset_named).flatten();
        let mut from = Settings { check: self, at, preset: named };
        let max_size = from.read("max_size", &p.max_size, |t| count(t, 1, POOL_MAX.into()));
        let most = max_size.unwrap_or(u64::from(POOL_MAX));
        let min_idle = from.read("min_idle", &p.min_idle, |t| match t.trim() {
            "max_size" => Ok(most),
            // What a preset keeps open is for its own size.
            other if p.min_idle.is_none() => count(other, 0, POOL_MAX.into()).map(|n| n.min(most)),
            other => count(other, 0, most).map_err(|why| format!("{why} (or \"max_size\")")),
        });
        let max_idle = from.read("max_idle", &p.max_idle, |t| or_none(t, |t| count(t, 0, POOL_MAX.into())));
        let acquire_timeout = from.read("acquire_timeout", &p.acquire_timeout, |t| or_none(t, Span::parse));
        let timeout_covers = from.read("timeout_covers", &p.timeout_covers, covers);
        let max_waiters = from.read("max_waiters", &p.max_waiters, |t| or_none(t, |t| count(t, 0, u32::MAX.into())));
        let order = from.read("order", &p.order, order);
        let wake_up = from.read("wake_up", &p.wake_up, Span::parse);
        let idle_order = from.read("idle_order", &p.idle_order, idle_order);
        let growth = from.read("growth", &p.growth, growth);
        let parallel =
            from.read("open_parallelism", &p.open_parallelism, |t| or_none(t, |t| count(t, 1, POOL_MAX.into())));
        let open_pause = from.read("open_pause", &p.open_pause, Span::parse);
        let backoff = from.read("open_backoff", &p.open_backoff, above_zero);
        let backoff_cap = from.read("open_backoff_cap", &p.open_backoff_cap, above_zero);
        let retries = from.read("open_retries", &p.open_retries, open_retries);
        let validation = from.read("validation", &p.validation, Span::parse);
        let validation_skip = from.read("validation_skip", &p.validation_skip, Span::parse);
        let idle_timeout = from.read("idle_timeout", &p.idle_timeout, |t| or_none(t, Span::parse));
        let idle_floor = from.read("idle_floor", &p.idle_floor, idle_floor);
        let max_lifetime = from.read("max_lifetime", &p.max_lifetime, |t| or_none(t, above_zero));
        let lifetime_jitter = from.read("lifetime_jitter", &p.lifetime_jitter, Probability::parse);
        let retire = from.read("retire", &p.retire, retire);
        let keepalive = from.read("keepalive", &p.keepalive, |t| or_none(t, above_zero));
        let housekeeping = from.read("housekeeping", &p.housekeeping, |t| or_none(t, above_zero));
        let leak_threshold = from.read("leak_threshold", &p.leak_threshold, |t| or_none(t, above_zero));
        let leak_action = from.read("leak_action", &p.leak_action, leak_action);
        let autoscale = p.autoscale.as_ref().map(|section| self.pool_autoscale(at, section));
        let config = PoolConfig {
            max_size: max_size? as u32,
            min_idle: min_idle? as u32,
            max_idle: max_idle?.map(|n| n as u32),
            acquire_timeout: acquire_timeout?,
            timeout_covers: timeout_covers?,
            max_waiters: max_waiters?.map(|n| n as u32),
            order: order?,
            wake_up: wake_up?,
            idle_order: idle_order?,
            growth: growth?,
            open_parallelism: parallel?.map(|n| n as u32),
            open_pause: open_pause?,
            open_backoff: (backoff?, backoff_cap?),
            open_retries: retries?,
            validation: validation?,
            validation_skip: validation_skip?,
            idle_timeout: idle_timeout?,
            idle_floor: idle_floor?,
            max_lifetime: max_lifetime?,
            lifetime_jitter: lifetime_jitter?,
            retire: retire?,
            keepalive: keepalive?,
            housekeeping: housekeeping?,
            leak_threshold: leak_threshold?,
            leak_action: leak_action?,
            autoscale: match autoscale {
                None => None,
                Some(read) => Some(read?),
            },
        };
        if p.min_idle.is_none() {
            self.least_of_preset(at, &config, named);
        }
        Some(config)
    }

    fn pool_autoscale(&mut self, pool: &str, a: &PoolAutoscaleSection) -> Option<PoolAutoscale> {
        let path = |key: &str| format!("{pool}.autoscale.{key}");
        let at = self.defaulted(&path("at"), &a.at, grows_at);
        let every = self.defaulted(&path("every"), &a.every, above_zero);
        let checks = self.defaulted(&path("checks"), &a.checks, |t| count(t, 1, 10_000));
        let step = self.defaulted(&path("step"), &a.step, |t| match Probability::parse(t) {
            Ok(share) if share.value() == 0.0 => Err("must be above 0%, such as 50%".into()),
            read => read,
        });
        let most = self.required(&path("most"), &a.most, |t| count(t, 1, POOL_MAX.into()));
        Some(PoolAutoscale { at: at?, every: every?, checks: checks? as u32, step: step?.value(), most: most? as u32 })
    }

    /// Say where a smaller pool keeps fewer open than its preset.
    fn least_of_preset(&mut self, at: &str, config: &PoolConfig, named: Option<&Preset>) {
        let setting = named.and_then(|preset| preset.settings.iter().find(|setting| setting.key == "min_idle"));
        let shipped = setting.and_then(|setting| setting.value.parse::<u32>().ok());
        if let Some(least) = shipped.filter(|least| *least > config.max_size) {
            let message =
                format!("{} is less than the preset's min_idle, {least}, which is lowered to it", config.max_size);
            self.problems.caution(format!("{at}.max_size"), message);
        }
    }

    pub(super) fn client(&mut self, c: &ClientSection) -> Option<Client> {
        let timeout = self.defaulted("client.timeout", &c.timeout, |t| or_none(t, above_zero));
        let retries = self.defaulted("client.retries", &c.retries, |t| count(t, 0, RETRIES_MAX));
        let base = self.defaulted("client.backoff", &c.backoff, Span::parse);
        let factor = self.defaulted("client.backoff_factor", &c.backoff_factor, growth_factor);
        let cap = self.defaulted("client.backoff_cap", &c.backoff_cap, Span::parse);
        let jitter = self.defaulted("client.jitter", &c.jitter, Probability::parse);
        let retry_budget = self.defaulted("client.retry_budget", &c.retry_budget, |t| or_none(t, Probability::parse));
        let breaker = match &c.breaker {
            None => None,
            Some(b) => {
                let at = |key: &str| format!("client.breaker.{key}");
                let failures = self.defaulted(&at("failures"), &b.failures, above_none);
                let window = self.defaulted(&at("window"), &b.window, |t| count(t, 1, 1_000_000));
                let open_for = self.defaulted(&at("open_for"), &b.open_for, above_zero);
                let probes = self.defaulted(&at("probes"), &b.probes, |t| count(t, 1, 1_000_000));
                Some(BreakerConfig {
                    failures: failures?,
                    window: window? as u32,
                    open_for: open_for?,
                    probes: probes? as u32,
                })
            }
        };
        Some(Client {
            timeout: timeout?,
            retries: retries? as u32,
            backoff: Backoff { base: base?, factor: factor?, cap: cap?, jitter: jitter? },
            retry_budget: retry_budget?,
            breaker,
        })
    }
}

/// What is written, else what the preset says, else the catalogue's default.
struct Settings<'a> {
    check: &'a mut Check,
    /// Where the pool is written.
    at: &'a str,
    preset: Option<&'static Preset>,
}

impl Settings<'_> {
    fn read<T>(&mut self, key: &str, written: &Option<Written>, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        self.read_by(key, written, &read)
    }

    #[inline(never)]
    fn read_by<T>(
        &mut self,
        key: &str,
        written: &Option<Written>,
        read: &dyn Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let path = format!("{}.{key}", self.at);
        let shipped = self.preset.and_then(|preset| preset.settings.iter().find(|setting| setting.key == key));
        let text = match (written, shipped) {
            (Some(text), _) => text.to_string(),
            (None, Some(setting)) => setting.value.to_owned(),
            (None, None) => default_of(&format!("{POOL}.{key}")).to_owned(),
        };
        self.check.problems.keep(&path, read(&text))
    }
}

fn preset_named(text: &str) -> Result<Option<&'static Preset>, String> {
    if text.trim() == "none" {
        return Ok(None);
    }
    preset(text.trim()).map(Some).ok_or_else(|| {
        let names = || PRESETS.iter().map(|p| p.name);
        // Whoever leaves out the version means the pool.
        let product = names().find(|name| !text.trim().is_empty() && name.starts_with(text.trim()));
        let meant = product.or_else(|| nearest(text, names()));
        let meant = meant.map(|m| format!("; did you mean {m}?")).unwrap_or_default();
        format!("unknown preset {}{meant} (known: {})", shown(text), names().collect::<Vec<_>>().join(", "))
    })
}

/// One of several words.
pub(super) fn choice<T: Copy>(text: &str, known: &[(&str, T)]) -> Result<T, String> {
    let text = text.trim();
    known.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
        let meant = nearest(&text.to_lowercase(), known.iter().map(|k| k.0)).map(|m| format!("; did you mean {m}?"));
        let all = known.iter().map(|k| k.0).collect::<Vec<_>>().join(", ");
        format!("expected one of {all}, found {}{}", shown(text), meant.unwrap_or_default())
    })
}

fn grows_at(text: &str) -> Result<GrowsAt, String> {
    if text.trim() == "timeouts" {
        return Ok(GrowsAt::Timeouts);
    }
    let share = Probability::parse(text).map(|share| GrowsAt::Usage(share.value()));
    share.map_err(|why| format!("{why}, or \"timeouts\""))
}

fn covers(text: &str) -> Result<Covers, String> {
    choice(text, &[("wait", Covers::Wait), ("all", Covers::All)])
}

fn order(text: &str) -> Result<Order, String> {
    let known = [("fifo", Order::Fifo), ("lifo", Order::Lifo), ("random", Order::Random), ("barging", Order::Barging)];
    choice(text, &known)
}

pub(super) fn idle_order(text: &str) -> Result<IdleOrder, String> {
    choice(text, &[("lifo", IdleOrder::Lifo), ("fifo", IdleOrder::Fifo)])
}

fn growth(text: &str) -> Result<Growth, String> {
    choice(text, &[("caller", Growth::Caller), ("background", Growth::Background)])
}

fn open_retries(text: &str) -> Result<bool, String> {
    choice(text, &[("never", false), ("until_timeout", true)])
}

fn idle_floor(text: &str) -> Result<IdleFloor, String> {
    choice(text, &[("keep", IdleFloor::Keep), ("refill", IdleFloor::Refill)])
}

fn leak_action(text: &str) -> Result<LeakAction, String> {
    choice(text, &[("log", LeakAction::Log), ("reclaim", LeakAction::Reclaim)])
}

fn retire(text: &str) -> Result<Retire, String> {
    let mut when = Retire::default();
    if text.trim() == "none" {
        return Ok(when);
    }
    for word in text.split(',') {
        let read = choice(word, &[("return", 0), ("idle", 1), ("checkout", 2)]);
        match read.map_err(|why| format!("{why} (several with commas, or \"none\" alone)"))? {
            0 => when.at_return = true,
            1 => when.while_idle = true,
            _ => when.at_checkout = true,
        }
    }
    Ok(when)
}

fn above_none(text: &str) -> Result<Probability, String> {
    match Probability::parse(text)? {
        share if share.value() == 0.0 => Err("must be above 0%: at 0% it would open without a failure".into()),
        share => Ok(share),
    }
}

fn growth_factor(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if (1.0..=1000.0).contains(&x) => Ok(x),
        _ => Err(format!("expected a number from 1 (a fixed delay) to 1000, found {}", shown(text))),
    }
}
