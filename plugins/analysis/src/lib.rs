//! The shipped analysis plugin: finds causes from patterns, without a model.
//!
//! `case` is what an analysis works on; `finding` builds its result; `json` reads objects.
//! `dispatch` chooses who explains an incident; each other module explains the objects that it
//! is named after.

pub mod apiservice;
pub mod autoscaling;
pub mod case;
pub mod certificate;
pub mod controllers;
pub mod deletion;
pub mod dispatch;
pub mod disruption;
pub mod finding;
pub mod json;
pub mod message;
pub mod near;
pub mod node;
pub mod owner;
pub mod pod;
pub mod quota;
pub mod routing;
pub mod storage;
pub mod undetermined;
pub mod webhook;

#[cfg(test)]
mod classes;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod testing;

#[cfg(target_family = "wasm")]
use k8shawk_sdk::analysis::{self, Guest};
use k8shawk_sdk::analysis::{Conclusion, Incident};
use k8shawk_sdk::cluster::Cluster;
#[cfg(target_family = "wasm")]
use k8shawk_sdk::cluster::Granted;

/// Find the cause of an incident with what `cluster` lets it read.
pub fn analyse(incident: &Incident, cluster: &dyn Cluster) -> Conclusion {
    dispatch::conclude(&dispatch::case(incident, cluster))
}

#[cfg(target_family = "wasm")]
struct Patterns;

#[cfg(target_family = "wasm")]
impl Guest for Patterns {
    fn analyse(incident: Incident) -> Conclusion {
        analyse(&incident, &Granted)
    }
}

#[cfg(target_family = "wasm")]
analysis::export!(Patterns with_types_in analysis);
