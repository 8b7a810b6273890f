//! Rails.

use super::{Page, Settings, decimal_seconds, whole_seconds};

/// `database.yml`
pub(super) fn rails(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    page.line("production:");
    let mut key = |key: &str, value: &str| page.line(&format!("  {key}: {value}"));
    key("pool", &fit.max_size.to_string());
    key("checkout_timeout", &decimal_seconds(fit.acquire_timeout));
    key("idle_timeout", &decimal_seconds(fit.idle_timeout));
    key("reaping_frequency", "60");
    key("connect_timeout", &whole_seconds(fit.connect_timeout).to_string());
}
