//! Reading `[database]`.

use super::DatabaseSection;
use super::check::{Check, above_zero, count, or_none};
use crate::database::{Database, Law, Limits};
use crate::problem::shown;
use crate::units::{Bytes, Probability, Rate};
use crate::workload::Distribution;

/// The most connections that a database accepts.
const CONNECTIONS_MAX: u64 = 10_000_000;

impl Check {
    pub(super) fn database(&mut self, d: &DatabaseSection) -> Option<Database> {
        let law = self.law(d);
        let limits = self.limits(d);
        let connect = self.defaulted("database.connect", &d.connect, |t| or_none(t, Distribution::parse));
        let connect_cpu = self.defaulted("database.connect_cpu", &d.connect_cpu, |t| or_none(t, Distribution::parse));
        let failure = self.defaulted("database.connect_failure", &d.connect_failure, Probability::parse);
        for (path, read) in [("database.connect", &connect), ("database.connect_cpu", &connect_cpu)] {
            for caution in read.iter().flatten().flat_map(Distribution::cautions) {
                self.problems.caution(path, caution);
            }
        }
        let memory = self.defaulted("database.memory", &d.memory, |t| or_none(t, Bytes::parse));
        let each =
            self.defaulted("database.memory_per_connection", &d.memory_per_connection, |t| or_none(t, Bytes::parse));
        let mut timeout =
            |key: &str, written| self.defaulted(&format!("database.{key}"), written, |t| or_none(t, above_zero));
        let statement = timeout("statement_timeout", &d.statement_timeout);
        let lock = timeout("lock_timeout", &d.lock_timeout);
        let idle = timeout("idle_in_transaction_session_timeout", &d.idle_in_transaction_session_timeout);
        Some(Database {
            law: law?,
            limits: limits?,
            connect: connect?,
            connect_cpu: connect_cpu?,
            connect_failure: failure?,
            memory: memory?,
            memory_per_connection: each?,
            statement_timeout: statement?,
            lock_timeout: lock?,
            idle_in_transaction_timeout: idle?,
        })
    }

    /// Present when anything is said of how queries share the database.
    fn law(&mut self, d: &DatabaseSection) -> Option<Option<Law>> {
        let cores = self.defaulted("database.cores", &d.cores, |t| or_none(t, cores));
        let contention = self.defaulted("database.contention", &d.contention, Probability::parse);
        let coherency = self.defaulted("database.coherency", &d.coherency, cost);
        let overhead = self.defaulted("database.overhead", &d.overhead, cost);
        let law = Law {
            cores: cores?.unwrap_or(f64::INFINITY),
            contention: contention?.value(),
            coherency: coherency?,
            overhead: overhead?,
        };
        Some((law != Law::of_cores(f64::INFINITY)).then_some(law))
    }

    fn limits(&mut self, d: &DatabaseSection) -> Option<Limits> {
        let most = self.defaulted("database.max_connections", &d.max_connections, |t| {
            or_none(t, |t| count(t, 1, CONNECTIONS_MAX))
        });
        let reserved = self.defaulted("database.reserved", &d.reserved, |t| count(t, 0, CONNECTIONS_MAX));
        let rate = self.defaulted("database.connects_per_second", &d.connects_per_second, |t| {
            or_none(t, |t| match Rate::parse(t)? {
                rate if rate.as_per_second() == 0.0 => Err("must be above 0/s".into()),
                rate => Ok(rate),
            })
        });
        let burst = self.defaulted("database.connect_burst", &d.connect_burst, |t| count(t, 1, CONNECTIONS_MAX));
        let (most, reserved, burst) = (most?, reserved?, burst?);
        if let Some(most) = most.filter(|most| reserved >= *most) {
            let message = format!(
                "{reserved} of max_connections = {most} are kept for others, and none is left for the fleet: reserve fewer, or \
                 accept more"
            );
            self.problems.error("database.reserved", message);
            return None;
        }
        Some(Limits {
            max_connections: most.map(|most| most as u32),
            reserved: reserved as u32,
            connects: rate?.map(|rate| (rate, burst as u32)),
        })
    }
}

/// Processors, or parts of one.
fn cores(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if (0.01..=100_000.0).contains(&x) => Ok(x),
        Ok(0.0) => Err("a database without cores answers nothing: write a number above 0, such as 8 or 0.5".into()),
        _ => Err(format!("expected a number of cores from 0.01 to 100000, found {}", shown(text))),
    }
}

/// What something costs, relative to the work of one query.
fn cost(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if (0.0..=1000.0).contains(&x) => Ok(x),
        _ => Err(format!("expected a number from 0 to 1000, found {}", shown(text))),
    }
}
