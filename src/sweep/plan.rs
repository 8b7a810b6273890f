//! Which variants there are, and how each is made.

use super::axis::{Axis, Uncertain};
use super::file::{Header, Shard};
use crate::emit::hash;
use crate::experiment::Options;
use crate::problem::Problems;
use crate::random::mix;
use crate::report::VERSION;
use crate::scenario::{Model, SCHEMA_VERSION, Scenario, set};
use crate::slo::Objective;
use serde_json::Value;

/// The most variants of a sweep.
const VARIANTS_MAX: u64 = 1_000_000_000;
/// Replications of each variant, if nothing else is asked for.
const REPLICATIONS: u32 = 5;

/// A scenario with what varies: every combination of the axes, in each of the worlds.
///
/// Variants are numbered from 0: the last axis changes faster than those before it, and the world fastest of all. Every variant has
/// the requests of every other (common random numbers), and a world draws the same for every combination.
#[derive(Clone, Debug)]
pub struct Plan {
    base: Scenario,
    document: Value,
    axes: Vec<Axis>,
    uncertain: Vec<Uncertain>,
    header: Header,
}

/// What a sweep is asked for, as it is written.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What [`Axis::parse`] reads.
    pub over: Vec<String>,
    /// What [`Uncertain::parse`] reads.
    pub uncertain: Vec<String>,
    /// How many worlds chance draws; 1 if absent.
    pub worlds: Option<u32>,
    /// Seed and replications (5 if absent).
    pub options: Options,
}

impl Plan {
    /// Prepare a sweep over a scenario. The scenario itself need not make sense where an axis replaces what is wrong.
    ///
    /// # Errors
    /// Everything that is wrong with what is asked; values that make sense in no combination that was tried: with the scenario as it
    /// is, with the first and with the last values of all other axes.
    pub fn new(base: Scenario, asked: &Asked) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let options = Options { replications: asked.options.replications.or(Some(REPLICATIONS)), ..asked.options };
        let checked = options.check().map_err(|e| problems.problems.extend(e.problems)).ok();
        let axes = read(&asked.over, "--over", Axis::parse, &mut problems);
        let uncertain = read(&asked.uncertain, "--uncertain", Uncertain::parse, &mut problems);
        let paths: Vec<&String> = axes.iter().map(|axis| &axis.path).chain(uncertain.iter().map(|u| &u.path)).collect();
        for (n, path) in paths.iter().enumerate().filter(|(n, path)| paths[..*n].contains(path)) {
            let option = if n < axes.len() { "--over" } else { "--uncertain" };
            problems.error(format!("{option} {path}"), "is varied twice");
        }
        if asked.over.is_empty() && asked.uncertain.is_empty() {
            problems.error("--over", "nothing varies: give --over 'pool.max_size=5..40', or --uncertain and --worlds");
        }
        let worlds = asked.worlds.unwrap_or(1);
        if !(1..=1_000_000).contains(&worlds) {
            problems.error("--worlds", format!("expected 1 to 1000000, found {worlds}"));
        } else if (worlds > 1) == asked.uncertain.is_empty() {
            let message = match worlds {
                1 => "chance draws for --uncertain once only: say in how many worlds, such as --worlds 200",
                _ => "all worlds are alike: say what nobody knows, such as --uncertain 'traffic.rate=500/s..1200/s'",
            };
            problems.error("--worlds", message);
        }
        let variants = axes.iter().try_fold(u64::from(worlds), |all, axis| all.checked_mul(axis.count()));
        let variants = variants.filter(|all| *all <= VARIANTS_MAX).unwrap_or_else(|| {
            problems.error("--over", format!("makes more than the {VARIANTS_MAX} variants of a sweep"));
            1
        });
        let Some((seed, replications)) = checked.filter(|_| problems.can_run()) else { return Err(problems) };
        let mut document = serde_json::to_value(&base).unwrap_or_default();
        if let Some(table) = document.as_object_mut() {
            // Counterfactuals, and what must hold, are of the scenario as it is.
            table.retain(|key, _| !["variant", "assert", "provenance"].contains(&key.as_str()));
        }
        let header = Header {
            schema_version: SCHEMA_VERSION,
            version: VERSION.to_owned(),
            scenario: base.name.as_ref().map(ToString::to_string).unwrap_or_default(),
            scenario_hash: format!("{:016x}", with_recordings(&base)),
            seed,
            replications,
            over: asked.over.clone(),
            uncertain: asked.uncertain.clone(),
            worlds,
            variants,
            slo: Vec::new(),
            shard: Shard { index: 1, of: 1, from: 0, until: variants * u64::from(replications) },
        };
        let mut plan = Self { base, document, axes, uncertain, header };
        plan.check()?;
        plan.header.slo = plan.objectives();
        Ok(plan)
    }

    /// What stands in the first line of a file with all of it.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Shard number `index`, counted from 1, of `of`: as many replications as each other one, one after another.
    ///
    /// # Errors
    /// When there is no such shard.
    pub fn shard(&self, index: u32, of: u32) -> Result<Shard, Problems> {
        if !(1..=1_000_000).contains(&of) || !(1..=of).contains(&index) {
            let message = format!("expected i/n with i from 1 to n, and n up to 1000000; found {index}/{of}");
            return Err(Problems::one("--shard", message));
        }
        Ok(self.header.shard_of(index, of))
    }

    /// In which world a variant is, and what it sets.
    pub fn variant(&self, n: u64) -> (u32, Vec<(&str, String)>) {
        let (worlds, mut rest) = (u64::from(self.header.worlds), n);
        let world = (rest % worlds) as u32;
        rest /= worlds;
        let mut places = vec![0; self.axes.len()];
        for (place, axis) in places.iter_mut().zip(&self.axes).rev() {
            *place = rest % axis.count();
            rest /= axis.count();
        }
        (world, self.settings(&places, world))
    }

    /// The model of a variant.
    ///
    /// # Errors
    /// Why the variant makes no sense.
    pub fn model(&self, n: u64) -> Result<Model, Problems> {
        self.made(&self.variant(n).1)
    }

    fn settings(&self, places: &[u64], world: u32) -> Vec<(&str, String)> {
        let axes = self.axes.iter().zip(places).map(|(axis, place)| (axis.path.as_str(), axis.value(*place)));
        let drawn =
            (0..).zip(&self.uncertain).map(|(place, u)| (u.path.as_str(), u.draw(self.header.seed, world, place)));
        axes.chain(drawn).collect()
    }

    fn made(&self, settings: &[(&str, String)]) -> Result<Model, Problems> {
        let mut document = self.document.clone();
        for (path, value) in settings {
            set(&mut document, path, value)?;
        }
        let mut scenario = Scenario::read(document)?;
        self.base.keep_recordings(&mut scenario);
        scenario.check()
    }

    /// What is asked of every variant; nothing where that is what varies.
    fn objectives(&self) -> Vec<String> {
        let varies = |path: &String| path.split(['.', '[']).next() == Some("slo");
        if self.axes.iter().map(|axis| &axis.path).chain(self.uncertain.iter().map(|u| &u.path)).any(varies) {
            return Vec::new();
        }
        // The first and the last variant may make no sense.
        let models = [0, self.header.variants - 1].into_iter().filter_map(|n| self.model(n).ok());
        let one = models.chain(self.made(&[]).ok()).next();
        one.map(|model| model.slo().iter().map(Objective::to_string).collect()).unwrap_or_default()
    }

    /// Values that make sense nowhere. Of a range its ends are looked at: what lies between makes sense where they do.
    fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        let first = vec![0; self.axes.len()];
        let last: Vec<u64> = self.axes.iter().map(|axis| axis.count() - 1).collect();
        for (which, axis) in self.axes.iter().enumerate() {
            for place in axis.looked_at() {
                let among = |others: &[u64]| {
                    let mut places = others.to_vec();
                    places[which] = place;
                    self.made(&self.settings(&places, 0))
                };
                let alone = || self.made(&[(axis.path.as_str(), axis.value(place))]);
                if let Err(why) = among(&first)
                    && among(&last).is_err()
                    && alone().is_err()
                {
                    let of = format!("--over {}={}", axis.path, axis.value(place));
                    let errors = why.problems.into_iter().filter(|p| p.is_error());
                    errors.for_each(|p| problems.error(of.clone(), format!("{}: {}", p.path, p.message)));
                }
            }
        }
        for (place, uncertain) in (0..).zip(&self.uncertain) {
            let drawn = uncertain.draw(self.header.seed, 0, place);
            let tries =
                [self.settings(&first, 0), self.settings(&last, 0), vec![(uncertain.path.as_str(), drawn.clone())]];
            if let [Some(_), Some(_), Some(why)] = tries.map(|settings| self.made(&settings).err()) {
                let of = format!("--uncertain {}={drawn}", uncertain.path);
                let errors = why.problems.into_iter().filter(|p| p.is_error());
                errors.for_each(|p| problems.error(of.clone(), format!("{}: {}", p.path, p.message)));
            }
        }
        // One key that is misspelt is one problem, however many values it has.
        let mut seen: Vec<String> = Vec::new();
        problems.problems.retain(|p| {
            let unknown = p.message.contains("unknown key");
            let new = !unknown || !seen.contains(&p.message);
            seen.push(p.message.clone());
            new
        });
        if problems.can_run() { Ok(()) } else { Err(problems) }
    }
}

fn read<T>(texts: &[String], option: &str, parse: fn(&str) -> Result<T, String>, problems: &mut Problems) -> Vec<T> {
    let mut keep = |text: &String| problems.keep(&format!("{option} {text}"), parse(text));
    texts.iter().filter_map(&mut keep).collect()
}

/// Which scenario it is, with the arrivals that were read from files.
fn with_recordings(scenario: &Scenario) -> u64 {
    let recorded = scenario.traffic.sources().iter().filter_map(|source| source.trace.as_ref()?.loaded.as_ref());
    recorded.fold(hash(scenario), |key, loaded| mix(key ^ loaded.fingerprint()))
}
