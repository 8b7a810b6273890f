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
