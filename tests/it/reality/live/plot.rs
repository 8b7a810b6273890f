//! Predicted against measured, as a picture: one mark per value, at what was measured, from the least to the most that was predicted.
//! A mark that crosses the diagonal is a prediction that held. It takes the colour of the text around it, so it is to stand within
//! the page and not beside it.

use super::Judged;
use crate::reality::predict::Held;
use std::fmt::Write;

/// Which values share a scale.
struct Panel {
    title: &'static str,
    names: &'static [&'static str],
    /// Ticks of its logarithmic scale, the first and the last its ends; with how each is written.
    ticks: &'static [(f64, &'static str)],
}

const PANELS: [Panel; 4] = [
    Panel {
        title: "waits",
        names: &["mean", "p50", "p95", "p99"],
        ticks: &[(0.0005, "≤ 0.5 ms"), (0.005, "5 ms"), (0.05, "50 ms"), (0.5, "0.5 s"), (5.0, "5 s")],
    },
    Panel {
        title: "share without a connection",
        names: &["no connection"],
        ticks: &[(0.001, "≤ 0.1 %"), (0.01, "1 %"), (0.1, "10 %"), (1.0, "100 %")],
    },
    Panel {
        title: "time to exhaustion",
        names: &["first timeout", "nothing left"],
        ticks: &[(2.0, "2 s"), (5.0, "5 s"), (10.0, "10 s"), (20.0, "20 s"), (50.0, "≥ 50 s")],
    },
    Panel {
        title: "time to recover",
        names: &["recovery"],
        ticks: &[(0.1, "≤ 0.1 s"), (0.5, "0.5 s"), (2.0, "2 s"), (10.0, "10 s"), (40.0, "40 s")],
    },
];

/// Of one panel, and what is around it.
const SIDE: f64 = 250.0;
const LEFT: f64 = 74.0;
const TOP: f64 = 34.0;
const PITCH: (f64, f64) = (350.0, 340.0);

impl Panel {
    /// How far along its scale a value is, in pixels.
    fn place(&self, value: f64) -> f64 {
        let (first, last) = (self.ticks[0].0, self.ticks[self.ticks.len() - 1].0);
        let along = |x: f64| poolwise::math::ln(x);
        SIDE * (along(value.clamp(first, last)) - along(first)) / (along(last) - along(first))
    }

    fn axes(&self, text: &mut String) {
        let middle = SIDE / 2.0;
        writeln!(
            text,
            "<text x=\"{middle}\" y=\"-14\" text-anchor=\"middle\" font-size=\"14\" font-weight=\"bold\">{}</text>",
            self.title
        )
        .unwrap();
        let mut ticks = format!("M0 0V{SIDE}H{SIDE}");
        for (value, label) in self.ticks {
            let (x, y) = (self.place(*value), SIDE - self.place(*value));
            write!(ticks, "M{x:.1} {SIDE}v5M0 {y:.1}h-5").unwrap();
            writeln!(text, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{label}</text>", SIDE + 19.0).unwrap();
            writeln!(text, "<text x=\"-9\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", y + 4.0).unwrap();
        }
        writeln!(text, "<path d=\"{ticks}\" fill=\"none\" stroke=\"currentColor\"/>").unwrap();
        let same = format!("<path d=\"M0 {SIDE}L{SIDE} 0\" stroke=\"currentColor\" stroke-dasharray=\"2 4\"/>");
        writeln!(text, "{same}").unwrap();
    }

    /// One path for all marks of one kind.
    fn marks<'a>(&self, text: &mut String, list: impl Iterator<Item = &'a Held>, colour: &str) {
        let mut path = String::new();
        for held in list {
            let (x, low, high) = (self.place(held.real), SIDE - self.place(held.low), SIDE - self.place(held.high));
            write!(path, "M{x:.1} {low:.1}V{high:.1}").unwrap();
            if held.is_within() {
                // A range that is all but a point is seen too.
                write!(path, "m-3 0h6M{:.1} {low:.1}h6", x - 3.0).unwrap();
            } else {
                for end in [low, high] {
                    write!(path, "M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, end - 4.0).unwrap();
                }
            }
        }
        if !path.is_empty() {
            writeln!(text, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>").unwrap();
        }
    }
}

/// Apart for everyone, on white as on a dark page.
const WITHIN: &str = "#2f81d6";
const OUTSIDE: &str = "#d9650b";

pub fn plot(day: &Judged) -> String {
    let (within, all) = day.within(|_, held| PANELS.iter().any(|panel| panel.names.contains(&held.name)));
    let (width, height) = (LEFT + PITCH.0 + SIDE + 30.0, TOP + PITCH.1 + SIDE + 64.0);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-labelledby=\"live-plot-title live-plot-text\">\n\
         <title id=\"live-plot-title\">Predicted against measured</title>\n\
         <desc id=\"live-plot-text\">Four squares: waits, the share without a connection, time to exhaustion, time to recover. Measured from left to \
         right, the predicted range from bottom to top, both on the same logarithmic scale. {within} of {all} ranges hold what was measured; the \
         others end in crosses. The table below has every number.</desc>\n\
         <g font-family=\"sans-serif\" font-size=\"12\" fill=\"currentColor\">\n"
    );
    for (n, panel) in PANELS.iter().enumerate() {
        let (x, y) = (LEFT + PITCH.0 * (n % 2) as f64, TOP + PITCH.1 * (n / 2) as f64);
        writeln!(text, "<g transform=\"translate({x} {y})\">").unwrap();
        panel.axes(&mut text);
        let shown =
            || day.each().map(|(_, held)| held).filter(|held| held.counts() && panel.names.contains(&held.name));
        panel.marks(&mut text, shown().filter(|held| held.is_within()), WITHIN);
        // Drawn last, so that nothing hides them.
        panel.marks(&mut text, shown().filter(|held| !held.is_within()), OUTSIDE);
        text.push_str("</g>\n");
    }
    writeln!(
        text,
        "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">measured, from left to right; the predicted range from bottom to top</text>",
        width / 2.0,
        height - 8.0
    )
    .unwrap();
    text + "</g>\n</svg>\n"
}
