//! Counterfactuals: the scenario with some of its values changed.

use super::document::set_at;
use super::{Model, Scenario, VariantSection, Written};
use crate::problem::{MISSING, Problem, Problems, Severity, shown};
use crate::timeline::Change;
use serde_json::Value;
use std::collections::BTreeSet;

/// The most variants of a scenario.
const VARIANTS_MAX: usize = 1000;
/// The key under which they are written.
const VARIANT: &str = "variant";

/// A counterfactual that makes sense.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// What people call it.
    pub name: String,
    /// What it changes, one after another, each as `path=value`.
    pub set: Vec<String>,
    /// What was learnt from it, for readers.
    pub answer: Option<String>,
    /// The scenario as it would have been.
    pub model: Model,
    /// What may surprise of it and not of the scenario.
    pub cautions: Vec<Problem>,
}

impl Variant {
    /// Another scenario altogether, to be compared with one that it does not come from.
    pub fn of(name: impl Into<String>, model: Model) -> Self {
        let cautions = model.cautions().problems.clone();
        Self { name: name.into(), set: Vec::new(), answer: None, model, cautions }
    }
}

/// The scenario that its variants are compared with.
struct Base<'a> {
    scenario: &'a Scenario,
    /// Without variants.
    document: Value,
    checked: &'a Result<Model, Problems>,
    /// How bad it is that a variant changes nothing.
    nothing: Severity,
}

impl Scenario {
    /// Make a [`Model`], and one of each variant, or say everything that is wrong.
    ///
    /// # Errors
    /// As [`Scenario::check`]. A variant's problems name the variant and the change that makes them; a variant that changes nothing
    /// is one here, and a caution where nobody asks for variants.
    pub fn check_variants(&self) -> Result<(Model, Vec<Variant>), Problems> {
        self.check_with(Severity::Error)
    }

    /// The same; how bad it is that a variant changes nothing.
    pub(super) fn check_with(&self, nothing: Severity) -> Result<(Model, Vec<Variant>), Problems> {
        let checked = self.check_itself();
        if self.variant.is_empty() {
            return checked.map(|model| (model, Vec::new()));
        }
        let mut document = serde_json::to_value(self).unwrap_or_default();
        if let Some(table) = document.as_object_mut() {
            table.remove(VARIANT);
            // What must hold is asked of the scenario as it is.
            table.remove("assert");
            // Where the numbers of the scenario come from is not held against what a variant takes out of it.
            table.remove("provenance");
        }
        let base = Base { scenario: self, document, checked: &checked, nothing };
        let mut problems = checked.as_ref().err().cloned().unwrap_or_default();
        let mut variants = Vec::new();
        if self.variant.len() > VARIANTS_MAX {
            let count = self.variant.len();
            problems.error(VARIANT, format!("{count} variants are more than the {VARIANTS_MAX} that are read"));
        }
        let mut names = BTreeSet::new();
        for (n, written) in self.variant.iter().take(VARIANTS_MAX).enumerate() {
            let path = format!("{VARIANT}[{n}]");
            let name = written.name.as_ref().map(|name| name.to_string().trim().to_owned()).unwrap_or_default();
            if name.is_empty() {
                problems.error(format!("{path}.name"), format!("{MISSING}; say what people call it"));
            } else if !names.insert(name.clone()) {
                problems
                    .error(format!("{path}.name"), format!("{} is the name of an earlier variant too", shown(&name)));
            }
            variants.extend(base.variant(written, name, &path, &mut problems));
        }
        match checked {
            Ok(mut model) if problems.can_run() => {
                model.cautions.problems.extend(problems.problems);
                Ok((model, variants))
            }
            _ => Err(problems),
        }
    }
}

impl Base<'_> {
    fn variant(&self, written: &VariantSection, name: String, path: &str, problems: &mut Problems) -> Option<Variant> {
        if written.set.is_empty() {
            let example = "say what it changes, such as [\"pool.max_size=40\"]";
            problems.error(format!("{path}.set"), format!("{MISSING}; {example}"));
            return None;
        }
        let mut document = self.document.clone();
        let before = problems.problems.len();
        let places: Vec<Option<String>> = written
            .set
            .iter()
            .enumerate()
            .map(|(n, text)| apply(&mut document, &text.to_string(), &format!("{path}.set[{n}]"), problems))
            .collect();
        let all_set = problems.problems.len() == before;
        let same_document = document == self.document;
        let read = Scenario::read(document).and_then(|mut other| {
            self.scenario.keep_recordings(&mut other);
            other.check_itself()
        });
        let model = match read {
            Ok(model) => model,
            Err(all) => {
                let known = self.checked.as_ref().err().map_or(&[][..], |own| &own.problems);
                let new = all.problems.into_iter().filter(|p| p.severity == Severity::Error && !known.contains(p));
                new.for_each(|problem| problems.problems.push(within(problem, path, &places)));
                if all_set && same_document {
                    problems.problems.push(self.changes_nothing(path));
                }
                return None;
            }
        };
        let known = self.checked.as_ref().map_or(&[][..], |base| &base.cautions.problems);
        if all_set && self.checked.as_ref().map_or(same_document, |base| runs_alike(base, &model)) {
            problems.problems.push(self.changes_nothing(path));
            return None;
        }
        let cautions = model.cautions.problems.iter().filter(|p| !known.contains(p)).cloned();
        let cautions = cautions.map(|p| Problem { path: format!("{name}: {}", p.path), ..p }).collect();
        let set = written.set.iter().map(Written::to_string).collect();
        let answer = written.answer.as_ref().map(Written::to_string);
        all_set.then_some(Variant { name, set, answer, model, cautions })
    }

    fn changes_nothing(&self, path: &str) -> Problem {
        let message = "changes nothing: what it sets is so already, or has no effect on a run";
        Problem { path: path.to_owned(), severity: self.nothing, message: message.to_owned() }
    }
}

impl Scenario {
    /// Give another scenario, made of the same document, what was read from the files that it names: that is no part of the document.
    pub(crate) fn keep_recordings(&self, other: &mut Self) {
        let own: Vec<_> = self.traffic.sources().iter().filter_map(|source| source.trace.as_ref()).collect();
        for trace in other.traffic.sources_mut().iter_mut().filter_map(|source| source.trace.as_mut()) {
            let same = own.iter().find(|known| known.file == trace.file && known.every == trace.every);
            trace.loaded = same.and_then(|known| known.loaded.clone());
        }
    }
}

/// Make one change; says where it stands.
fn apply(document: &mut Value, text: &str, path: &str, problems: &mut Problems) -> Option<String> {
    let Some((key, value)) = text.split_once('=') else {
        problems.error(path, format!("expected path=value, such as pool.max_size=40; found {}", shown(text)));
        return None;
    };
    let key = key.trim();
    if key.split(['.', '[']).next() == Some(VARIANT) {
        problems.error(path, "a variant can not change variants");
        return None;
    }
    match set_at(document, key, value.trim()) {
        Ok(place) => Some(place),
        Err(all) => {
            all.problems.into_iter().for_each(|p| problems.error(path, format!("{}: {}", p.path, p.message)));
            None
        }
    }
}

/// A problem of a variant, said of the change that makes it; of the whole variant where none does alone.
fn within(problem: Problem, path: &str, places: &[Option<String>]) -> Problem {
    let below = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let find = |is: &dyn Fn(&str) -> bool| places.iter().position(|place| place.as_deref().is_some_and(is));
    let at = find(&|place| below(&problem.path, place)).or_else(|| find(&|place| below(place, &problem.path)));
    let path = at.map_or(path.to_owned(), |n| format!("{path}.set[{n}]"));
    let colon = if problem.path.is_empty() { "" } else { ": " };
    Problem { message: format!("{}{colon}{}", problem.path, problem.message), path, ..problem }
}

/// Whether two models give the same runs: names, captions, notes and objectives have no part in them.
fn runs_alike(one: &Model, other: &Model) -> bool {
    let bare = |model: &Model| Model {
        timeline: model.timeline.iter().filter(|entry| entry.change != Change::Note).cloned().collect(),
        name: String::new(),
        captions: Vec::new(),
        slo: Vec::new(),
        assertions: Vec::new(),
        cautions: Problems::default(),
        ..model.clone()
    };
    bare(one) == bare(other)
}
