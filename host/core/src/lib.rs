//! Domain types and pure rules of K8sHawk: no I/O, no cluster client, no runtime.
//!
//! The modules follow the flow: [`signal`], [`incident`], [`finding`], [`fix`], [`policy`],
//! [`decision`], [`approval`], [`recovery`], [`rca`]. Beside them stand what the operator
//! writes ([`config`], [`grant`]) and what guards every read ([`guard`]).

pub mod approval;
pub mod artifact;
pub mod bundle;
pub mod config;
pub mod decision;
pub mod describe;
pub mod diff;
pub mod finding;
pub mod fix;
pub mod grant;
pub mod group;
pub mod guard;
pub mod incident;
pub mod installation;
pub mod inventory;
pub mod llm;
pub mod object;
pub mod owners;
pub mod point;
pub mod policy;
pub mod rbac;
pub mod rca;
pub mod record;
pub mod recovery;
pub mod redact;
mod render;
pub mod self_monitor;
pub mod severity;
pub mod signal;
pub mod toml_fault;
pub(crate) mod truncate;

pub use k8shawk_vocabulary::{
    ELLIPSIS, classes, condition, count, event, kinds, quantity, selector, shorten, sources,
    workloads,
};

pub use finding::{Evidence, Fact, Finding};
pub use incident::{Incident, IncidentId};
pub use installation::Installation;
pub use inventory::{Counts, Inventory, Observation};
pub use object::ObjectRef;
pub use severity::Severity;
pub use signal::{ContainerSummary, Judgement, ObjectSummary, Opening, Signal, SignalSource};
