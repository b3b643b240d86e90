//! Text that can be spoken: no marks, links, ids, digests, markup or control characters.

/// Letters that Kubernetes uses for generated suffixes.
const GENERATED: &str = "bcdfghjklmnpqrstvwxz2456789";

/// A name as one would say it: `web-7d9f8c6b5-x2x4z` becomes `web`, `payment-api` `payment api`.
pub fn name(name: &str) -> String {
    let clean: String = name.chars().filter(|c| !is_unspeakable(*c)).collect();
    spaced(stem(&clean))
}

/// A sentence that ends with a mark.
pub fn sentence(written: &str) -> String {
    let mut said = text(written);
    if !said.is_empty() && !said.ends_with(['.', '!', '?']) {
        said.push('.');
    }
    said
}

/// Free text of a finding, word by word.
pub fn text(text: &str) -> String {
    let clean: String = without_marks(text)
        .chars()
        .map(|c| if is_unspeakable(c) { ' ' } else { c })
        .collect();
    let words = clean.split_whitespace().map(word).filter(|w| !w.is_empty());
    tidy(&words.collect::<Vec<_>>().join(" "))
}

/// Control and direction characters, and whatever a speech service could read as markup.
fn is_unspeakable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '<' | '>' | '&' | '{' | '}' | '`' | '"' | '*' | '#' | '|' | '\\' | '^' | '~'
        )
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

/// Without evidence marks such as `[e1]`.
fn without_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        match after.split_once(']') {
            Some((mark, behind)) if is_marks(mark) => rest = behind,
            _ => {
                out.push(' ');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// `e1`, or `e1, e2`.
fn is_marks(text: &str) -> bool {
    text.split(',').all(|mark| {
        let digits = mark.trim().strip_prefix('e');
        digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// One word of free text; empty where it is not for ears.
fn word(word: &str) -> String {
    let end = word.len() - word.trim_end_matches(['.', ',', ';', ':', '!', '?']).len();
    let (core, end) = word.split_at(word.len() - end);
    let core = core.trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | '\''));
    let core = core.split_once("@sha256:").map_or(core, |(image, _)| image);
    if core.contains("://")
        || core.starts_with("www.")
        || core.starts_with("sha256:")
        || is_id(core)
    {
        return end.to_owned();
    }
    [spaced(stem(core)).as_str(), end].concat()
}

/// A UUID, or a long run of hexadecimal digits.
fn is_id(text: &str) -> bool {
    let hex = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    let long = text.split('-').any(|part| part.len() >= 12);
    hex && digits && long
}

/// A name without the suffixes that controllers generate.
fn stem(name: &str) -> &str {
    let Some((front, last)) = name.rsplit_once('-') else {
        return name;
    };
    let front_is_named = front.bytes().any(|b| b.is_ascii_alphabetic());
    if !front_is_named {
        return name;
    }
    if last.len() >= 8 && last.bytes().all(|b| b.is_ascii_digit()) {
        return front;
    }
    if last.len() == 5 && generated(last) {
        return match front.rsplit_once('-') {
            Some((owner, hash)) if (8..=10).contains(&hash.len()) && generated(hash) => owner,
            _ if last.bytes().any(|b| b.is_ascii_digit()) => stem(front),
            _ => name,
        };
    }
    let hash = (8..=10).contains(&last.len()) && generated(last);
    if hash && last.bytes().any(|b| b.is_ascii_digit()) {
        front
    } else {
        name
    }
}

fn generated(text: &str) -> bool {
    text.chars().all(|c| GENERATED.contains(c))
}

/// Signs between the parts of a name become spaces.
fn spaced(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| {
            if matches!(c, '-' | '_' | '/' | ':' | '=' | '@' | '[' | ']' | '(' | ')') {
                ' '
            } else {
                c
            }
        })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// No space before a mark, and no mark twice.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '.' | ',' | ';' | ':' | '!' | '?') {
            out.truncate(out.trim_end().len());
            if out.is_empty() || (out.ends_with(['.', ',', ';', ':', '!', '?'])) {
                continue;
            }
        }
        out.push(c);
    }
    out
}
