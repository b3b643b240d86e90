//! Secrets that a name in front of them gives away: `password=x`, `"token": "x"`, `--secret x`,
//! `name: DB_PASSWORD` with its `value`, and the data of a Secret.

use std::sync::LazyLock;

use regex::Regex;

use super::{REDACTED, is_secret_name};

/// Parts of names in front of secrets.
const WORDS: &str = "passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|dockerconfigjson|dockercfg|(?:client|encryption|signing|account|master|license)[_-]?key|client-certificate-data|connection[_-]?string";

/// Endings of names that are no secret although they sound so, without separators.
const HARMLESS: &[&str] = &[
    "name",
    "names",
    "namespace",
    "ref",
    "seconds",
    "path",
    "file",
    "dir",
    "type",
    "count",
    "ttl",
    "policy",
    "class",
    "provider",
    "length",
    "size",
    "version",
    "url",
    "endpoint",
    "tokens",
    "secrets",
    "enabled",
    "required",
    "expiry",
    "expired",
    "limit",
    "format",
    "audience",
    "issuer",
];

/// What stands behind a name: group `key` is the name.
static NAMED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let quote = r"\\*[\x22']";
    [
        // key=value, key: value, "key": "value"
        format!(r"(?i)(?P<key>[a-z0-9_.-]*(?:{WORDS})[a-z0-9_-]*)(?:{quote})?\s*(?:=>|:=|[:=])[ \t]*"),
        // --key value, as words or as a list
        format!(r"(?i)--?(?P<key>[a-z0-9_-]*(?:{WORDS})[a-z0-9_-]*)(?:[ \t]+|{quote}?\s*,\s*|{quote}?\s*(?:\n|\\n)\s*-[ \t]+)"),
        // name and value of an environment variable
        format!(r"(?i){quote}name{quote}\s*:\s*{quote}(?P<pair>[^\x22'\\]+){quote}\s*,\s*{quote}value{quote}\s*:\s*"),
        r"(?i)\bname:[ \t]*[\x22']?(?P<pair>[^\s\x22']+)[\x22']?(?:\s|\\n)+value:[ \t]*".to_owned(),
    ]
    .iter()
    .filter_map(|p| Regex::new(p).ok())
    .collect()
});

static SECRET: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\bkind\\*[\x22']?\s*:\s*\\*[\x22']?Secret\b").ok());

static DATA: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:stringData|data)\\*[\x22']?\s*:").ok());

static FIELD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?P<any>[A-Za-z0-9_.-]+)\\*[\x22']?[ \t]*:[ \t]*").ok());

/// The text without values of names that sound secret.
pub(super) fn redact(text: &str) -> String {
    let named = NAMED
        .iter()
        .fold(text.to_owned(), |text, pattern| pass(&text, pattern));
    manifest(named)
}

/// The data of a Secret that somebody printed.
fn manifest(text: String) -> String {
    let (Some(secret), Some(data), Some(field)) = (SECRET.as_ref(), DATA.as_ref(), FIELD.as_ref())
    else {
        return text;
    };
    if !secret.is_match(&text) {
        return text;
    }
    let mut out = String::new();
    let mut at = 0;
    while let Some(found) = data.find_at(&text, at) {
        let rest = text.get(found.end()..).unwrap_or_default();
        let block = block_end(rest);
        out.push_str(text.get(at..found.end()).unwrap_or_default());
        out.push_str(&pass(rest.get(..block).unwrap_or_default(), field));
        at = found.end() + block;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
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

fn pass(text: &str, pattern: &Regex) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = pattern.captures_at(text, at) {
        let Some(whole) = found.get(0) else { break };
        let secret = match (found.name("key"), found.name("pair")) {
            (Some(key), _) => !is_harmless(key.as_str()),
            (_, Some(pair)) => is_secret_name(pair.as_str()),
            _ => true,
        };
        let rest = text.get(whole.end()..).unwrap_or_default();
        let key_only = found.name("key").map_or("", |k| k.as_str());
        out.push_str(text.get(at..whole.end()).unwrap_or_default());
        at = whole.end();
        let start = found.name("key").map_or(whole.start(), |k| k.start());
        let value = secret
            .then(|| value(rest, starts_line(text, start), key_only))
            .flatten();
        if let Some((kept, length)) = value {
            out.push_str(rest.get(..kept).unwrap_or_default());
            out.push_str(REDACTED);
            at += kept + length;
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn is_harmless(key: &str) -> bool {
    let plain: String = key
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    HARMLESS.iter().any(|ending| plain.ends_with(ending))
}

/// True where only white space, a dash or a quote stands before it in its line.
fn starts_line(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.chars().all(|c| c.is_whitespace() || c == '-')
}

/// Where a value is: bytes to keep before it (its quote), and its length. None where there is
/// nothing to hide.
fn value(rest: &str, line: bool, key: &str) -> Option<(usize, usize)> {
    let plain = [
        "true", "false", "null", "nil", "none", "$(", "${", "{", "//", "--", "<nil>",
    ];
    if rest.starts_with('[') || plain.iter().any(|p| rest.starts_with(p)) {
        return None;
    }
    if key.to_lowercase().ends_with("pwd") && rest.starts_with(['/', '.']) {
        return None;
    }
    let slashes = rest.len() - rest.trim_start_matches('\\').len();
    let quote = rest.get(slashes..).unwrap_or_default().chars().next();
    if let Some(quote @ ('"' | '\'')) = quote {
        let kept = slashes + 1;
        let inner = rest.get(kept..).unwrap_or_default();
        let length = quoted(inner, slashes, quote);
        let hidden = inner.starts_with(REDACTED) && length == REDACTED.len();
        return (length > 0 && !hidden).then_some((kept, length));
    }
    if rest.starts_with(['|', '>']) {
        if let Some((kept, length)) = block(rest) {
            let known = rest.get(kept..kept + length) == Some(REDACTED);
            return (!known).then_some((kept, length));
        }
        // A block whose line ends are escaped: up to the quote that must follow.
        if rest
            .get(1..)
            .is_some_and(|r| r.trim_start_matches(['-', '+']).starts_with("\\n"))
        {
            let end = rest.find(['"', '\n']).unwrap_or(rest.len());
            let kept = rest.find("\\n").map_or(0, |at| at + 2);
            let spaces = rest
                .get(kept..end)
                .map_or(0, |r| r.len() - r.trim_start().len());
            let known = rest.get(kept + spaces..end) == Some(REDACTED);
            return (!known && end > kept + spaces).then_some((kept + spaces, end - kept - spaces));
        }
    }
    let length = bare(rest, line);
    (length > 0).then_some((0, length))
}

/// Bytes until the quote that closes, with as many backslashes as opened it.
fn quoted(inner: &str, slashes: usize, quote: char) -> usize {
    let mut backslashes = 0;
    for (at, c) in inner.char_indices() {
        match c {
            '\\' => backslashes += 1,
            c if c == quote && backslashes <= slashes => return at - backslashes,
            _ => backslashes = 0,
        }
    }
    inner.len()
}

/// A block of YAML: every line that is indented as the first one.
fn block(rest: &str) -> Option<(usize, usize)> {
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
    let kept = head.len() + 1 + indent;
    let secret = length.saturating_sub(indent);
    (secret > 0).then_some((kept, secret))
}

/// A value without quotes: a whole line where the name starts it, else a word, up to what begins
/// another assignment.
fn bare(rest: &str, line: bool) -> usize {
    let end = if line {
        rest.find(['\n', '\r'])
    } else {
        rest.find(|c: char| c.is_whitespace() || c == '"' || c == '\'')
    };
    let mut value = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    for escape in ["\\n", "\\r", "\\t", "\\\"", "\\'"] {
        value = value.split(escape).next().unwrap_or_default();
    }
    let next = value
        .match_indices([',', ';', '&', ' '])
        .map(|(at, _)| at)
        .find(|at| begins_assignment(value.get(at + 1..).unwrap_or_default()));
    let value = value.get(..next.unwrap_or(value.len())).unwrap_or_default();
    value
        .trim_end_matches([',', ';', '&', ')', '}', ']', ' '])
        .len()
}

fn begins_assignment(text: &str) -> bool {
    let name = text.trim_start();
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric() && !"_.- ".contains(c))
        .unwrap_or(name.len());
    let word = name.get(..end).unwrap_or_default();
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && !word.trim_end().contains(' ')
        && name.get(end..).unwrap_or_default().starts_with('=')
}
