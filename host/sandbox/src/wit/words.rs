//! Every text that a guest returns: without what nobody sees, and cut where it is longer than anybody
//! reads. What people are shown, what is stored and what is logged of it is bounded here alone.

use std::borrow::Cow;

use k8shawk_core::redact::visible;
use k8shawk_core::shorten;

/// Bytes of a text in one line: a reason, a title, a name. No name and no value of Kubernetes that
/// a fix takes is longer; what is left of a longer one ends with an ellipsis, and is none.
const LINE: usize = 1 << 10;
/// Bytes of a text of several lines: a cause, a quoted fact, a script.
const PASSAGE: usize = 16 << 10;
/// Bytes of an ellipsis.
const ELLIPSIS: usize = '…'.len_utf8();

/// A text in one line: line ends and tabs become blanks.
pub(super) fn line(text: String) -> String {
    let text = shown(text, LINE);
    match text.contains(['\n', '\t']) {
        true => text.replace(['\n', '\t'], " "),
        false => text,
    }
}

/// A text of several lines.
pub(crate) fn passage(text: String) -> String {
    shown(text, PASSAGE)
}

/// Texts in one line each.
pub(super) fn lines(texts: Vec<String>) -> Vec<String> {
    texts.into_iter().map(line).collect()
}

fn shown(text: String, most: usize) -> String {
    // What is not seen is not shown either: a text is cut twice, so that little of it is looked at.
    let text = cut(text, most.saturating_mul(4));
    let text = match visible(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(seen) => seen,
    };
    cut(text, most)
}

fn cut(text: String, most: usize) -> String {
    if text.len() <= most {
        return text;
    }
    let fits = |(at, c): &(usize, char)| at + c.len_utf8() + ELLIPSIS <= most;
    let fitting = text.char_indices().take_while(fits).count();
    shorten(&text, fitting + 1).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_with_a_mark_between_characters() {
        let reason = line("ä".repeat(450 << 10));
        assert!(
            reason.len() <= LINE && reason.ends_with("ä…"),
            "{}",
            reason.len()
        );
        assert_eq!(line("x".repeat(LINE)), "x".repeat(LINE));
        assert_eq!(passage("x".repeat(1 << 20)).len(), PASSAGE);
    }

    #[test]
    fn what_drives_a_terminal_or_hides_is_gone() {
        let reason =
            "\u{1b}[2J\u{1b}]0;title\u{7}frozen\u{200b}\u{0}\r\nuntil\t\u{9b}31mMonday".to_owned();
        assert_eq!(line(reason.clone()), "frozen until Monday");
        assert_eq!(passage(reason), "frozen\nuntil\tMonday");
    }

    #[test]
    fn what_is_long_only_by_what_nobody_sees_is_not_cut() {
        let text = format!("{}end", "\u{1b}[0m".repeat(500));
        assert_eq!(line(text), "end");
    }
}
