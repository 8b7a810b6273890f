//! PgBouncer. Its times are seconds and take decimals.

use super::{Page, Settings, decimal_seconds, whole_seconds};
use crate::pool::IdleOrder;
use crate::pooler::{Mode, PoolerConfig};
use crate::units::Span;

/// Clients that PgBouncer lets in when nobody says how many.
const CLIENTS: u64 = 100;

/// `pgbouncer.ini`
pub(super) fn ini(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    let pooler = match &settings.pooler {
        Some(pooler) => pooler.clone(),
        None => assumed(settings, page),
    };
    // Whoever is told too late has left already.
    let wait = pooler.query_wait_timeout.filter(|wait| *wait < fit.client_timeout).unwrap_or(fit.acquire_timeout);
    if let (Some(_), Some(long)) = (&settings.pooler, pooler.query_wait_timeout.filter(|long| *long != wait)) {
        page.item(&format!(
            "query_wait_timeout is {wait} instead of the scenario's {long}, which is not below the client's timeout of {}",
            fit.client_timeout
        ));
    }
    let users = u64::from(pooler.default_pool_size) + u64::from(pooler.reserve_pool_size);
    page.item(&format!(
        "ulimit -n must be above max_client_conn and all server connections together; a (database, user) has {users}"
    ));
    page.line("[pgbouncer]");
    let mut key = |key: &str, value: &dyn core::fmt::Display| page.line(&format!("{key} = {value}"));
    key("pool_mode", &mode(pooler.mode));
    key("default_pool_size", &pooler.default_pool_size);
    key("min_pool_size", &pooler.min_pool_size);
    key("reserve_pool_size", &pooler.reserve_pool_size);
    key("reserve_pool_timeout", &decimal_seconds(pooler.reserve_pool_timeout));
    // Two generations of instances are there during a deploy.
    let come = (2 * settings.total()).max(CLIENTS);
    let clients = if pooler.max_client_conn == u32::MAX { come } else { pooler.max_client_conn.into() };
    key("max_client_conn", &clients);
    // 0 is no limit.
    key("max_db_connections", &pooler.max_db_connections.or(settings.usable).unwrap_or(0));
    key("max_user_connections", &0);
    key("query_wait_timeout", &decimal_seconds(wait));
    key("server_lifetime", &decimal_seconds(pooler.server_lifetime.unwrap_or(fit.max_lifetime)));
    key("server_idle_timeout", &decimal_seconds(pooler.server_idle_timeout.unwrap_or(fit.idle_timeout)));
    key("server_connect_timeout", &whole_seconds(fit.connect_timeout));
    key("server_login_retry", &decimal_seconds(pooler.server_login_retry));
    key("server_round_robin", &u8::from(pooler.server_order == IdleOrder::Fifo));
    key("idle_transaction_timeout", &settings.idle_in_transaction.map_or("0".into(), decimal_seconds));
}

/// The pooler of a scenario without one: it stands for the pools of all instances.
fn assumed(settings: &Settings, page: &mut Page) -> PoolerConfig {
    let fit = &settings.aligned;
    if settings.instances > 1 {
        page.item(&format!(
            "the pools of {} instances were simulated apart; one pooler for all of them needs fewer servers: write [pooler] into the \
             scenario to see how many",
            settings.instances
        ));
    }
    let all = |count: u32| count.saturating_mul(settings.instances);
    PoolerConfig {
        min_pool_size: all(fit.min_idle),
        server_login_retry: Span::from_nanos(1_000_000_000),
        ..PoolerConfig::of_size(all(fit.max_size))
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Session => "session",
        Mode::Transaction => "transaction",
        Mode::Statement => "statement",
    }
}
