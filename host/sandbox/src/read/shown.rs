//! How much of what an author wrote is quoted in an error.

/// Texts that are shown of a list whose length the author of a component chooses, and characters of
/// each.
const SHOWN: (usize, usize) = (12, 240);

/// The first of many texts, each cut.
pub(crate) fn some(texts: &[String], between: &str) -> String {
    let (count, length) = SHOWN;
    let mut shown: Vec<String> = texts
        .iter()
        .take(count)
        .map(|text| cut(text, length))
        .collect();
    let more = texts.len().saturating_sub(count);
    if more > 0 {
        shown.push(format!("and {more} more"));
    }
    shown.join(between)
}

/// A long text without its middle: names are told by how they begin, sentences say at their end what
/// to do.
pub(super) fn cut(text: &str, length: usize) -> String {
    let count = text.chars().count();
    if count <= length {
        return text.to_owned();
    }
    let half = length / 2;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(count.saturating_sub(half)).collect();
    format!("{head}...{tail}")
}
