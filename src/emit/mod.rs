//! From a size to settings that can be pasted: each real pool in its own language, with only the keys that its named version has.

mod align;
mod go;
mod java;
mod javascript;
mod net;
mod page;
mod pgbouncer;
mod python;
mod ruby;
mod rust;
mod targets;

pub use align::{Aligned, Asked, Reason, align};
pub use targets::{Key, TARGETS, Target, target};

use crate::pooler::PoolerConfig;
use crate::random::mix;
use crate::scenario::{Model, Scenario};
use crate::units::Span;
use page::Page;

/// What the settings of every pool are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What the scenario is called.
    pub scenario: String,
    /// Which scenario that was: see [`hash`].
    pub hash: u64,
    /// The command that gives the same again.
    pub command: String,
    /// Sizes and timeouts.
    pub aligned: Aligned,
    /// The acquire timeout of the scenario, with which sizes are simulated; `None` waits for ever.
    pub simulated_timeout: Option<Span>,
    /// Application instances, each with one pool.
    pub instances: u32,
    /// How many connections the database lets them have; `None` where the scenario does not say.
    pub usable: Option<u32>,
    /// How many requests may wait at once; `None` is no limit.
    pub max_waiters: Option<u32>,
    /// How long a session may do nothing within a transaction; `None` where the scenario does not say.
    pub idle_in_transaction: Option<Span>,
    /// What stands between the pools and the database.
    pub pooler: Option<PoolerConfig>,
    /// Whether more happens than a long run at the peak rate shows, for which sizes are recommended.
    pub changes_over_time: bool,
}

impl Settings {
    /// For a scenario's first pool with `max_size` connections. `command` says how to get the same again.
    pub fn of(scenario: &Scenario, model: &Model, max_size: u32, command: impl Into<String>) -> Self {
        Self {
            scenario: model.name().to_owned(),
            hash: hash(scenario),
            command: command.into(),
            aligned: align(&Asked::of(scenario, model, max_size)),
            simulated_timeout: model.pool.acquire_timeout,
            instances: model.instances(),
            usable: model.database.limits.usable(),
            max_waiters: model.pool.max_waiters,
            idle_in_transaction: model.database.idle_in_transaction_timeout,
            pooler: model.pooler().cloned(),
            changes_over_time: model.changes_over_time(),
        }
    }

    /// Connections of all instances.
    pub(crate) fn total(&self) -> u64 {
        u64::from(self.instances) * u64::from(self.aligned.max_size)
    }
}

/// Which scenario it is: a number that depends on each key and value, and neither on the order of keys nor on the platform.
///
/// ```
/// # use poolwise::{emit::hash, scenario::Scenario};
/// let of = |rate| Scenario::read(serde_json::json!({ "traffic": { "rate": rate } })).map(|s| hash(&s));
/// assert_eq!(of("100/s")?, of("100/s")?);
/// assert_ne!(of("100/s")?, of("200/s")?);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn hash(scenario: &Scenario) -> u64 {
    // Tables are sorted by key.
    let text = serde_json::to_value(scenario).unwrap_or_default().to_string();
    text.bytes().fold(mix(text.len() as u64), |key, byte| mix(key ^ u64::from(byte)))
}

/// The settings of one pool, as text in its own language: comments first, of which the first line says where it comes from.
pub fn emit(target: &Target, settings: &Settings) -> String {
    let mut page = Page::new(target.comment);
    let (version, hash, name) = (crate::report::VERSION, settings.hash, &settings.scenario);
    page.whole(&format!("poolwise {version}, scenario {name:?} {hash:016x}: {}", settings.command));
    page.say(&format!(
        "For {} ({}). The runbook's page \"Settings to paste\" has the source of each key.",
        target.version, target.file
    ));
    page.say("");
    page.say(&connections(target, settings));
    let reasons = settings.aligned.reasons.iter().filter(|reason| target.reasons.contains(&reason.key));
    for reason in reasons {
        page.item(&format!("{} {}: {}", reason.key.replace('_', " "), reason.value, reason.why));
    }
    page.say("Watch out:");
    let timeout = settings.aligned.acquire_timeout;
    if settings.simulated_timeout != Some(timeout) {
        let simulated = settings.simulated_timeout.map_or("none".to_owned(), |simulated| simulated.to_string());
        page.item(&format!(
            "the scenario is simulated with acquire timeout {simulated}: poolwise simulate with --set \
             pool.max_size={} --set pool.acquire_timeout={timeout} shows this one",
            settings.aligned.max_size
        ));
    }
    if settings.changes_over_time {
        page.item(&format!(
            "how this size fares over time (the timeline, leaks, changes of the rate) a run tells: poolwise simulate with --set \
             pool.max_size={}",
            settings.aligned.max_size
        ));
    }
    for trap in target.traps {
        page.item(trap);
    }
    if settings.pooler.is_some() && !target.is_pooler {
        page.item(
            "behind a pooler in transaction mode a session has no state: no SET, no LISTEN, no advisory locks of \
             sessions, and prepared statements only where the pooler knows them (PgBouncer from 1.21)",
        );
    }
    (target.write)(settings, &mut page);
    page.say("In the database, once, for the role that the connections have:");
    page.whole(&format!(
        "  ALTER ROLE app SET statement_timeout = '{}ms';",
        millis(settings.aligned.statement_timeout)
    ));
    page.text
}

/// How many connections that makes.
fn connections(target: &Target, settings: &Settings) -> String {
    let (size, instances, total) = (settings.aligned.max_size, settings.instances, settings.total());
    let each = match (target.is_pooler, instances) {
        (true, 1) => format!("One instance with {} comes to it", counted(size)),
        (true, _) => format!("{instances} instances with {} each come to it: {total} in all", counted(size)),
        (false, 1) => format!("{}, for one instance", counted(size)),
        (false, _) => format!("{} for each of {instances} instances: {total} in all", counted(size)),
    };
    let limit = match settings.usable {
        Some(usable) if settings.pooler.is_none() && total > u64::from(usable) => {
            format!(", MORE than the {usable} that the database lets them have")
        }
        Some(usable) => format!("; the database lets the fleet have {usable}"),
        None => "; hold it to max_connections less what is reserved, and keep room for a deploy".to_owned(),
    };
    each + &limit + "."
}

fn counted(connections: u32) -> String {
    let plural = if connections == 1 { "" } else { "s" };
    format!("{connections} connection{plural}")
}

/// Whole milliseconds.
fn millis(span: Span) -> u64 {
    span.nanos().div_ceil(1_000_000)
}

/// Seconds with as many decimals as the milliseconds need, for keys that take decimals.
fn decimal_seconds(span: Span) -> String {
    (millis(span) as f64 / 1000.0).to_string()
}

/// Whole seconds, rounded up: 0 has another meaning for most keys.
fn whole_seconds(span: Span) -> u64 {
    span.nanos().div_ceil(1_000_000_000).max(1)
}
