//! Reading `[[version]]`.

use super::check::{Check, LIST_MAX, name_of};
use super::{QuerySection, VersionSection, Written};
use crate::problem::{MISSING, nearest, shown};
use crate::workload::Query;

/// How the version of the start is called.
pub(super) const INITIAL: &str = "initial";

/// A version of the application other than the one of the start: what requests of every class do with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// What people call it.
    pub name: String,
    /// The classes, in the order of the scenario's.
    pub queries: Vec<Query>,
    /// Whether each differs from the scenario's.
    pub(crate) differs: Vec<bool>,
}

impl Check {
    /// All versions. `sound`: whether the classes themselves could be read.
    pub(super) fn versions(
        &mut self,
        list: &[VersionSection],
        classes: &[QuerySection],
        sound: bool,
    ) -> Option<Vec<Version>> {
        if list.len() > LIST_MAX {
            self.problems
                .error("version", format!("{} versions are more than the {LIST_MAX} that are read", list.len()));
            return None;
        }
        let names: Vec<String> = classes.iter().enumerate().map(|(n, class)| name_of(class, n)).collect();
        let mut versions: Vec<Option<Version>> = Vec::new();
        for (n, section) in list.iter().enumerate() {
            let at = format!("version[{n}]");
            let name = self.required(&format!("{at}.name"), &section.name, |text| match text.trim() {
                "" => Err("expected what people call it, found nothing".into()),
                INITIAL => Err(format!("{INITIAL} is the version of the start: choose another name")),
                name => Ok(name.to_owned()),
            });
            let earlier = |name: &String| {
                list[..n].iter().any(|v| v.name.as_ref().map(Written::to_string).as_ref() == Some(name))
            };
            if let Some(name) = name.as_ref().filter(|name| earlier(name)) {
                let message = format!("{} is the name of an earlier version too", shown(name));
                self.problems.error(format!("{at}.name"), message);
            }
            if section.query.is_empty() {
                let message = format!(
                    "{MISSING}; a version says in which classes it differs: query = [{{ name = \"…\", hold = \"…\" }}]"
                );
                self.problems.error(format!("{at}.query"), message);
            }
            let differs = self.differing(&at, &section.query, &names);
            let queries = sound.then(|| self.merged(&at, differs?, classes, &names)).flatten();
            versions.push(name.zip(queries).map(|(name, (queries, differs))| Version { name, queries, differs }));
        }
        versions.into_iter().collect::<Option<_>>().filter(|_| sound)
    }

    /// Which class each section of a version is about.
    fn differing<'a>(
        &mut self,
        at: &str,
        list: &'a [QuerySection],
        names: &[String],
    ) -> Option<Vec<(usize, &'a QuerySection)>> {
        let mut found: Vec<Option<(usize, &QuerySection)>> = Vec::new();
        for (n, section) in list.iter().enumerate() {
            let path = |key: &str| format!("{at}.query[{n}].{key}");
            if section.weight.is_some() {
                let message = "a version changes what requests do, not how many come: write the classes' weights in query, and changes \
                               of the rate in traffic.steps";
                self.problems.error(path("weight"), message);
            }
            let class = match (&section.name, names) {
                (None, [_]) => Some(0),
                _ => self.required(&path("name"), &section.name, |text| class_of(text, names)),
            };
            if class.is_some_and(|class| found.iter().flatten().any(|(other, _)| *other == class)) {
                self.problems.error(path("name"), "is the class of an earlier section of this version too");
            }
            found.push(class.map(|class| (class, section)));
        }
        found.into_iter().collect()
    }

    fn merged(
        &mut self,
        at: &str,
        differs: Vec<(usize, &QuerySection)>,
        classes: &[QuerySection],
        names: &[String],
    ) -> Option<(Vec<Query>, Vec<bool>)> {
        let (mut queries, mut differ) = (Vec::new(), Vec::new());
        for (class, (base, name)) in classes.iter().zip(names).enumerate() {
            let own = differs.iter().position(|(other, _)| *other == class);
            let (path, section) = match own {
                Some(n) => (format!("{at}.query[{n}]"), differs[n].1.over(base)),
                None => (format!("query[{class}]"), base.clone()),
            };
            let mut read = Self::default();
            let query = read.class(&|key| format!("{path}.{key}"), &section, name.clone());
            if own.is_some() {
                self.problems.problems.extend(read.problems.problems);
            }
            let as_before = Self::default().class(&|key| format!("query[{class}].{key}"), base, name.clone());
            differ.push(as_before != query);
            queries.push(query);
        }
        Some((queries.into_iter().collect::<Option<_>>()?, differ))
    }
}

fn class_of(text: &str, names: &[String]) -> Result<usize, String> {
    names.iter().position(|name| name == text).ok_or_else(|| {
        let meant =
            nearest(text, names.iter().map(String::as_str)).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
        format!("no query class is called {}{meant} (known: {})", shown(text), names.join(", "))
    })
}
