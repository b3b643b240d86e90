mod panics;

wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });

use exports::k8shawk::fix::fix::{Guest, Plan};
use k8shawk::incident::types::{Finding, Incident, Proposal};

struct Plugin;

impl Guest for Plugin {
    fn propose(incident: Incident, finding: Finding) -> Plan {
        panics::to_log();
        if finding.class != "license-expired" || incident.owner.kind != "Deployment" {
            return Plan { proposals: Vec::new(), next_check: String::new() };
        }
        Plan {
            proposals: vec![Proposal {
                action: "rollout-restart".to_owned(),
                target: incident.owner,
                parameters: Vec::new(),
                rationale: "The new license is read at the start.".to_owned(),
            }],
            next_check: "renew the license in the Secret, then restart".to_owned(),
        }
    }
}

export!(Plugin);
