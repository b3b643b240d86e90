mod panics;

wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });

use exports::k8shawk::analysis::analysis::{Conclusion, Guest};
use k8shawk::incident::types::{Evidence, Finding, Incident};

struct Plugin;

impl Guest for Plugin {
    fn analyse(incident: Incident) -> Conclusion {
        panics::to_log();
        let expired = |message: &str| message.contains("license has expired");
        let Some(signal) = incident.signals.iter().find(|s| expired(&s.message)) else {
            return Conclusion::Findings(Vec::new());
        };
        Conclusion::Findings(vec![Finding {
            class: "license-expired".to_owned(),
            title: "the license has expired".to_owned(),
            cause: "The application stops because its license has expired [e1].".to_owned(),
            confidence: 90,
            severity: incident.severity,
            object: incident.object.clone(),
            owner: incident.owner.clone(),
            evidence: vec![Evidence {
                id: "e1".to_owned(),
                source: format!("event {}", signal.reason),
                excerpt: signal.message.clone(),
            }],
            unknown: Vec::new(),
            facts: Vec::new(),
            victims: Vec::new(),
            shared: None,
        }])
    }
}

export!(Plugin);
