//! Secrets that their place in a manifest gives away: the value beside a `name`, and the data of a
//! Secret.

use regex::Regex;

use super::REDACTED;
use super::assignment::starts_line;
use super::names::is_secret_name;
use super::value::{Place, Sign, find};

/// `"name": "X", "value":` as JSON, `name: X`, `value:` as YAML, `{Name:X Value:` as Go prints it.
/// Group 1 is the name.
pub(super) const PAIRS: &[&str] = &[
    r#"(?i)\\*["']name\\*["']\s*:\s*\\*["']([^"'\\]+)\\*["']\s*,\s*\\*["']value\\*["']\s*:\s*"#,
    r#"(?i)(?:\b|\\n)name:[ \t]*["']?([^\s"',]+)["']?(?:,|,?(?:\s|\\n)+)value:[ \t]*"#,
];

/// A Secret, its data, and a field of it.
pub(super) const SECRET: [&str; 3] = [
    r#"(?:\b|\\n)kind\\*["']?\s*:\s*\\*["']?Secret\b"#,
    r#"(?:\b|\\n)(?:stringData|data)\\*["']?\s*:"#,
    r#"([A-Za-z0-9_.-]+)\\*["']?[ \t]*:[ \t]*"#,
];

/// What hides values beside names, and the data of Secrets.
pub(super) struct Manifest {
    /// [`PAIRS`].
    pub pairs: Vec<Regex>,
    /// [`SECRET`].
    pub secret: Regex,
    /// Where its data begins.
    pub data: Regex,
    /// A field of it.
    pub field: Regex,
}

impl Manifest {
    /// Values beside secret names.
    pub fn pairs(&self, text: &str) -> Option<String> {
        let mut done: Option<String> = None;
        for pair in &self.pairs {
            let now = done.as_deref().unwrap_or(text);
            done = pass(now, pair, is_secret_name).or(done);
        }
        done
    }

    /// The data of a Secret that somebody printed.
    pub fn data(&self, text: &str) -> Option<String> {
        if !self.secret.is_match(text) {
            return None;
        }
        let mut out = String::new();
        let mut at = 0;
        while let Some(found) = self.data.find_at(text, at) {
            let rest = text.get(found.end()..)?;
            let block = rest.get(..block_end(rest))?;
            out.push_str(text.get(at..found.end())?);
            out.push_str(&pass(block, &self.field, |_| true).unwrap_or_else(|| block.to_owned()));
            at = found.end() + block.len();
        }
        out.push_str(text.get(at..)?);
        Some(out)
    }
}

fn pass(text: &str, pattern: &Regex, is_secret: impl Fn(&str) -> bool) -> Option<String> {
    let mut out = String::new();
    let mut at = 0;
    let mut hidden = false;
    while let Some(found) = pattern.captures_at(text, at) {
        let (whole, name) = (found.get(0)?, found.get(1)?);
        let rest = text.get(whole.end()..)?;
        out.push_str(text.get(at..whole.end())?);
        at = whole.end();
        let place = Place {
            name: name.as_str(),
            sign: Sign::Value,
            // Only a value of its own line goes on to the end of it: behind a word of a sentence
            // another name may follow.
            line: starts_line(text.get(..whole.start())?),
            path: false,
            sure: true,
        };
        let value = is_secret(name.as_str())
            .then(|| find(rest, place))
            .flatten();
        if let Some((keep, length)) = value {
            out.push_str(rest.get(..keep)?);
            out.push_str(REDACTED);
            at += keep + length;
            hidden = true;
        }
        if whole.is_empty() {
            break;
        }
    }
    out.push_str(text.get(at..)?);
    hidden.then_some(out)
}

/// Where the fields of `data` end: at a brace, or at a line that is not indented.
fn block_end(text: &str) -> usize {
    let brace = text.find('}').unwrap_or(text.len());
    let line = text
        .match_indices('\n')
        .map(|(at, _)| at)
        .find(|at| {
            let next = text.get(at + 1..).unwrap_or_default();
            !next.is_empty() && !next.starts_with([' ', '\t', '\n', '\r', '"'])
        })
        .unwrap_or(text.len());
    brace.min(line)
}
