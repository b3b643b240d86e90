//! The patterns, compiled once. A pattern that does not compile is an error of the start, and until
//! then no text leaves at all.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;
use thiserror::Error;

use super::formats::{FORMATS, Format};
use super::manifest::{Manifest, PAIRS, SECRET};
use super::names::{MARKERS, may_begin};
use super::{REDACTED, assignment, strip, url};

/// A pattern that hides secrets does not compile: this build must not start.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the pattern for {name} does not compile: {why}")]
pub struct PatternError {
    /// What it would hide.
    pub name: String,
    /// Why not.
    pub why: String,
}

/// Everything that hides secrets.
pub(super) struct Rules {
    /// Finds in one pass which formats are worth a search.
    words: AhoCorasick,
    /// The format of each word.
    format_of: Vec<usize>,
    /// Patterns of the formats, in the order of the table.
    known: Vec<Regex>,
    markers: AhoCorasick,
    manifest: Manifest,
}

pub(super) static RULES: LazyLock<Result<Rules, PatternError>> =
    LazyLock::new(|| Rules::compile(FORMATS, MARKERS));

fn compiled(name: &str, pattern: &str) -> Result<Regex, PatternError> {
    Regex::new(pattern).map_err(|e| PatternError {
        name: name.to_owned(),
        why: e.to_string(),
    })
}

impl Rules {
    pub fn compile(formats: &[Format], markers: &[&str]) -> Result<Rules, PatternError> {
        let mut all: Vec<&str> = Vec::new();
        let (mut known, mut format_of) = (Vec::new(), Vec::new());
        for format in formats {
            format_of.extend(format.words.iter().map(|_| known.len()));
            known.push(compiled(format.name, format.pattern)?);
            all.extend(format.words);
        }
        let pairs = PAIRS.iter().map(|p| compiled("values beside names", p));
        let [secret, data, field] = SECRET;
        Ok(Rules {
            words: automaton(&all, MatchKind::Standard)?,
            format_of,
            known,
            markers: automaton(markers, MatchKind::LeftmostFirst)?,
            manifest: Manifest {
                pairs: pairs.collect::<Result<_, _>>()?,
                secret: compiled("Secrets", secret)?,
                data: compiled("data of Secrets", data)?,
                field: compiled("fields of Secrets", field)?,
            },
        })
    }

    /// The text without what nobody sees and without secrets.
    pub fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = strip::visible(text);
        // Made once for all formats, and again where one was hidden.
        let mut seen = None;
        for format in self.formats_in(&text) {
            let Some(known) = self.known.get(format) else {
                continue;
            };
            let seen_here = seen.get_or_insert_with(|| with_blanks(&text));
            let done = replaced(&text, seen_here.as_deref().unwrap_or(&text), known);
            if let Some(done) = done {
                text = Cow::Owned(done);
                seen = None;
            }
        }
        for step in [
            Rules::urls,
            Rules::queries,
            Rules::pairs,
            Rules::named,
            Rules::secrets,
        ] {
            if let Some(done) = step(self, &text) {
                text = Cow::Owned(done);
            }
        }
        text
    }

    /// Indices of the formats of which a word is in the text, in the order of the table.
    fn formats_in(&self, text: &str) -> Vec<usize> {
        let words = self.words.find_overlapping_iter(text);
        let formats = words.filter_map(|word| self.format_of.get(word.pattern().as_usize()));
        let mut found: Vec<usize> = Vec::new();
        for format in formats {
            if !found.contains(format) {
                found.push(*format);
            }
        }
        found.sort_unstable();
        found
    }

    fn urls(&self, text: &str) -> Option<String> {
        text.contains("://").then(|| url::redact(text)).flatten()
    }

    fn queries(&self, text: &str) -> Option<String> {
        text.contains('?').then(|| url::queries(text)).flatten()
    }

    fn pairs(&self, text: &str) -> Option<String> {
        let has = text.contains("value") || text.contains("Value");
        has.then(|| self.manifest.pairs(text)).flatten()
    }

    fn named(&self, text: &str) -> Option<String> {
        let found = self.markers.find_iter(text);
        let found = found.filter(|m| may_begin(text, m.start(), m.end()));
        assignment::redact(text, found.map(|m| m.start()))
    }

    fn secrets(&self, text: &str) -> Option<String> {
        text.contains("Secret")
            .then(|| self.manifest.data(text))
            .flatten()
    }
}

fn automaton(words: &[&str], kind: MatchKind) -> Result<AhoCorasick, PatternError> {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(kind)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .map_err(|e| PatternError {
            name: "the words of all formats".to_owned(),
            why: e.to_string(),
        })
}

/// The text as the patterns see it, where that is another: a line end that is written out (`\n`)
/// ends a word too, so its letter is a blank.
fn with_blanks(text: &str) -> Option<String> {
    let mut seen = String::new();
    let mut kept = 0;
    for (at, _) in text.match_indices('\\') {
        if at >= kept && text.get(at + 1..)?.starts_with(['n', 'r', 't']) {
            seen.push_str(text.get(kept..=at)?);
            seen.push(' ');
            kept = at + 2;
        }
    }
    seen.push_str(text.get(kept..)?);
    (kept > 0).then_some(seen)
}

/// What is found in `seen`, which is as long as `text`, is hidden in `text`.
fn replaced(text: &str, seen: &str, pattern: &Regex) -> Option<String> {
    let mut out = String::new();
    let mut kept = 0;
    for found in pattern.captures_iter(seen) {
        let whole = found.get(0)?;
        let start = found.get(1).map_or(whole.start(), |m| m.end());
        let end = found.get(2).map_or(whole.end(), |m| m.start());
        if text.get(start..)?.starts_with(REDACTED) {
            continue;
        }
        out.push_str(text.get(kept..start)?);
        out.push_str(REDACTED);
        kept = end;
    }
    out.push_str(text.get(kept..)?);
    (kept > 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_does_not_compile_is_an_error() {
        let broken = Format {
            name: "broken",
            words: &["x"],
            pattern: "(",
            example: ("", ""),
        };
        let error = Rules::compile(&[broken], MARKERS).err().map(|e| e.name);
        assert_eq!(error.as_deref(), Some("broken"));
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(RULES.as_ref().err(), None);
    }

    #[test]
    fn each_known_format_is_found_by_its_example() {
        let rules = Rules::compile(FORMATS, &["\u{0}"]).unwrap();
        for format in FORMATS {
            let (example, secret) = format.example;
            for text in [
                example.to_owned(),
                format!("it said {example} and went on"),
                format!("[{example}]"),
                format!("first\\n{}\\nlast", example.replace('\n', "\\n")),
            ] {
                let out = rules.clean(&text);
                assert!(!out.contains(secret), "{}: {out}", format.name);
                assert!(out.contains(REDACTED), "{}: {out}", format.name);
                assert_eq!(rules.clean(&out), out, "{}", format.name);
            }
            let lower = example.to_lowercase();
            assert!(
                format.words.iter().any(|w| lower.contains(w)),
                "{}",
                format.name
            );
            assert!(
                format.words.iter().all(|w| *w == w.to_lowercase()),
                "{}",
                format.name
            );
        }
    }

    #[test]
    fn no_format_is_listed_twice() {
        let mut names: Vec<&str> = FORMATS.iter().map(|f| f.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FORMATS.len());
        assert!(FORMATS.len() >= 60, "{}", FORMATS.len());
    }
}
