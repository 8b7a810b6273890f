//! What queueing theory says beforehand: a witness beside the simulation. Never uses the engine.
//!
//! Rates are per second and times in seconds. A function answers `None` where its formula has no answer; it never answers with a
//! wrong number.
//!
//! | question | file |
//! |---|---|
//! | nobody waits; all wait; waiters lose patience at random | [`erlang`] |
//! | an acquire timeout | [`patience`] |
//! | a limit on waiters | [`finite`] |
//! | all holds alike | [`mdc`] |
//! | one connection, any holds; holds that share a processor | [`mg1`] |
//! | many connections, any holds, by two moments | [`ggc`] |
//! | connections for all, and how many long holds there are at once | [`infinite`] |
//! | rates that depend on how many are there | [`birth_death`] |
//! | a database with few cores behind the pool | [`database`] |
//! | clients that wait for their answer before they think and ask again | [`repair`] |
//! | a size by the square root of the load | [`staffing`] |
//! | requests that take several connections at once | [`nested`] |
//! | connections that never come back | [`leak`] |

pub mod birth_death;
pub mod database;
pub mod erlang;
pub mod finite;
pub mod ggc;
pub mod infinite;
pub mod leak;
pub mod mdc;
pub mod mg1;
pub mod nested;
pub mod patience;
mod poisson;
mod predict;
pub mod repair;
#[cfg(test)]
mod slow;
pub mod staffing;

pub use predict::{PredictedSize, PredictedTimes, Prediction, predict, text};

/// Whether a rate or a time can be used.
fn proper(x: f64) -> bool {
    x.is_finite() && x > 0.0
}
