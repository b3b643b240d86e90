//! The last lines that a container wrote.

use super::container::Container;
use super::subject::Subject;
use k8shawk_sdk::shorten;

/// Lines from the end that are looked at.
const TAIL: usize = 40;

/// Lines from the end in which a process says why it gives up.
const END: usize = 12;

/// Longest line kept, in characters.
const LINE: usize = 300;

/// The telling end of a container's log.
pub struct Log {
    lines: Vec<String>,
    previous: bool,
    message: bool,
}

impl Log {
    /// The log of the run that ended, else of the current one, else the termination message.
    pub fn of(subject: &Subject, container: &Container) -> Log {
        let exit = container.exit();
        let before = exit.is_some_and(|e| e.at == "lastState");
        for previous in [before, !before] {
            let text = subject
                .case
                .logs(&subject.object, container.name(), previous);
            let absent = text.starts_with("unable to retrieve container logs");
            let lines = if absent { Vec::new() } else { tail(&text) };
            if !lines.is_empty() {
                return Log {
                    lines,
                    previous,
                    message: false,
                };
            }
        }
        let lines = exit.map_or_else(Vec::new, |e| tail(e.message));
        Log {
            lines,
            previous: false,
            message: true,
        }
    }

    /// The last line that contains one of `needles`, which are in lower case.
    pub fn last_with(&self, needles: &[&str]) -> Option<String> {
        self.find(TAIL, needles, |_| true)
    }

    /// The same among the last few lines, where a process says why it gives up.
    pub fn end_with(&self, needles: &[&str]) -> Option<String> {
        self.find(END, needles, |_| true)
    }

    /// The same among the last few lines that are no mere warning or remark.
    pub fn fault_with(&self, needles: &[&str]) -> Option<String> {
        self.find(END, needles, |line| !is_remark(line))
    }

    fn find(&self, last: usize, needles: &[&str], fits: impl Fn(&str) -> bool) -> Option<String> {
        let contains = |line: &&String| {
            let lower = line.to_ascii_lowercase();
            needles.iter().any(|n| lower.contains(n)) && fits(&lower)
        };
        self.lines.iter().rev().take(last).find(contains).cloned()
    }

    /// The last line.
    pub fn last(&self) -> Option<&String> {
        self.lines.last()
    }

    /// Where it was read, for evidence.
    pub fn source(&self, container: &Container) -> String {
        match (self.message, self.previous) {
            (true, _) => format!("termination message of {}", container.name()),
            (_, true) => format!("previous log of {}", container.name()),
            (_, false) => format!("log of {}", container.name()),
        }
    }
}

fn tail(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text
        .lines()
        .rev()
        .map(plain)
        .filter(|line| !line.trim().is_empty() && !is_frame(line))
        .take(TAIL)
        .collect();
    lines.reverse();
    lines
}

/// A line of a stack trace that only names a place in the code.
fn is_frame(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("at ") || (line.starts_with("... ") && line.ends_with(" more"))
}

/// A line, in lower case, of a level at which nothing is wrong yet.
fn is_remark(line: &str) -> bool {
    line.split(|c: char| !c.is_ascii_alphabetic())
        .take(12)
        .any(|word| {
            matches!(
                word,
                "info" | "warn" | "warning" | "debug" | "notice" | "trace"
            )
        })
}

/// A line without colour codes, not longer than needed.
fn plain(line: &str) -> String {
    let (mut out, mut kept) = (String::new(), 0);
    let mut chars = line.chars();
    // One more than is shown says that there was more.
    while let Some(c) = chars.next().filter(|_| kept <= LINE) {
        match c {
            '\u{1b}' => {
                chars.by_ref().find(char::is_ascii_alphabetic);
            }
            c if c.is_control() && c != '\t' => {}
            c => {
                out.push(c);
                kept += 1;
            }
        }
    }
    shorten(out.trim_end(), LINE).into_owned()
}
