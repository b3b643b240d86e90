//! What a policy sees of a fix for an incident, where a test does not say more.

use std::sync::Arc;

use k8shawk_core::policy::{Dossier, Origin};
use k8shawk_core::{Evidence, Finding, Incident};

/// A finding with one piece of evidence; no dry run was sent, and the ledger was not read.
pub fn of(incident: &Incident, origin: Origin) -> Arc<Dossier> {
    let finding = Finding {
        class: incident.class.clone(),
        title: "the image does not exist".to_owned(),
        cause: "No such tag [e1].".to_owned(),
        confidence: 80,
        severity: incident.severity,
        object: incident.object.clone(),
        owner: incident.owner.clone(),
        evidence: vec![Evidence {
            id: "e1".to_owned(),
            source: "events".to_owned(),
            excerpt: "not found".to_owned(),
        }],
        unknown: Vec::new(),
        unsupported: Vec::new(),
        facts: Vec::new(),
        victims: Vec::new(),
        shared: None,
    };
    Arc::new(Dossier {
        origin,
        finding,
        diff: None,
        ledger: None,
    })
}
