//! What nobody sees: escape sequences of terminals, control characters, marks of the reading
//! direction, characters of no width. They hide a name from a pattern, and drive a terminal.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

/// Longest escape sequence that is taken for one; a longer one loses its first character only.
const LONGEST: usize = 4096;

/// The text as it is seen: line ends are `\n`, tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    let text = match without_written_colours(text) {
        text if text.contains("\\u00") => Cow::Owned(without_written_letters(&text)),
        text => text,
    };
    let text = match text {
        text if text.contains("\\u{") => Cow::Owned(without_written_marks(&text)),
        text => text,
    };
    if text
        .bytes()
        .all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\t'))
    {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\u{1b}' => escape(&mut rest),
            '\u{9b}' => control(&mut rest),
            c if c.is_control() || is_unseen(c) => {}
            '\u{ff01}'..='\u{ff5e}' => out.push(narrow(c)),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// True for characters that have no width or turn the reading direction.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A letter, a digit or a sign of full width, as it is written in ASCII: `：` is a colon.
fn narrow(wide: char) -> char {
    char::from_u32(u32::from(wide) - 0xfee0).unwrap_or(wide)
}

/// Behind an escape character: the sequence that it begins.
fn escape(rest: &mut Peekable<Chars<'_>>) {
    match rest.peek() {
        Some('[') => {
            rest.next();
            control(rest);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            rest.next();
            string(rest);
        }
        Some(' '..='/') => {
            while rest.next_if(|c| (' '..='/').contains(c)).is_some() {}
            rest.next();
        }
        Some('0'..='~') => {
            rest.next();
        }
        _ => {}
    }
}

/// Parameters and the final character of a control sequence.
fn control(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| (' '..='?').contains(c)).is_some() {}
    rest.next_if(|c| ('@'..='~').contains(c));
}

/// A string for the terminal, up to its end; where it has none, the text behind it stays.
fn string(rest: &mut Peekable<Chars<'_>>) {
    let mut ahead = rest.clone().take(LONGEST);
    let mut length = 0;
    while let Some(c) = ahead.next() {
        length += 1;
        match c {
            '\u{7}' | '\u{9c}' => break,
            '\u{1b}' if ahead.next() == Some('\\') => {
                length += 1;
                break;
            }
            '\n' | '\u{1b}' => return,
            _ => {}
        }
        if length == LONGEST {
            return;
        }
    }
    for _ in 0..length {
        rest.next();
    }
}

/// Colours that are written out, as in a JSON text: `\u001b[31m`.
fn without_written_colours(text: &str) -> Cow<'_, str> {
    const BEGIN: [&str; 5] = ["\\u001b[", "\\u001B[", "\\x1b[", "\\033[", "\\e["];
    if !text.contains('\\') || !BEGIN.iter().any(|b| text.contains(b)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let behind = BEGIN.iter().find_map(|b| from.strip_prefix(b));
        let colour = behind.and_then(|b| {
            let end = b.find(|c: char| !c.is_ascii_digit() && c != ';')?;
            b.get(end..)?.strip_prefix(['m', 'K', 'J', 'H'])
        });
        rest = colour.unwrap_or_else(|| {
            out.push('\\');
            from.get(1..).unwrap_or_default()
        });
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// ASCII that is written as `\u0061`, as it reads; quotes and backslashes stay, or the text would
/// end elsewhere.
fn without_written_letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u00") {
        let (before, from) = rest.split_at(at);
        let digits = from
            .get(4..6)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let written = digits
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .map(char::from)
            .filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\'));
        let (shown, used) = match written {
            Some(c) => {
                out.push_str(before.trim_end_matches('\\'));
                (c, 6)
            }
            None => {
                out.push_str(before);
                ('\\', 1)
            }
        };
        out.push(shown);
        rest = from.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// What nobody sees and Rust writes as `\u{200b}`, as itself: it goes with the others.
fn without_written_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u{") {
        let (before, from) = rest.split_at(at);
        let inner = from.get(3..).unwrap_or_default();
        let mark = inner.split_once('}').and_then(|(digits, behind)| {
            let mark = u32::from_str_radix(digits, 16)
                .ok()
                .and_then(char::from_u32)?;
            let unseen = is_unseen(mark) || mark.is_control();
            (unseen && !mark.is_whitespace()).then_some((mark, behind))
        });
        match mark {
            Some((mark, behind)) => {
                out.push_str(before.trim_end_matches('\\'));
                out.push(mark);
                rest = behind;
            }
            None => {
                out.push_str(before);
                out.push('\\');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unseen_goes_and_what_is_seen_stays() {
        for (text, seen) in [
            ("plain\ttext\n", "plain\ttext\n"),
            ("a\u{1b}[2Jb\u{7}c", "abc"),
            ("pass\u{200b}word \u{202e}x\u{2069}", "password x"),
            (
                "\u{1b}]0;title\u{7}body \u{1b}]8;;http://x\u{1b}\\link",
                "body link",
            ),
            ("\u{1b}]0;never ends\nbody", "0;never ends\nbody"),
            ("\u{1b}(Bx\u{9b}31my", "xy"),
            ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
            (
                "{\"m\":\"\\u001b[31mred\\u001b[0m \\n\"}",
                "{\"m\":\"red \\n\"}",
            ),
            ("இந்த 日本 é", "இந்த 日本 é"),
            (
                r"pass\u{200b}word\u{1b}[0m: \u{61} \u{",
                r"password: \u{61} \u{",
            ),
            ("ｐａｓｓ＿word：x", "pass_word:x"),
            (
                "{\"p\\u0061ss\":\"\\u003d \\u0022 \\u0007\"}",
                "{\"pass\":\"= \\u0022 \\u0007\"}",
            ),
        ] {
            assert_eq!(visible(text), seen, "{text:?}");
            assert_eq!(visible(seen), seen);
        }
    }
}
