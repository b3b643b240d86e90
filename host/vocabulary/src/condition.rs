//! What the conditions of a status say.

/// True where the condition of this type is `True`, among pairs of type and status.
pub fn holds<'c>(conditions: impl IntoIterator<Item = (&'c str, &'c str)>, kind: &str) -> bool {
    conditions.into_iter().any(|found| found == (kind, "True"))
}

/// True where an object says of itself that it is ready: `Unknown`, as of a node that does not
/// report, is not.
pub fn is_ready<'c>(conditions: impl IntoIterator<Item = (&'c str, &'c str)>) -> bool {
    holds(conditions, "Ready")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_ready_condition_that_is_true_makes_ready() {
        assert!(is_ready([("Initialized", "False"), ("Ready", "True")]));
        for status in ["False", "Unknown", ""] {
            assert!(!is_ready([("ContainersReady", "True"), ("Ready", status)]));
        }
        assert!(!is_ready([]));
    }
}
