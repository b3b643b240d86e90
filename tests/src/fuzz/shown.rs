//! What is shown to people drives no terminal, whatever it quotes.

/// A message in one line, which names its place.
pub(super) fn is_message(text: &str, place: &str) {
    is_line(text);
    assert!(text.contains(place), "{text:?} does not name {place:?}");
}

/// A text in one line.
pub(super) fn is_line(text: &str) {
    assert!(!text.contains(['\n', '\t']), "{text:?} is not one line");
    is_text(text);
}

/// A text of lines.
pub(super) fn is_text(text: &str) {
    let drives = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    assert!(!text.contains(drives), "{text:?} drives a terminal");
}
