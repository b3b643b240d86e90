//! The catalogue: one line for each action, and one file that holds everything of it.

mod edit;
pub(super) mod entry;

use serde::{Deserialize, Serialize};

use self::entry::{Act, Entry};

/// The enum of the actions, and the way from one to its entry and to what it does.
macro_rules! catalogue {
    ($($(#[$doc:meta])+ $module:ident::$Action:ident,)+) => {
        $(mod $module;)+

        /// What to do, with its values.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "action", rename_all = "kebab-case")]
        pub enum Action {
            $($(#[$doc])+ $Action($module::$Action),)+
        }

        $(impl From<$module::$Action> for Action {
            fn from(action: $module::$Action) -> Action {
                Action::$Action(action)
            }
        })+

        /// Every entry, in the order in which people read them.
        pub(super) const CATALOGUE: &[&Entry] = &[$(&$module::ENTRY),+];

        impl Action {
            pub(super) fn entry(&self) -> &'static Entry {
                match self {
                    $(Action::$Action(_) => &$module::ENTRY,)+
                }
            }

            pub(super) fn act(&self) -> &dyn Act {
                match self {
                    $(Action::$Action(action) => action,)+
                }
            }
        }
    };
}

catalogue! {
    /// Delete one pod that its owner recreates.
    delete_pod::DeletePod,
    /// Evict one pod, honouring its disruption budget.
    evict_pod::EvictPod,
    /// Restart a workload's pods.
    rollout_restart::RolloutRestart,
    /// Return a Deployment to an earlier revision.
    rollout_undo::RolloutUndo,
    /// Set the number of replicas.
    scale::Scale,
    /// Set a container's image.
    set_image::SetImage,
    /// Set a container's limits; requests follow where they would exceed them.
    set_resources::SetResources,
    /// Set a Service's selector.
    patch_selector::PatchSelector,
    /// Set the target of a Service's port.
    patch_target_port::PatchTargetPort,
    /// Replace the name of an object that does not exist by the one that was meant.
    patch_reference::PatchReference,
    /// Let pods be scheduled on a node again.
    uncordon::Uncordon,
    /// Keep new pods off a node.
    cordon::Cordon,
    /// Delete a Job and its pods.
    delete_job::DeleteJob,
    /// Recreate a failed Job.
    retry_job::RetryJob,
    /// Set a hard limit of a ResourceQuota.
    raise_quota::RaiseQuota,
    /// Ask for a larger volume.
    expand_pvc::ExpandPvc,
    /// Set an autoscaler's upper bound.
    scale_hpa_max::ScaleHpaMax,
    /// Remove a finalizer from an object that is being deleted.
    remove_finalizer::RemoveFinalizer,
}
