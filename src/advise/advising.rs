//! Advice step by step, in parts that threads or Workers can share.

use super::aftermath::{self, Aftermath};
use super::reach::{self, Headroom, LOADS};
use super::remedy::{self, Climbed, Stuck};
use super::survive::{self, Survived};
use super::uncertain::{self, Range, Uncertain, WORLDS};
use super::{Advice, Band};
use crate::emit::{Asked, align};
use crate::experiment::{Options, Piece, Pieces, Progress};
use crate::plan::{ELSEWHERE, Recommendation, Recommended, Search};
use crate::problem::Problems;
use crate::record::Outcome;
use crate::scenario::{Model, Scenario};

/// What is asked one after another: each rests on the answers before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Sizes,
    Worlds,
    Cases,
    /// Of the size that ranges or cases lead to: its row in the table.
    Row,
    /// Where no size is enough.
    Remedies,
    /// Of the recommended size.
    Reach,
}

/// A part of what a stage asks: no part needs another of its stage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub enum Part {
    /// A piece of the search.
    Piece(Piece),
    /// The smallest size in a world that is drawn from the ranges.
    World(u32),
    /// The smallest size that survives a case.
    Case {
        /// Its place among the cases.
        number: u32,
        /// What the usual load needs.
        usual: u32,
    },
    /// Which step of a remedy helps first.
    Remedy {
        /// Its place among those that are tried.
        number: u32,
        /// What stands in the way, as far as is known before they are.
        bottleneck: Option<String>,
    },
    /// How much more a size bears.
    Load {
        /// Of traffic (0) or of work (1).
        number: u32,
        /// The size.
        size: u32,
    },
    /// The smallest size when an input is another.
    Move(u32),
    /// What an overload leaves behind.
    Overload {
        /// At this size.
        size: u32,
    },
}

/// What came of a part.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub enum Done {
    /// Of a piece of the search.
    Outcomes(Vec<Outcome>),
    /// The smallest size, if any is enough.
    Smallest(Option<u32>),
    /// Which step of a remedy, with the smallest size then.
    Step(Climbed),
    /// How many times the load.
    Factor(f64),
    /// After an overload, where one could last.
    Aftermath(Option<Aftermath>),
}

/// Advice in the making: [`advise`](super::advise), for whoever shares the work.
///
/// Whoever has prepared the same question can [`perform`](Self::perform) any part of it, anywhere; parts are [`taken`](Self::take) in the
/// order of [`parts`](Self::parts), so that the answer does not depend on who did what.
///
/// ```
/// use poolwise::{advise::Advising, scenario::Scenario};
/// # let text = serde_json::json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "exponential(mean=20ms)" }] });
/// let scenario = Scenario::read(text)?;
/// let [mut asks, helps] = [Advising::new(&scenario, &Default::default())?, Advising::new(&scenario, &Default::default())?];
/// while !asks.parts().is_empty() {
///     for part in asks.parts() {
///         asks.take(&part, helps.perform(&part)?);
///     }
/// }
/// assert_eq!(asks.advice().unwrap().recommendation.recommended.unwrap().max_size, 4);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
#[derive(Debug)]
pub struct Advising {
    scenario: Scenario,
    ranges: Vec<Range>,
    /// The scenario with each range at its middle.
    certain: Scenario,
    model: Model,
    /// At the peak already, so that recorded arrivals are a rate that can be more.
    peak: Model,
    options: Options,
    search: Search,
    stage: Stage,
    /// What came of the parts of the stage, in their order, besides pieces of the search.
    done: Vec<Done>,
    over: bool,
    /// What is known of it, once the search is over.
    advice: Option<Advice>,
}

impl Advising {
    /// Prepare it.
    ///
    /// # Errors
    /// As [`advise`](super::advise).
    pub fn new(scenario: &Scenario, options: &Options) -> Result<Self, Problems> {
        let ranges = uncertain::ranges(scenario)?;
        let certain = uncertain::at_the_middle(scenario, &ranges)?;
        let model = certain.check()?;
        let mut new = Self {
            search: Search::new(&model, options)?,
            scenario: scenario.clone(),
            options: *options,
            peak: model.at_peak(),
            ranges,
            certain,
            model,
            stage: Stage::Sizes,
            done: Vec::new(),
            over: false,
            advice: None,
        };
        new.go_on();
        Ok(new)
    }

    /// The parts that can be done now; none when all is known.
    pub fn parts(&self) -> Vec<Part> {
        if self.over {
            return Vec::new();
        }
        let of_the_search = |pieces: Vec<Piece>| pieces.into_iter().map(Part::Piece);
        let numbers = |all: usize| self.done.len() as u32..all as u32;
        let Some(advice) = &self.advice else { return of_the_search(self.search.pieces()).collect() };
        let size = advice.recommendation.recommended.map(|found| found.max_size);
        match (self.stage, size) {
            (Stage::Sizes, _) | (Stage::Cases | Stage::Row | Stage::Reach, None) => Vec::new(),
            (Stage::Worlds, _) if self.ranges.is_empty() => Vec::new(),
            (Stage::Worlds, _) => numbers(WORLDS as usize).map(Part::World).collect(),
            (Stage::Cases, Some(usual)) => {
                numbers(self.model.cases().len()).map(|number| Part::Case { number, usual }).collect()
            }
            (Stage::Row, Some(size)) => {
                let shown = self.search.show(size, &mut advice.recommendation.table.clone());
                of_the_search(shown.err().unwrap_or_default()).collect()
            }
            (Stage::Remedies, _) => {
                let known = remedy::bottleneck(&self.peak, &self.search).map(|(name, _)| name);
                let remedy = |number| Part::Remedy { number, bottleneck: known.map(str::to_owned) };
                numbers(remedy::ladders(&self.peak, known).len()).map(remedy).collect()
            }
            (Stage::Reach, Some(size)) => {
                let loads = (0..LOADS.len() as u32).map(|number| Part::Load { number, size });
                let moves = (0..reach::moves().len() as u32).map(Part::Move);
                let all = loads.chain(moves).chain([Part::Overload { size }]).skip(self.done.len());
                all.chain(of_the_search(self.band(advice).err().unwrap_or_default())).collect()
            }
        }
    }

    /// Do a part.
    ///
    /// # Errors
    /// When what is drawn from a range, or a case, makes no sense; of several such worlds it may be any that is told of. When the part is
    /// one of another question, as far as that can be seen.
    pub fn perform(&self, part: &Part) -> Result<Done, Problems> {
        let foreign = || Problems::one("part", "is not one of this question's");
        let (options, most) = (&self.options, self.search.most());
        Ok(match part {
            Part::Piece(piece) => Done::Outcomes(self.search.perform(piece)),
            Part::World(n) if *n >= WORLDS => return Err(foreign()),
            Part::World(n) => Done::Smallest(uncertain::needs(&self.scenario, &self.ranges, *n, options)?),
            Part::Case { number, usual } => {
                let case = self.model.cases().get(*number as usize).ok_or_else(foreign)?;
                Done::Smallest(survive::needs(&self.certain, &self.model, case, (*usual, most), options)?)
            }
            Part::Remedy { number, bottleneck } => {
                let ladders = remedy::ladders(&self.peak, bottleneck.as_deref());
                let ladder = ladders.get(*number as usize).ok_or_else(foreign)?;
                Done::Step(remedy::climb(&self.peak, ladder, options)?)
            }
            Part::Load { number, size } => {
                let vary = *LOADS.get(*number as usize).ok_or_else(foreign)?;
                Done::Factor(reach::headroom(&self.peak, *size, options, vary))
            }
            Part::Move(n) => {
                let moves = reach::moves();
                let moved = moves.get(*n as usize).ok_or_else(foreign)?;
                Done::Smallest(reach::smallest(&moved.applied(&self.peak), options)?)
            }
            Part::Overload { size } => {
                let timeout = align(&Asked::of(&self.certain, &self.model, *size)).acquire_timeout;
                Done::Aftermath(aftermath::of(&self.certain, &self.model, (*size, most), timeout, options)?)
            }
        })
    }

    /// Take what came of the first of [`parts`](Self::parts).
    pub fn take(&mut self, part: &Part, done: Done) {
        match (part, done) {
            (Part::Piece(piece), Done::Outcomes(outcomes)) => self.search.take(piece, outcomes),
            (_, done) => self.done.push(done),
        }
        self.go_on();
    }

    /// Do the next part, or as many pieces of the search as are done at once.
    pub(super) fn step(&mut self) -> Result<(), Problems> {
        let parts = self.parts();
        let piece = |part: &Part| if let Part::Piece(piece) = part { Some(piece.clone()) } else { None };
        let pieces: Vec<Piece> = parts.iter().map_while(piece).take(self.search.at_once()).collect();
        if !pieces.is_empty() {
            self.search.run(&pieces);
            self.go_on();
        } else if let Some(part) = parts.first() {
            let done = self.perform(part)?;
            self.take(part, done);
        }
        Ok(())
    }

    /// What it is at, in a word or two.
    pub fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Sizes | Stage::Row => "sizes",
            Stage::Worlds => "uncertain inputs",
            Stage::Cases => "cases",
            Stage::Remedies => "remedies",
            Stage::Reach => "headroom",
        }
    }

    /// How far it is with that.
    pub fn progress(&self) -> Progress {
        if self.stage == Stage::Sizes {
            return self.search.progress();
        }
        let done = self.done.len() as u32;
        Progress { done, total: done + self.parts().len() as u32, finished: self.over }
    }

    /// The advice, once it is finished.
    pub fn advice(&self) -> Option<&Advice> {
        self.advice.as_ref().filter(|_| self.over)
    }

    /// The recommendation, once nothing that comes will change it but what an overload shows.
    pub(super) fn decided(&self) -> Option<&Recommendation> {
        let decided = self.over || matches!(self.stage, Stage::Remedies | Stage::Reach);
        self.advice.as_ref().filter(|_| decided).map(|advice| &advice.recommendation)
    }

    fn band(&self, advice: &Advice) -> Result<Band, Vec<Piece>> {
        Band::of(&self.search, &advice.recommendation, &self.model, &advice.survival, advice.uncertain.as_ref())
    }

    /// To the next stage that asks for something.
    fn go_on(&mut self) {
        while !self.over && self.parts().is_empty() {
            match self.conclude() {
                Some(next) => {
                    self.stage = next;
                    self.done.clear();
                }
                None => self.over = true,
            }
        }
    }

    /// What follows from the parts of the stage, and the next one.
    fn conclude(&mut self) -> Option<Stage> {
        let mut advice = self.advice.take().unwrap_or_else(|| Advice::of(self.search.recommendation()));
        let next = self.follow(&mut advice);
        self.advice = Some(advice);
        next
    }

    fn follow(&self, advice: &mut Advice) -> Option<Stage> {
        let smallest =
            || self.done.iter().filter_map(|done| if let Done::Smallest(size) = done { Some(*size) } else { None });
        let recommendation = &mut advice.recommendation;
        match self.stage {
            Stage::Sizes => Some(Stage::Worlds),
            Stage::Worlds => {
                if !self.ranges.is_empty() {
                    advice.uncertain = uncertain::least_regret(&self.ranges, &smallest().collect::<Vec<_>>());
                    weigh(advice.uncertain.as_ref(), &self.model, recommendation);
                }
                Some(Stage::Cases)
            }
            Stage::Cases => {
                advice.survival = survive(&smallest().collect::<Vec<_>>(), &self.model, recommendation);
                match recommendation.recommended {
                    Some(_) => Some(Stage::Row),
                    None => advice.survival.is_empty().then_some(Stage::Remedies),
                }
            }
            Stage::Row => {
                let size = recommendation.recommended?.max_size;
                self.search.show(size, &mut recommendation.table).ok().map(|()| Stage::Reach)
            }
            Stage::Remedies => {
                let steps =
                    self.done.iter().filter_map(|done| if let Done::Step(step) = done { Some(*step) } else { None });
                let stuck = Stuck::of(&self.peak, &self.search, &steps.collect::<Vec<_>>());
                recommendation.sentence = recommendation.sentence.replace(ELSEWHERE, &stuck.because);
                advice.stuck = Some(stuck);
                None
            }
            Stage::Reach => {
                let size = recommendation.recommended?.max_size;
                if let [Done::Factor(traffic), Done::Factor(work), .., Done::Aftermath(aftermath)] = &*self.done {
                    advice.headroom = Some(Headroom { traffic: *traffic, work: *work });
                    advice.aftermath.clone_from(aftermath);
                }
                let moves = reach::moves().into_iter().zip(smallest());
                advice.sensitivity = moves.map(|(moved, max_size)| reach::Moved { max_size, ..moved }).collect();
                if advice.aftermath.as_ref().is_some_and(|aftermath| aftermath.stuck > 0) {
                    recommendation.sentence += " From an overload it does not recover by itself.";
                }
                advice.settings = align(&Asked::of(&self.certain, &self.model, size)).reasons;
                advice.band = self.band(advice).ok();
                None
            }
        }
    }
}

/// Follow what the worlds need that are drawn from the ranges.
fn weigh(uncertain: Option<&Uncertain>, model: &Model, answer: &mut Recommendation) {
    let Some(uncertain) = uncertain else {
        answer.recommended = None;
        answer.sentence = format!("In no world that the ranges allow is any size enough. {}", answer.sentence);
        return;
    };
    if let Some(found) = &mut answer.recommended {
        *found = Recommended::of(uncertain.max_size, model);
        let middle = answer.sentence.replacen("Use ", "With each range at its middle use ", 1);
        answer.sentence = format!("{} {middle}", uncertain.sentence);
    }
}

/// Follow what the cases need that are to be survived.
fn survive(needs: &[Option<u32>], model: &Model, answer: &mut Recommendation) -> Vec<Survived> {
    let Some(usual) = answer.recommended.map(|found| found.max_size) else { return Vec::new() };
    let fared = |(case, needs): (_, &Option<u32>)| Survived::of(model, case, usual, *needs);
    let survival: Vec<_> = model.cases().iter().zip(needs).map(fared).collect();
    if let Some(needed) = needs.iter().flatten().max().filter(|needed| **needed > usual) {
        answer.sentence = survive::sentence(&survival, *needed, &answer.sentence);
        answer.recommended = Some(Recommended::of(*needed, model));
    }
    if let Some(case) = survival.iter().find(|case| case.smallest.is_none()) {
        answer.sentence = format!("No size survives \"{}\". {}", case.name, answer.sentence);
        answer.recommended = None;
    }
    survival
}
