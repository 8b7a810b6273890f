//! pgxpool and Go's database/sql.

use super::{Page, Settings, millis, whole_seconds};
use crate::units::Span;

/// A line for the environment, with a connection string that `pgxpool.ParseConfig` reads.
pub(super) fn pgxpool(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    // pgxpool adds its jitter, so that much is taken from the lifetime first.
    let jitter = fit.max_lifetime.scaled(fit.lifetime_jitter.value());
    let lifetime = Span::from_nanos(fit.max_lifetime.nanos() - jitter.nanos());
    let check = Span::from_nanos((fit.idle_timeout.min(lifetime).nanos() / 2).clamp(1_000_000_000, 60_000_000_000));
    let keys = [
        ("pool_max_conns", fit.max_size.to_string()),
        ("pool_min_conns", fit.min_idle.to_string()),
        ("pool_min_idle_conns", "0".to_owned()),
        // Zero would close each connection at once.
        ("pool_max_conn_lifetime", duration(lifetime)),
        ("pool_max_conn_lifetime_jitter", format!("{}ms", jitter.nanos() / 1_000_000)),
        ("pool_max_conn_idle_time", duration(fit.idle_timeout)),
        ("pool_health_check_period", duration(check)),
        ("connect_timeout", whole_seconds(fit.connect_timeout).to_string()),
    ];
    page.say("Give each wait its deadline:");
    page.say(&format!("  wait, cancel := context.WithTimeout(ctx, {})", product(fit.acquire_timeout)));
    page.say("  conn, err := pool.Acquire(wait); cancel()");
    let query: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
    page.line(&format!("DATABASE_URL='postgres://app@127.0.0.1:5432/app?{}'", query.join("&")));
}

/// Calls on a `*sql.DB`.
pub(super) fn database_sql(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    page.say("Give each wait its deadline:");
    page.say(&format!("  wait, cancel := context.WithTimeout(ctx, {})", product(fit.acquire_timeout)));
    page.say("  conn, err := db.Conn(wait); cancel()");
    page.line(&format!("db.SetMaxOpenConns({})", fit.max_size));
    page.line(&format!("db.SetMaxIdleConns({})", fit.max_size));
    page.line(&format!("db.SetConnMaxLifetime({})", product(fit.max_lifetime)));
    page.line(&format!("db.SetConnMaxIdleTime({})", product(fit.idle_timeout)));
}

/// As `time.ParseDuration` reads it, which knows no days; at least a millisecond.
fn duration(span: Span) -> String {
    let millis = millis(span).max(1);
    if millis.is_multiple_of(1000) { format!("{}s", millis / 1000) } else { format!("{millis}ms") }
}

/// As an expression.
fn product(span: Span) -> String {
    let millis = millis(span).max(1);
    let (count, unit) = match millis {
        m if m.is_multiple_of(60_000) => (m / 60_000, "Minute"),
        m if m.is_multiple_of(1000) => (m / 1000, "Second"),
        m => (m, "Millisecond"),
    };
    format!("{count} * time.{unit}")
}
