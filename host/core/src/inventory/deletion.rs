//! Objects that should be gone.

use super::observation::{Scene, Sighting};

/// An object whose deletion is overdue: a deletion timestamp already holds the grace period. Where
/// nothing but finalizers can hold it up (`ending` is none), one without any is about to go.
pub(crate) fn observe(scene: Scene<'_>, ending: Option<Vec<String>>) -> Option<Sighting> {
    let due = scene.entry.meta.deletion_timestamp;
    let late = scene.since(due).filter(|late| *late > 0)?;
    let finalizers: Vec<&str> = scene.entry.meta.finalizers.iter().map(|f| &**f).collect();
    if finalizers.is_empty() && ending.is_none() {
        return None;
    }
    let mut message = format!("should have been gone for {late} s");
    if !finalizers.is_empty() {
        message = format!("{message}; finalizers: {}", finalizers.join(", "));
    }
    for text in ending.unwrap_or_default() {
        message = format!("{message}; {text}");
    }
    Some(Sighting::new("StuckTerminating", message).since(due))
}
