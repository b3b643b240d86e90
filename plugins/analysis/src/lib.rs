//! The shipped analysis plugin: finds causes from patterns, without a model.
//!
//! `case` is what an analysis works on; `finding` builds its result; `json` reads objects.
//! Each other module explains the objects that it is named after.

pub mod case;
pub mod finding;
pub mod json;

use k8shawk_sdk::analysis::{self, Conclusion, Guest, Incident};
use k8shawk_sdk::cluster::{Cluster, Granted};

/// Find the cause of an incident with what `cluster` lets it read.
pub fn analyse(incident: &Incident, cluster: &dyn Cluster) -> Conclusion {
    let _case = case::Case::new(incident, cluster);
    Conclusion::Findings(Vec::new())
}

struct Patterns;

impl Guest for Patterns {
    fn analyse(incident: Incident) -> Conclusion {
        analyse(&incident, &Granted)
    }
}

analysis::export!(Patterns with_types_in analysis);
