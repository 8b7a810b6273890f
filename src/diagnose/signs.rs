//! Signs: yes-or-no questions that symptoms answer, or leave open. Mechanisms weigh signs, never symptoms.

use super::Symptoms;
use super::symptoms::symptom;

/// One question, and which symptoms answer it.
pub struct Sign {
    /// What it says when the answer is yes.
    pub yes: &'static str,
    /// What it says when the answer is no.
    pub no: &'static str,
    /// Where to look for the answer.
    pub ask: &'static str,
    /// The symptoms that it looks at; the first is the one to measure where it is open.
    pub of: &'static [&'static str],
    /// The answer; `None` where what it needs was not seen, or where the numbers lie between yes and no.
    pub seen: fn(&Symptoms) -> Option<bool>,
}

impl Sign {
    /// The numbers that it rests on.
    pub fn numbers(&self, symptoms: &Symptoms) -> String {
        let number = |name: &&str| {
            let symptom = symptom(name)?;
            Some(format!("{name} {}", symptom.shown(symptom.of(symptoms)?)))
        };
        self.of.iter().filter_map(number).collect::<Vec<_>>().join(", ")
    }

    /// The symptoms that would answer it and were not seen.
    pub fn unseen(&self, symptoms: &Symptoms) -> Vec<&'static str> {
        let open = |name: &&&str| symptom(name).is_some_and(|symptom| symptom.of(symptoms).is_none());
        self.of.iter().filter(open).copied().collect()
    }
}

/// Yes from `yes` on, no up to `no`, open between.
fn graded(value: Option<f64>, no: f64, yes: f64) -> Option<bool> {
    value.and_then(|value| if value >= yes { Some(true) } else { (value <= no).then_some(false) })
}

fn ratio(now: Option<f64>, before: Option<f64>) -> Option<f64> {
    before.filter(|before| *before > 0.0).and_then(|before| now.map(|now| now / before))
}

/// A count of sessions as a share of the connections in use, or as it is where those are not known: yes from a quarter, or from 5.
fn many(sessions: Option<f64>, active: Option<f64>) -> Option<bool> {
    match active.filter(|active| *active >= 1.0) {
        Some(active) => graded(sessions.map(|sessions| sessions / active), 0.1, 0.25),
        None => graded(sessions, 1.0, 5.0),
    }
}

/// What the database lets the pools open; behind a pooler it is the pooler that connects.
fn usable(s: &Symptoms) -> Option<f64> {
    s.usable.filter(|_| s.pooler_waiting.is_none() && s.pooler_servers.is_none())
}

/// The most connections that can be in use: the pools' limit, or the database's where that is lower.
pub fn capacity(s: &Symptoms) -> Option<f64> {
    s.max.map(|max| usable(s).map_or(max, |usable| usable.min(max))).filter(|capacity| *capacity > 0.0)
}

pub static FULL: Sign = Sign {
    yes: "all connections that there can be are in use",
    no: "connections are free, or could be opened",
    ask: "connections in use, against the limit of the pool and of the database",
    of: &["active", "max", "usable", "worst_active", "instances"],
    seen: |s| {
        let each = ratio(s.max, s.instances);
        match graded(ratio(s.worst_active, each), 0.8, 0.95) {
            Some(true) => Some(true),
            worst => graded(ratio(s.active, capacity(s)), 0.8, 0.95).or(worst),
        }
    },
};
pub static WAITING: Sign = Sign {
    yes: "requests wait for connections",
    no: "nobody waits for a connection",
    ask: "requests that wait for a connection",
    of: &["pending", "timeouts"],
    seen: |s| {
        let waits = s.pending.map(|pending| pending >= 1.0);
        let gives_up = s.timeouts.map(|timeouts| timeouts > 0.0);
        waits.map_or(gives_up, |waits| Some(waits || gives_up == Some(true)))
    },
};
pub static STARVED: Sign = Sign {
    yes: "requests wait although few connections are in use",
    no: "no pool starves while others have room",
    ask: "requests that wait and connections in use, instance by instance",
    of: &["starved", "pending", "active", "max", "usable"],
    seen: |s| match (s.starved, s.pending) {
        (Some(starved), _) => Some(starved >= 1.0),
        (None, Some(pending)) if pending < 1.0 => Some(false),
        (None, Some(_)) => graded(ratio(s.active, capacity(s)).map(|used| 1.0 - used), 0.25, 0.4),
        (None, None) => None,
    },
};
pub static TO_THE_TIMEOUT: Sign = Sign {
    yes: "waits end exactly at the acquire timeout, and hardly anything is served",
    no: "waits have many lengths",
    ask: "how long the waits are: a histogram of the acquire time",
    of: &["waits_at_timeout"],
    seen: |s| s.waits_at_timeout,
};
pub static HOLD_UP: Sign = Sign {
    yes: "connections are held for longer",
    no: "connections are held as long as before",
    ask: "the usage time of connections now and before",
    of: &["hold", "hold_before"],
    seen: |s| graded(ratio(s.hold, s.hold_before), 1.2, 1.5),
};
pub static ALL_HOLDS: Sign = Sign {
    yes: "every kind of request is slower",
    no: "only some kinds of requests are slower",
    ask: "the usage time of each kind of request",
    of: &["holds_grown"],
    seen: |s| graded(s.holds_grown, 0.5, 0.8),
};
pub static RATE_UP: Sign = Sign {
    yes: "more requests come",
    no: "no more requests come than before",
    ask: "requests per second now and before, without retries",
    of: &["rate", "rate_before"],
    seen: |s| graded(ratio(s.rate, s.rate_before), 1.25, 1.4),
};
pub static RETRIES: Sign = Sign {
    yes: "requests are tried again",
    no: "hardly any request is tried again",
    ask: "attempts for each request",
    of: &["attempts"],
    seen: |s| graded(s.attempts, 1.1, 1.3),
};
pub static LINGERS: Sign = Sign {
    yes: "what set it off is over, and it goes on",
    no: "it ends with what set it off",
    ask: "whether it goes on once traffic is what it was",
    of: &["trigger_over"],
    seen: |s| s.trigger_over,
};
pub static CORES_BUSY: Sign = Sign {
    yes: "the database's cores are busy",
    no: "the database's cores have room",
    ask: "the database's processor use, or its running queries against its cores",
    of: &["cpu", "running", "cores"],
    seen: |s| graded(s.cpu, 0.6, 0.85).or_else(|| graded(ratio(s.running, s.cores), 0.7, 1.5)),
};
pub static DATABASE_SLOWER: Sign = Sign {
    yes: "a query that never changes is slower as well",
    no: "a query that never changes is as fast as before",
    ask: "the time of a query that never changes, such as a read by primary key on a quiet table",
    of: &["database_speed"],
    seen: |s| graded(s.database_speed.map(|speed| -speed), -0.9, -0.7),
};
pub static FULL_SCAN: Sign = Sign {
    yes: "the slowest statement reads a whole table",
    no: "no statement reads a whole table",
    ask: "the plan of the statement that takes most time",
    of: &["full_scan"],
    seen: |s| s.full_scan,
};
pub static CHATTY: Sign = Sign {
    yes: "a request sends many more statements",
    no: "a request sends as many statements as before",
    ask: "statements for each request now and before",
    of: &["statements", "statements_before"],
    seen: |s| graded(ratio(s.statements, s.statements_before), 1.3, 2.0),
};
pub static IDLE_IN_TRANSACTION: Sign = Sign {
    yes: "sessions are idle within a transaction",
    no: "hardly any session is idle within a transaction",
    ask: "sessions by state in pg_stat_activity",
    of: &["idle_in_transaction", "active"],
    seen: |s| many(s.idle_in_transaction, s.active),
};
pub static IDLE_WHILE_USED: Sign = Sign {
    yes: "sessions are idle while the pool counts them as in use",
    no: "connections in use are at work in the database",
    ask: "idle sessions in pg_stat_activity, against those that the pool counts as idle",
    of: &["idle_sessions", "active"],
    seen: |s| many(s.idle_sessions, s.active),
};
pub static NEVER_FALLS: Sign = Sign {
    yes: "connections in use do not get fewer when traffic does",
    no: "connections in use follow the traffic",
    ask: "connections in use at a quiet hour",
    of: &["never_falls"],
    seen: |s| s.never_falls,
};
pub static LOCKED: Sign = Sign {
    yes: "sessions wait for locks",
    no: "hardly any session waits for a lock",
    ask: "sessions with wait_event_type Lock in pg_stat_activity",
    of: &["lock_waiters", "active"],
    seen: |s| many(s.lock_waiters, s.active),
};
pub static SECOND: Sign = Sign {
    yes: "a request takes another connection while it holds one",
    no: "a request takes one connection",
    ask: "whether a request takes a second connection while it holds one (the code, or a trace)",
    of: &["connections_per_request"],
    seen: |s| graded(s.connections_per_request, 1.0, 1.01),
};
pub static CREATIONS_UP: Sign = Sign {
    yes: "many connections are opened",
    no: "no more connections are opened than before",
    ask: "connections opened per second now and before",
    of: &["opened", "opened_before"],
    seen: |s| match (s.opened, s.opened_before) {
        (Some(opened), Some(before)) => graded(Some(opened / before.max(0.01)), 1.5, 3.0),
        _ => None,
    },
};
pub static CREATIONS_PERIODIC: Sign = Sign {
    yes: "connections are opened in waves at a fixed interval",
    no: "connections are not opened in waves",
    ask: "the rate of opened connections over several hours",
    of: &["opened_periodic"],
    seen: |s| s.opened_periodic,
};
pub static CONNECT_COSTLY: Sign = Sign {
    yes: "opening a connection takes many times as long as a request",
    no: "opening a connection is cheap",
    ask: "the time that opening a connection takes",
    of: &["connect_time", "hold"],
    seen: |s| match s.hold {
        Some(hold) if hold > 0.0 => graded(ratio(s.connect_time, Some(hold)), 3.0, 8.0),
        _ => graded(s.connect_time, 0.02, 0.1),
    },
};
pub static CONNECT_HANGS: Sign = Sign {
    yes: "opening a connection hangs for seconds",
    no: "connections open within a second",
    ask: "the time that opening a connection takes, from an instance that fails",
    of: &["connect_time"],
    seen: |s| graded(s.connect_time, 1.0, 3.0),
};
pub static REFUSED: Sign = Sign {
    yes: "the database refuses connections",
    no: "the database refuses no connection",
    ask: "refused connections in the database's log (too many clients, or starting up)",
    of: &["refused"],
    seen: |s| s.refused.map(|refused| refused > 0.0),
};
pub static CLIENT_ERRORS: Sign = Sign {
    yes: "connecting fails on the client's side",
    no: "connecting does not fail on the client's side",
    ask: "errors such as EADDRNOTAVAIL or too many open files on the client's side",
    of: &["client_errors"],
    seen: |s| s.client_errors.map(|errors| errors > 0.0),
};
pub static AT_LIMIT: Sign = Sign {
    yes: "the database has all the connections that it lets in",
    no: "the database would let more connections in",
    ask: "connections at the database against max_connections",
    of: &["connections", "usable"],
    seen: |s| graded(ratio(s.connections, s.usable), 0.85, 0.97),
};
pub static OVERSUBSCRIBED: Sign = Sign {
    yes: "the pools together may open more than the database lets in",
    no: "the database has room for all pools at their limit",
    ask: "instances times pool limit, against max_connections less what is reserved",
    of: &["max", "usable"],
    seen: |s| Some(s.max? > usable(s)?),
};
pub static CONNECTIONS_FELL: Sign = Sign {
    yes: "the connections at the database fell to hardly any and came again",
    no: "the database kept its connections",
    ask: "connections at the database over the first minutes",
    of: &["connections_fell"],
    seen: |s| s.connections_fell,
};
pub static MOSTLY_IDLE: Sign = Sign {
    yes: "most open connections are idle",
    no: "few open connections are idle",
    ask: "connections open and not in use",
    of: &["idle", "active"],
    seen: |s| graded(Some(s.idle? / (s.idle? + s.active?).max(1.0)), 0.4, 0.7),
};
pub static INSTANCES_UP: Sign = Sign {
    yes: "there are more instances",
    no: "there are no more instances than before",
    ask: "instances now and before, those that are leaving among them",
    of: &["instances", "instances_before"],
    seen: |s| graded(ratio(s.instances, s.instances_before), 1.0, 1.1),
};
pub static INSTANCES_DOWN: Sign = Sign {
    yes: "there are fewer instances",
    no: "there are as many instances as before, or more",
    ask: "instances now and before",
    of: &["instances", "instances_before"],
    seen: |s| graded(ratio(s.instances, s.instances_before).map(|ratio| -ratio), -1.0, -0.9),
};
pub static INSTANCES_QUIET: Sign = Sign {
    yes: "the instances' processors are quiet",
    no: "the instances' processors are busy",
    ask: "the processor use of the instances, which an autoscaler may look at",
    of: &["instance_cpu"],
    seen: |s| graded(s.instance_cpu.map(|cpu| -cpu), -0.6, -0.4),
};
pub static PROBES: Sign = Sign {
    yes: "health checks fail, or instances are taken out because of them",
    no: "health checks succeed",
    ask: "failing health checks, and instances that are out or restarted",
    of: &["probes_failing", "ejected"],
    seen: |s| {
        let (fail, out) = (s.probes_failing.map(|rate| rate > 0.0), s.ejected.map(|out| out >= 1.0));
        fail.map_or(out, |fail| Some(fail || out == Some(true)))
    },
};
pub static ONLY_NEW: Sign = Sign {
    yes: "only instances that have just started are slow",
    no: "old instances are slow as well",
    ask: "waits by the age of the instance",
    of: &["only_new_instances"],
    seen: |s| s.only_new_instances,
};
pub static POOLER_WAITS: Sign = Sign {
    yes: "clients wait in the pooler",
    no: "nobody waits in the pooler",
    ask: "cl_waiting in SHOW POOLS, on each pooler",
    of: &["pooler_waiting"],
    seen: |s| s.pooler_waiting.map(|waiting| waiting >= 1.0),
};
pub static POOLER_FULL: Sign = Sign {
    yes: "the pooler has all its server connections in use",
    no: "the pooler has server connections to spare",
    ask: "sv_active in SHOW POOLS, against the pooler's limits",
    of: &["pooler_servers", "pooler_max"],
    seen: |s| graded(ratio(s.pooler_servers, s.pooler_max), 0.8, 0.95),
};
pub static DEPLOYED: Sign = Sign {
    yes: "it began with a deployment",
    no: "nothing was deployed",
    ask: "what was deployed when it began",
    of: &["deployed"],
    seen: |s| s.deployed,
};
pub static SCHEMA_CHANGED: Sign = Sign {
    yes: "the schema was changed when it began",
    no: "the schema is what it was",
    ask: "migrations and dropped indexes when it began",
    of: &["schema_changed"],
    seen: |s| s.schema_changed,
};
pub static PERIODIC: Sign = Sign {
    yes: "it comes at a fixed interval",
    no: "it does not come at a fixed interval",
    ask: "the same hour or minute of the days before",
    of: &["periodic"],
    seen: |s| s.periodic,
};
