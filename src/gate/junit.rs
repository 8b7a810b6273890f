//! A gate's answer as JUnit's XML, which servers of continuous integration show.

use super::text::measured;
use super::{Answer, Gated, Judged, Verdict};
use core::fmt::Write;

/// One test suite for each file, one test case for each assertion. No times are written: the same scenarios give the same text.
pub fn junit(answer: &Answer) -> String {
    let all = answer.assertions().count();
    let failed = answer.assertions().filter(fails).count();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"poolwise gate\" tests=\"{all}\" failures=\"{failed}\" \
         errors=\"0\">\n"
    );
    answer.files.iter().for_each(|file| suite(file, &mut out));
    out + "</testsuites>\n"
}

fn suite(file: &Gated, out: &mut String) {
    let name = escaped(&file.file);
    let failed = file.assertions.iter().filter(fails).count();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">",
        file.assertions.len()
    );
    for one in &file.assertions {
        let _ = write!(out, "    <testcase classname=\"{name}\" name=\"{}\"", escaped(one.title()));
        if !fails(&one) {
            let _ = writeln!(out, ">\n      <system-out>{}</system-out>\n    </testcase>", escaped(&measured(one)));
            continue;
        }
        let message = format!("{}: {}", one.that, measured(one));
        let lever = one.lever.as_ref().map_or(String::new(), |lever| format!("\n{lever}"));
        let _ = writeln!(
            out,
            ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
            one.verdict.word(),
            escaped(&message),
            escaped(&(message.clone() + &lever))
        );
    }
    *out += "  </testsuite>\n";
}

fn fails(one: &&Judged) -> bool {
    one.verdict != Verdict::Holds
}

/// Text within XML: what has a meaning there is escaped, and what may not stand there at all is left out.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '"' => out += "&quot;",
            '\n' => out += "&#10;",
            '\t' => out += "&#9;",
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
