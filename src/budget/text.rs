//! A budget in sentences and as a table for a terminal.

use super::answer::{Answer, Share};
use crate::plan::Recommendation;
use crate::report::Estimate;
use crate::report::text::{columns, measure_of};
use crate::slo::Objective;

/// A budget for a terminal.
pub fn text(answer: &Answer) -> String {
    let mut out = answer.sentences.join("\n") + "\n\n";
    let head = ["service", "instances", "needs", "gets", "in all", "in a deploy", "asked", "with what it gets"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(answer.services.iter().map(row));
    let sum = |of: fn(&Share) -> u64| answer.services.iter().map(of).sum::<u64>().to_string();
    let shared = answer.services.iter().all(|share| share.gets.is_some());
    let given = |of: fn(&Share) -> u64| if shared { sum(of) } else { "–".to_owned() };
    let totals =
        [sum(|s| u64::from(s.instances)), String::new(), String::new(), given(|s| s.given[0]), given(|s| s.given[1])];
    rows.push([vec!["all".to_owned()], totals.to_vec()].concat());
    out += &columns(&rows);
    if !answer.ways.is_empty() {
        out += "\nWhat would do:\n";
        for way in &answer.ways {
            let mark = if way.fits { "✓" } else { "✗" };
            let needs = way.needs.map_or("no size meets all objectives then".to_owned(), |n| format!("needs {n}"));
            out += &format!("  {mark} {}: {needs}\n", way.what);
        }
    }
    out + &format!(
        "\n  needs and gets: connections of each instance's pool; seed {}, intervals at {:.0} %.\n",
        answer.seed,
        answer.confidence * 100.0
    )
}

fn row(share: &Share) -> Vec<String> {
    let size = |size: Option<u32>| size.map_or("–".to_owned(), |size| size.to_string());
    let objective = Objective::parse(&share.worst).ok();
    let felt = match (share.gets, &objective) {
        (None, _) | (_, None) => "–".to_owned(),
        (Some(_), Some(objective)) => measured(share.measured.as_ref(), objective),
    };
    let in_all = |n: usize| if share.gets.is_some() { share.given[n].to_string() } else { "–".to_owned() };
    vec![
        share.name.clone(),
        format!("{} + {}", share.instances, share.surge),
        size(share.needs),
        size(share.gets),
        in_all(0),
        in_all(1),
        share.worst.clone(),
        felt,
    ]
}

fn measured(estimate: Option<&Estimate>, objective: &Objective) -> String {
    estimate.map_or("grows without end".to_owned(), |estimate| measure_of(estimate, objective.metric.is_share()))
}

/// What becomes of one service, in words.
pub(super) fn sentence(share: &Share, worst: Option<&Objective>, answer: &Recommendation) -> String {
    let Some(needs) = share.needs else {
        return format!("{}: {}", share.name, answer.sentence);
    };
    let name = &share.name;
    match (share.gets, worst) {
        (None, _) => format!("{name} needs {needs} on each of {} instances.", share.instances),
        (Some(gets), _) if gets == needs => format!("{name} gets the {needs} that it needs."),
        (Some(gets), None) => format!("{name} gets {gets} of {needs}."),
        (Some(gets), Some(objective)) => {
            let what = objective.metric.words();
            let now = measured(share.measured.as_ref(), objective);
            let before = measured(share.unsqueezed.as_ref(), objective);
            let a = if objective.metric.is_share() { "" } else { "a " };
            let felt = format!("{a}{what} of {now} instead of {before}");
            let times = match share.times {
                None => "it can not keep up with its requests".to_owned(),
                Some(times) if times <= 1.0 => format!("{felt}, still within what it asks"),
                Some(times) => format!("{felt}, {times:.1} times what it asks"),
            };
            format!("{name} is squeezed to {gets} of {needs}: {times}.")
        }
    }
}

/// The answer in words: first all, then those who are squeezed or have no size.
pub(super) fn sentences(answer: &Answer) -> Vec<String> {
    let usable = answer.max_connections.saturating_sub(answer.reserved);
    let who = match answer.services.len() {
        1 => "The service needs".to_owned(),
        n => format!("The {n} services need"),
    };
    let lets_in = match answer.reserved {
        0 => format!("the database lets in {usable}"),
        reserved => format!("the database lets in {usable} ({} less {reserved} reserved)", answer.max_connections),
    };
    let [running, deploy] = answer.needed;
    let verdict = match (running > u64::from(usable), deploy > u64::from(usable)) {
        (_, false) => format!("it fits, with {} to spare", u64::from(usable) - deploy),
        (false, true) => {
            format!("it fits while nothing is deployed, and lacks {} when everything is", deploy - u64::from(usable))
        }
        (true, true) => format!("it does not fit: {} too many", deploy - u64::from(usable)),
    };
    let mut all = vec![format!(
        "{who} {running} connections, and {deploy} while deploys replace their instances; {lets_in}: {verdict}."
    )];
    if answer.services.iter().any(|share| share.gets.is_none()) {
        all.push("There is not even one connection for each instance: nothing can be shared.".to_owned());
    }
    let told = answer.services.iter().filter(|share| share.needs.is_none() || share.gets != share.needs);
    all.extend(told.map(|share| share.sentence.clone()));
    all
}
