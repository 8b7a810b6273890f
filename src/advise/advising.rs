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
    /// Where no size is enough.
    Remedies,
    /// Of the recommended size.
    Reach,
    Over,
}

/// A part of what a stage asks: no part needs another of its stage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub enum Part {
    /// A piece of the search.
    Piece(Piece),
    /// The smallest size in a world that is drawn from the ranges.
    World(u32),
    /// The smallest size that survives a case, and the one that the usual load needs.
    Case(u32, u32),
    /// What of a remedy helps first, and the bottleneck that is known.
    Remedy(u32, Option<String>),
    /// How much more of a load a size bears.
    Load(u32, u32),
    /// The smallest size when an input is another.
    Move(u32),
    /// What an overload leaves behind at a size.
    Overload(u32),
}

/// What came of a part.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub enum Done {
    /// Of a piece of the search.
    Outcomes(Vec<Outcome>),
    /// The smallest size, if any is enough.
    Size(Option<u32>),
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
///         asks.take(part.clone(), helps.perform(&part)?);
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
    /// What came of the parts of the stage, in their order.
    done: Vec<Done>,
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
            advice: None,
        };
        new.go_on();
        Ok(new)
    }

    /// The parts that can be done now; none when all is known.
    pub fn parts(&self) -> Vec<Part> {
        let all: Vec<Part> = match self.stage {
            // Those that were taken are not among a search's pieces any more.
            Stage::Sizes => return self.search.pieces().into_iter().map(Part::Piece).collect(),
            Stage::Worlds if self.ranges.is_empty() => Vec::new(),
            Stage::Worlds => (0..WORLDS).map(Part::World).collect(),
            Stage::Cases => {
                let cases = 0..self.model.cases().len() as u32;
                self.size().map_or(Vec::new(), |size| cases.map(|n| Part::Case(n, size)).collect())
            }
            Stage::Remedies => {
                let known = remedy::bottleneck(&self.peak, &self.search).map(|(name, _)| name);
                let ladders = 0..remedy::ladders(&self.peak, known).len() as u32;
                ladders.map(|n| Part::Remedy(n, known.map(str::to_owned))).collect()
            }
            Stage::Reach => {
                let size = self.size().unwrap_or(1);
                let loads = (0..LOADS.len() as u32).map(|n| Part::Load(n, size));
                let moves = (0..reach::moves().len() as u32).map(Part::Move);
                loads.chain(moves).chain([Part::Overload(size)]).collect()
            }
            Stage::Over => Vec::new(),
        };
        all.into_iter().skip(self.done.len()).collect()
    }

    /// Do a part.
    ///
    /// # Errors
    /// When what is drawn from a range makes no sense.
    ///
    /// # Panics
    /// When there is no such part.
    pub fn perform(&self, part: &Part) -> Result<Done, Problems> {
        let (options, most) = (&self.options, self.search.most());
        Ok(match part {
            Part::Piece(piece) => Done::Outcomes(self.search.perform(piece)),
            Part::World(n) => Done::Size(uncertain::needs(&self.scenario, &self.ranges, *n, options)?),
            Part::Case(n, size) => {
                let case = &self.model.cases()[*n as usize];
                Done::Size(survive::needs(&self.certain, &self.model, case, (*size, most), options)?)
            }
            Part::Remedy(n, known) => {
                let ladder = &remedy::ladders(&self.peak, known.as_deref())[*n as usize];
                Done::Step(remedy::climb(&self.peak, ladder, options)?)
            }
            Part::Load(n, size) => Done::Factor(reach::headroom(&self.peak, *size, options, LOADS[*n as usize])),
            Part::Move(n) => {
                let moved = reach::moves().nth(*n as usize).map(|moved| moved.applied(&self.peak));
                Done::Size(moved.map_or(Ok(None), |model| reach::smallest(&model, options))?)
            }
            Part::Overload(size) => {
                let timeout = align(&Asked::of(&self.certain, &self.model, *size)).acquire_timeout;
                let sizes = (*size, most);
                Done::Aftermath(aftermath::of(&self.certain, &self.model, sizes, timeout, options)?)
            }
        })
    }

    /// Take what came of the first of [`parts`](Self::parts).
    pub fn take(&mut self, part: Part, done: Done) {
        match (part, done) {
            (Part::Piece(piece), Done::Outcomes(outcomes)) => self.search.take(&piece, outcomes),
            (_, done) => self.done.push(done),
        }
        self.go_on();
    }

    /// Do all that can be done at once, or the next part of it.
    pub(crate) fn step(&mut self) -> Result<(), Problems> {
        if self.stage == Stage::Sizes {
            self.search.some();
            self.go_on();
        } else if let Some(part) = self.parts().into_iter().next() {
            let done = self.perform(&part)?;
            self.take(part, done);
        }
        Ok(())
    }

    /// What it is at, in a word or two.
    pub fn stage(&self) -> &'static str {
        match self.stage {
            Stage::Sizes => "sizes",
            Stage::Worlds => "uncertain inputs",
            Stage::Cases => "cases",
            Stage::Remedies => "remedies",
            Stage::Reach | Stage::Over => "headroom",
        }
    }

    /// How far it is with that.
    pub fn progress(&self) -> Progress {
        if self.stage == Stage::Sizes {
            return Progress { finished: false, ..self.search.progress() };
        }
        let done = self.done.len() as u32;
        let total = done + self.parts().len() as u32;
        Progress { done, total, finished: self.stage == Stage::Over }
    }

    /// The advice, once it is finished.
    pub fn advice(&self) -> Option<&Advice> {
        self.advice.as_ref().filter(|_| self.stage == Stage::Over)
    }

    /// The recommendation, once nothing that comes will change its size.
    pub(super) fn decided(&self) -> Option<&Recommendation> {
        let open = matches!(self.stage, Stage::Sizes | Stage::Worlds | Stage::Cases);
        self.advice.as_ref().filter(|_| !open).map(|advice| &advice.recommendation)
    }

    fn size(&self) -> Option<u32> {
        self.advice.as_ref()?.recommendation.recommended.map(|found| found.max_size)
    }

    /// To the next stage that asks for something.
    fn go_on(&mut self) {
        while self.stage != Stage::Over && self.parts().is_empty() {
            let done = core::mem::take(&mut self.done);
            self.stage = self.conclude(&done);
        }
    }

    /// What follows from the parts of the stage, and the next one.
    fn conclude(&mut self, done: &[Done]) -> Stage {
        let sizes = done.iter().filter_map(|done| if let Done::Size(size) = done { Some(*size) } else { None });
        let Some(advice) = &mut self.advice else {
            self.advice = Some(Advice::of(self.search.recommendation()));
            return Stage::Worlds;
        };
        let recommendation = &mut advice.recommendation;
        match self.stage {
            Stage::Sizes | Stage::Over => Stage::Over,
            Stage::Worlds => {
                if !self.ranges.is_empty() {
                    advice.uncertain = uncertain::least_regret(&self.ranges, &sizes.collect::<Vec<_>>());
                    weigh(advice.uncertain.as_ref(), &self.model, recommendation);
                }
                Stage::Cases
            }
            Stage::Cases => {
                advice.survival = survive(&sizes.collect::<Vec<_>>(), &self.model, recommendation);
                match recommendation.recommended {
                    Some(found) => {
                        self.search.show(found.max_size, &mut recommendation.table);
                        Stage::Reach
                    }
                    None if advice.survival.is_empty() => Stage::Remedies,
                    None => Stage::Over,
                }
            }
            Stage::Remedies => {
                let steps = done.iter().filter_map(|done| if let Done::Step(step) = done { Some(*step) } else { None });
                let stuck = Stuck::of(&self.peak, &self.search, &steps.collect::<Vec<_>>());
                recommendation.sentence = recommendation.sentence.replace(ELSEWHERE, &stuck.because);
                advice.stuck = Some(stuck);
                Stage::Over
            }
            Stage::Reach => {
                if let [Done::Factor(traffic), Done::Factor(work), .., Done::Aftermath(aftermath)] = done {
                    advice.headroom = Some(Headroom { traffic: *traffic, work: *work });
                    advice.aftermath.clone_from(aftermath);
                }
                advice.sensitivity =
                    reach::moves().zip(sizes).map(|(moved, max_size)| reach::Moved { max_size, ..moved }).collect();
                if advice.aftermath.as_ref().is_some_and(|aftermath| aftermath.stuck > 0) {
                    recommendation.sentence += " From an overload it does not recover by itself.";
                }
                let size = recommendation.recommended.map_or(1, |found| found.max_size);
                advice.settings = align(&Asked::of(&self.certain, &self.model, size)).reasons;
                let (survival, uncertain) = (&advice.survival, advice.uncertain.as_ref());
                advice.band = Some(Band::of(&mut self.search, recommendation, &self.model, survival, uncertain));
                Stage::Over
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
