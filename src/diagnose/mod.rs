//! From what can be seen to what goes on: the mechanisms that empty a pool, ranked by how well they fit the symptoms.
//!
//! [`Symptoms`] answer [`Sign`]s, yes-or-no questions; each [`Mechanism`] weighs signs, and the sum is its score. Before anything is
//! ranked, Little's law is asked: offered load = arrival rate × hold is how many connections are busy on average (J. Little, Operations
//! Research 1961). Where that is well below what there is and nobody waits, no shortage is explained; where a pool is said to be full
//! all the same, the numbers contradict each other, or connections have leaked.

mod mechanisms;
mod run;
mod signs;
mod symptoms;
mod text;

pub use mechanisms::{InVain, MECHANISMS, Mechanism, Weight, mechanism};
pub use run::symptoms_of;
pub use signs::Sign;
pub use symptoms::{SYMPTOMS, Symptom, SymptomKind, Symptoms, symptom};
pub use text::text;

use crate::order::sort_by;
use crate::report::VERSION;
use crate::scenario::SCHEMA_VERSION;
use serde::Serialize;

/// Scores that differ by less do not tell: at e¹ the better one is about three times as likely.
pub const CLOSE: f64 = 1.0;
/// Below this score a mechanism does not fit.
pub const FITS: f64 = 2.0;
/// A mechanism needs a sign of at least this weight that is there; else its score is no more than [`ABSENCE`].
const OWN: f64 = 2.0;
/// The most that signs which are not there say for a mechanism alone.
const ABSENCE: f64 = 1.0;
/// Offered load is well below capacity up to this share of it.
pub const WELL_BELOW: f64 = 0.8;
/// Those at most so far behind the best are candidates.
const CANDIDATE: f64 = 3.0;
/// So many candidates are looked at for what would tell them apart, at least two of them.
const CANDIDATES: usize = 4;

/// What kind of answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// One mechanism fits best.
    Fits,
    /// Several fit about as well.
    Close,
    /// None fits, or too little was seen.
    Unknown,
    /// Demand is well below capacity and nobody waits: there is no shortage to explain.
    NoShortage,
    /// The numbers contradict each other.
    Contradiction,
}

/// Demand and capacity, in connections.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Load {
    /// Arrival rate × attempts × hold × connections for each request.
    pub offered: f64,
    /// The pools' limit, or the database's where that is lower; absent where neither is known.
    pub capacity: Option<f64>,
    /// Connections that are in use beyond the offered load; absent where it is not known, or where there are none.
    pub unexplained: Option<f64>,
    /// The arithmetic.
    pub words: String,
}

/// A symptom that was used.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Used {
    /// Its name.
    pub name: &'static str,
    /// Its value, yes being 1.
    pub value: f64,
    /// Its value in words.
    pub shown: String,
    /// What it is.
    pub gloss: &'static str,
}

/// What one sign says for or against a mechanism.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Weighed {
    /// The sign in words.
    pub sign: &'static str,
    /// The numbers behind it.
    pub numbers: String,
    /// Above zero for, below zero against.
    pub weight: f64,
}

/// A mechanism and how well it fits.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Ranked {
    /// The mechanism's name.
    pub name: &'static str,
    /// What it is.
    pub title: &'static str,
    /// The sum of the weights of the signs that were seen; at most 1 where none of the mechanism's own is there.
    pub score: f64,
    /// Why, the heaviest reason first.
    pub reasons: Vec<Weighed>,
    /// How it is told from those that look like it.
    pub tell_apart: &'static str,
    /// What to do first.
    pub lever: &'static str,
    /// What does not help, and why.
    pub in_vain: Vec<String>,
}

/// The observation that would tell most.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Missing {
    /// Where to look.
    pub ask: &'static str,
    /// The symptoms that it gives.
    pub symptoms: Vec<&'static str>,
    /// What the sign would be, and which mechanism would lead then.
    pub if_yes: (&'static str, &'static str),
    /// What it would be otherwise, and which would lead then.
    pub if_no: (&'static str, &'static str),
    /// By how much the candidates disagree about it.
    pub disagreement: f64,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Diagnosis {
    /// The version of these names.
    pub schema_version: u32,
    /// The version of poolwise.
    pub version: &'static str,
    /// The answer in words.
    pub sentence: String,
    /// What kind of answer it is.
    pub verdict: Finding,
    /// Demand against capacity; absent where rate or hold was not seen.
    pub load: Option<Load>,
    /// The symptoms that were used.
    pub used: Vec<Used>,
    /// All mechanisms, the best first; none where there is no shortage.
    pub ranking: Vec<Ranked>,
    /// What to look at next; absent where nothing is open, or where there is no shortage.
    pub missing: Option<Missing>,
}

/// Rank the mechanisms by how well they fit.
///
/// ```
/// use poolwise::diagnose::{Symptoms, Finding, diagnose};
/// let seen = [("max", "20"), ("active", "20"), ("pending", "40"), ("lock_waiters", "18"), ("cpu", "10%")];
/// let answer = diagnose(&Symptoms::read(seen)?);
/// assert_eq!((answer.verdict, answer.ranking[0].name), (Finding::Fits, "lock-wait"));
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn diagnose(symptoms: &Symptoms) -> Diagnosis {
    let used = SYMPTOMS.iter().filter_map(|symptom| {
        let value = symptom.of(symptoms)?;
        Some(Used { name: symptom.name, value, shown: symptom.shown(value), gloss: symptom.gloss() })
    });
    let load = load(symptoms);
    let mut ranking: Vec<Ranked> = MECHANISMS.iter().map(|mechanism| rank(mechanism, symptoms)).collect();
    // Stable: equal scores stay in the order of the table.
    sort_by(&mut ranking, |a, b| b.score.total_cmp(&a.score));
    let mut answer = Diagnosis {
        schema_version: SCHEMA_VERSION,
        version: VERSION,
        sentence: String::new(),
        verdict: Finding::Unknown,
        load,
        used: used.collect(),
        missing: missing(&ranking, symptoms),
        ranking,
    };
    (answer.verdict, answer.sentence) = verdict(&answer, symptoms);
    if answer.verdict == Finding::NoShortage {
        answer.ranking.clear();
        answer.missing = None;
    }
    answer
}

/// What a mechanism's signs add up to, one of them perhaps assumed.
fn score(mechanism: &Mechanism, symptoms: &Symptoms, assumed: Option<(&Sign, bool)>) -> f64 {
    let (mut sum, mut own) = (0.0, false);
    for weight in mechanism.weights {
        let assumed = assumed.filter(|(sign, _)| core::ptr::eq(*sign, weight.sign)).map(|(_, there)| there);
        match assumed.or_else(|| (weight.sign.seen)(symptoms)) {
            Some(true) => {
                sum += weight.yes;
                own |= weight.yes >= OWN;
            }
            Some(false) => sum += weight.no,
            None => {}
        }
    }
    if own { sum } else { sum.min(ABSENCE) }
}

fn rank(mechanism: &'static Mechanism, symptoms: &Symptoms) -> Ranked {
    let reason = |weight: &Weight| {
        let seen = (weight.sign.seen)(symptoms)?;
        let (sign, weight_of) = if seen { (weight.sign.yes, weight.yes) } else { (weight.sign.no, weight.no) };
        (weight_of != 0.0).then(|| Weighed { sign, numbers: weight.sign.numbers(symptoms), weight: weight_of })
    };
    let mut reasons: Vec<Weighed> = mechanism.weights.iter().filter_map(reason).collect();
    sort_by(&mut reasons, |a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    Ranked {
        name: mechanism.name,
        title: mechanism.title,
        score: score(mechanism, symptoms, None),
        reasons,
        tell_apart: mechanism.tell_apart,
        lever: mechanism.lever,
        in_vain: mechanism.in_vain.iter().map(|vain| format!("{}: {}", vain.lever, vain.why)).collect(),
    }
}

/// Offered load by Little's law.
fn load(s: &Symptoms) -> Option<Load> {
    let (rate, hold) = (s.rate?, s.hold?);
    let (attempts, each) = (s.attempts.unwrap_or(1.0).max(1.0), s.connections_per_request.unwrap_or(1.0).max(1.0));
    let offered = rate * attempts * hold * each;
    let capacity = signs::capacity(s);
    let shown = |name: &str, value: f64| symptom(name).map_or_else(String::new, |symptom| symptom.shown(value));
    let mut words = format!("{} × {}", shown("rate", rate), shown("hold", hold));
    if attempts > 1.0 {
        words += &format!(" × {} attempts", shown("attempts", attempts));
    }
    if each > 1.0 {
        words += &format!(" × {} connections for each", shown("active", each));
    }
    words += &format!(" = {} connections busy on average", shown("active", offered));
    if let Some(capacity) = capacity {
        words += &format!(", of {}", shown("max", capacity));
    }
    let unexplained = s.active.map(|active| active - offered).filter(|more| *more > 0.0);
    Some(Load { offered, capacity, unexplained, words })
}

fn verdict(answer: &Diagnosis, s: &Symptoms) -> (Finding, String) {
    let waiting = (signs::WAITING.seen)(s);
    let full = (signs::FULL.seen)(s);
    let troubles = [&signs::CLIENT_ERRORS, &signs::REFUSED, &signs::PROBES, &signs::POOLER_WAITS, &signs::STARVED];
    let quiet = waiting == Some(false) && troubles.iter().all(|sign| (sign.seen)(s) != Some(true));
    let [best, second] = [&answer.ranking[0], &answer.ranking[1]];
    if let Some(load) = &answer.load {
        let below = load.capacity.is_some_and(|capacity| load.offered <= WELL_BELOW * capacity);
        let words = &load.words;
        if below && quiet && full != Some(true) {
            let sentence = format!("There is no shortage to explain: {words}, and nobody waits for one.");
            return (Finding::NoShortage, sentence);
        }
        if let (true, Some(true), Some(active)) = (below, full, s.active.filter(|a| load.offered <= WELL_BELOW * a)) {
            let count = |value: f64| symptom("active").map_or_else(String::new, |symptom| symptom.shown(value));
            let (active, beyond) = (count(active), count(active - load.offered));
            if best.name == "leak" && best.score >= FITS {
                let sentence = format!(
                    "{} (leak): {words}, but {active} are in use; the {beyond} beyond that have leaked.",
                    best.title
                );
                return (Finding::Fits, sentence);
            }
            let sentence = format!(
                "The numbers contradict each other by Little's law: {words}, yet {active} are in use. Measure again, over the same \
                 minutes and instances: the rate, the hold (of connections that are still out as well) and the connections in use. If \
                 they are right, {beyond} connections were never returned: see whether they get fewer when traffic does."
            );
            return (Finding::Contradiction, sentence);
        }
    }
    let mut elsewhere = String::new();
    let enough = |load: &&Load| load.capacity.is_some_and(|capacity| load.offered <= WELL_BELOW * capacity);
    if let (Some(true), Some(false), Some(load)) = (waiting, full, answer.load.as_ref().filter(enough)) {
        elsewhere = format!(" The fleet's pools are large enough ({}): what is short is somewhere else.", load.words);
    }
    let named = |ranked: &Ranked| format!("{} ({})", ranked.title, ranked.name);
    let (verdict, sentence) = if best.score < FITS {
        let why = if answer.used.is_empty() { "nothing was seen" } else { "no mechanism fits what was seen" };
        (Finding::Unknown, format!("Not enough to tell: {why}."))
    } else if best.score - second.score < CLOSE {
        let close: Vec<String> =
            answer.ranking.iter().take_while(|r| best.score - r.score < CLOSE).take(CANDIDATES).map(named).collect();
        (Finding::Close, format!("Not enough to tell: {} fit about as well.", close.join("; ")))
    } else {
        (Finding::Fits, format!("{} fits best.", named(best)))
    };
    (verdict, sentence + &elsewhere)
}

/// The open sign about which the best candidates disagree most, of those whose answer decides who leads.
fn missing(ranking: &[Ranked], symptoms: &Symptoms) -> Option<Missing> {
    let best = ranking.first()?.score;
    let near = ranking.iter().enumerate().take(CANDIDATES);
    let candidates: Vec<&Mechanism> = near
        .take_while(|(n, ranked)| *n < 2 || best - ranked.score <= CANDIDATE)
        .filter_map(|(_, ranked)| mechanism(ranked.name))
        .collect();
    // The first of those with the highest score, as the ranking has it.
    let leader = |sign: &Sign, there: bool| {
        let of = |mechanism: &Mechanism| score(mechanism, symptoms, Some((sign, there)));
        MECHANISMS.iter().rev().max_by(|a, b| of(a).total_cmp(&of(b))).map_or("", |mechanism| mechanism.name)
    };
    let mut found: Option<Missing> = None;
    for sign in candidates.iter().flat_map(|mechanism| mechanism.weights).map(|weight| weight.sign) {
        let unseen = sign.unseen(symptoms);
        if unseen.is_empty() || (sign.seen)(symptoms).is_some() {
            continue;
        }
        let of = |mechanism: &&Mechanism, there| score(mechanism, symptoms, Some((sign, there)));
        let turns = candidates.iter().map(|mechanism| of(mechanism, true) - of(mechanism, false));
        let (low, high) =
            turns.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), turn| (low.min(turn), high.max(turn)));
        let disagreement = high - low;
        let (if_yes, if_no) = (leader(sign, true), leader(sign, false));
        if if_yes != if_no && disagreement > found.as_ref().map_or(0.0, |found| found.disagreement) {
            found = Some(Missing {
                ask: sign.ask,
                symptoms: unseen,
                if_yes: (sign.yes, if_yes),
                if_no: (sign.no, if_no),
                disagreement,
            });
        }
    }
    found
}
