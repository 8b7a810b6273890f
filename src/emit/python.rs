//! SQLAlchemy, psycopg_pool, and Django with psycopg_pool. Their times are seconds and take decimals.

use super::{Page, Settings, decimal_seconds, whole_seconds};

/// `create_engine`
pub(super) fn sqlalchemy(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    page.line("import os\n\nfrom sqlalchemy import create_engine\n");
    page.line("engine = create_engine(\n    os.environ[\"DATABASE_URL\"],");
    let mut key = |key: &str, value: &str| page.line(&format!("    {key}={value},"));
    key("pool_size", &fit.max_size.to_string());
    key("max_overflow", "0");
    key("pool_timeout", &decimal_seconds(fit.acquire_timeout));
    key("pool_recycle", &whole_seconds(fit.max_lifetime).to_string());
    key("pool_pre_ping", "True");
    key("pool_use_lifo", "False");
    key("connect_args", &format!("{{\"connect_timeout\": {}}}", whole_seconds(fit.connect_timeout)));
    page.line(")");
}

/// What psycopg_pool takes, wherever it is written.
fn psycopg_options(settings: &Settings) -> [(&'static str, String); 8] {
    let fit = &settings.aligned;
    [
        ("min_size", fit.min_idle.to_string()),
        ("max_size", fit.max_size.to_string()),
        ("timeout", decimal_seconds(fit.acquire_timeout)),
        // 0 is no limit, so nobody waiting at all can not be said.
        ("max_waiting", settings.max_waiters.map_or(0, |most| most.max(1)).to_string()),
        ("max_lifetime", decimal_seconds(fit.max_lifetime)),
        ("max_idle", decimal_seconds(fit.idle_timeout)),
        ("reconnect_timeout", "300".into()),
        ("num_workers", "3".into()),
    ]
}

/// `ConnectionPool`
pub(super) fn psycopg(settings: &Settings, page: &mut Page) {
    page.line("import os\n\nfrom psycopg_pool import ConnectionPool\n");
    page.line("pool = ConnectionPool(\n    os.environ[\"DATABASE_URL\"],");
    for (key, value) in psycopg_options(settings) {
        page.line(&format!("    {key}={value},"));
    }
    page.line(&format!("    kwargs={{\"connect_timeout\": {}}},", whole_seconds(settings.aligned.connect_timeout)));
    page.line("    open=True,\n)");
}

/// `settings.py`
pub(super) fn django(settings: &Settings, page: &mut Page) {
    page.line("DATABASES[\"default\"][\"CONN_MAX_AGE\"] = 0");
    page.line("DATABASES[\"default\"][\"CONN_HEALTH_CHECKS\"] = True");
    page.line("DATABASES[\"default\"].setdefault(\"OPTIONS\", {}).update({");
    page.line(&format!("    \"connect_timeout\": {},", whole_seconds(settings.aligned.connect_timeout)));
    page.line("    \"pool\": {");
    for (key, value) in psycopg_options(settings) {
        page.line(&format!("        \"{key}\": {value},"));
    }
    page.line("    },\n})");
}
