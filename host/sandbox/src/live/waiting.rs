//! A version that stands in the directory of a plugin and is not the one that decides.

use std::sync::Arc;

use crate::live::Live;
use crate::prepared::Plugin;

/// A version that waits.
pub struct Waiting {
    /// The version.
    pub plugin: Arc<Plugin>,
    /// Where it judges beside the live one: its own faults and counters. What it answers is recorded
    /// and decides nothing.
    pub shadow: Option<Arc<Live>>,
    /// Why it waits, in words.
    pub why: String,
}

impl Waiting {
    /// What waits and why, in a line for people.
    pub fn status(&self) -> String {
        let version = &self.plugin.manifest().version;
        let digest = self.plugin.digest().get(..12).unwrap_or_default();
        let state = match &self.shadow {
            Some(live) => {
                let counts = live.counts();
                let quarantined = live.quarantine().map(|error| format!("; {error}"));
                format!(
                    "shadow: {} calls, {} guest faults{}",
                    counts.calls,
                    counts.guest_faults,
                    quarantined.unwrap_or_default()
                )
            }
            None => "held".to_owned(),
        };
        format!("version {version} ({digest}): {state}; {}", self.why)
    }
}
