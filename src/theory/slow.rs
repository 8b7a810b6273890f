//! Slow ways to the same numbers, for the tests: they share no formula with what they test.

use crate::random::{Generator, Purpose, Streams};
use rand_distr::{Distribution as _, Exp1};

/// The stationary probabilities of any finite chain by elimination of its states one by one, without a subtraction
/// (W. K. Grassmann, M. I. Taksar and D. P. Heyman, 1985).
pub(super) fn stationary(states: usize, rate: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut q: Vec<Vec<f64>> = (0..states).map(|i| (0..states).map(|j| rate(i, j)).collect()).collect();
    for n in (1..states).rev() {
        let out: f64 = q[n][..n].iter().sum();
        let last = q[n][..n].to_vec();
        for row in &mut q[..n] {
            row[n] /= out;
            let share = row[n];
            if share > 0.0 {
                row.iter_mut().zip(&last).for_each(|(to, from)| *to += share * from);
            }
        }
    }
    let mut p = vec![1.0; states];
    for n in 1..states {
        p[n] = (0..n).map(|i| p[i] * q[i][n]).sum();
    }
    let total: f64 = p.iter().sum();
    p.iter().map(|x| x / total).collect()
}

/// Holds of two phases: `start` is the probability to begin in the first, `on` to go from the first to the second; rates of each.
#[derive(Clone, Copy)]
pub(super) struct TwoPhases {
    pub start: f64,
    pub on: f64,
    pub rates: [f64; 2],
}

impl TwoPhases {
    /// Erlang's with mean 1: squared coefficient of variation 1/2.
    pub(super) const ERLANG: Self = Self { start: 1.0, on: 1.0, rates: [2.0, 2.0] };

    /// A mix of two exponentials with mean 1, half of the work in each.
    pub(super) fn hyper(scv: f64) -> Self {
        let start = 0.5 * (1.0 + libm::sqrt((scv - 1.0) / (scv + 1.0)));
        Self { start, on: 0.0, rates: [2.0 * start, 2.0 * (1.0 - start)] }
    }
}

/// Mean wait of M/PH/c with these holds, from its chain cut off at `most` requests.
pub(super) fn mean_wait_of_phases(c: usize, rate: f64, hold: TwoPhases, most: usize) -> f64 {
    let width = c + 1;
    let TwoPhases { start, on, rates } = hold;
    // State: how many are there, and how many of those served are in their first phase.
    let go = |from: usize, to: usize| {
        let ((n, i), (m, j)) = ((from / width, from % width), (to / width, to % width));
        let busy = n.min(c);
        if i > busy {
            return if from == to + 1 { 1.0 } else { 0.0 }; // no such state: leave it
        }
        if j > m.min(c) {
            return 0.0;
        }
        let (first, second) = (i as f64 * rates[0], (busy - i) as f64 * rates[1]);
        let begins = |gained: bool| if gained { start } else { 1.0 - start };
        if m == n + 1 {
            let gain = j.wrapping_sub(i);
            match gain {
                0 | 1 if n < c => rate * begins(gain == 1),
                0 => rate,
                _ => 0.0,
            }
        } else if m == n {
            if i == j + 1 { first * on } else { 0.0 }
        } else if n == m + 1 {
            let mut sum = 0.0;
            for (leaves, speed) in [(1, first * (1.0 - on)), (0, second)] {
                if n <= c {
                    sum += if i == j + leaves { speed } else { 0.0 };
                } else if (i + 1 == j + leaves) || (i == j + leaves) {
                    sum += speed * begins(i + 1 == j + leaves);
                }
            }
            sum
        } else {
            0.0
        }
    };
    let p = stationary((most + 1) * width, go);
    let waiting: f64 = p.iter().enumerate().map(|(s, p)| p * (s / width).saturating_sub(c) as f64).sum();
    waiting / rate
}

/// What a simulated queue showed, batch by batch.
pub(super) struct Shown {
    pub waited: Vec<f64>,
    pub gave_up: Vec<f64>,
    pub wait: Vec<f64>,
    pub within: Vec<f64>,
}

/// First come, first served at c connections, by the moments at which they become free: each request takes the earliest one,
/// or gives up when that is further away than its patience. Counts waits of all, `within` at most a given time.
pub(super) fn simulate(
    c: usize,
    mut gap: impl FnMut(&mut Generator) -> f64,
    mut hold: impl FnMut(&mut Generator) -> f64,
    mut patience: impl FnMut(&mut Generator) -> f64,
    within: f64,
) -> Shown {
    let streams = Streams::new(7, 0);
    let [mut arrivals, mut holds, mut limits] =
        [Purpose::Arrival, Purpose::Hold, Purpose::Routing].map(|purpose| streams.of(purpose, 0));
    let mut free = vec![0.0f64; c];
    let mut now = 0.0;
    let mut shown = Shown { waited: vec![], gave_up: vec![], wait: vec![], within: vec![] };
    let batch = 40_000;
    for n in 0..=25 {
        let mut sums = [0.0; 4];
        for _ in 0..batch {
            now += gap(&mut arrivals);
            let earliest = free.iter_mut().reduce(|a, b| if *b < *a { b } else { a }).unwrap();
            let (needed, limit) = ((*earliest - now).max(0.0), patience(&mut limits));
            let length = hold(&mut holds);
            if needed <= limit {
                *earliest = now + needed + length;
            }
            let wait = needed.min(limit);
            let seen = [needed > 0.0, needed > limit, wait <= within].map(|x| f64::from(u8::from(x)));
            sums = [sums[0] + seen[0], sums[1] + seen[1], sums[2] + wait, sums[3] + seen[2]];
        }
        // The first batch fills the queue.
        if n > 0 {
            let lists = [&mut shown.waited, &mut shown.gave_up, &mut shown.wait, &mut shown.within];
            lists.into_iter().zip(sums).for_each(|(list, sum)| list.push(sum / f64::from(batch)));
        }
    }
    shown
}

/// Whether the mean of the batches lies within 4.5 standard errors of the truth: with 25 batches Student's t is beyond that in
/// one of 7000 cases.
pub(super) fn agrees(batches: &[f64], truth: f64) -> bool {
    let n = batches.len() as f64;
    let mean = batches.iter().sum::<f64>() / n;
    let variance = batches.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    (mean - truth).abs() <= 4.5 * libm::sqrt(variance / n) + 1e-12
}

/// One exponential draw.
pub(super) fn exponential(mean: f64) -> impl FnMut(&mut Generator) -> f64 {
    move |rng| {
        let unit: f64 = Exp1.sample(rng);
        mean * unit
    }
}
