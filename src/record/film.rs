//! One instance's pool from change to change, for whoever wants to see it move.

use crate::engine::{Fact, Here, Levels, Observer};
use crate::units::SimTime;

/// The most changes that are kept.
const MOST: usize = 200_000;

/// One instance's pool over a part of one replication: a row for each change of a level or count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Film {
    /// When, in seconds from the start of the run; it rises.
    pub t: Vec<f64>,
    /// After the change: attempts waiting, connections in use (leaked ones among them), idle, opening, leaked, open, of limit. Those
    /// that open without an attempt waiting for them are seen where the database counts its connections.
    pub levels: [Vec<u32>; 7],
    /// Since the beginning of the part: attempts that came, got a connection, were served, gave up waiting, and failed for whatever
    /// reason.
    pub counts: [Vec<u32>; 5],
    /// Whether there were more changes than are kept: then the film ends early.
    pub truncated: bool,
}

/// What the columns of [`Film::levels`] are called.
pub const LEVELS: [&str; 7] = ["pending", "active", "idle", "opening", "leaked", "total", "size"];
/// What the columns of [`Film::counts`] are called.
pub const COUNTS: [&str; 5] = ["arrived", "granted", "served", "timed_out", "failed"];

/// Records one instance from a moment on.
///
/// ```
/// use poolwise::{engine, random::Streams, record::FilmRecorder, scenario::Scenario, units::{SimTime, Span}};
/// # let text = serde_json::json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "deterministic(20ms)" }], "pool": { "max_size": 1 } });
/// let model = Scenario::read(text)?.check()?;
/// let until = SimTime::ZERO + Span::from_seconds(1.0);
/// let mut recorder = FilmRecorder::new(0, SimTime::ZERO, model.instances());
/// engine::run(&model, Streams::new(1, 0), until, &mut recorder);
/// let film = recorder.finish();
/// let [pending, ..] = &film.levels;
/// assert!(pending.iter().any(|waiting| *waiting > 10), "one connection serves 50 a second");
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
#[derive(Clone, Debug)]
pub struct FilmRecorder {
    instance: u32,
    from: SimTime,
    instances: u32,
    film: Film,
    /// All instances together, before the fact.
    before: Option<(Here, u32)>,
    here: Here,
    leaked: u32,
    opening: u32,
    counts: [u32; 5],
}

impl FilmRecorder {
    /// Of one instance, of so many that there are at the start.
    pub fn new(instance: u32, from: SimTime, instances: u32) -> Self {
        Self {
            instance,
            from,
            instances,
            film: Film::default(),
            before: None,
            here: Here::default(),
            leaked: 0,
            opening: 0,
            counts: [0; 5],
        }
    }

    /// What was recorded.
    pub fn finish(self) -> Film {
        self.film
    }

    /// Before the first fact the instances are alike, and have their connections; one that starts later has none.
    fn start(&mut self, levels: &Levels) {
        let share = |all: u32| all / self.instances.max(1);
        if self.instance < self.instances {
            self.here = Here { total: share(levels.total), size: share(levels.size), ..Here::default() };
        }
        self.before = Some((Here { total: levels.total, size: levels.size, ..Here::default() }, 0));
    }

    /// What has changed in the whole has changed here: every change happens at an instance.
    fn follow(&mut self, fact: Fact, now: Here, leaked: u32) {
        let (before, leaked_before) = self.before.unwrap_or_default();
        let add = |here: &mut u32, now: u32, before: u32| *here = here.wrapping_add(now.wrapping_sub(before));
        add(&mut self.here.active, now.active, before.active);
        add(&mut self.here.pending, now.pending, before.pending);
        add(&mut self.here.total, now.total, before.total);
        add(&mut self.here.size, now.size, before.size);
        add(&mut self.leaked, leaked, leaked_before);
        match fact {
            Fact::Opens | Fact::Connects => self.opening += 1,
            Fact::Opened | Fact::OpenFailed => self.opening = self.opening.saturating_sub(1),
            _ => {}
        }
    }

    fn row(&mut self, now: SimTime) {
        if self.film.t.len() == MOST {
            self.film.truncated = true;
            return;
        }
        let Here { active, pending, total, size } = self.here;
        // Whoever opens for an attempt may be told of twice, as the attempt's and as the database's.
        let opening = self.opening.min(size.saturating_sub(total));
        let levels = [pending, active, total.saturating_sub(active), opening, self.leaked, total, size];
        self.film.t.push(now.since(SimTime::ZERO).seconds());
        self.film.levels.iter_mut().zip(levels).for_each(|(column, level)| column.push(level));
        self.film.counts.iter_mut().zip(self.counts).for_each(|(column, count)| column.push(count));
    }
}

impl Observer for FilmRecorder {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        if self.before.is_none() {
            self.start(levels);
        }
        if instance == self.instance {
            let known = (self.here, self.leaked, self.opening, self.counts);
            self.follow(fact, levels.everywhere(), levels.leaked);
            if now >= self.from {
                match fact {
                    Fact::Arrived { .. } => self.counts[0] += 1,
                    Fact::Granted { .. } => self.counts[1] += 1,
                    Fact::Served { wanted: true, .. } => self.counts[2] += 1,
                    Fact::TimedOut { .. } => self.counts[3] += 1,
                    Fact::Failed { .. } => self.counts[4] += 1,
                    _ => {}
                }
                if known != (self.here, self.leaked, self.opening, self.counts) || self.film.t.is_empty() {
                    self.row(now);
                }
            }
        }
        self.before = Some((levels.everywhere(), levels.leaked));
    }
}
