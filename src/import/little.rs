//! Little's law: connections busy = rate × time held. Where all three were measured, they must agree.

use super::measured::{Flow, figure, time};

/// Numbers that differ by less than this share agree: counters and gauges are never of the very same moment.
const ALLOWED: f64 = 0.2;
/// A count at a moment varies by its root; so many of these are chance.
const BY_CHANCE: f64 = 3.0;

/// What the check says of a pool; `None` where one of the three was not measured.
///
/// A gauge shows the connections of a moment. It varies by about the root of its mean, less with more looks; a difference within
/// three times that is not told from chance.
pub(super) fn check(flow: &Flow) -> Option<String> {
    let (rate, hold, active) = (flow.rate.as_ref()?.value, flow.hold()?, flow.active.as_ref()?);
    let expected = rate * hold;
    if !(expected > 0.0 && expected.is_finite()) {
        return None;
    }
    let off = active.mean / expected - 1.0;
    let chance = active.looks.map_or(0.0, |looks| BY_CHANCE * (expected / looks.max(1) as f64).sqrt() / expected);
    let said = format!(
        "Little's law: {}/s × {} = {} connections busy, and {} were",
        figure(rate),
        time(hold),
        figure(expected),
        figure(active.mean)
    );
    let percent = format!("{:.0} %", off.abs() * 100.0);
    Some(if off.abs() <= ALLOWED {
        format!("{said}: the numbers agree to {percent}")
    } else if off.abs() <= chance {
        format!(
            "{said}: {percent} off, no more than chance makes of {} {}; more scrapes would tell",
            active.looks.unwrap_or(1),
            if active.looks == Some(1) { "look" } else { "looks" }
        )
    } else if off > 0.0 {
        format!(
            "{said}: the numbers disagree by {percent}. More busy than that usually means connections held longer than the hold \
             that was measured (a leak, a transaction left open, work between statements), or a look in a busier moment than \
             the rate is of"
        )
    } else {
        format!(
            "{said}: the numbers disagree by {percent}. Fewer busy than that usually means a hold that contains more than holding \
             (the wait for a connection, work without one), a rate that counts more than one pool, or a look in a quiet moment"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::measured::{Active, Class, Hold, Known};
    use super::*;

    fn flow(rate: f64, hold: f64, active: f64, looks: Option<u64>) -> Flow {
        let class = Class { name: "a".into(), weight: 1, hold: Hold::of_mean(hold) };
        Flow {
            rate: Some(Known::read(rate, "")),
            classes: Some(Known::read(vec![class], "")),
            active: Some(Active { mean: active, looks }),
            ..Flow::default()
        }
    }

    #[test]
    fn three_numbers_are_held_against_each_other() {
        for (active, looks, said) in [
            (10.4, None, "100/s × 100ms = 10 connections busy, and 10.4 were: the numbers agree to 4 %"),
            (16.0, None, "disagree by 60 %. More busy than that usually means"),
            (4.0, None, "disagree by 60 %. Fewer busy"),
            (16.0, Some(1), "60 % off, no more than chance makes of 1 look;"),
            (16.0, Some(100), "disagree by 60 %"),
        ] {
            let found = check(&flow(100.0, 0.1, active, looks)).unwrap();
            assert!(found.contains(said), "{found}");
        }
        assert_eq!(check(&Flow { active: None, ..flow(1.0, 1.0, 1.0, None) }), None);
        assert_eq!(check(&flow(0.0, 1.0, 1.0, None)), None);
    }
}
