//! Values that an operator can set in the plugin's grant.

use k8shawk_sdk::triage::{log, settings};

/// A value of the `[settings]` table; seconds where the key says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// A running pod that is not ready.
    NotReady,
    /// A pod that no node accepts.
    Unschedulable,
    /// A claim that is not bound.
    PvcPending,
    /// A workload, an API or a budget that lacks pods.
    Unavailable,
    /// An object that should be gone, beyond its grace period.
    Terminating,
    /// A node that is not ready.
    Node,
    /// A Service or an Ingress that leads nowhere.
    Routing,
    /// An autoscaler that cannot see or act.
    Autoscaling,
    /// A container that is still being created.
    Creating,
    /// A fault that often heals by itself when an object is new.
    Settle,
    /// A fault that the kubelet tries again by itself, with growing pauses.
    Retries,
    /// A restart of a pod that has been healthy since.
    OldRestart,
    /// How many restarts make a crash an incident while the container runs.
    Restarts,
}

impl Threshold {
    /// Key in the `[settings]` table.
    pub const fn key(self) -> &'static str {
        match self {
            Threshold::NotReady => "not-ready-after-seconds",
            Threshold::Unschedulable => "unschedulable-after-seconds",
            Threshold::PvcPending => "pvc-pending-after-seconds",
            Threshold::Unavailable => "unavailable-after-seconds",
            Threshold::Terminating => "terminating-after-seconds",
            Threshold::Node => "node-after-seconds",
            Threshold::Routing => "routing-after-seconds",
            Threshold::Autoscaling => "autoscaling-after-seconds",
            Threshold::Creating => "creating-after-seconds",
            Threshold::Settle => "settle-seconds",
            Threshold::Retries => "retries-after-seconds",
            Threshold::OldRestart => "old-restart-after-seconds",
            Threshold::Restarts => "restarts",
        }
    }

    /// Value where the operator set none.
    pub const fn default_value(self) -> u32 {
        match self {
            Threshold::NotReady
            | Threshold::Unavailable
            | Threshold::Terminating
            | Threshold::Retries => 60,
            Threshold::Unschedulable | Threshold::Settle => 10,
            Threshold::PvcPending => 15,
            Threshold::Node | Threshold::Routing => 20,
            Threshold::Autoscaling => 30,
            Threshold::Creating => 300,
            Threshold::OldRestart => 600,
            Threshold::Restarts => 2,
        }
    }
}

/// Where thresholds come from. A value is read only when a verdict hangs on it: in the sandbox
/// each one is a host call.
pub trait Thresholds {
    /// The value in force.
    fn value(&self, threshold: Threshold) -> u32;
}

/// The defaults, without asking anybody.
pub struct Defaults;

impl Thresholds for Defaults {
    fn value(&self, threshold: Threshold) -> u32 {
        threshold.default_value()
    }
}

/// The settings of the grant, over the defaults.
pub struct Granted;

impl Thresholds for Granted {
    fn value(&self, threshold: Threshold) -> u32 {
        match settings::get(threshold.key()) {
            None => threshold.default_value(),
            Some(text) => parse(&text).unwrap_or_else(|| {
                let message = [
                    "setting ",
                    threshold.key(),
                    " is not a whole number; using the default",
                ];
                log::write(log::Level::Warn, &message.concat());
                threshold.default_value()
            }),
        }
    }
}

/// A whole number in JSON.
fn parse(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}
