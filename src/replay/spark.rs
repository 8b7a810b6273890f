//! Lines of blocks for a terminal.

use super::view::{resample, ticks};
use super::{Event, EventKind};
use crate::order::sort_by;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Values as blocks from 0 to `most`, in at most so many characters; a space where there is none.
///
/// ```
/// assert_eq!(poolwise::replay::sparkline(&[0.0, 4.0, 8.0, f64::NAN], 8.0, 72), "▁▅█ ");
/// ```
pub fn sparkline(values: &[f64], most: f64, width: usize) -> String {
    let block = |value: f64| {
        if !value.is_finite() {
            return ' ';
        }
        let part = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
        BLOCKS[libm::round(part * (BLOCKS.len() - 1) as f64) as usize]
    };
    resample(values, width).into_iter().map(block).collect()
}

/// Puts a text into a line so that nothing that stands there is overwritten.
fn place(line: &mut [char], at: usize, text: &str) -> bool {
    let count = text.chars().count();
    let at = at.min(line.len().saturating_sub(count));
    let around = at.saturating_sub(1)..(at + count + 1).min(line.len());
    if count > line.len() || line[around].iter().any(|c| *c != ' ') {
        return false;
    }
    text.chars().zip(&mut line[at..]).for_each(|(c, place)| *place = c);
    true
}

/// The axis below the blocks: letters of changes and `!` where alerts fire, and moments from the beginning of the incident.
pub(super) fn axis(events: &[Event], zero: f64, end: f64, width: usize) -> [String; 2] {
    let column = |at: f64| ((at / end * width as f64) as usize).min(width - 1);
    let mut letters = vec![' '; width];
    // Changes first: where an alert fires beside one, the letter is worth more.
    for event in events.iter().filter(|event| event.kind == EventKind::Change) {
        if let (Some(at), Some(letter)) = (event.at, &event.letter) {
            let free = |from: usize| letters[from..(from + letter.len()).min(width)].iter().all(|c| *c == ' ');
            let first = (column(at)..width).find(|n| free(*n)).unwrap_or(width - 1);
            letter.chars().zip(&mut letters[first..]).for_each(|(c, place)| *place = c);
        }
    }
    for event in events.iter().filter(|event| event.kind == EventKind::Alert) {
        let n = event.at.map_or(0, column);
        if event.at.is_some() && letters[n] == ' ' {
            letters[n] = '!';
        }
    }
    let mut moments = vec![' '; width];
    let scale = if end >= 600.0 { 60.0 } else { 1.0 };
    // The zero first: it must be there.
    let mut all = ticks(end, zero, 6);
    sort_by(&mut all, |a, b| a.abs().total_cmp(&b.abs()));
    for tick in all {
        let value = libm::round(tick / scale * 10.0) / 10.0;
        let text = if value < 0.0 { format!("−{}", -value) } else { format!("+{}", value.abs()) };
        place(&mut moments, column(tick + zero), &text);
    }
    [letters, moments].map(|line| line.into_iter().collect::<String>().trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_rise_with_the_values() {
        let all: Vec<f64> = (0..8).map(f64::from).collect();
        assert_eq!(sparkline(&all, 7.0, 72), "▁▂▃▄▅▆▇█");
        assert_eq!(
            sparkline(&[5.0, 1e9, -1.0, f64::INFINITY], 5.0, 72),
            "██▁ ",
            "what is beyond the scale is at its end"
        );
        assert_eq!(sparkline(&[0.0, 0.0], 0.0, 72), "▁▁");
        assert_eq!(sparkline(&[], 1.0, 72), "");
    }

    #[test]
    fn many_values_become_means_of_as_many_stretches_as_there_is_room() {
        let values: Vec<f64> = (0..1440).map(|n| if n < 720 { 0.0 } else { 1.0 }).collect();
        assert_eq!(sparkline(&values, 1.0, 72), "▁".repeat(36) + &"█".repeat(36));
        assert_eq!(resample(&[0.0, 1.0, f64::NAN, 3.0], 2), [0.5, 3.0]);
        assert!(resample(&[f64::NAN; 4], 2).iter().all(|x| x.is_nan()));
    }

    fn event(at: f64, kind: EventKind, letter: Option<&str>) -> Event {
        Event {
            at: Some(at),
            until: None,
            since: Some(at),
            letter: letter.map(str::to_owned),
            kind,
            text: String::new(),
            errors: None,
            outcome: None,
        }
    }

    #[test]
    fn letters_stand_where_changes_begin_and_never_on_each_other() {
        let events = [
            event(0.0, EventKind::Change, Some("A")),
            event(600.0, EventKind::Alert, None),
            event(600.0, EventKind::Change, Some("B")),
            event(600.0, EventKind::Change, Some("C")),
            event(1190.0, EventKind::Alert, None),
            event(300.0, EventKind::Note, None),
        ];
        let [letters, moments] = axis(&events, 600.0, 1200.0, 20);
        assert_eq!(letters, "A         BC       !");
        assert_eq!(moments.chars().position(|c| c == '+'), Some(10), "{moments:?}: the zero stands at its place");
    }
}
