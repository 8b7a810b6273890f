//! What the model needs of the machine and no setting says: measured on the runs that calibrate, one value for each product.

use super::manifest::{Done, Live};
use crate::reality::constants::Cost;
use crate::reality::traces::{End, Product, hand_over};

pub const PRODUCTS: [Product; 5] = [Product::Bb8, Product::Deadpool, Product::Sqlx, Product::R2d2, Product::PgBouncer];

pub fn name(product: Product) -> &'static str {
    match product {
        Product::Bb8 => "bb8",
        Product::Deadpool => "deadpool",
        Product::Sqlx => "sqlx",
        Product::R2d2 => "r2d2",
        Product::PgBouncer => "PgBouncer",
        Product::HikariCp => "HikariCP",
    }
}

/// All in microseconds.
#[derive(Clone, Copy)]
pub struct Measured {
    pub hand_over: f64,
    /// What it takes to be given a connection that is free.
    pub free: f64,
    /// How much longer a connection is held than its query was asked to sleep.
    pub overhead: f64,
    /// How late whoever gives up does so.
    pub late: f64,
}

pub struct Costs {
    list: Vec<(Product, Measured)>,
    /// To open a connection.
    pub connect: f64,
}

fn median(mut list: Vec<f64>) -> Option<f64> {
    list.sort_by(f64::total_cmp);
    list.get(list.len() / 2).copied()
}

/// Waits that are not of the queue.
const FREE: u64 = 2_000;

fn measured(runs: &[&Done]) -> Measured {
    let single = || runs.iter().filter(|run| run.workers.is_none());
    let of_each = |of: &dyn Fn(&Done) -> Option<f64>| median(single().filter_map(|run| of(run)).collect());
    let free = |run: &Done| {
        let waits = run.attempts.iter().filter(|a| a.out == End::Served && a.wait < FREE);
        median(waits.map(|a| a.wait as f64).collect())
    };
    let overhead = |run: &Done| {
        let held = || run.attempts.iter().filter(|a| matches!(a.out, End::Served | End::Leaked));
        Some(held().map(|a| a.hold as f64).sum::<f64>() / held().count() as f64 - run.asked)
    };
    let late = |run: &Done| {
        let gave_up = run.attempts.iter().filter(|a| a.out == End::TimedOut);
        median(gave_up.map(|a| a.wait as f64 - 1e3 * run.timeout as f64).collect())
    };
    let handed = |run: &Done| Some(hand_over(&run.attempts)).filter(|time| time.is_finite());
    let free = of_each(&free).unwrap_or(0.0);
    Measured {
        hand_over: of_each(&handed).unwrap_or(free),
        free,
        overhead: of_each(&overhead).unwrap_or(0.0),
        late: of_each(&late).unwrap_or(0.0),
    }
}

impl Costs {
    pub fn measure(live: &Live) -> Self {
        let of = |product: Product| -> Vec<&Done> {
            live.runs.iter().filter(|run| run.product == product && run.calibrates).collect()
        };
        Self {
            list: PRODUCTS.into_iter().map(|product| (product, measured(&of(product)))).collect(),
            connect: median(live.connect.clone()).unwrap(),
        }
    }

    pub fn of(&self, product: Product) -> Measured {
        self.list.iter().find(|(other, _)| *other == product).unwrap().1
    }
}

impl Measured {
    /// The same as a pool's cost: who is given a free connection waits for its check, if there is one.
    pub fn cost(self, product: Product) -> Cost {
        match product {
            Product::Bb8 | Product::R2d2 | Product::Sqlx => {
                Cost { hand_over: self.hand_over.max(self.free), check: self.free }
            }
            _ => Cost { hand_over: self.hand_over, check: 0.0 },
        }
    }
}
