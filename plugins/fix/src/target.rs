//! The object that a fix changes.

use crate::row::Target;
use crate::text;
use k8shawk_sdk::fix::{Finding, Incident, ObjectRef};
use k8shawk_sdk::kinds;

/// Find the target; none where the finding does not lead to one.
pub fn find(target: Target, incident: &Incident, finding: &Finding) -> Option<ObjectRef> {
    match target {
        Target::Object => Some(finding.object.clone()),
        Target::Kind(kinds) => near(incident, finding)
            .find(|o| kinds.contains(&o.kind.as_str()) && !o.name.is_empty())
            .cloned(),
        Target::Named { kind, fact } => {
            let name = text::fact(finding, fact)?;
            named(kind, name, incident, finding)
        }
    }
}

/// Objects around a finding, the nearest first.
fn near<'a>(incident: &'a Incident, finding: &'a Finding) -> impl Iterator<Item = &'a ObjectRef> {
    [&finding.object, &finding.owner]
        .into_iter()
        .chain(finding.shared.as_ref())
        .chain([&incident.object, &incident.owner])
        .chain(&finding.victims)
}

fn named(kind: &str, name: &str, incident: &Incident, finding: &Finding) -> Option<ObjectRef> {
    let (namespace, name) = match name.split_once('/') {
        Some(pair) => pair,
        None if kind == "Node" => ("", name),
        None => (finding.object.namespace.as_str(), name),
    };
    let same = |o: &&ObjectRef| o.kind == kind && o.name == name && o.namespace == namespace;
    if let Some(known) = near(incident, finding).find(same) {
        return Some(known.clone());
    }
    (!name.is_empty()).then(|| ObjectRef {
        api_version: kinds::api_version(kind),
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        uid: String::new(),
    })
}
