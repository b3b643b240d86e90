//! What a guest said before it ended itself. Each language reports a failure in its own way on
//! standard error, some with a report of the runtime around it; people need the message and its line.

mod report;

use std::collections::VecDeque;

use k8shawk_core::redact::redact;

use self::report::Report;

/// Lines that are shown of a text that is no known report.
const LINES: usize = 3;
/// Characters that are shown of all of it.
const SHOWN: usize = 300;
/// Bytes that are looked at of one line.
const LOOKED_AT: usize = 2048;

/// What was heard of a call so far; bounded, however much the guest writes.
#[derive(Debug, Default)]
pub(super) struct LastWords {
    report: Report,
    lines: VecDeque<String>,
}

/// What a guest said last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// Why it failed, with file and line where its language says them.
    Why(String),
    /// The end of what it wrote.
    Wrote(String),
}

impl LastWords {
    /// A line of standard error.
    pub(super) fn hear(&mut self, line: &str) {
        let line = line
            .get(..line.floor_char_boundary(LOOKED_AT))
            .unwrap_or_default();
        self.report.hear(line);
        if line.trim().is_empty() {
            return;
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line.to_owned());
    }

    /// All of it, for people: one line without control characters and without secrets.
    pub(super) fn said(&self) -> Option<Said> {
        if let Some(why) = self.report.why() {
            return Some(Said::Why(shown(&why)));
        }
        let lines: Vec<&str> = self.lines.iter().map(String::as_str).collect();
        (!lines.is_empty()).then(|| Said::Wrote(shown(&lines.join(" | "))))
    }
}

/// One line of at most [`SHOWN`] characters that a terminal takes for nothing else.
fn shown(text: &str) -> String {
    let text: String = redact(text)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    cut(&words.join(" "))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
