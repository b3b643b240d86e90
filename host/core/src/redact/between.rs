//! What stands between a name and its value: a sign, a word of a command, of SQL or of a sentence,
//! a bracket of a call.

use super::names::{is_password, is_setter};
use super::value::{Sign, is_prefix};

/// What may stand between the two, the longest first. `%3D` and `%3A` are signs within a URL.
const SIGNS: [&str; 11] = [
    "=>", ":=", "==", "=", ":", "->", "\u{2192}", "%3D", "%3d", "%3A", "%3a",
];
/// Commands whose first word is a name and whose second is its value.
const COMMANDS: [&str; 7] = ["ENV", "ARG", "export", "setenv", "putenv", "setx", "SETX"];
/// Words by which a sentence goes on to the value.
const CONNECT: [&str; 8] = [
    "for", "of", "is", "was", "provided", "given", "supplied", "used",
];

/// What was found.
pub(super) struct Between {
    /// Its kind.
    pub sign: Sign,
    /// Bytes from the name to the value.
    pub length: usize,
    /// True where the value goes on to the end of the line.
    pub line: bool,
    /// False where a value of a harmless form is none: a sentence speaks of many things.
    pub sure: bool,
}

/// What is between a name and its value; None where no value follows.
pub(super) fn between(name: &str, flag: bool, before: &str, behind: &str) -> Option<Between> {
    if let Some((sign, length)) = sign(behind, flag) {
        return Some(Between {
            sign,
            length,
            line: false,
            sure: true,
        });
    }
    call(name, behind)
        .or_else(|| pair(name, before, behind))
        .or_else(|| command(before, behind))
        .or_else(|| quoted(name, behind))
        .or_else(|| sentence(name, behind))
}

/// `setPassword(x)`, `Password("x")`.
fn call(name: &str, behind: &str) -> Option<Between> {
    let inner = behind.strip_prefix('(')?;
    let pointer = inner.starts_with("0x") || inner.starts_with("...");
    (!pointer && (is_setter(name) || is_password(name))).then_some(Between {
        sign: Sign::Told,
        length: 1,
        line: false,
        sure: false,
    })
}

/// `("password", "x")`.
fn pair(name: &str, before: &str, behind: &str) -> Option<Between> {
    let close = closed(behind);
    let opened = before.trim_end_matches(['"', '\'', '`', '\\']);
    let opened = opened.trim_end_matches(['b', 'u']).trim_end();
    if close == 0 || !opened.ends_with(['(', '[']) {
        return None;
    }
    let item = behind.get(close..)?.trim_start().strip_prefix(',')?;
    let value = item.trim_start();
    let quote = value.trim_start_matches(is_prefix).trim_start_matches('\\');
    quote.starts_with(['"', '\'', '`']).then_some(Between {
        sign: Sign::Told,
        length: behind.len() - value.len(),
        line: false,
        sure: is_password(name) && opened.ends_with('('),
    })
}

/// `ENV DB_PASSWORD x`, `export DB_PASSWORD x`.
fn command(before: &str, behind: &str) -> Option<Between> {
    let value = behind.trim_start_matches([' ', '\t']);
    let blank = behind.len() - value.len();
    let words = before.strip_suffix([' ', '\t'])?;
    let word = words.rsplit(|c: char| !c.is_ascii_alphabetic()).next()?;
    (blank > 0 && COMMANDS.contains(&word)).then_some(Between {
        sign: Sign::Told,
        length: blank,
        line: word == "ENV",
        sure: word == "ENV",
    })
}

/// `PASSWORD 'x'`, `invalid password "x"`; the name of an object stays.
fn quoted(name: &str, behind: &str) -> Option<Between> {
    let value = behind.strip_prefix(' ')?;
    let text = value.trim_start_matches('\\');
    let inner = text.strip_prefix(['"', '\'', '`'])?;
    let end = inner.find(['"', '\'', '`', '\\', '\n', ' '])?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-./".contains(c);
    let object = inner.get(..end)?.chars().all(plain);
    let sure = is_password(name);
    (sure || !object).then_some(Between {
        sign: Sign::Told,
        length: 1,
        line: false,
        sure,
    })
}

/// `Password for app: x`, `API key provided: x`, `the password is x`.
fn sentence(name: &str, behind: &str) -> Option<Between> {
    let text = behind.strip_prefix(' ')?;
    let mut used = 1;
    for (at, word) in text.split_inclusive([' ', '\n']).take(5).enumerate() {
        let bare = word.strip_suffix(' ')?;
        let said = bare.strip_suffix(':').unwrap_or(bare);
        if at == 0 && !CONNECT.contains(&said) {
            return None;
        }
        used += word.len();
        if said.len() < bare.len() || matches!(bare, "is" | "was") {
            return Some(Between {
                sign: Sign::Colon { blank: true },
                length: used,
                line: false,
                sure: is_password(name) && said.len() < bare.len(),
            });
        }
    }
    None
}

/// A sign, the attribute beside it, or what follows a flag; and its bytes.
fn sign(behind: &str, flag: bool) -> Option<(Sign, usize)> {
    let close = closed(behind);
    let text = behind.get(close..)?;
    let blank = text.len() - text.trim_start().len();
    let after = text.get(blank..)?;
    let arrow = |s: &&&str| (**s != "->" && **s != "\u{2192}") || blank > 0;
    let sign = SIGNS.iter().filter(arrow).find(|s| after.starts_with(**s));
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
