//! Long text, truncated in its middle.

/// What stands where something was cut.
const CUT: &str = "\n[cut]\n";

/// At most about `bytes`: two thirds from the start, one third from the end.
pub fn truncate(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let room = bytes.saturating_sub(CUT.len());
    let head = text.floor_char_boundary(room * 2 / 3);
    let tail = text.ceil_char_boundary(text.len() - (room - room * 2 / 3));
    let (head, tail) = (text.get(..head), text.get(tail..));
    format!(
        "{}{CUT}{}",
        head.unwrap_or_default(),
        tail.unwrap_or_default()
    )
}
