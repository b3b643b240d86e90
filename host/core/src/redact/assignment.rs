//! Secrets that a name in front of them gives away: `password=x`, `"token": "x"`, `--secret x`,
//! `<password>x</password>`.

use std::ops::Range;

use super::REDACTED;
use super::between::between;
use super::names::{self, Sound};
use super::value::{Place, find};

/// The text without values of names that sound secret. `markers` are places where a part of such
/// a name begins, in order.
pub(super) fn redact(text: &str, markers: impl Iterator<Item = usize>) -> Option<String> {
    let mut out = String::new();
    let (mut kept, mut looked) = (0, 0);
    for at in markers {
        if at < looked || at < kept {
            continue;
        }
        let name = name_around(text, at);
        looked = name.end;
        let Some(value) = value_of(text, &name) else {
            continue;
        };
        if value.start < kept {
            continue;
        }
        out.push_str(text.get(kept..value.start).unwrap_or_default());
        out.push_str(REDACTED);
        kept = value.end;
    }
    out.push_str(text.get(kept..)?);
    (kept > 0).then_some(out)
}

/// The name that a byte of it belongs to, with what joins its words.
fn name_around(text: &str, at: usize) -> Range<usize> {
    let joins = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let before = text.get(..at).unwrap_or_default();
    let start = before.trim_end_matches(joins).len();
    // What is escaped in front of a name is no part of it: `\nDB_PASSWORD`.
    let escaped = before.get(..start).is_some_and(|b| b.ends_with('\\'));
    let behind = text.get(at..).unwrap_or_default();
    let length = behind.len() - behind.trim_start_matches(joins).len();
    start + usize::from(escaped && start < at)..at + length
}

/// Where the value of a name is; none where the name or the value is harmless.
fn value_of(text: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let word = text.get(name.clone())?;
    let before = text.get(..name.start)?;
    let plain = word
        .trim_start_matches(['-', '.'])
        .trim_end_matches(['.', '-']);
    let (plain, sound) = match names::sound(plain) {
        Sound::Harmless => (of_two_words(text, name, plain)?, Sound::Perhaps),
        sound => (plain, sound),
    };
    let flag = word.starts_with('-');
    let behind = text.get(name.end..)?;
    if let Some(range) = element(before, behind) {
        return shifted(range, name.end);
    }
    let found = between(plain, flag, before, behind)?;
    let rest = behind.get(found.length..)?;
    if let Some(inner) = default_of_shell(before, rest) {
        return shifted(inner?, name.end + found.length);
    }
    let place = Place {
        name: plain,
        sign: found.sign,
        line: starts_line(before).or(found.line.then_some(0)),
        path: before.ends_with('/'),
        sure: found.sure && sound == Sound::Secret,
    };
    let (keep, bytes) = find(rest, place)?;
    let start = name.end + found.length + keep;
    Some(start..start + bytes)
}

/// `API key`, as sentences have it.
fn of_two_words<'t>(text: &'t str, name: &Range<usize>, word: &str) -> Option<&'t str> {
    if !word.eq_ignore_ascii_case("key") && !word.eq_ignore_ascii_case("keys") {
        return None;
    }
    let before = text.get(..name.start)?.strip_suffix(' ')?;
    let first = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
    let both = text.get(first.len()..name.end)?;
    (names::sound(both) == Sound::Secret).then_some(both)
}

fn shifted(range: Range<usize>, by: usize) -> Option<Range<usize>> {
    Some(range.start + by..range.end + by)
}

/// `<password>x</password>`, and elements whose attribute holds the name.
fn element(before: &str, behind: &str) -> Option<Range<usize>> {
    let tag = before.rsplit(['<', '>', '\n', '/']).next()?;
    let open = before.len() - tag.len();
    if !before.get(..open)?.ends_with('<') {
        return None;
    }
    let end = behind.find('>').filter(|end| {
        let attributes = behind.get(..*end).unwrap_or_default();
        !attributes.contains(['<', '\n'])
            && !attributes.ends_with('/')
            && !attributes.contains("value=")
    })?;
    let inner = behind.get(end + 1..)?;
    let length = inner
        .find('<')
        .filter(|at| inner.get(*at..).is_some_and(|r| r.starts_with("</")))?;
    let value = inner.get(..length)?;
    (!value.trim().is_empty() && value != REDACTED).then_some(end + 1..end + 1 + length)
}

/// `${NAME:-value}` and `${NAME:?message}`: the outer None says that it is neither.
fn default_of_shell(before: &str, rest: &str) -> Option<Option<Range<usize>>> {
    if !before.ends_with("${") {
        return None;
    }
    let value = match rest.strip_prefix(['-', '=']) {
        Some(value) => value,
        None if rest.starts_with(['?', '+']) => return Some(None),
        None => return None,
    };
    let end = value.find('}').unwrap_or(value.len());
    let inner = value.get(..end).unwrap_or_default();
    Some((!inner.is_empty() && inner != REDACTED).then_some(1..1 + end))
}

/// Columns in front of it where only white space, dashes or quotes stand before it in its line.
pub(super) fn starts_line(before: &str) -> Option<usize> {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let line = line.rsplit("\\n").next().unwrap_or_default();
    line.chars()
        .all(|c| c.is_whitespace() || matches!(c, '-' | '"' | '\''))
        .then_some(line.len())
}
