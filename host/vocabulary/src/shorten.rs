//! Long text for people, cut where it must be, and never without a sign of it.

use std::borrow::Cow;

/// What stands where the rest was left out.
pub const ELLIPSIS: char = '…';

/// Furthest that a cut moves back to the end of a word, characters.
const WORD: usize = 16;

/// At most `most` characters of a text. One that is longer ends with an ellipsis, behind a whole
/// word where one ends nearby.
pub fn shorten(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let end = |characters| {
        let mut ends = text.char_indices().map(|(at, _)| at);
        ends.nth(characters).unwrap_or_default()
    };
    let room = most.saturating_sub(1);
    let kept = text.get(..end(room)).unwrap_or_default();
    let near = end(room.saturating_sub(WORD));
    let is_inside = text.get(kept.len()..).is_some_and(begins_in_a_word);
    let word = kept.rfind(char::is_whitespace);
    let kept = match word.filter(|at| is_inside && *at > near) {
        Some(at) => kept.get(..at).unwrap_or_default(),
        None => kept,
    };
    match most {
        0 => Cow::Borrowed(""),
        _ => Cow::Owned(format!("{}{ELLIPSIS}", kept.trim_end())),
    }
}

fn begins_in_a_word(rest: &str) -> bool {
    rest.chars().next().is_some_and(|c| !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::shorten;

    #[rstest]
    #[case("abcd", 4, "abcd")]
    #[case("abcd", 3, "ab…")]
    #[case("abcd", 1, "…")]
    #[case("abcd", 0, "")]
    #[case("", 0, "")]
    #[case("", 3, "")]
    #[case("failed to resolve reference", 20, "failed to resolve…")]
    #[case("failed to resolve reference", 19, "failed to resolve…")]
    #[case("failed to resolve reference", 18, "failed to resolve…")]
    #[case("äöü äöü äöü", 9, "äöü äöü…")]
    #[case(
        "one https://registry.example.com/very/long",
        30,
        "one https://registry.example.…"
    )]
    fn what_is_cut_ends_with_an_ellipsis_behind_a_word(
        #[case] text: &str,
        #[case] most: usize,
        #[case] short: &str,
    ) {
        assert_eq!(shorten(text, most), short);
        assert!(shorten(text, most).chars().count() <= most);
    }
}
