//! The shipped analysis plugin: finds causes from patterns, without a model.
//!
//! `case` is what an analysis works on; `finding` builds its result; `json` reads objects.
//! Each other module explains the objects that it is named after.

pub mod case;
pub mod finding;
pub mod json;
pub mod near;
pub mod node;
pub mod pod;
pub mod quantity;
pub mod storage;

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
    let _case = case::Case::new(incident, cluster);
    Conclusion::Findings(Vec::new())
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
