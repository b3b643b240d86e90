//! What stands in the messages of Kubernetes.

/// The text between `before` and the next of `ends`.
pub fn between<'t>(text: &'t str, before: &str, ends: &[char]) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    let found = rest.split(|c| ends.contains(&c)).next()?.trim();
    (!found.is_empty()).then_some(found)
}
