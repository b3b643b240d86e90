//! Where the value behind a name is, and whether there is anything to hide.

use super::{REDACTED, form, prose};

/// What stands between a name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// `=`, `:=`, `=>`.
    Equals,
    /// `:`, and whether a blank follows.
    Colon {
        /// True for `: `.
        blank: bool,
    },
    /// A blank or a comma behind a flag.
    Flag,
    /// A word or a bracket of a sentence, a command or a call.
    Told,
    /// The value beside a name, or a field of a Secret's data: whatever stands there is the value.
    Value,
}

/// What is known of the name in front of a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'t> {
    /// The name.
    pub name: &'t str,
    /// What stands between them.
    pub sign: Sign,
    /// Columns in front of the name, where only white space, dashes and quotes are there.
    pub line: Option<usize>,
    /// True where the name ends a path.
    pub path: bool,
    /// False where only a value without a harmless form is one.
    pub sure: bool,
}

/// Bytes of a value: what to keep in front of it, and its length.
pub(super) type Span = (usize, usize);

/// Where a value is. None where there is nothing to hide.
pub(super) fn find(rest: &str, place: Place<'_>) -> Option<Span> {
    if rest.starts_with("//") && place.sign == (Sign::Colon { blank: false }) {
        return None;
    }
    if place.sign == (Sign::Colon { blank: false }) && is_source(place.name, rest) {
        return None;
    }
    if let Some((kept, inner, slashes, quote)) = opening(rest, place.sign) {
        let length = closing(inner, slashes, quote);
        let value = inner.get(..length).unwrap_or_default();
        let harmless = is_nothing(value)
            || is_plain(value)
            || is_expected(value, place)
            || (place.sign == Sign::Told && prose::is_message(value, false));
        return (!harmless).then_some((kept, length));
    }
    if let Some(span) = structured(rest, place) {
        return span;
    }
    if rest.starts_with(['|', '>'])
        && let Some(span) = block(rest).or_else(|| written_block(rest))
    {
        let hidden = rest.get(span.0..span.0 + span.1) == Some(REDACTED);
        return (!hidden).then_some(span);
    }
    let next = is_line_end(rest);
    if next && let Some(span) = items(rest, place) {
        return Some(span);
    }
    let kept = match (next, place.sign) {
        (true, Sign::Colon { .. } | Sign::Value) => next_line(rest, place.line? + 1)?,
        (true, Sign::Equals) => next_line(rest, place.line?)?,
        _ => 0,
    };
    let text = rest.get(kept..).unwrap_or_default();
    let length = bare(text, place.line.is_some());
    let value = text.get(..length).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let harmless = is_nothing(value)
        || is_plain(value)
        || is_expected(value, place)
        || (next && place.sign == Sign::Equals && form::is_harmless(value))
        || is_tally(place.name, line)
        || (is_directory(place.name) && value.starts_with(['/', '.']))
        || (matches!(place.sign, Sign::Colon { blank: true })
            && prose::is_message(line, place.path))
        || (place.sign == Sign::Flag && is_flag(value))
        || (place.line.is_some() && is_change(line));
    (!harmless).then_some((kept, length))
}

/// A quote, perhaps escaped, perhaps on the next line, perhaps marked as in `b'x'`: bytes up to its
/// inside, the inside, the backslashes in front of the quote, and the quote.
fn opening(rest: &str, sign: Sign) -> Option<(usize, &str, usize, char)> {
    let text = match sign {
        Sign::Equals => rest,
        _ => rest.trim_start(),
    };
    let marked = text.trim_start_matches(is_prefix);
    let text = if text.len() - marked.len() > 2 {
        text
    } else {
        marked
    };
    let bare = text.trim_start_matches('\\');
    let slashes = text.len() - bare.len();
    let quote = bare.chars().next()?;
    let kept = rest.len() - bare.len() + 1;
    matches!(quote, '"' | '\'' | '`').then_some((kept, rest.get(kept..)?, slashes, quote))
}

/// What languages write in front of a text in quotation marks: `b'x'`, `u"x"`, `$'x'`, `@"x"`.
pub(super) fn is_prefix(c: char) -> bool {
    "bBuUrRfFnNeELl@$".contains(c)
}

/// Bytes until the end of a quoted value: the quote that closes, with as many backslashes as opened
/// it. What is written on without a blank belongs to it: `'it''s'`, `'a'"b"`, `'a'b`.
fn closing(inner: &str, slashes: usize, quote: char) -> usize {
    let mut backslashes = 0;
    let mut doubled = false;
    for (at, c) in inner.char_indices() {
        match c {
            '\\' => backslashes += 1,
            _ if doubled => doubled = false,
            c if c == quote && backslashes <= slashes => {
                let behind = inner.get(at + 1..).unwrap_or_default();
                let next = behind.chars().next().unwrap_or(' ');
                doubled = slashes == 0 && backslashes == 0 && next == quote;
                let goes_on = slashes == 0 && (next.is_alphanumeric() || other(behind, quote));
                match (doubled, goes_on) {
                    (true, _) => {}
                    (_, true) => return at + 1 + word(behind),
                    _ => return at - backslashes,
                }
            }
            _ => backslashes = 0,
        }
    }
    inner.len()
}

/// Another text in quotation marks, written directly behind the first.
fn other(behind: &str, quote: char) -> bool {
    let mut chars = behind.chars();
    let opens = chars
        .next()
        .is_some_and(|c| matches!(c, '"' | '\'') && c != quote);
    opens && chars.next().is_some_and(char::is_alphanumeric)
}

/// Bytes of a word as a shell reads it: a blank behind a backslash, and what stands in quotation
/// marks behind a bracket or another part of the word, belong to it.
fn word(rest: &str) -> usize {
    let mut last = None;
    let mut skip = 0;
    for (at, c) in rest.char_indices() {
        if at < skip {
            continue;
        }
        match c {
            ' ' if last == Some('\\') => {}
            c if c.is_whitespace() => return at,
            '"' | '\'' => {
                let opens = last.is_none_or(|l| matches!(l, '(' | '[' | '{' | '='));
                let inner = rest.get(at + 1..).unwrap_or_default();
                match inner.find([c, '\n']).filter(|end| opens && *end > 0) {
                    Some(end) if inner.get(end..).is_some_and(|i| i.starts_with(c)) => {
                        skip = at + 1 + end + 1;
                    }
                    _ => return at,
                }
            }
            _ => {}
        }
        last = Some(c);
    }
    rest.len()
}

/// A map or a list behind a colon: a map is no value, its own fields are looked at; a list of plain
/// items is hidden as a whole. The outer None says that it is neither.
fn structured(rest: &str, place: Place<'_>) -> Option<Option<Span>> {
    if !matches!(place.sign, Sign::Colon { .. }) {
        return None;
    }
    let inner = rest.strip_prefix(['{', '['])?.trim_start();
    if rest.starts_with("{{") || rest.starts_with(REDACTED) {
        return Some(None);
    }
    let mut after = inner.trim_start_matches(['"', '\'', '\\', '{', ' ']);
    after = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c));
    let field = after.trim_start_matches(['"', '\'', '\\']).starts_with(':');
    if inner.starts_with(['}', ']']) || field {
        return Some(None);
    }
    let end = rest.find([']', '\n']).filter(|_| rest.starts_with('['))?;
    (end > 1).then_some(Some((1, end - 1)))
}

/// A block of YAML: every line that is indented as the first one.
fn block(rest: &str) -> Option<Span> {
    let (head, body) = rest.split_once('\n').filter(|(head, _)| head.len() <= 3)?;
    let indent = body.len() - body.trim_start_matches([' ', '\t']).len();
    if indent == 0 {
        return None;
    }
    let mut length = 0;
    for line in body.split_inclusive('\n') {
        let own = line.len() - line.trim_start_matches([' ', '\t']).len();
        if own < indent && !line.trim().is_empty() {
            break;
        }
        length += line.len();
    }
    let length = body.get(..length).unwrap_or_default().trim_end().len();
    let secret = length.saturating_sub(indent);
    (secret > 0).then_some((head.len() + 1 + indent, secret))
}

/// A block whose line ends are written as `\n`: up to the quote that must follow.
fn written_block(rest: &str) -> Option<Span> {
    let behind = rest.get(1..)?.trim_start_matches(['-', '+']);
    if !behind.starts_with("\\n") {
        return None;
    }
    let end = rest.find(['"', '\n']).unwrap_or(rest.len());
    let kept = rest.find("\\n").map_or(0, |at| at + 2);
    let inner = rest.get(kept..end)?;
    let spaces = inner.len() - inner.trim_start().len();
    (inner.len() > spaces).then_some((kept + spaces, inner.len() - spaces))
}

fn is_line_end(rest: &str) -> bool {
    rest.trim_start_matches([' ', '\t']).starts_with('\n') || rest.starts_with("\\n")
}

/// Bytes up to a value that stands alone on the next line, `indent` columns in at least.
fn next_line(rest: &str, indent: usize) -> Option<usize> {
    let (written, at) = line_end(rest);
    let body = rest.get(at..)?;
    let spaces = body.len() - body.trim_start_matches([' ', '\t']).len();
    let line = body.lines().next()?;
    let line = if written {
        line.split("\\n").next()?
    } else {
        line
    }
    .trim();
    let other = line.is_empty()
        || line.starts_with("- ")
        || line.starts_with('#')
        || line.ends_with(':')
        || line.contains(": ")
        || line.contains(' ')
        || begins_assignment(line);
    (spaces >= indent && !other).then_some(at + spaces)
}

/// Whether a line end is written out, and the bytes up to the next line.
fn line_end(rest: &str) -> (bool, usize) {
    match rest.find('\n') {
        Some(at) if !rest.starts_with("\\n") => (false, at + 1),
        _ => (true, 2),
    }
}

/// The items of a list on the next lines, from the first to the last. None where one is a map, or
/// where all have a harmless form, as names of things have.
fn items(rest: &str, place: Place<'_>) -> Option<Span> {
    let indent = place
        .line
        .filter(|_| matches!(place.sign, Sign::Colon { .. }))?;
    let (written, at) = line_end(rest);
    let end = if written { "\\n" } else { "\n" };
    let (mut from, mut to, mut here) = (None, 0, at);
    let mut harmless = true;
    for line in rest.get(at..)?.split(end) {
        let text = line.trim_start_matches([' ', '\t']);
        let Some(item) = text
            .strip_prefix("- ")
            .filter(|_| line.len() - text.len() + 2 > indent)
        else {
            break;
        };
        if item.contains(": ") || item.ends_with(':') {
            return None;
        }
        let item = item.trim_end();
        let start = here + line.len() - text.len() + 2;
        harmless &= form::is_harmless(item.trim_matches(['"', '\''])) || is_nothing(item);
        from = from.or(Some(start));
        to = start + item.len();
        here += line.len() + end.len();
    }
    let from = from.filter(|_| !harmless)?;
    Some((from, to - from))
}

/// A value without quotes: a whole line where the name starts it, else a word, up to what begins
/// another assignment.
fn bare(rest: &str, line: bool) -> usize {
    let end = if line {
        rest.find(['\n', '\r']).unwrap_or(rest.len())
    } else {
        with_scheme(rest, word(rest))
    };
    let mut value = rest.get(..end).unwrap_or_default();
    // What a written line end or another pair of name and value begins is looked at by itself.
    for escape in ["\\n", "\\r", "\\t", "\\\"", "\\'", "name:", "%26"] {
        value = value.split(escape).next().unwrap_or_default();
    }
    let next = value
        .match_indices([',', ';', '&', ' '])
        .map(|(at, _)| at)
        .find(|at| begins_assignment(value.get(at + 1..).unwrap_or_default()));
    let value = value.get(..next.unwrap_or(value.len())).unwrap_or_default();
    let trimmed = value.trim_end_matches([',', ';', '&', ' ']);
    // A bracket closes what is around the value, unless the value opened it.
    let mut kept = trimmed;
    for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
        if !kept.contains(open) {
            kept = kept.trim_end_matches(close);
        }
    }
    kept.trim_end_matches([',', ';', '&', ' ']).len()
}

/// The word behind `Basic` or `Bearer` is the secret.
fn with_scheme(rest: &str, end: usize) -> usize {
    const SCHEMES: [&str; 6] = ["basic", "bearer", "digest", "token", "negotiate", "apikey"];
    let first = rest.get(..end).unwrap_or_default();
    let behind = rest.get(end..).unwrap_or_default();
    let next = behind.trim_start_matches(' ');
    if next.len() == behind.len() || !SCHEMES.iter().any(|s| first.eq_ignore_ascii_case(s)) {
        return end;
    }
    rest.len() - next.len() + word(next)
}

fn begins_assignment(text: &str) -> bool {
    let name = text.trim_start();
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric() && !"_.- ".contains(c))
        .unwrap_or(name.len());
    let word = name.get(..end).unwrap_or_default();
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && !word.trim_end().contains(' ')
        && is_sign(name.get(end..).unwrap_or_default())
}

/// One `=`: two of them end a text in base64.
fn is_sign(text: &str) -> bool {
    text.starts_with('=') && !text.starts_with("==")
}

/// Nothing that could be a secret, or what is hidden already.
fn is_nothing(value: &str) -> bool {
    value.starts_with(REDACTED)
        || !value.chars().any(char::is_alphanumeric)
        || super::veil::is_token(value)
}

/// What is expected behind a name that does not make it a secret for sure.
fn is_expected(value: &str, place: Place<'_>) -> bool {
    !place.sure && form::is_harmless(value)
}

/// `auth.go:12`: a line of a source.
fn is_source(name: &str, rest: &str) -> bool {
    const ENDS: [&str; 12] = [
        "go", "py", "js", "ts", "rs", "rb", "java", "kt", "php", "cs", "yaml", "yml",
    ];
    let end = name.rsplit_once('.').map(|(_, end)| end);
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    end.is_some_and(|end| ENDS.contains(&end))
        && behind.len() < rest.len()
        && !behind.starts_with(char::is_alphanumeric)
}

/// `pass: 12 fail: 3`: what a run of tests counted.
fn is_tally(name: &str, line: &str) -> bool {
    let counted = ["fail", "FAIL", "Fail"].iter().any(|f| line.contains(f));
    name.eq_ignore_ascii_case("pass") && counted && line.starts_with(|c: char| c.is_ascii_digit())
}

/// A line of a diff whose sides are harmless by their form: `automountServiceAccountToken: true ->
/// false`. Values of variables and of data are hidden before they get into a diff.
fn is_change(line: &str) -> bool {
    let mut sides = line.split(" -> ").peekable();
    sides.next().is_some()
        && sides.peek().is_some()
        && line
            .split(" -> ")
            .all(|side| form::is_harmless(side) || is_plain(side))
}

/// Words that say how something is set, and that nobody takes for a password.
const STATES: [&str; 20] = [
    "enabled",
    "disabled",
    "enable",
    "disable",
    "on",
    "off",
    "yes",
    "no",
    "ok",
    "failed",
    "failure",
    "success",
    "succeeded",
    "required",
    "optional",
    "set",
    "unset",
    "missing",
    "present",
    "absent",
];

/// The whole value is a truth value, nothing, or a reference to a variable.
fn is_plain(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "true" | "false" | "null" | "nil" | "none" | "<nil>" | "<none>" | "<set>" | "<unset>"
    ) || STATES.contains(&lower.as_str())
        || is_reference(value.trim())
}

/// `$(NAME)`, `${NAME}`, `{{ .Values.name }}`, and nothing else.
fn is_reference(value: &str) -> bool {
    let name = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
    };
    let within = |open: &str, close: &str| {
        let inner = value.strip_prefix(open)?.strip_suffix(close)?;
        Some(name(inner.trim()))
    };
    [("$(", ")"), ("${", "}"), ("{{", "}}"), ("<", ">")]
        .iter()
        .any(|(open, close)| within(open, close) == Some(true))
}

/// The shell's own variables are directories.
fn is_directory(name: &str) -> bool {
    matches!(name, "PWD" | "OLDPWD")
}

/// Another flag: the one in front of it has no value.
fn is_flag(value: &str) -> bool {
    let word = value.split(['=', ',', ']']).next().unwrap_or_default();
    let name = word.trim_start_matches('-');
    word.len() > name.len()
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
