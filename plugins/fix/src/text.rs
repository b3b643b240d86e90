//! Facts by name, and sentences with holes.

use k8shawk_sdk::fix::{Finding, ObjectRef};

/// The value of a fact; none where it is absent or empty.
pub fn fact<'a>(finding: &'a Finding, key: &str) -> Option<&'a str> {
    let found = finding.facts.iter().find(|f| f.key == key)?;
    let value = found.value.trim();
    (!value.is_empty()).then_some(value)
}

/// Fill `{object}`, `{owner}`, `{shared}`, `{target}` and `{name-of-a-fact}`.
pub fn fill(template: &str, finding: &Finding, target: &ObjectRef) -> String {
    let mut out = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, hole)) = rest.split_once('{') {
        out.push_str(before);
        let Some((key, after)) = hole.split_once('}') else {
            rest = hole;
            break;
        };
        match key {
            "target" => out.push_str(&spoken(target)),
            "object" => out.push_str(&spoken(&finding.object)),
            "owner" => out.push_str(&spoken(&finding.owner)),
            "shared" => out.push_str(&spoken(finding.shared.as_ref().unwrap_or(&finding.object))),
            key => out.push_str(fact(finding, key).unwrap_or("(unknown)")),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Kind and name, with the namespace where there is one.
pub fn spoken(object: &ObjectRef) -> String {
    let place = if object.namespace.is_empty() { "" } else { "/" };
    [&object.kind, " ", &object.namespace, place, &object.name].concat()
}
