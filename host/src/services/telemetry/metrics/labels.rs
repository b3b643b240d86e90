//! Labels: words of closed sets and ids of plugins, so that their number is bounded.

use k8shawk_core::record::State;
use k8shawk_sandbox::Point;
use prometheus_client::encoding::EncodeLabelSet;

use crate::services::telemetry::stage::Stage;

/// States in which an incident ends.
pub(crate) const FINAL: [State; 9] = [
    State::Recovered,
    State::Partly,
    State::Unchanged,
    State::Worse,
    State::NotKnown,
    State::Failed,
    State::Dismissed,
    State::Cleared,
    State::Merged,
];

/// States of an incident that has not ended.
pub(crate) const ACTIVE: [State; 8] = [
    State::Open,
    State::Investigated,
    State::Decided,
    State::Waiting,
    State::NeedsHuman,
    State::Approved,
    State::Executing,
    State::Applied,
];

/// Families that the shipped triage and the host open. A plugin of one's own may invent others,
/// one for each object even: those are `other`.
const FAMILIES: [&str; 11] = [
    "workload",
    "node",
    "storage",
    "routing",
    "autoscaling",
    "disruption",
    "schedule",
    "certificate",
    "deletion",
    "api",
    "self",
];

/// The family of a class that triage gave.
pub(crate) fn family(class: &str) -> &'static str {
    let is = |known: &&&str| {
        let rest = class.strip_prefix(**known);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    FAMILIES.iter().find(is).copied().unwrap_or("other")
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfStage {
    stage: &'static str,
}

impl OfStage {
    pub(crate) fn of(stage: Stage) -> OfStage {
        OfStage {
            stage: stage.as_str(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Failed {
    pub(crate) stage: &'static str,
    pub(crate) kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfTask {
    pub(crate) task: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfKind {
    pub(crate) kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfState {
    pub(crate) state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Went {
    pub(crate) outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Opened {
    pub(crate) family: &'static str,
    pub(crate) severity: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfPlugin {
    plugin: String,
    point: &'static str,
}

impl OfPlugin {
    pub(crate) fn new(plugin: &str, point: Point) -> OfPlugin {
        OfPlugin {
            plugin: plugin.to_owned(),
            point: point.as_str(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Waits {
    pub(crate) plugin: String,
    pub(crate) point: &'static str,
    pub(crate) state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Faulted {
    pub(crate) plugin: String,
    pub(crate) point: &'static str,
    pub(crate) blame: &'static str,
    pub(crate) kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Reloaded {
    pub(crate) plugin: String,
    pub(crate) outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Fixed {
    pub(crate) action: &'static str,
    pub(crate) outcome: &'static str,
}

/// The version of a plugin that is live; read when asked, so that old ones do not pile up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfVersion {
    pub(crate) plugin: String,
    pub(crate) point: &'static str,
    pub(crate) version: String,
    pub(crate) digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfBuild {
    pub(crate) version: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn states_are_active_or_final() {
        assert!(ACTIVE.iter().all(|state| !state.is_final()));
        assert!(FINAL.iter().all(|state| state.is_final()));
    }

    #[rstest]
    #[case("workload", "workload")]
    #[case("self-quarantine", "self")]
    #[case("selfish", "other")]
    #[case("shop/web-5c8d", "other")]
    fn a_class_that_a_plugin_invents_makes_no_label(#[case] class: &str, #[case] label: &str) {
        assert_eq!(family(class), label);
    }
}
