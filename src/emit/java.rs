//! HikariCP and Tomcat's pool, as Spring Boot configures them.

use super::{Page, Settings, millis, whole_seconds};

/// What HikariCP does not take less of, in milliseconds: of a connection timeout that leaves room for its check, of a lifetime, a
/// keepalive, an idle timeout, a leak threshold.
const HIKARI_LEAST: [u64; 5] = [300, 30_000, 30_000, 10_000, 2_000];

/// `application.yml`
pub(super) fn hikari(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    let [wait, lifetime, keepalive, idle, leak] = HIKARI_LEAST;
    if millis(fit.acquire_timeout) < wait {
        page.item(&format!(
            "connection-timeout is {wait} ms instead of {}: HikariCP puts less than 250 ms at 30 s, and its check needs its share",
            fit.acquire_timeout
        ));
    }
    let timeout = millis(fit.acquire_timeout).max(wait);
    let max_lifetime = millis(fit.max_lifetime).max(lifetime);
    // HikariCP turns off a keepalive that is too short or not below the lifetime; then it is said.
    let alive = millis(fit.keepalive);
    let alive = if alive < keepalive || alive >= max_lifetime { 0 } else { alive };
    page.line("spring:\n  datasource:\n    hikari:");
    let mut key = |key: &str, value: u64| page.line(&format!("      {key}: {value}"));
    key("maximum-pool-size", fit.max_size.into());
    key("minimum-idle", fit.min_idle.into());
    key("connection-timeout", timeout);
    key("validation-timeout", (timeout / 2).clamp(250, 5_000));
    key("idle-timeout", millis(fit.idle_timeout).max(idle));
    key("max-lifetime", max_lifetime);
    key("keepalive-time", alive);
    key("leak-detection-threshold", millis(fit.leak_threshold).max(leak));
}

/// `application.properties`
pub(super) fn tomcat(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    page.line("spring.datasource.type=org.apache.tomcat.jdbc.pool.DataSource");
    let mut key = |key: &str, value: &str| page.line(&format!("spring.datasource.tomcat.{key}={value}"));
    key("max-active", &fit.max_size.to_string());
    key("initial-size", &fit.min_idle.to_string());
    key("min-idle", &fit.min_idle.to_string());
    key("max-idle", &fit.max_size.to_string());
    key("max-wait", &millis(fit.acquire_timeout).to_string());
    key("fair-queue", "true");
    key("min-evictable-idle-time-millis", &millis(fit.idle_timeout).to_string());
    key("time-between-eviction-runs-millis", "5000");
    key("max-age", &millis(fit.max_lifetime).to_string());
    key("test-on-borrow", "true");
    key("validation-query", "SELECT 1");
    key("validation-query-timeout", &whole_seconds(fit.connect_timeout).to_string());
    key("validation-interval", "3000");
    key("remove-abandoned", "false");
    key("log-abandoned", "true");
    key("suspect-timeout", &whole_seconds(fit.leak_threshold).to_string());
}
