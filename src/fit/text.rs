//! A fit in words and as tables for a terminal.

use super::{Beyond, Coefficient, Fit, Fitted, LawKind};
use crate::report::text::{columns, percent};
use core::fmt::Write;

/// Queries per second as people read them: four digits.
pub(super) fn rate(x: f64) -> String {
    match x {
        x if x >= 1000.0 => format!("{x:.0}"),
        x if x >= 100.0 => format!("{x:.1}"),
        x if x >= 1.0 => format!("{x:.2}"),
        x => digits(x).to_string(),
    }
}

/// A number without digits that mean nothing: four of them.
pub(super) fn digits(x: f64) -> f64 {
    format!("{x:.3e}").parse().unwrap_or(x)
}

pub(super) fn sentence(fit: &Fit) -> String {
    let measured = |n: u32| fit.measured.iter().find(|m| m.concurrency == n).map_or(0.0, |m| m.throughput);
    let peak =
        fit.measured.iter().fold(fit.measured[0], |best, m| if m.throughput > best.throughput { *m } else { best });
    let last = fit.measured[fit.measured.len() - 1];
    let onset = fit.onset.measured;
    if !fit.onset.reached {
        return format!(
            "Throughput still rises at {}, the most that was measured ({}/s): where it levels off is not known.",
            last.concurrency,
            rate(last.throughput)
        );
    }
    let most = match onset == peak.concurrency {
        true => format!("{}/s, the most that was measured", rate(peak.throughput)),
        false => {
            format!("{}/s, of {}/s at most with {}", rate(measured(onset)), rate(peak.throughput), peak.concurrency)
        }
    };
    let after = match 1.0 - last.throughput / peak.throughput {
        lost if lost < 0.01 => "more at once give no more".into(),
        lost if lost < 0.1 => {
            format!("more at once give no more, and {} give {} less", last.concurrency, percent(lost))
        }
        lost => format!("more at once give less, and {} give {} less", last.concurrency, percent(lost)),
    };
    let queries = if onset == 1 { "1 query".into() } else { format!("{onset} queries") };
    format!("Throughput levels off at {queries} at once ({most}); {after}.")
}

pub(super) fn why(laws: &[Fitted], chosen: LawKind, coherency_known: bool) -> String {
    let missed = |law: &Fitted| format!("{} leaves {}/s (R² {:.4})", law.law.words(), rate(law.error), law.r_squared);
    let all = laws.iter().map(missed).collect::<Vec<_>>().join(", ");
    let best = laws.iter().fold(&laws[0], |best, law| if law.behind < best.behind { law } else { best });
    let reason = match (chosen, best.law) {
        (LawKind::Usl, _) => "clearly the best, and the decline that it is about was measured",
        (_, LawKind::Usl) if !coherency_known => "a plateau, as κ can not be known from these data",
        (_, LawKind::Usl) => "a plateau, as the Universal Scalability Law is not clearly better",
        _ => "the best",
    };
    format!("{} is used: {reason}. Typical miss: {all}", sentence_case(chosen.words()))
}

fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

pub(super) fn beyond(beyond: &Beyond) -> String {
    let n = beyond.concurrency;
    match beyond.high {
        Some(high) => format!("At {n} the fits that these data accept give {}/s to {}/s", rate(beyond.low), rate(high)),
        None => format!("At {n} the fits that these data accept give {}/s or any more", rate(beyond.low)),
    }
}

fn interval(c: &Coefficient) -> String {
    match c.high {
        Some(high) => format!("{} to {}", digits(c.low), digits(high)),
        None => format!("{} or more", digits(c.low)),
    }
}

/// The keys as TOML.
fn toml(fit: &Fit) -> String {
    let keys = &fit.keys;
    let none = if fit.chosen == LawKind::Usl { " # more than ever run: this law has no limit" } else { "" };
    format!(
        "[database]\ncores = {}{none}\ncontention = {}\ncoherency = {}\noverhead = {}\n\n\
         # One query alone, 1/lambda: its CPU work, if it waits for nothing else.\n# cpu = \"{}\"\n",
        digits(keys.cores),
        digits(keys.contention),
        digits(keys.coherency),
        digits(keys.overhead),
        keys.cpu
    )
}

/// A fit for a terminal, with the keys to paste.
pub fn text(fit: &Fit) -> String {
    let mut out = format!("{}\n\n", fit.sentence);
    let head = ["at once", "measured/s", "cores, overhead", "cores, contention", "USL"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (n, m) in fit.measured.iter().enumerate() {
        let mut row = vec![m.concurrency.to_string(), rate(m.throughput)];
        let with_miss = |x: f64| format!("{} ({:+.1} %)", rate(x), 100.0 * (x / m.throughput - 1.0));
        row.extend(fit.laws.iter().map(|law| with_miss(law.predicted[n])));
        rows.push(row);
    }
    out += &columns(&rows);
    out.push('\n');
    let mut rows = vec![["", "value", "95 % interval"].map(str::to_owned).to_vec()];
    for law in &fit.laws {
        let mark = if law.law == fit.chosen { "  <- used" } else { "" };
        rows.push(vec![
            law.law.words().to_owned(),
            format!("R² {:.4}", law.r_squared),
            format!("misses {}/s{mark}", rate(law.error)),
        ]);
        let named = [
            ("  lambda (per second)", Some(law.lambda)),
            ("  cores", law.cores),
            ("  contention (sigma)", law.contention),
            ("  coherency (kappa)", law.coherency),
            ("  overhead", law.overhead),
        ];
        for (name, c) in named.into_iter().filter_map(|(name, c)| Some((name, c?))) {
            rows.push(vec![name.into(), digits(c.value).to_string(), interval(&c)]);
        }
    }
    out += &columns(&rows);
    let seen = if fit.onset.reached { "" } else { ", the most measured: not seen" };
    let _ = writeln!(
        out,
        "\n  plateau (99 % of the most) from: {} measured{seen}; {} by the law used.\n  {}.\n  {}.\n",
        fit.onset.measured,
        fit.onset.law,
        fit.why,
        beyond(&fit.beyond)
    );
    out + &toml(fit)
}
