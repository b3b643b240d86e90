//! What the host knows of a signal's object, as a case says it.

use k8shawk_core::signal::{ContainerSummary, ObjectSummary};
use serde::Deserialize;

/// As it stands in a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct Given {
    phase: String,
    age_seconds: u32,
    lasting_seconds: u32,
    ready: bool,
    deleting: bool,
    suspended: bool,
    containers: Vec<Container>,
    desired: Option<u32>,
    available: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Container {
    name: String,
    image: String,
    init: bool,
    ready: bool,
    restarts: u32,
    state: String,
    reason: String,
    last_reason: String,
    last_exit_code: Option<i32>,
}

impl From<Given> for ObjectSummary {
    fn from(given: Given) -> ObjectSummary {
        ObjectSummary {
            phase: given.phase,
            age_seconds: given.age_seconds,
            lasting_seconds: given.lasting_seconds,
            ready: given.ready,
            deleting: given.deleting,
            suspended: given.suspended,
            containers: given.containers.into_iter().map(Container::into).collect(),
            desired: given.desired,
            available: given.available,
        }
    }
}

impl From<Container> for ContainerSummary {
    fn from(given: Container) -> ContainerSummary {
        ContainerSummary {
            name: given.name,
            image: given.image,
            init: given.init,
            ready: given.ready,
            restarts: given.restarts,
            state: given.state,
            reason: given.reason,
            last_reason: given.last_reason,
            last_exit_code: given.last_exit_code,
        }
    }
}
