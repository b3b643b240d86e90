//! How a plugin is, for people and for programs.

use k8shawk_core::point::Point;
use serde::{Deserialize, Serialize};

/// How a plugin is in a running host, or as it would be loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Id.
    pub id: String,
    /// What it calls its version.
    pub version: String,
    /// Where it is called.
    pub point: Point,
    /// What a grant pins.
    pub digest: String,
    /// How it is called; none where no host runs.
    pub called: Option<CallStatus>,
    /// Another version that does not decide.
    pub waiting: Option<WaitingStatus>,
}

/// How a running host calls a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallStatus {
    /// Why it is not called; none where it is.
    pub quarantine: Option<String>,
    /// Calls since the host started, over all versions.
    pub calls: u64,
    /// Those that failed by its own fault.
    pub guest_faults: u64,
    /// Those that failed by a fault of the host or the cluster.
    pub host_faults: u64,
    /// Why the version last failed; none where it never did.
    pub last_fault: Option<String>,
}

/// A version that stands in the directory of a plugin and is not the one that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingStatus {
    /// What it calls itself.
    pub version: String,
    /// What a grant pins.
    pub digest: String,
    /// How it is called as a shadow; none where it is held.
    pub shadow: Option<CallStatus>,
    /// Why it waits, in words.
    pub why: String,
}

impl Status {
    /// A line for people, and one for the version that waits. What the plugin wrote begins no line.
    pub fn lines(&self) -> Vec<String> {
        let Status {
            id,
            version,
            point,
            digest,
            called,
            waiting,
        } = self;
        let called = called.as_ref().map_or(String::new(), CallStatus::told);
        let mut lines = vec![format!("{id} {version} ({point}), digest {digest}{called}")];
        lines.extend(
            waiting
                .as_ref()
                .map(|waiting| format!("  {}", waiting.told())),
        );
        lines.iter().map(|line| line.replace('\n', " ")).collect()
    }
}

impl CallStatus {
    fn told(&self) -> String {
        let state = match &self.quarantine {
            Some(why) => format!("{why}; it is called again when its digest changes"),
            None => "live".to_owned(),
        };
        let last = match (&self.quarantine, &self.last_fault) {
            (None, Some(fault)) => format!("; last fault: {fault}"),
            _ => String::new(),
        };
        format!(
            ": {state}; {} calls, {} guest faults, {} host faults{last}",
            self.calls, self.guest_faults, self.host_faults
        )
    }
}

impl WaitingStatus {
    /// What waits and why, in a line for people.
    pub fn told(&self) -> String {
        let state = match &self.shadow {
            Some(of) => {
                let quarantined = of.quarantine.as_ref().map(|why| format!("; {why}"));
                format!(
                    "shadow: {} calls, {} guest faults{}",
                    of.calls,
                    of.guest_faults,
                    quarantined.unwrap_or_default()
                )
            }
            None => "held".to_owned(),
        };
        let (version, digest, why) = (&self.version, &self.digest, &self.why);
        format!("version {version}, digest {digest}: {state}; {why}")
    }
}
