//! Reading `[pooler]`.

use super::check::{Check, above_zero, count, or_none};
use super::pool::{choice, idle_order};
use super::{POOL_MAX, PoolerSection};
use crate::pooler::{Mode, PoolerConfig};
use crate::units::Span;

impl Check {
    /// There is a pooler where its section is written, though nothing may stand in it.
    pub(super) fn pooler(&mut self, section: &Option<PoolerSection>) -> Option<Option<PoolerConfig>> {
        match section {
            None => Some(None),
            Some(section) => self.pooler_config(section).map(Some),
        }
    }

    fn pooler_config(&mut self, p: &PoolerSection) -> Option<PoolerConfig> {
        let mode = self.defaulted("pooler.mode", &p.mode, mode);
        let size = self.defaulted("pooler.default_pool_size", &p.default_pool_size, pool_size);
        let most = size.unwrap_or(POOL_MAX.into());
        let least = self.defaulted("pooler.min_pool_size", &p.min_pool_size, |t| {
            count(t, 0, most).map_err(|why| format!("{why} (at most default_pool_size)"))
        });
        let reserve =
            self.defaulted("pooler.reserve_pool_size", &p.reserve_pool_size, |t| count(t, 0, POOL_MAX.into()));
        let patience = self.defaulted("pooler.reserve_pool_timeout", &p.reserve_pool_timeout, |t| {
            above_zero(t).map_err(|why| format!("{why} (no reserve is reserve_pool_size = 0)"))
        });
        let clients = self.defaulted("pooler.max_client_conn", &p.max_client_conn, |t| count(t, 1, u32::MAX.into()));
        let in_all = self.defaulted("pooler.max_db_connections", &p.max_db_connections, |t| {
            none_for_zero(t, |t| count(t, 1, u32::MAX.into()))
        });
        let wait = self.defaulted("pooler.query_wait_timeout", &p.query_wait_timeout, |t| none_for_zero(t, above_zero));
        let lifetime = self.defaulted("pooler.server_lifetime", &p.server_lifetime, |t| or_none(t, Span::parse));
        let idle =
            self.defaulted("pooler.server_idle_timeout", &p.server_idle_timeout, |t| none_for_zero(t, above_zero));
        let retry = self.defaulted("pooler.server_login_retry", &p.server_login_retry, above_zero);
        let order = self.defaulted("pooler.server_order", &p.server_order, idle_order);
        let connect = self.part("pooler.connect", &p.connect);
        Some(PoolerConfig {
            mode: mode?,
            default_pool_size: size? as u32,
            min_pool_size: least? as u32,
            reserve_pool_size: reserve? as u32,
            reserve_pool_timeout: patience?,
            max_client_conn: clients? as u32,
            max_db_connections: in_all?.map(|n| n as u32),
            query_wait_timeout: wait?,
            server_lifetime: lifetime?,
            server_idle_timeout: idle?,
            server_login_retry: retry?,
            server_order: order?,
            connect: connect?,
        })
    }
}

fn mode(text: &str) -> Result<Mode, String> {
    let known = [("session", Mode::Session), ("transaction", Mode::Transaction), ("statement", Mode::Statement)];
    choice(text, &known)
}

fn pool_size(text: &str) -> Result<u64, String> {
    count(text, 1, POOL_MAX.into()).map_err(|why| {
        let smaller = text.trim() == "0" || text.trim().starts_with('-');
        let reason = if smaller { ": a pooler smaller than one serves nobody" } else { "" };
        format!("{why}{reason}")
    })
}

/// Where PgBouncer writes 0 for what is switched off.
fn none_for_zero<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    let zero = ["0", "0s"].contains(&text.trim());
    or_none(text, read).map_err(|why| if zero { format!("{why}; PgBouncer's 0 is \"none\" here") } else { why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::IdleOrder;
    use crate::scenario::{QuerySection, Scenario, TrafficSection};

    fn read(pooler: Option<PoolerSection>) -> Option<PoolerConfig> {
        let traffic = TrafficSection { rate: Some("10/s".into()), ..Default::default() };
        let query = QuerySection { hold: Some("exponential(mean=20ms)".into()), ..Default::default() };
        let scenario = Scenario { traffic: traffic.into(), query: vec![query], pooler, ..Default::default() };
        scenario.check().unwrap().pooler().cloned()
    }

    /// Source: PgBouncer 1.25, src/main.c.
    #[test]
    fn an_empty_section_is_pgbouncer_as_it_comes() {
        let seconds = |n| Span::from_seconds(f64::from(n));
        let shipped = PoolerConfig {
            mode: Mode::Session,
            default_pool_size: 20,
            min_pool_size: 0,
            reserve_pool_size: 0,
            reserve_pool_timeout: seconds(5),
            max_client_conn: 100,
            max_db_connections: None,
            query_wait_timeout: Some(seconds(120)),
            server_lifetime: Some(seconds(3600)),
            server_idle_timeout: Some(seconds(600)),
            server_login_retry: seconds(15),
            server_order: IdleOrder::Lifo,
            connect: None,
        };
        assert_eq!(read(Some(PoolerSection::default())), Some(shipped));
        assert_eq!(read(None), None, "there is none where none is written");
    }

    #[test]
    fn what_is_written_holds() {
        let written = PoolerSection {
            mode: Some("statement".into()),
            default_pool_size: Some(3.into()),
            min_pool_size: Some(3.into()),
            max_db_connections: Some(7.into()),
            server_order: Some("fifo".into()),
            server_lifetime: Some("0s".into()),
            query_wait_timeout: Some("none".into()),
            connect: Some("exponential(mean=2ms)".into()),
            ..Default::default()
        };
        let config = read(Some(written)).unwrap();
        assert_eq!((config.mode, config.server_order), (Mode::Statement, IdleOrder::Fifo));
        assert_eq!((config.default_pool_size, config.min_pool_size), (3, 3));
        assert_eq!((config.max_db_connections, config.query_wait_timeout), (Some(7), None));
        assert_eq!(config.server_lifetime, Some(Span::ZERO), "after one use");
        assert!(config.connect.is_some());
    }
}
