//! The typed fix catalogue: what may be done to a cluster, and nothing else.
//!
//! A [`Fix`] is a value. [`Fix::parse`] is the only way in for text from plugins and models;
//! [`Fix::plan`] turns it into one [`Operation`] on the object as it is now, or says which
//! precondition does not hold.

mod enabled;
mod inverse;
mod kubectl;
mod operation;
mod plan;
mod trace;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::kinds::{self, Kind};
use crate::object::{ObjectRef, is_name};

pub use crate::quantity::Quantity;
pub use enabled::{Enabled, stays_inside};
pub(crate) use operation::as_written;
pub use operation::{Half, Operation, Precondition, Write};
pub use trace::Trace;

/// How much harm a fix could do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Undone in seconds; touches one object that its owner makes anew.
    Low,
    /// Changes a workload.
    Medium,
    /// May lose data or capacity.
    High,
}

impl Risk {
    /// The word that people see.
    pub fn as_str(self) -> &'static str {
        match self {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What to do, with its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// Delete one pod that its owner makes anew.
    DeletePod,
    /// Evict one pod, honouring its disruption budget.
    EvictPod,
    /// Restart a workload's pods.
    RolloutRestart,
    /// Return a Deployment to an earlier revision.
    RolloutUndo {
        /// Revision to return to.
        revision: u64,
    },
    /// Set the number of replicas.
    Scale {
        /// Replicas wanted.
        replicas: u32,
    },
    /// Set a container's image.
    SetImage {
        /// Container.
        container: String,
        /// Image.
        image: String,
    },
    /// Set a container's limits; requests follow where they would exceed them.
    SetResources {
        /// Container.
        container: String,
        /// Memory limit.
        memory: Option<Quantity>,
        /// CPU limit.
        cpu: Option<Quantity>,
    },
    /// Set a Service's selector.
    PatchSelector {
        /// Labels that the Service selects.
        selector: BTreeMap<String, String>,
    },
    /// Set the target of a Service's port.
    PatchTargetPort {
        /// Service port.
        port: u16,
        /// Number or name of the container port.
        target_port: String,
    },
    /// Let pods be scheduled on a node again.
    Uncordon,
    /// Keep new pods off a node.
    Cordon,
    /// Delete a Job and its pods.
    DeleteJob,
    /// Make a failed Job anew.
    RetryJob,
    /// Set a hard limit of a ResourceQuota.
    RaiseQuota {
        /// Resource, such as `requests.memory`.
        resource: String,
        /// Value.
        value: Quantity,
    },
    /// Ask for a larger volume.
    ExpandPvc {
        /// Size.
        size: Quantity,
    },
    /// Set an autoscaler's upper bound.
    ScaleHpaMax {
        /// Upper bound.
        max: u32,
    },
    /// Remove a finalizer from an object that is being deleted.
    RemoveFinalizer {
        /// Finalizer.
        finalizer: String,
    },
}

/// Row of the catalogue: name, the kinds it may target, its risk.
struct Row(&'static str, &'static [&'static str], Risk);

const WORKLOADS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet"];

/// The catalogue. An empty list of kinds means any.
const CATALOGUE: &[Row] = &[
    Row("delete-pod", &["Pod"], Risk::Low),
    Row("evict-pod", &["Pod"], Risk::Low),
    Row("rollout-restart", WORKLOADS, Risk::Medium),
    Row("rollout-undo", &["Deployment"], Risk::Medium),
    Row("scale", &["Deployment", "StatefulSet"], Risk::Medium),
    Row("set-image", WORKLOADS, Risk::Medium),
    Row("set-resources", WORKLOADS, Risk::Medium),
    Row("patch-selector", &["Service"], Risk::Medium),
    Row("patch-target-port", &["Service"], Risk::Medium),
    Row("uncordon", &["Node"], Risk::Low),
    Row("cordon", &["Node"], Risk::Medium),
    Row("delete-job", &["Job"], Risk::Medium),
    Row("retry-job", &["Job"], Risk::Medium),
    Row("raise-quota", &["ResourceQuota"], Risk::Medium),
    Row("expand-pvc", &["PersistentVolumeClaim"], Risk::High),
    Row("scale-hpa-max", &["HorizontalPodAutoscaler"], Risk::Medium),
    Row("remove-finalizer", &[], Risk::High),
];

/// Kinds that no fix targets. A Secret would be read and stored with its values; rights, and what
/// stands in the way of every request, are not ours to change; nobody waits for an Event or a
/// Lease to go.
const NEVER: &[&str] = &[
    "Secret",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
    "Event",
    "Lease",
];

/// Every action of the catalogue.
pub fn actions() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|row| row.0)
}

/// The kinds that an action may target; none where there is no such action.
pub fn targets(action: &str) -> Vec<&'static Kind> {
    let Some(Row(_, named, _)) = CATALOGUE.iter().find(|row| row.0 == action) else {
        return Vec::new();
    };
    let may = |kind: &&Kind| {
        !NEVER.contains(&kind.kind) && (named.is_empty() || named.contains(&kind.kind))
    };
    kinds::KINDS.iter().filter(may).collect()
}

/// What an action does to the API: verb and subresource of each request that changes something.
pub fn writes(action: &str) -> &'static [(&'static str, &'static str)] {
    match action {
        "delete-pod" | "delete-job" => &[("delete", "")],
        "evict-pod" => &[("create", "eviction")],
        "retry-job" => &[("delete", ""), ("create", "")],
        _ => &[("update", "")],
    }
}

/// One typed fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// The object that is changed.
    pub target: ObjectRef,
    /// What is done to it.
    #[serde(flatten)]
    pub action: Action,
}

/// Why a proposal is not a fix. It is recorded with the incident and never executed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FixError {
    /// No such action in the catalogue.
    #[error("{0:?} is not an action of the catalogue")]
    UnknownAction(String),
    /// The action does not fit the target's kind.
    #[error("{action} cannot target a {kind}")]
    WrongKind {
        /// Action.
        action: String,
        /// Kind.
        kind: String,
    },
    /// A parameter lacks, is unknown, or does not parse.
    #[error("{action}: {why}")]
    Parameter {
        /// Action.
        action: String,
        /// What is wrong with which parameter.
        why: String,
    },
}

/// Parameters that are taken out as they are parsed; what is left is unknown.
struct Parameters<'a> {
    action: &'a str,
    left: BTreeMap<&'a str, &'a str>,
}

impl<'a> Parameters<'a> {
    fn fault(&self, why: String) -> FixError {
        FixError::Parameter {
            action: self.action.to_owned(),
            why,
        }
    }

    fn optional(&mut self, name: &str) -> Option<&'a str> {
        self.left.remove(name)
    }

    fn text(&mut self, name: &str) -> Result<&'a str, FixError> {
        match self.left.remove(name) {
            Some(value) if !value.is_empty() && value.len() <= 512 => Ok(value),
            Some(_) => Err(self.fault(format!("{name} is empty or too long"))),
            None => Err(self.fault(format!("{name} is missing"))),
        }
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<T, FixError> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|_| self.fault(format!("{name} {text:?} is not a number in range")))
    }

    fn quantity(&self, name: &str, text: &str) -> Result<Quantity, FixError> {
        Quantity::parse(text)
            .ok_or_else(|| self.fault(format!("{name} {text:?} is not a quantity")))
    }

    fn word(&mut self, name: &str, more: &str) -> Result<String, FixError> {
        let text = self.text(name)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        if text.chars().all(plain) {
            Ok(text.to_owned())
        } else {
            Err(self.fault(format!(
                "{name} {text:?} has characters that a name cannot have"
            )))
        }
    }
}

impl Fix {
    /// Parse a proposal.
    ///
    /// # Errors
    /// [`FixError`] names what is not in the catalogue.
    pub fn parse(
        action: &str,
        target: ObjectRef,
        parameters: &[(String, String)],
    ) -> Result<Fix, FixError> {
        let Row(_, kinds, _) = CATALOGUE
            .iter()
            .find(|row| row.0 == action)
            .ok_or_else(|| FixError::UnknownAction(action.chars().take(64).collect()))?;
        let kind = target.kind.as_str();
        if NEVER.contains(&kind) || !kinds.is_empty() && !kinds.contains(&kind) {
            return Err(FixError::WrongKind {
                action: action.to_owned(),
                kind: target.kind,
            });
        }
        for name in [&target.name, &target.namespace, &target.kind] {
            if !is_name(name) {
                let why = format!("{name:?} is not a Kubernetes name");
                return Err(FixError::Parameter {
                    action: action.to_owned(),
                    why,
                });
            }
        }
        let mut values = Parameters {
            action,
            left: parameters
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .collect(),
        };
        let parsed = parse_action(action, &mut values)?;
        match values.left.keys().next() {
            Some(unknown) => Err(values.fault(format!("unknown parameter {unknown:?}"))),
            None => Ok(Fix {
                target,
                action: parsed,
            }),
        }
    }

    /// What is done to which object, in a few words.
    pub fn summary(&self) -> String {
        format!("{} on {}", self.action.name(), self.target)
    }

    /// How much harm it could do.
    pub fn risk(&self) -> Risk {
        let name = self.action.name();
        CATALOGUE
            .iter()
            .find(|row| row.0 == name)
            .map_or(Risk::High, |row| row.2)
    }
}

fn parse_action(action: &str, values: &mut Parameters<'_>) -> Result<Action, FixError> {
    Ok(match action {
        "delete-pod" => Action::DeletePod,
        "evict-pod" => Action::EvictPod,
        "rollout-restart" => Action::RolloutRestart,
        "rollout-undo" => Action::RolloutUndo {
            revision: values.number("revision")?,
        },
        "scale" => Action::Scale {
            replicas: values.number("replicas")?,
        },
        "set-image" => Action::SetImage {
            container: values.word("container", "-.")?,
            image: values.word("image", "-._/:@")?,
        },
        "set-resources" => parse_resources(values)?,
        "patch-selector" => Action::PatchSelector {
            selector: parse_selector(values)?,
        },
        "patch-target-port" => Action::PatchTargetPort {
            port: values.number("port")?,
            target_port: values.word("targetPort", "-")?,
        },
        "uncordon" => Action::Uncordon,
        "cordon" => Action::Cordon,
        "delete-job" => Action::DeleteJob,
        "retry-job" => Action::RetryJob,
        "raise-quota" => {
            let resource = values.word("resource", "-._/")?;
            let value = values.text("value")?;
            Action::RaiseQuota {
                resource,
                value: values.quantity("value", value)?,
            }
        }
        "expand-pvc" => {
            let size = values.text("size")?;
            Action::ExpandPvc {
                size: values.quantity("size", size)?,
            }
        }
        "scale-hpa-max" => Action::ScaleHpaMax {
            max: values.number("max")?,
        },
        "remove-finalizer" => Action::RemoveFinalizer {
            finalizer: values.word("finalizer", "-._/")?,
        },
        other => return Err(FixError::UnknownAction(other.to_owned())),
    })
}

fn parse_resources(values: &mut Parameters<'_>) -> Result<Action, FixError> {
    let container = values.word("container", "-.")?;
    let memory = values
        .optional("memory")
        .map(|m| values.quantity("memory", m))
        .transpose()?;
    let cpu = values
        .optional("cpu")
        .map(|c| values.quantity("cpu", c))
        .transpose()?;
    if memory.is_none() && cpu.is_none() {
        return Err(values.fault("memory or cpu is missing".to_owned()));
    }
    Ok(Action::SetResources {
        container,
        memory,
        cpu,
    })
}

fn parse_selector(values: &mut Parameters<'_>) -> Result<BTreeMap<String, String>, FixError> {
    let text = values.text("selector")?;
    let plain = |t: &str| {
        t.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._/".contains(c))
    };
    text.split(',')
        .map(|pair| match pair.split_once('=') {
            Some((key, value)) if !key.is_empty() && plain(key) && plain(value) => {
                Ok((key.to_owned(), value.to_owned()))
            }
            _ => Err(values.fault(format!("selector {text:?} is not key=value,key=value"))),
        })
        .collect()
}

impl Action {
    /// Name in the catalogue.
    pub fn name(&self) -> &'static str {
        match self {
            Action::DeletePod => "delete-pod",
            Action::EvictPod => "evict-pod",
            Action::RolloutRestart => "rollout-restart",
            Action::RolloutUndo { .. } => "rollout-undo",
            Action::Scale { .. } => "scale",
            Action::SetImage { .. } => "set-image",
            Action::SetResources { .. } => "set-resources",
            Action::PatchSelector { .. } => "patch-selector",
            Action::PatchTargetPort { .. } => "patch-target-port",
            Action::Uncordon => "uncordon",
            Action::Cordon => "cordon",
            Action::DeleteJob => "delete-job",
            Action::RetryJob => "retry-job",
            Action::RaiseQuota { .. } => "raise-quota",
            Action::ExpandPvc { .. } => "expand-pvc",
            Action::ScaleHpaMax { .. } => "scale-hpa-max",
            Action::RemoveFinalizer { .. } => "remove-finalizer",
        }
    }

    /// Parameters by name, as people and plugins write them.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        let pairs: Vec<(&str, String)> = match self {
            Action::RolloutUndo { revision } => vec![("revision", revision.to_string())],
            Action::Scale { replicas } => vec![("replicas", replicas.to_string())],
            Action::SetImage { container, image } => {
                vec![("container", container.clone()), ("image", image.clone())]
            }
            Action::SetResources {
                container,
                memory,
                cpu,
            } => {
                let mut pairs = vec![("container", container.clone())];
                pairs.extend(memory.iter().map(|m| ("memory", m.to_string())));
                pairs.extend(cpu.iter().map(|c| ("cpu", c.to_string())));
                pairs
            }
            Action::PatchSelector { selector } => vec![("selector", selector_text(selector))],
            Action::PatchTargetPort { port, target_port } => {
                vec![
                    ("port", port.to_string()),
                    ("targetPort", target_port.clone()),
                ]
            }
            Action::RaiseQuota { resource, value } => {
                vec![("resource", resource.clone()), ("value", value.to_string())]
            }
            Action::ExpandPvc { size } => vec![("size", size.to_string())],
            Action::ScaleHpaMax { max } => vec![("max", max.to_string())],
            Action::RemoveFinalizer { finalizer } => vec![("finalizer", finalizer.clone())],
            _ => Vec::new(),
        };
        pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
    }
}

/// `key=value,key=value`.
fn selector_text(selector: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
    pairs.join(",")
}

#[cfg(test)]
mod tests;
