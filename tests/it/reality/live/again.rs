//! How long it took to recover, several times with other seeds: the end of the last bad wait is one number of a run, and a few of them say little.
//! Kept are the numbers and not the runs: `live full FOLDER luck=N _spike _slow _restart`.

use super::Judged;
use crate::reality::predict::Held;
use crate::text_of;
use std::fmt::Write;

/// Every recovery, among what the same run of the day that is kept was predicted.
pub fn recoveries(day: &Judged) -> Vec<(String, Held)> {
    let predicted = |name: &str| {
        let held = day.each().find(|(run, held)| run.name == name && held.name == "recovery");
        held.unwrap_or_else(|| panic!("{name}")).1
    };
    let text = text_of("tests/reality/recoveries.csv");
    let line = |line: &str| {
        let [_, run, seconds] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let held = predicted(run);
        (run.to_owned(), Held { name: held.name, real: seconds.parse().unwrap(), low: held.low, high: held.high })
    };
    text.lines().skip(1).map(line).collect()
}

/// The recoveries of a day, as lines of that file.
pub fn lines(day: &Judged) -> String {
    let mut text = String::new();
    for (run, held) in day.each().filter(|(_, held)| held.name == "recovery") {
        writeln!(text, "{},{},{:.3}", run.seed, run.name, held.real).unwrap();
    }
    text
}

pub fn table(day: &Judged) -> String {
    let all = recoveries(day);
    let mut text = String::from("| recovery, with other seeds | within |\n|---|--:|\n");
    for load in ["spike", "slow", "restart"] {
        let of_it = || all.iter().filter(|(run, _)| run.ends_with(load));
        let within = of_it().filter(|(_, held)| held.is_within()).count();
        writeln!(text, "| `{load}` | {within} of {} |", of_it().count()).unwrap();
    }
    text
}
