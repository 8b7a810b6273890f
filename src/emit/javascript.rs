//! node-postgres.

use super::{Page, Settings, millis, whole_seconds};

/// The options of `new Pool(…)`, as an object.
pub(super) fn pg(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    page.say("const pool = new Pool({ connectionString: process.env.DATABASE_URL, ...poolSettings });");
    page.say("pool.on('error', (error) => console.error('idle connection lost', error));");
    page.line("const poolSettings = {");
    let mut key = |key: &str, value: u64| page.line(&format!("  {key}: {value},"));
    key("max", fit.max_size.into());
    key("min", fit.min_idle.into());
    key("connectionTimeoutMillis", millis(fit.acquire_timeout));
    key("idleTimeoutMillis", millis(fit.idle_timeout));
    key("maxLifetimeSeconds", whole_seconds(fit.max_lifetime));
    page.line("  maxUses: Infinity,\n  allowExitOnIdle: false,\n};");
}
