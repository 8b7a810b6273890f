//! A text with comments that are broken into lines.

use crate::problem::plain;

/// The longest line of a comment.
const WIDTH: usize = 110;

/// What has been written so far.
pub(super) struct Page {
    pub text: String,
    /// How a comment begins.
    comment: &'static str,
}

impl Page {
    pub fn new(comment: &'static str) -> Self {
        Self { text: String::new(), comment }
    }

    /// A comment of one line, however long.
    pub fn whole(&mut self, words: &str) {
        self.line(&format!("{} {}", self.comment, plain(words)));
    }

    /// A comment.
    pub fn say(&mut self, words: &str) {
        self.wrapped("", "", words);
    }

    /// One of several points of a comment.
    pub fn item(&mut self, words: &str) {
        self.wrapped("- ", "  ", words);
    }

    /// What is no comment.
    pub fn line(&mut self, line: &str) {
        self.text += line;
        self.text.push('\n');
    }

    fn wrapped(&mut self, first: &str, further: &str, words: &str) {
        let mut line = format!("{} {first}", self.comment);
        let mut empty = true;
        for word in plain(words).split(' ') {
            if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.line(line.trim_end());
                line = format!("{} {further}", self.comment);
                empty = true;
            }
            line = if empty { line + word } else { line + " " + word };
            empty = false;
        }
        self.line(line.trim_end());
    }
}
