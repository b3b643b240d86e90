//! Pods.

use serde::Deserialize;

use super::shape::{Condition, Entry, condition, is_ready};
use super::wire::{List, Message, Text, Time, count};

mod container;
mod observe;

/// What is kept of a pod.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pod {
    pub(crate) spec: PodSpec,
    pub(crate) status: PodStatus,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PodSpec {
    pub(crate) node_name: Text,
    pub(crate) containers: List<ContainerSpec>,
    pub(crate) init_containers: List<ContainerSpec>,
    pub(crate) volumes: List<Volume>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ContainerSpec {
    pub(crate) name: Text,
    pub(crate) image: Text,
    pub(crate) restart_policy: Text,
    pub(crate) ports: List<ContainerPort>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ContainerPort {
    pub(crate) name: Text,
    pub(crate) container_port: Option<u16>,
}

/// A volume, if it is a claim.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Volume {
    pub(crate) persistent_volume_claim: Option<Box<ClaimName>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ClaimName {
    pub(crate) claim_name: Text,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PodStatus {
    pub(crate) phase: Text,
    pub(crate) reason: Text,
    pub(crate) message: Message,
    pub(crate) start_time: Time,
    pub(crate) conditions: List<Condition>,
    pub(crate) container_statuses: List<ContainerStatus>,
    pub(crate) init_container_statuses: List<ContainerStatus>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ContainerStatus {
    pub(crate) name: Text,
    pub(crate) ready: bool,
    #[serde(deserialize_with = "count")]
    pub(crate) restart_count: Option<u32>,
    pub(crate) state: State,
    pub(crate) last_state: State,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) waiting: Option<Box<Waiting>>,
    pub(crate) running: Option<Running>,
    pub(crate) terminated: Option<Box<Terminated>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Waiting {
    pub(crate) reason: Text,
    pub(crate) message: Message,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Running {}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Terminated {
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: Text,
    pub(crate) message: Message,
    pub(crate) finished_at: Time,
}

/// A container: its specification beside its status.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Container<'a> {
    pub(crate) spec: &'a ContainerSpec,
    pub(crate) status: Option<&'a ContainerStatus>,
    pub(crate) init: bool,
}

impl State {
    /// `waiting`, `running`, `terminated` or empty, and the reason.
    pub(crate) fn name_and_reason(&self) -> (&'static str, &str) {
        if let Some(waiting) = &self.waiting {
            ("waiting", &waiting.reason)
        } else if self.running.is_some() {
            ("running", "")
        } else if let Some(terminated) = &self.terminated {
            ("terminated", &terminated.reason)
        } else {
            ("", "")
        }
    }
}

impl ContainerStatus {
    /// The last termination, be it the present state or the one before.
    pub(crate) fn last_end(&self) -> Option<&Terminated> {
        self.state
            .terminated
            .as_deref()
            .or(self.last_state.terminated.as_deref())
    }

    /// True where it ended as it should.
    pub(crate) fn completed(&self) -> bool {
        self.state
            .terminated
            .as_ref()
            .is_some_and(|t| t.exit_code == Some(0))
    }
}

impl Pod {
    /// Init containers first, each with its status.
    pub(crate) fn containers(&self) -> impl Iterator<Item = Container<'_>> {
        let init = self.spec.init_containers.iter().map(|spec| Container {
            spec,
            status: self
                .status
                .init_container_statuses
                .iter()
                .find(|s| s.name == spec.name),
            init: true,
        });
        let main = self.spec.containers.iter().map(|spec| Container {
            spec,
            status: self
                .status
                .container_statuses
                .iter()
                .find(|s| s.name == spec.name),
            init: false,
        });
        init.chain(main)
    }

    pub(crate) fn is_ready(&self) -> bool {
        is_ready(&self.status.conditions)
    }

    /// True where it neither ended nor failed.
    pub(crate) fn is_active(&self) -> bool {
        !matches!(&*self.status.phase, "Succeeded" | "Failed")
    }

    /// True where it mounts a claim.
    pub(crate) fn uses_claim(&self, name: &str) -> bool {
        let claims = self
            .spec
            .volumes
            .iter()
            .filter_map(|v| v.persistent_volume_claim.as_ref());
        claims.into_iter().any(|claim| &*claim.claim_name == name)
    }

    /// When the readiness last changed.
    pub(crate) fn ready_change(&self) -> Time {
        let ready = self.status.conditions.iter().find(|c| &*c.kind == "Ready");
        ready.map_or(Time(None), |c| c.last_transition_time)
    }

    /// When a node was found for it, or the next best time.
    pub(crate) fn begin(&self, entry: &Entry) -> Time {
        let scheduled = condition(&self.status.conditions, "PodScheduled", "True");
        let scheduled = scheduled.map_or(Time(None), |c| c.last_transition_time);
        scheduled
            .or(self.status.start_time)
            .or(entry.meta.creation_timestamp)
    }
}
