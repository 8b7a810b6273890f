//! What queueing theory says beforehand: a witness beside the simulation. Never uses the engine.

pub mod erlang;
mod predict;

pub use predict::{PredictedSize, PredictedTimes, Prediction, predict, text};
