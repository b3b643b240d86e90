//! The pod that this host runs in. Where it is not ready since `/ready` says no, an incident of the
//! host's own says why: the pod is no second one.

use k8shawk_core::signal::Signal;
use k8shawk_core::{Inventory, ObjectRef};

use crate::services::Services;
use crate::stages::self_monitor;

/// Time that the kubelet has to notice that the host is ready again, milliseconds.
const NOTICED: i64 = 60_000;
/// What a pod shows that is not ready, and what its workload shows.
const UNREADY: [&str; 3] = ["NotReady", "Unavailable", "ProgressDeadlineExceeded"];

/// The pod, and whether it can be ready.
pub(super) struct Home {
    pod: Option<ObjectRef>,
    /// When it was last seen to be unready as the host said so.
    unready_at: Option<i64>,
}

impl Home {
    /// None runs in no pod.
    pub(super) fn of(pod: Option<ObjectRef>) -> Home {
        Home {
            pod,
            unready_at: None,
        }
    }

    /// True where a signal says only that the host's pod is not ready, and the host knows why.
    pub(super) fn explains(
        &mut self,
        services: &Services,
        held: &Inventory,
        signal: &Signal,
    ) -> bool {
        let Some(pod) = &self.pod else {
            return false;
        };
        let (object, unready) = (&signal.object, UNREADY.contains(&signal.reason.as_str()));
        if !unready || object.namespace != pod.namespace {
            return false;
        }
        if !object.same_object(pod) && !object.same_object(&held.root_owner(pod)) {
            return false;
        }
        let now = services.clock.now();
        if self_monitor::is_unready(services) {
            self.unready_at = Some(now);
        }
        self.unready_at.is_some_and(|at| now - at < NOTICED)
    }
}
