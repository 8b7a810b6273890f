//! A chart over time: lines and areas in SVG that stretches to any width, words around it in HTML that does not.

use super::view::resample;
use core::fmt::Write;

/// A path has so many points at most.
const POINTS: usize = 240;
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 200.0;

/// How one quantity is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Line,
    Area,
    /// A limit: thin and dashed.
    Limit,
}

/// One quantity over time, in equal parts of the run.
pub(super) struct Curve {
    pub name: String,
    pub values: Vec<f64>,
    /// Its colour and dashes, 0 to 4.
    pub look: usize,
    pub style: Style,
}

/// What all charts of a page share: moments as shares of the run.
pub(super) struct Axis {
    /// The window over which people count.
    pub window: Option<(f64, f64)>,
    /// Changes: their beginnings and ends, and their letters.
    pub marks: Vec<(f64, f64, String)>,
    pub alerts: Vec<f64>,
    pub ticks: Vec<(f64, String)>,
}

pub(super) struct Chart<'a> {
    pub title: &'a str,
    /// What is to be seen, for those who can not see it.
    pub words: String,
    pub curves: Vec<Curve>,
    pub show: fn(f64) -> String,
    /// The scale's end, where it is given.
    pub most: Option<f64>,
    /// Small, without words around it.
    pub small: bool,
}

/// The next round number.
pub(super) fn round_up(x: f64) -> f64 {
    if !(x > 0.0 && x.is_finite()) {
        return 1.0;
    }
    let mut power = 1.0;
    while power * 10.0 <= x {
        power *= 10.0;
    }
    while power > x {
        power /= 10.0;
    }
    [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
        .map(|step| step * power)
        .into_iter()
        .find(|y| *y >= x)
        .unwrap_or(x)
}

/// Draws a chart; `id` tells it from the others of the page.
pub(super) fn draw(chart: &Chart, axis: &Axis, id: usize) -> String {
    let highest =
        chart.curves.iter().flat_map(|curve| &curve.values).copied().filter(|x| x.is_finite()).fold(0.0, f64::max);
    let most = chart.most.unwrap_or_else(|| round_up(highest));
    let (title, words) = (escaped(chart.title), escaped(&chart.words));
    let class = if chart.small { "chart small" } else { "chart" };
    let mut out = format!("<figure class=\"{class}\"><figcaption>{title}</figcaption>\n");
    if !chart.small {
        out += &legend(&chart.curves);
    }
    out += "<div class=\"plot\">";
    if !chart.small {
        for (part, value) in [(0, most), (50, most / 2.0), (100, 0.0)] {
            let _ = write!(out, "<span class=\"y\" style=\"top:{part}%\">{}</span>", escaped(&(chart.show)(value)));
        }
        out += &letters(&axis.marks);
    }
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" aria-labelledby=\"t{id} d{id}\">\
         <title id=\"t{id}\">{title}</title><desc id=\"d{id}\">{words}</desc>"
    );
    if let Some((from, until)) = axis.window {
        let _ = write!(
            out,
            "<rect class=\"window\" x=\"{:.1}\" y=\"0\" width=\"{:.1}\" height=\"{HEIGHT}\"/>",
            from * WIDTH,
            (until - from) * WIDTH
        );
    }
    for y in [0.0, HEIGHT / 2.0, HEIGHT] {
        let _ = write!(out, "<path class=\"grid\" d=\"M0 {y}H{WIDTH}\"/>");
    }
    for curve in &chart.curves {
        out += &path(curve, most);
    }
    for (from, until, _) in &axis.marks {
        let _ = write!(out, "<path class=\"mark\" d=\"M{:.1} 0V{HEIGHT}\"/>", from * WIDTH);
        if until > from {
            let _ = write!(out, "<path class=\"lasts\" d=\"M{:.1} 2H{:.1}\"/>", from * WIDTH, until * WIDTH);
        }
    }
    for at in &axis.alerts {
        let _ = write!(out, "<path class=\"alert\" d=\"M{:.1} 0V{HEIGHT}\"/>", at * WIDTH);
    }
    out += "</svg></div>";
    if !chart.small {
        out += "<div class=\"x\">";
        for (at, text) in &axis.ticks {
            let _ = write!(out, "<span style=\"left:{:.2}%\">{}</span>", at * 100.0, escaped(text));
        }
        out += "</div>";
    }
    out + "</figure>\n"
}

/// Letters above the plot, on two lines where they come close together.
fn letters(marks: &[(f64, f64, String)]) -> String {
    let mut out = String::new();
    let (mut last, mut raised) = (f64::NEG_INFINITY, false);
    for (at, _, letter) in marks {
        raised = at - last < 0.03 && !raised;
        last = *at;
        let class = if raised { "letter raised" } else { "letter" };
        let _ = write!(out, "<span class=\"{class}\" style=\"left:{:.2}%\">{}</span>", at * 100.0, escaped(letter));
    }
    out
}

pub(super) fn legend(curves: &[Curve]) -> String {
    let item = |curve: &Curve| {
        let class = look(curve);
        format!(
            "<li><svg class=\"key\" viewBox=\"0 0 28 10\" aria-hidden=\"true\"><path class=\"{class}\" d=\"M0 5H28\"/></svg>{}</li>",
            escaped(&curve.name)
        )
    };
    format!("<ul class=\"legend\">{}</ul>", curves.iter().map(item).collect::<String>())
}

fn look(curve: &Curve) -> String {
    match curve.style {
        Style::Limit => "limit".to_owned(),
        _ => format!("curve c{}", curve.look),
    }
}

fn path(curve: &Curve, most: f64) -> String {
    let values = resample(&curve.values, POINTS);
    let x = |n: usize| (n as f64 + 0.5) / values.len() as f64 * WIDTH;
    let y = |value: f64| HEIGHT * (1.0 - (value / most).clamp(0.0, 1.0));
    let mut line = String::new();
    let mut area = String::new();
    let mut begun: Option<f64> = None;
    for (n, value) in values.iter().enumerate() {
        if !value.is_finite() {
            // A gap.
            if let Some(from) = begun.take() {
                let _ = write!(area, "V{HEIGHT}H{from:.1}Z");
            }
            continue;
        }
        let command = if begun.is_none() { 'M' } else { 'L' };
        let point = format!("{command}{:.1} {:.1}", x(n), y(*value));
        begun.get_or_insert(x(n));
        line += &point;
        area += &point;
    }
    if let Some(from) = begun {
        let _ = write!(area, "V{HEIGHT}H{from:.1}Z");
    }
    let stroke = format!("<path class=\"{}\" d=\"{line}\"/>", look(curve));
    match curve.style {
        Style::Area => format!("<path class=\"area a{}\" d=\"{area}\"/>{stroke}", curve.look),
        _ => stroke,
    }
}

/// A text within HTML, also within an attribute in double quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c if c.is_control() && c != '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        assert_eq!([0.0, 1.0, 1.1, 87.0, 400.0, 0.03].map(round_up), [1.0, 1.0, 1.2, 100.0, 400.0, 0.03]);
        assert_eq!(round_up(f64::NAN), 1.0);
    }

    #[test]
    fn a_gap_parts_a_line_and_its_area() {
        let values = vec![1.0, 2.0, f64::NAN, 2.0];
        let curve = Curve { name: String::new(), values, look: 0, style: Style::Area };
        let drawn = path(&curve, 2.0);
        assert_eq!(drawn.matches('M').count(), 4, "{drawn}");
        assert_eq!(drawn.matches('Z').count(), 2, "{drawn}");
    }
}
