//! The pools of many services before one database: what they need, whether it fits, and how to share what there is.

mod answer;
mod file;
mod service;
pub mod services;
mod share;
mod squeeze;
mod text;
mod ways;

pub use answer::{Answer, Share};
pub use file::{Budget, Service};
pub use service::{SHORT, Short};
pub use share::share;
pub use text::text;
pub use ways::Way;
