//! Secrets that a name in front of them gives away: `password=x`, `"token": "x"`, `--secret x`,
//! `<password>x</password>`.

use std::ops::Range;

use super::REDACTED;
use super::names::is_secret_name;
use super::value::{Place, Sign, find};

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
    let plain = word
        .trim_start_matches(['-', '.'])
        .trim_end_matches(['.', '-']);
    if !is_secret_name(plain) {
        return None;
    }
    let before = text.get(..name.start)?;
    let flag = word.starts_with('-');
    let behind = text.get(name.end..)?;
    if let Some(range) = element(before, behind) {
        return shifted(range, name.end);
    }
    let (sign, length) = sign(behind, flag)?;
    let rest = behind.get(length..)?;
    if let Some(inner) = default_of_shell(before, rest) {
        return shifted(inner?, name.end + length);
    }
    let place = Place {
        name: plain,
        sign,
        line: starts_line(before),
        path: before.ends_with('/'),
    };
    let (keep, bytes) = find(rest, place)?;
    let start = name.end + length + keep;
    Some(start..start + bytes)
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

/// What stands between a name and its value, and its bytes.
fn sign(behind: &str, flag: bool) -> Option<(Sign, usize)> {
    let close = closed(behind);
    let text = behind.get(close..)?;
    let blank = text.len() - text.trim_start().len();
    let after = text.get(blank..)?;
    let sign = ["=>", ":=", "==", "=", ":"]
        .iter()
        .find(|s| after.starts_with(**s));
    if let Some(sign) = sign {
        // A line end in front of a sign is only between JSON's.
        if text.get(..blank)?.contains('\n') && close == 0 {
            return None;
        }
        let used = close + blank + sign.len();
        let rest = behind.get(used..)?;
        let spaces = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let sign = match *sign {
            ":" => Sign::Colon {
                blank: spaces > 0 || rest.starts_with('\n'),
            },
            _ => Sign::Equals,
        };
        return Some((sign, used + spaces));
    }
    // An attribute beside it: <add key="Password" value="x"/>
    if let Some(at) = after.strip_prefix("value=") {
        return Some((Sign::Equals, behind.len() - at.len()));
    }
    flag.then(|| flagged(behind)).flatten()
}

/// A quote or a bracket that closes around a name.
fn closed(behind: &str) -> usize {
    let slashes = behind.len() - behind.trim_start_matches('\\').len();
    match behind.get(slashes..).and_then(|b| b.chars().next()) {
        Some('"' | '\'' | '`') => {
            let more = behind.get(slashes + 1..).unwrap_or_default();
            slashes + 1 + usize::from(more.starts_with(']'))
        }
        Some(']' | ')') if slashes == 0 => {
            let more = behind.get(1..).unwrap_or_default();
            1 + usize::from(more.starts_with(['"', '\'']))
        }
        _ => 0,
    }
}

/// Between a flag and its value: a blank, or what stands between items of a list.
fn flagged(behind: &str) -> Option<(Sign, usize)> {
    let close = closed(behind);
    let text = behind.get(close..)?;
    let spaces = text.len() - text.trim_start_matches([' ', '\t']).len();
    let after = text.get(spaces..)?;
    if let Some(item) = after.strip_prefix(',') {
        let blank = item.len() - item.trim_start().len();
        return Some((Sign::Flag, behind.len() - item.len() + blank));
    }
    for end in ["\n", "\\n"] {
        if let Some(line) = after.strip_prefix(end) {
            let item = line.trim_start_matches([' ', '\t']).strip_prefix("- ")?;
            let blank = item.len() - item.trim_start_matches([' ', '\t']).len();
            return Some((Sign::Flag, behind.len() - item.len() + blank));
        }
    }
    (spaces > 0).then_some((Sign::Flag, close + spaces))
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
