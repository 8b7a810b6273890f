//! Npgsql. Its times are whole seconds.

use super::{Page, Settings, whole_seconds};
use crate::units::Span;

/// A line for the environment, with a connection string.
pub(super) fn npgsql(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    let timeout = whole_seconds(fit.acquire_timeout);
    if Span::from_nanos(timeout * 1_000_000_000) > fit.acquire_timeout {
        page.item(&format!(
            "Timeout counts in whole seconds, so it is {timeout} s instead of {}; pass OpenAsync a CancellationToken for less",
            fit.acquire_timeout
        ));
    }
    let idle = whole_seconds(fit.idle_timeout);
    let keys = [
        ("Pooling", "true".to_owned()),
        ("Maximum Pool Size", fit.max_size.to_string()),
        ("Minimum Pool Size", fit.min_idle.to_string()),
        ("Timeout", timeout.to_string()),
        ("Command Timeout", whole_seconds(fit.statement_timeout).to_string()),
        ("Connection Idle Lifetime", idle.to_string()),
        // Pruning must come at least as often as connections get too old.
        ("Connection Pruning Interval", idle.min(10).to_string()),
        ("Connection Lifetime", whole_seconds(fit.max_lifetime).to_string()),
    ];
    let words: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let place = "Host=127.0.0.1;Port=5432;Database=app;Username=app";
    page.line(&format!("ConnectionStrings__Default=\"{place};{}\"", words.join(";")));
}
