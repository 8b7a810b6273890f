//! What can be seen from outside. Every symptom is optional: nobody measures all of them.

use crate::problem::{Problems, nearest, shown};
use crate::report::text::{percent, time};
use crate::units::{Probability, Rate, Span};
use serde::{Deserialize, Serialize};

/// How a symptom is written and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum SymptomKind {
    /// So many connections, sessions, queries, instances or cores.
    Count,
    /// Seconds.
    Time,
    /// Per second.
    Rate,
    /// Between 0 and 1.
    Share,
    /// Yes or no.
    Yes,
}

impl SymptomKind {
    /// Its word, for a list.
    pub fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Time => "time",
            Self::Rate => "rate",
            Self::Share => "share",
            Self::Yes => "yes/no",
        }
    }
}

/// One symptom: its name, how it is written, and what it is.
pub struct Symptom {
    /// Its name, that of the field.
    pub name: &'static str,
    /// How it is written.
    pub kind: SymptomKind,
    gloss: &'static str,
    get: fn(&Symptoms) -> Option<f64>,
    put: fn(&mut Symptoms, Option<f64>),
}

/// A value as a number: yes is 1 and no is 0.
trait Value {
    fn number(self) -> f64;
    fn of(number: f64) -> Self;
}

impl Value for f64 {
    fn number(self) -> f64 {
        self
    }
    fn of(number: f64) -> Self {
        number
    }
}

impl Value for bool {
    fn number(self) -> f64 {
        f64::from(u8::from(self))
    }
    fn of(number: f64) -> Self {
        number != 0.0
    }
}

macro_rules! symptoms {
    ($($(#[doc = $gloss:literal])+ $name:ident: $type:ident, $kind:ident;)+) => {
        /// What was seen during the incident, over the whole fleet unless it says otherwise. `..._before` is the same figure when all
        /// was well. What was not measured stays out.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
        #[serde(default, deny_unknown_fields)]
        pub struct Symptoms {
            $($(#[doc = $gloss])+ #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<$type>,)+
        }

        /// Every symptom.
        pub static SYMPTOMS: &[Symptom] = &[$(Symptom {
            name: stringify!($name),
            kind: SymptomKind::$kind,
            gloss: concat!($($gloss),+),
            get: |symptoms| symptoms.$name.map(Value::number),
            put: |symptoms, number| symptoms.$name = number.map(<$type as Value>::of),
        },)+];
    };
}

symptoms! {
    /// The sum of the limits of the pools.
    max: f64, Count;
    /// Connections in use.
    active: f64, Count;
    /// Connections open and not in use.
    idle: f64, Count;
    /// Requests that wait for a connection.
    pending: f64, Count;
    /// Connections in use on the instance that uses most.
    worst_active: f64, Count;
    /// Instances where requests wait although few connections are in use, while others have room.
    starved: f64, Count;
    /// Waits for a connection that end without one, per second.
    timeouts: f64, Rate;
    /// Nearly every wait lasts exactly as long as the acquire timeout, or hardly anything is served.
    waits_at_timeout: bool, Yes;
    /// How long a connection is in use, mean.
    hold: f64, Time;
    /// How long a connection was in use when all was well, mean.
    hold_before: f64, Time;
    /// Share of the kinds of requests whose hold has grown.
    holds_grown: f64, Share;
    /// Requests that come, without retries.
    rate: f64, Rate;
    /// Requests that came when all was well, without retries.
    rate_before: f64, Rate;
    /// Attempts for each request: 1 where nobody tries again.
    attempts: f64, Count;
    /// The trigger (a spike, a restart) is over, and it goes on all the same.
    trigger_over: bool, Yes;
    /// Statements for each request.
    statements: f64, Count;
    /// Statements for each request when all was well.
    statements_before: f64, Count;
    /// Connections of the pool that one request keeps at once.
    connections_per_request: f64, Count;
    /// Connections in use do not get fewer when traffic does.
    never_falls: bool, Yes;
    /// Connections opened, per second.
    opened: f64, Rate;
    /// Connections opened per second when all was well.
    opened_before: f64, Rate;
    /// Connections are opened in waves at a fixed interval.
    opened_periodic: bool, Yes;
    /// How long it takes to open a connection, mean.
    connect_time: f64, Time;
    /// Connections that the database refuses, per second.
    refused: f64, Rate;
    /// Errors of connecting on the client's side (no port, no file handle), per second.
    client_errors: f64, Rate;
    /// Connections at the database.
    connections: f64, Count;
    /// How many the database lets in: max_connections without what is reserved.
    usable: f64, Count;
    /// The connections at the database fell to hardly any, and came again.
    connections_fell: bool, Yes;
    /// Queries that run in the database at once.
    running: f64, Count;
    /// Processor cores of the database.
    cores: f64, Count;
    /// Share of the database's cores that is busy.
    cpu: f64, Share;
    /// Speed of the database against before, by a query that never changes: 1 is as before.
    database_speed: f64, Count;
    /// The slowest statement's plan reads a whole table.
    full_scan: bool, Yes;
    /// Sessions that are idle within a transaction.
    idle_in_transaction: f64, Count;
    /// Sessions that are idle at the database while their pool counts them as in use.
    idle_sessions: f64, Count;
    /// Sessions that wait for a lock.
    lock_waiters: f64, Count;
    /// Instances that serve.
    instances: f64, Count;
    /// Instances that served when all was well.
    instances_before: f64, Count;
    /// Share of the instances' processors that is busy.
    instance_cpu: f64, Share;
    /// Health checks that fail, per second.
    probes_failing: f64, Rate;
    /// Instances that were taken out or restarted because of their health checks.
    ejected: f64, Count;
    /// Only instances that have just started are slow.
    only_new_instances: bool, Yes;
    /// Clients that wait in the pooler for a server connection.
    pooler_waiting: f64, Count;
    /// Server connections of the pooler that are in use.
    pooler_servers: f64, Count;
    /// The most server connections that the pooler opens.
    pooler_max: f64, Count;
    /// It began with a deployment, or while one was rolled out.
    deployed: bool, Yes;
    /// It began with a change of the schema: a migration, an index that was dropped.
    schema_changed: bool, Yes;
    /// It comes at a fixed interval, as a job does.
    periodic: bool, Yes;
}

impl Symptom {
    /// What it is, in one line.
    pub fn gloss(&self) -> &'static str {
        self.gloss.trim()
    }

    /// Its value as a number, yes being 1; `None` where it was not seen.
    pub fn of(&self, symptoms: &Symptoms) -> Option<f64> {
        (self.get)(symptoms)
    }

    /// Its value in words.
    pub fn shown(&self, value: f64) -> String {
        match self.kind {
            SymptomKind::Count => digits(value),
            SymptomKind::Time => time(value),
            SymptomKind::Rate => digits(value) + "/s",
            SymptomKind::Share => percent(value),
            SymptomKind::Yes => if value == 0.0 { "no" } else { "yes" }.to_owned(),
        }
    }

    /// Read it with its unit. The other way is [`shown`](Self::shown).
    fn read(&self, text: &str) -> Result<f64, String> {
        let text = text.trim();
        let number = || text.parse::<f64>().map_err(|_| format!("expected a number, found {}", shown(text)));
        let value = match self.kind {
            SymptomKind::Count => number(),
            SymptomKind::Time => number().or_else(|_| Span::parse(text).map(Span::seconds)),
            SymptomKind::Rate => number().or_else(|_| Rate::parse(text).map(Rate::as_per_second)),
            SymptomKind::Share => Probability::parse(text).map(Probability::value),
            SymptomKind::Yes => match text {
                "yes" | "true" | "1" => Ok(1.0),
                "no" | "false" | "0" => Ok(0.0),
                _ => Err(format!("expected yes or no, found {}", shown(text))),
            },
        }?;
        self.allowed(value).map(|()| value)
    }

    fn allowed(&self, value: f64) -> Result<(), String> {
        match self.kind {
            _ if !value.is_finite() || value < 0.0 => {
                Err(format!("must be zero or more, and finite; it is {}", shown(&value.to_string())))
            }
            SymptomKind::Share if value > 1.0 => Err(format!("is a share, between 0 and 1; it is {value}")),
            _ => Ok(()),
        }
    }
}

/// At most three digits, or all of those before the point.
fn digits(value: f64) -> String {
    let decimals = match value {
        v if v >= 99.5 || v == v.trunc() => 0,
        v if v >= 9.95 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

/// The symptom of a name.
pub fn symptom(name: &str) -> Option<&'static Symptom> {
    SYMPTOMS.iter().find(|symptom| symptom.name == name)
}

impl Symptoms {
    /// Read symptoms from names and texts with units.
    ///
    /// # Errors
    /// Every name that is not known, with the nearest that is, and every value that makes no sense.
    ///
    /// ```
    /// use poolwise::diagnose::Symptoms;
    /// let symptoms = Symptoms::read([("active", "20"), ("hold", "40ms"), ("cpu", "97%")]).unwrap();
    /// assert_eq!((symptoms.hold, symptoms.cpu, symptoms.idle), (Some(0.04), Some(0.97), None));
    /// ```
    pub fn read<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Problems> {
        let (mut symptoms, mut problems) = (Self::default(), Problems::default());
        for (name, text) in pairs {
            let Some(symptom) = symptom(name) else {
                let meant = nearest(name, SYMPTOMS.iter().map(|s| s.name));
                let meant = meant.map_or_else(
                    || "; known are ".to_owned() + &SYMPTOMS.iter().map(|s| s.name).collect::<Vec<_>>().join(", "),
                    |meant| format!("; did you mean {meant}?"),
                );
                problems.error(name, format!("is no symptom{meant}"));
                continue;
            };
            if symptom.of(&symptoms).is_some() {
                problems.error(name, "is given twice");
            }
            if let Some(value) = problems.keep(name, symptom.read(text)) {
                (symptom.put)(&mut symptoms, Some(value));
            }
        }
        if problems.can_run() { symptoms.checked() } else { Err(problems) }
    }

    /// The same, if its values make sense.
    ///
    /// # Errors
    /// Every value that is negative, not finite, or no share where it should be one.
    pub fn checked(self) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        for symptom in SYMPTOMS {
            let allowed = symptom.of(&self).map_or(Ok(()), |value| symptom.allowed(value));
            problems.keep(symptom.name, allowed);
        }
        if problems.can_run() { Ok(self) } else { Err(problems) }
    }

    /// The same, with what `other` has seen in place of its own.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        for symptom in SYMPTOMS {
            if let Some(value) = symptom.of(other) {
                (symptom.put)(&mut self, Some(value));
            }
        }
        self
    }

    /// The same without one of them.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        if let Some(symptom) = symptom(name) {
            (symptom.put)(&mut self, None);
        }
        self
    }
}
