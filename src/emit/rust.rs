//! sqlx, deadpool, bb8 and r2d2.

use super::{Page, Settings, millis};
use crate::units::Span;

fn duration(span: Span) -> String {
    format!("Duration::from_millis({})", millis(span).max(1))
}

fn some(span: Span) -> String {
    format!("Some({})", duration(span))
}

/// A builder's calls, and how it ends.
fn build(page: &mut Page, begin: &str, calls: &[(&str, String)], end: &str) {
    page.line(begin);
    for (call, argument) in calls {
        page.line(&format!("    .{call}({argument})"));
    }
    page.line(&format!("    {end};"));
}

pub(super) fn sqlx(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    page.line("use sqlx::postgres::PgPoolOptions;\nuse std::time::Duration;\n");
    let slow = Span::from_nanos(fit.acquire_timeout.nanos() / 2);
    let calls = [
        ("max_connections", fit.max_size.to_string()),
        ("min_connections", fit.min_idle.to_string()),
        ("acquire_timeout", duration(fit.acquire_timeout)),
        ("acquire_slow_threshold", duration(slow)),
        ("idle_timeout", duration(fit.idle_timeout)),
        ("max_lifetime", duration(fit.max_lifetime)),
        ("test_before_acquire", "true".to_owned()),
    ];
    build(page, "let pool = PgPoolOptions::new()", &calls, ".connect(&std::env::var(\"DATABASE_URL\")?)\n    .await?");
}

pub(super) fn deadpool(settings: &Settings, page: &mut Page) {
    let fit = &settings.aligned;
    page.line("use deadpool_postgres::{Pool, Runtime};\nuse std::time::Duration;\n");
    let calls = [
        ("max_size", fit.max_size.to_string()),
        ("wait_timeout", some(fit.acquire_timeout)),
        ("create_timeout", some(fit.connect_timeout)),
        ("recycle_timeout", some(fit.acquire_timeout)),
        ("queue_mode", "deadpool::managed::QueueMode::Fifo".to_owned()),
        ("runtime", "Runtime::Tokio1".to_owned()),
    ];
    build(page, "let pool = Pool::builder(manager)", &calls, ".build()?");
}

/// What bb8 and r2d2 have in common.
fn common(settings: &Settings) -> Vec<(&'static str, String)> {
    let fit = &settings.aligned;
    vec![
        ("max_size", fit.max_size.to_string()),
        ("min_idle", format!("Some({})", fit.min_idle)),
        ("connection_timeout", duration(fit.acquire_timeout)),
        ("idle_timeout", some(fit.idle_timeout)),
        ("max_lifetime", some(fit.max_lifetime)),
        ("test_on_check_out", "true".to_owned()),
    ]
}

pub(super) fn bb8(settings: &Settings, page: &mut Page) {
    page.line("use std::time::Duration;\n");
    let mut calls = common(settings);
    calls.push(("reaper_rate", duration(Span::from_nanos(30_000_000_000))));
    calls.push(("queue_strategy", "bb8::QueueStrategy::Fifo".to_owned()));
    build(page, "let pool = bb8::Pool::builder()", &calls, ".build(manager)\n    .await?");
}

pub(super) fn r2d2(settings: &Settings, page: &mut Page) {
    page.line("use std::time::Duration;\n");
    build(page, "let pool = r2d2::Pool::builder()", &common(settings), ".build(manager)?");
}
