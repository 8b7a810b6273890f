//! Reading `[[alert]]`.

use super::check::{Check, LIST_MAX, above_zero};
use super::pool::choice;
use super::{AlertSection, Written};
use crate::alert::{Alert, Metric, Scope};
use crate::problem::shown;
use crate::units::Span;

impl Check {
    /// All alerts.
    pub(super) fn alerts(&mut self, list: &[AlertSection]) -> Option<Vec<Alert>> {
        if list.len() > LIST_MAX {
            self.problems.error("alert", format!("{} alerts are more than the {LIST_MAX} that are read", list.len()));
            return None;
        }
        let mut alerts: Vec<Option<Alert>> = Vec::new();
        for (n, section) in list.iter().enumerate() {
            let alert = self.alert(n, section);
            let earlier =
                |name: &str| list[..n].iter().any(|a| a.name.as_ref().map(Written::to_string).as_deref() == Some(name));
            if let Some(name) = section.name.as_ref().map(Written::to_string).filter(|name| earlier(name)) {
                let message = format!("{} is the name of an earlier alert too", shown(&name));
                self.problems.error(format!("alert[{n}].name"), message);
            }
            alerts.push(alert);
        }
        alerts.into_iter().collect()
    }

    fn alert(&mut self, n: usize, a: &AlertSection) -> Option<Alert> {
        let path = |key: &str| format!("alert[{n}].{key}");
        let name = self.required(&path("name"), &a.name, |text| match text.trim() {
            "" => Err("expected what people call it, found nothing".into()),
            name => Ok(name.to_owned()),
        });
        let metric = self.required(&path("metric"), &a.metric, Metric::parse);
        let scope = self
            .defaulted(&path("of"), &a.of, |t| choice(t, &[("fleet", Scope::Fleet), ("instance", Scope::Instance)]));
        let above = match metric {
            Some(metric) => self.required(&path("above"), &a.above, |t| metric.threshold(t)),
            None => None,
        };
        let hold = self.defaulted(&path("for"), &a.for_, Span::parse);
        let every = self.defaulted(&path("every"), &a.every, above_zero);
        let window = self.defaulted(&path("window"), &a.window, above_zero);
        let metric = metric?;
        if metric.is_of_the_database() {
            self.useless(&path("of"), &a.of, "there is one database, and one pooler");
        }
        if !metric.is_counted() {
            self.useless(&path("window"), &a.window, "the metric is a level, which is seen at a moment");
        } else if let (Some(window), Some(every)) = (window, every)
            && window < every
        {
            let message = format!("{window} is shorter than every, {every}: what happens between is not counted");
            self.problems.error(path("window"), message);
        }
        Some(Alert { name: name?, metric, scope: scope?, above: above?, hold: hold?, every: every?, window: window? })
    }
}
