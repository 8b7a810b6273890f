//! Work in pieces that do not depend on each other, so that threads or Workers can share it.

use super::{Progress, in_parallel};
use crate::record::Outcome;

/// One replication, by its number, of what is simulated: pools of these sizes where a search asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Piece {
    /// Which replication.
    pub replication: u32,
    /// The sizes; empty where there is but one.
    pub sizes: Vec<u32>,
}

/// What is simulated in pieces. Whoever has prepared the same question can [`perform`](Self::perform) any of them, in any order and
/// anywhere; they are [`taken`](Self::take) in the order of [`pieces`](Self::pieces), so that the answer does not depend on who did what.
///
/// ```
/// use poolwise::{experiment::{Experiment, Pieces}, scenario::Scenario};
/// # let text = serde_json::json!({ "traffic": { "rate": "80/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "pool": { "max_size": 2 } });
/// let model = Scenario::read(text)?.check()?;
/// let [mut asks, helps] = [Experiment::new(&model, &Default::default())?, Experiment::new(&model, &Default::default())?];
/// for piece in asks.pieces() {
///     asks.take(&piece, helps.perform(&piece));
/// }
/// assert!(asks.progress().finished);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub trait Pieces: Sync {
    /// The pieces that can be done now; none when all is known.
    fn pieces(&self) -> Vec<Piece>;

    /// Simulate a piece: an outcome for each of its sizes.
    fn perform(&self, piece: &Piece) -> Vec<Outcome>;

    /// Add what came of the first of [`pieces`](Self::pieces).
    fn take(&mut self, piece: &Piece, outcomes: Vec<Outcome>);

    /// How many pieces are done before anybody is told how far it is.
    fn at_once(&self) -> usize {
        8
    }

    /// How far it is.
    fn progress(&self) -> Progress;

    /// Do the next piece.
    fn step(&mut self) -> Progress {
        if let Some(piece) = self.pieces().first() {
            let outcomes = self.perform(piece);
            self.take(piece, outcomes);
        }
        self.progress()
    }

    /// Do some of the pieces that can be done now, on all cores where the feature `cli` is on. Whether there were any.
    fn some(&mut self) -> bool {
        let pieces = self.pieces();
        for some in pieces.chunks(self.at_once()).take(1) {
            let done = in_parallel(0..some.len() as u32, |n| self.perform(&some[n as usize]));
            some.iter().zip(done).for_each(|(piece, outcomes)| self.take(piece, outcomes));
        }
        !pieces.is_empty()
    }
}
