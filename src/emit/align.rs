//! Timeouts that fit together: the one place that says which is below which, and what holds where nobody has said anything.
//!
//! From the inside out, each gives up before the one around it, so that the one who knows the reason reports it:
//! wait for a connection < client < proxy. The wait and one statement together fit into the client's patience.

use crate::scenario::{Model, PoolSection, Scenario, Written};
use crate::slo::Metric;
use crate::units::{Probability, Span};
use crate::workload::Distribution;
use serde::{Serialize, Serializer};

/// What is known before; `None` where nobody has said it. Spans are rounded up to whole milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Connections of one instance's pool; at least 1.
    pub max_size: u32,
    /// Connections that are kept open; of more than `max_size` as many as that.
    pub min_idle: Option<u32>,
    /// How long a request waits for a connection.
    pub acquire_timeout: Option<Span>,
    /// How long a client waits for its answer.
    pub client_timeout: Option<Span>,
    /// How long one statement may take.
    pub statement_timeout: Option<Span>,
    /// After which unused connections are closed.
    pub idle_timeout: Option<Span>,
    /// At which age connections are replaced.
    pub max_lifetime: Option<Span>,
    /// The share of that age by which chance makes it less.
    pub lifetime_jitter: Option<Probability>,
    /// After which unused connections are checked.
    pub keepalive: Option<Span>,
    /// After which a connection that is out is suspect.
    pub leak_threshold: Option<Span>,
    /// Mean hold in seconds; may be infinite.
    pub mean_hold: f64,
    /// The weight of each class of requests with its hold, without the processor time and the application's work that are written
    /// apart; empty where nobody says.
    pub holds: Vec<(f64, Distribution)>,
    /// The longest wait that an objective allows.
    pub wait_objective: Option<Span>,
}

/// Settings that fit together. In JSON times are seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Aligned {
    /// Connections of one instance's pool.
    pub max_size: u32,
    /// Connections that are kept open.
    pub min_idle: u32,
    /// How long a request waits for a connection.
    #[serde(serialize_with = "seconds")]
    pub acquire_timeout: Span,
    /// How long a client waits for its answer.
    #[serde(serialize_with = "seconds")]
    pub client_timeout: Span,
    /// How long a proxy before the service waits.
    #[serde(serialize_with = "seconds")]
    pub proxy_timeout: Span,
    /// How long opening a connection may take.
    #[serde(serialize_with = "seconds")]
    pub connect_timeout: Span,
    /// How long one statement may take.
    #[serde(serialize_with = "seconds")]
    pub statement_timeout: Span,
    /// After which unused connections are closed.
    #[serde(serialize_with = "seconds")]
    pub idle_timeout: Span,
    /// At which age connections are replaced, at the latest.
    #[serde(serialize_with = "seconds")]
    pub max_lifetime: Span,
    /// The share of that age by which chance makes it less.
    #[serde(serialize_with = "share")]
    pub lifetime_jitter: Probability,
    /// After which unused connections are checked.
    #[serde(serialize_with = "seconds")]
    pub keepalive: Span,
    /// After which a connection that is out is suspect.
    #[serde(serialize_with = "seconds")]
    pub leak_threshold: Span,
    /// Why each is what it is, in the order of the fields.
    pub reasons: Vec<Reason>,
}

/// Why a setting is what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Reason {
    /// The field of [`Aligned`].
    pub key: &'static str,
    /// Its value, as people write it.
    pub value: String,
    /// In words.
    pub why: String,
    /// Whether the scenario says this value.
    pub written: bool,
}

fn seconds<S: Serializer>(span: &Span, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(span.seconds())
}

fn share<S: Serializer>(share: &Probability, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(share.value())
}

const fn ms(count: u64) -> Span {
    Span::from_nanos(count * 1_000_000)
}

/// A wait of this many times what the objective allows will not end well.
const HOPELESS: u64 = 10;
/// The acquire timeout that follows from an objective lies within these; without an objective it is the third.
const ACQUIRE: (Span, Span, Span) = (ms(500), ms(5_000), ms(2_000));
/// Work that takes this many times the mean hold is given up, unless it is no rarer than the next.
const LONG_WORK: f64 = 10.0;
/// Holds of which there are as few as this may be ended by a timeout.
const RARE: f64 = 1e-4;
/// No timeout follows from a longer hold.
const LONGEST: f64 = 60.0;
/// Timeouts of connecting count in whole seconds, and libpq takes less than two as two.
const CONNECT: Span = ms(2_000);
/// Load balancers of clouds forget a silent connection after 350 s.
const IDLE: Span = ms(300_000);
const LIFETIME: Span = ms(1_800_000);
const JITTER: &str = "10%";
const KEEPALIVE: Span = ms(120_000);
const LEAK: Span = ms(2_000);

impl Asked {
    /// What a scenario says of its first pool, with `max_size` connections. Only what is written in it counts, not what a preset
    /// or a default adds: those are what people have without having chosen it.
    pub fn of(scenario: &Scenario, model: &Model, max_size: u32) -> Self {
        let section = scenario.pool.sections().first();
        let says = |key: fn(&PoolSection) -> &Option<Written>| section.is_some_and(|pool| key(pool).is_some());
        let pool = &model.pool;
        let waits = model.slo.iter().filter(|o| matches!(o.metric, Metric::Wait(_)));
        let longest = waits.map(|o| Span::from_seconds(o.at_most)).max();
        let min_idle = if pool.min_idle == pool.max_size { max_size } else { pool.min_idle };
        let asked = model.queries.iter().filter(|query| query.weight > 0.0);
        Self {
            max_size,
            min_idle: says(|p| &p.min_idle).then_some(min_idle),
            acquire_timeout: pool.acquire_timeout.filter(|_| says(|p| &p.acquire_timeout)),
            client_timeout: model.client.timeout,
            statement_timeout: model.database.statement_timeout,
            idle_timeout: pool.idle_timeout.filter(|_| says(|p| &p.idle_timeout)),
            max_lifetime: pool.max_lifetime.filter(|_| says(|p| &p.max_lifetime)),
            lifetime_jitter: says(|p| &p.lifetime_jitter).then_some(pool.lifetime_jitter),
            keepalive: pool.keepalive.filter(|_| says(|p| &p.keepalive)),
            leak_threshold: pool.leak_threshold.filter(|_| says(|p| &p.leak_threshold)),
            mean_hold: model.hold_shape().0,
            holds: asked.map(|query| (query.weight, query.hold.clone())).collect(),
            wait_objective: longest,
        }
    }

    /// The share of holds that take longer than so many seconds.
    fn longer(&self, seconds: f64) -> f64 {
        let all: f64 = self.holds.iter().map(|(weight, _)| weight).sum();
        self.holds.iter().map(|(weight, hold)| weight / all * (1.0 - hold.cdf(seconds))).sum()
    }

    /// What only one hold in ten thousand takes longer than, in seconds.
    fn rare(&self) -> f64 {
        if self.holds.is_empty() {
            return 0.0;
        }
        let (mut low, mut high) = (0.0, LONGEST);
        while high - low > 1e-6 {
            let middle = (low + high) / 2.0;
            if self.longer(middle) > RARE {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }
}

/// Settings that fit together, each with its reason. What is written is kept unless it contradicts the order of the timeouts.
///
/// ```
/// use poolwise::emit::{Asked, align};
/// use poolwise::units::Span;
/// # let nothing = Asked { max_size: 12, min_idle: None, acquire_timeout: None, client_timeout: None, statement_timeout: None,
/// #     idle_timeout: None, max_lifetime: None, lifetime_jitter: None, keepalive: None, leak_threshold: None, mean_hold: 0.005,
/// #     holds: Vec::new(), wait_objective: None };
/// let client_timeout = Span::parse("3s").ok();
/// let fit = align(&Asked { client_timeout, acquire_timeout: Span::parse("30s").ok(), ..nothing });
/// assert!(fit.acquire_timeout < fit.client_timeout && fit.client_timeout < fit.proxy_timeout);
/// assert!(fit.reasons[2].why.contains("not below the client's timeout"));
/// ```
pub fn align(asked: &Asked) -> Aligned {
    let mut said = Said(Vec::new());
    said.note("max_size", asked.max_size, true, "for each instance".into());
    let steady = "all are kept open: opening one under load costs most when there is least time for it";
    let min_idle = said.count("min_idle", asked.min_idle, asked.max_size, steady);
    let acquire_timeout = said.acquire(asked);
    let (client_timeout, proxy_timeout) = said.around(asked, acquire_timeout);
    let wanted = Span::from_nanos(acquire_timeout.nanos().next_multiple_of(1_000_000_000)).max(CONNECT);
    let why = "as long as a wait, in whole seconds and at least 2 s: libpq takes no less".to_owned();
    let connect_timeout = said.span("connect_timeout", None, wanted, why);
    let statement_timeout = said.statement(asked, acquire_timeout, client_timeout);
    let (idle_timeout, max_lifetime, lifetime_jitter) = said.ages(asked);
    let keepalive = KEEPALIVE.min(Span::from_nanos(max_lifetime.nanos() / 2));
    let why = "silent connections are forgotten by what stands between".to_owned();
    let keepalive = said.span("keepalive", asked.keepalive, keepalive, why);
    let why = "nobody waits for an answer that long: who still holds a connection has forgotten it".to_owned();
    let leak_threshold = said.span("leak_threshold", asked.leak_threshold, client_timeout.max(LEAK), why);
    Aligned {
        max_size: asked.max_size,
        min_idle,
        acquire_timeout,
        client_timeout,
        proxy_timeout,
        connect_timeout,
        statement_timeout,
        idle_timeout,
        max_lifetime,
        lifetime_jitter,
        keepalive,
        leak_threshold,
        reasons: said.0,
    }
}

/// The reasons so far.
struct Said(Vec<Reason>);

const WRITTEN: &str = "as the scenario says";

impl Said {
    fn note(&mut self, key: &'static str, value: impl ToString, written: bool, why: String) {
        self.0.push(Reason { key, value: value.to_string(), why, written });
    }

    fn count(&mut self, key: &'static str, asked: Option<u32>, most: u32, why: &str) -> u32 {
        let value = asked.unwrap_or(most).min(most);
        let why = match asked {
            Some(asked) if asked > most => format!("the scenario's {asked}, and no more than there can be"),
            Some(_) => WRITTEN.to_owned(),
            None => why.to_owned(),
        };
        self.note(key, value, asked == Some(value), why);
        value
    }

    fn span(&mut self, key: &'static str, asked: Option<Span>, else_: Span, why: String) -> Span {
        let value = whole_ms(asked.unwrap_or(else_));
        self.note(key, value, asked.is_some(), asked.map_or(why, |_| WRITTEN.to_owned()));
        value
    }

    /// The wait for a connection: below the client's patience, and not much longer than what the objective allows.
    fn acquire(&mut self, asked: &Asked) -> Span {
        let client = asked.client_timeout.map(whole_ms);
        let half = client.map(|client| ms((client.nanos() / 2_000_000).max(1)));
        let written = asked.acquire_timeout.map(whole_ms);
        if let (Some(written), Some(client), Some(half)) = (written, client, half)
            && written >= client
        {
            let why =
                format!("half of the client's: the scenario's {written} is not below the client's timeout of {client}");
            return self.span("acquire_timeout", None, half, why);
        }
        let (hopeless, why) = match asked.wait_objective {
            Some(wait) => {
                let (least, most, _) = ACQUIRE;
                let exact = Span::from_nanos(wait.nanos().saturating_mul(HOPELESS));
                let why = format!("{HOPELESS} times the wait that is asked for");
                let edge = |word: &str, edge: Span| format!("{why} would be {exact}: {word} {edge}");
                let why = match exact {
                    exact if exact < least => edge("at least", least),
                    exact if exact > most => edge("at most", most),
                    _ => why,
                };
                (exact.clamp(least, most), why)
            }
            None => (ACQUIRE.2, "no objective says how long a wait may be".to_owned()),
        };
        let (else_, why) = match half.filter(|half| *half < hopeless) {
            Some(half) => (half, "half of the client's timeout: the other half is for the work".to_owned()),
            None => (hopeless, why),
        };
        self.span("acquire_timeout", written, else_, why)
    }

    /// Those who wait outside: client and proxy.
    fn around(&mut self, asked: &Asked, acquire: Span) -> (Span, Span) {
        let mean = if asked.mean_hold.is_finite() { asked.mean_hold * LONG_WORK } else { 0.0 };
        let work = whole_ms(Span::from_seconds(mean.max(asked.rare())));
        let why = format!(
            "the wait for a connection, and for the work as long again, {LONG_WORK} times the mean hold, or what one hold in 10 000 \
             takes, whichever is most"
        );
        let client = self.span("client_timeout", asked.client_timeout, acquire + work.max(acquire), why);
        let more = Span::from_nanos((client.nanos() / 5).max(1_000_000_000));
        let proxy = Span::from_nanos((client + more).nanos().next_multiple_of(1_000_000_000));
        let why = "above the client's, so that the service answers before the proxy gives up".to_owned();
        (client, self.span("proxy_timeout", None, proxy, why))
    }

    /// What is left of the client's patience after the wait.
    fn statement(&mut self, asked: &Asked, acquire: Span, client: Span) -> Span {
        let left = Span::from_nanos(client.nanos().saturating_sub(acquire.nanos())).max(ms(1));
        let why = "what the client's timeout leaves after the wait: nobody reads a later answer".to_owned();
        let statement = self.span("statement_timeout", asked.statement_timeout, left, why);
        if statement > left
            && let Some(reason) = self.0.last_mut()
        {
            reason.why += &format!(", but after a wait of {acquire} the client's {client} are over before it ends");
        }
        let ended = asked.longer(statement.seconds());
        if ended > 2.0 * RARE
            && let Some(reason) = self.0.last_mut()
        {
            reason.why += &format!(". {:.2} % of holds take longer, and fail", 100.0 * ended);
        }
        statement
    }

    /// When connections end.
    fn ages(&mut self, asked: &Asked) -> (Span, Span, Probability) {
        let lifetime = whole_ms(asked.max_lifetime.unwrap_or(LIFETIME));
        let idle = IDLE.min(Span::from_nanos(lifetime.nanos() / 2));
        let why = "below the 350 s after which load balancers of clouds forget a silent connection".to_owned();
        let idle = self.span("idle_timeout", asked.idle_timeout, idle, why);
        let why = "below what database, proxy or network cut; long enough that opening costs nothing".to_owned();
        let lifetime = self.span("max_lifetime", asked.max_lifetime, lifetime, why);
        let usual = Probability::parse(JITTER).unwrap_or_default();
        let jitter = asked.lifetime_jitter.unwrap_or(usual);
        let why = match asked.lifetime_jitter {
            Some(_) => WRITTEN,
            None => "connections that were opened together must not all end together",
        };
        self.note("lifetime_jitter", jitter, asked.lifetime_jitter.is_some(), why.to_owned());
        (idle, lifetime, jitter)
    }
}

/// Rounded up to whole milliseconds, at least one.
fn whole_ms(span: Span) -> Span {
    ms(span.nanos().div_ceil(1_000_000).clamp(1, u64::MAX / 1_000_000))
}
