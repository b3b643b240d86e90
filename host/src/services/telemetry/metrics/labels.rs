//! Labels: words of closed sets and ids of plugins, so that their number is bounded.

use k8shawk_core::record::State;
use k8shawk_sandbox::Point;
use prometheus_client::encoding::EncodeLabelSet;

use crate::services::telemetry::stage::Stage;

/// States in which an incident ends.
pub(super) const FINAL: [State; 9] = [
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
pub(in crate::services::telemetry) const ACTIVE: [State; 8] = [
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
pub(super) fn family(class: &str) -> &'static str {
    let is = |known: &&&str| {
        let rest = class.strip_prefix(**known);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    FAMILIES.iter().find(is).copied().unwrap_or("other")
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(in crate::services::telemetry) struct OfStage {
    stage: &'static str,
}

impl OfStage {
    pub(super) fn of(stage: Stage) -> OfStage {
        OfStage {
            stage: stage.as_str(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Failed {
    pub(super) stage: &'static str,
    pub(super) kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfTask {
    pub(super) task: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(in crate::services::telemetry) struct OfKind {
    pub(in crate::services::telemetry) kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(in crate::services::telemetry) struct OfState {
    pub(in crate::services::telemetry) state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Went {
    pub(super) outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Opened {
    pub(super) family: &'static str,
    pub(super) severity: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(in crate::services::telemetry) struct OfPlugin {
    plugin: String,
    point: &'static str,
}

impl OfPlugin {
    pub(in crate::services::telemetry) fn new(plugin: &str, point: Point) -> OfPlugin {
        OfPlugin {
            plugin: plugin.to_owned(),
            point: point.as_str(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Faulted {
    pub(super) plugin: String,
    pub(super) point: &'static str,
    pub(super) blame: &'static str,
    pub(super) kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Reloaded {
    pub(super) plugin: String,
    pub(super) outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Fixed {
    pub(super) action: &'static str,
    pub(super) outcome: &'static str,
}

/// The version of a plugin that is live; read when asked, so that old ones do not pile up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(in crate::services::telemetry) struct OfVersion {
    pub(in crate::services::telemetry) plugin: String,
    pub(in crate::services::telemetry) point: &'static str,
    pub(in crate::services::telemetry) version: String,
    pub(in crate::services::telemetry) digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(in crate::services::telemetry) struct OfBuild {
    pub(in crate::services::telemetry) version: &'static str,
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
