//! What the model needs and no setting says, measured on one half of the runs.

use super::traces::{Attempt, Product, Run, first_uses, hand_over};
use poolwise::units::Span;

/// All in microseconds.
#[derive(Clone, Copy)]
pub struct Constants {
    /// From the end of a hold to the begin of the next, of HikariCP.
    pub hikaricp: f64,
    /// A task that is woken, with nothing else to do: deadpool.
    pub task: f64,
    /// A task that is woken and checks its connection: sqlx.
    pub checked: f64,
    pub pgbouncer: f64,
    /// To open a connection: the mean of the 25 that `hk279_burst_min1` opened one after another.
    pub connect: f64,
}

/// What one kind of pool costs on one machine, in microseconds.
#[derive(Clone, Copy)]
pub struct Cost {
    /// From the end of a hold to the begin of the next one of the same connection.
    pub hand_over: f64,
    /// The part of it that is a check of the connection.
    pub check: f64,
}

/// Runs that constants are measured on, and that are judged all the same but marked: every second one of HikariCP by name, one of the
/// tasks' each.
pub fn calibrates(runs: &[Run], run: &Run) -> bool {
    match run.product {
        Product::HikariCp => {
            let mut of_it = runs.iter().filter(|other| other.product == Product::HikariCp);
            of_it.position(|other| other.name == run.name).is_some_and(|place| place % 2 == 0)
        }
        Product::Deadpool => true,
        Product::Sqlx => run.name.contains("exp"),
        Product::Bb8 | Product::PgBouncer | Product::R2d2 => false,
    }
}

impl Constants {
    pub fn measure(runs: &[(Run, Vec<Attempt>)]) -> Self {
        let list: Vec<Run> = runs.iter().map(|(run, _)| *run).collect();
        let of = |product: Product| {
            let mut found: Vec<f64> = (runs.iter())
                .filter(|(run, _)| run.product == product && calibrates(&list, run))
                .map(|(_, attempts)| hand_over(attempts))
                .collect();
            found.sort_by(f64::total_cmp);
            found[found.len() / 2]
        };
        let (_, pooler) = runs.iter().find(|(run, _)| run.product == Product::PgBouncer).unwrap();
        Self {
            hikaricp: of(Product::HikariCp),
            task: of(Product::Deadpool),
            checked: of(Product::Sqlx),
            // One run only: its first half.
            pgbouncer: hand_over(&pooler[..pooler.len() / 2]),
            connect: opening(runs),
        }
    }

    /// The same but for the hand-over as it was in this very run.
    pub fn of_this(&self, attempts: &[Attempt]) -> Self {
        Self { hikaricp: hand_over(attempts), ..*self }
    }

    /// A check of a connection: one round trip.
    pub fn check(&self) -> f64 {
        self.checked - self.task
    }

    pub fn cost(&self, product: Product) -> Cost {
        let unchecked = |hand_over| Cost { hand_over, check: 0.0 };
        match product {
            Product::HikariCp => unchecked(self.hikaricp),
            Product::Deadpool => unchecked(self.task),
            Product::Bb8 | Product::Sqlx | Product::R2d2 => Cost { hand_over: self.checked, check: self.check() },
            Product::PgBouncer => unchecked(self.pgbouncer),
        }
    }
}

/// Between the first uses of connections that were opened one after another while requests waited for them.
fn opening(runs: &[(Run, Vec<Attempt>)]) -> f64 {
    let (_, attempts) = runs.iter().find(|(run, _)| run.name == "hk279_burst_min1_s1").unwrap();
    let first = first_uses(attempts);
    let gaps: Vec<u64> = first.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap < 100_000).collect();
    assert_eq!(gaps.len(), 25);
    gaps.iter().sum::<u64>() as f64 / gaps.len() as f64
}

/// As a scenario writes it.
pub fn micros(microseconds: f64) -> String {
    Span::from_nanos((microseconds * 1e3).round() as u64).to_string()
}
