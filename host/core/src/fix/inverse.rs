//! The fix that takes a fix back, where there is one.

use std::collections::BTreeMap;

use super::{Action, Fix, Operation, Quantity};
use crate::diff::Diff;

/// Where a Deployment says which revision it has.
const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

impl Fix {
    /// The fix that leads back to what the dry run said was there before `sent`; none where what
    /// a fix took away cannot be brought back by another fix.
    pub fn inverse(&self, diff: &Diff, sent: &Operation) -> Option<Fix> {
        let before = |path: &str| {
            let line = diff.lines.iter().find(|l| l.path == path)?;
            line.before.clone()
        };
        let container = |name: &str, field: &str| {
            before(&format!("spec.template.spec.containers[{name}].{field}")).or_else(|| {
                before(&format!(
                    "spec.template.spec.initContainers[{name}].{field}"
                ))
            })
        };
        let action = match &self.action {
            Action::Cordon => Action::Uncordon,
            Action::Uncordon => Action::Cordon,
            Action::Scale { .. } => Action::Scale {
                replicas: before("spec.replicas")?.parse().ok()?,
            },
            Action::SetImage {
                container: name, ..
            } => Action::SetImage {
                container: name.clone(),
                image: container(name, "image")?,
            },
            Action::SetResources {
                container: name,
                memory,
                cpu,
            } => {
                let was = |set: &Option<Quantity>, resource: &str| match set {
                    None => Some(None),
                    Some(_) => {
                        let text = container(name, &format!("resources.limits.{resource}"))?;
                        Quantity::parse(&text).map(Some)
                    }
                };
                Action::SetResources {
                    container: name.clone(),
                    memory: was(memory, "memory")?,
                    cpu: was(cpu, "cpu")?,
                }
            }
            Action::RaiseQuota { resource, .. } => Action::RaiseQuota {
                resource: resource.clone(),
                value: Quantity::parse(&before(&format!("spec.hard.{resource}"))?)?,
            },
            Action::ScaleHpaMax { .. } => Action::ScaleHpaMax {
                max: before("spec.maxReplicas")?.parse().ok()?,
            },
            Action::PatchSelector { selector } => Action::PatchSelector {
                selector: selector_before(selector, diff),
            },
            // What is sent still says the revision that it replaces.
            Action::RolloutUndo { .. } => Action::RolloutUndo {
                revision: revision(sent)?,
            },
            _ => return None,
        };
        let inverse = Fix {
            target: self.target.clone(),
            action,
        };
        // Through the only door for values: a redacted one does not parse.
        let parameters: Vec<(String, String)> = inverse.action.parameters().into_iter().collect();
        Fix::parse(inverse.action.name(), inverse.target, &parameters).ok()
    }
}

fn selector_before(selector: &BTreeMap<String, String>, diff: &Diff) -> BTreeMap<String, String> {
    let mut before = selector.clone();
    for line in &diff.lines {
        let Some(label) = line.path.strip_prefix("spec.selector.") else {
            continue;
        };
        match &line.before {
            Some(value) => before.insert(label.to_owned(), value.clone()),
            None => before.remove(label),
        };
    }
    before
}

fn revision(sent: &Operation) -> Option<u64> {
    let Operation::Replace { object } = sent else {
        return None;
    };
    object.pointer(REVISION)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::Line;
    use crate::object::ObjectRef;

    fn fix(action: &str, kind: &str, parameters: &[(&str, &str)]) -> Fix {
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Fix::parse(
            action,
            ObjectRef::new("apps/v1", kind, "shop", "web"),
            &parameters,
        )
        .unwrap()
    }

    fn diff(path: &str, before: Option<&str>) -> Diff {
        Diff {
            lines: vec![Line {
                path: path.to_owned(),
                before: before.map(str::to_owned),
                after: Some("x".to_owned()),
            }],
        }
    }

    fn sent() -> Operation {
        Operation::Replace {
            object: json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "4"}}}),
        }
    }

    #[test]
    fn leads_back_to_the_revision_and_the_selector_that_were_there() {
        let undo = fix("rollout-undo", "Deployment", &[("revision", "3")]);
        let back = undo.inverse(&Diff::default(), &sent()).unwrap();
        assert!(back.kubectl().ends_with("--to-revision=4"));
        let nowhere = Operation::Replace { object: json!({}) };
        assert_eq!(undo.inverse(&Diff::default(), &nowhere), None);
        let patch = fix(
            "patch-selector",
            "Service",
            &[("selector", "app=web,tier=a")],
        );
        let mut lines = diff("spec.selector.app", Some("wbe"));
        lines.lines.extend(diff("spec.selector.tier", None).lines);
        lines
            .lines
            .extend(diff("spec.selector.old", Some("x")).lines);
        let back = patch.inverse(&lines, &sent()).unwrap();
        let wanted =
            BTreeMap::from([("app", "wbe"), ("old", "x")].map(|(k, v)| (k.into(), v.into())));
        assert_eq!(back.action, Action::PatchSelector { selector: wanted });
    }

    #[test]
    fn leads_back_to_what_was_there() {
        let scaled = fix("scale", "Deployment", &[("replicas", "5")]);
        let back = scaled
            .inverse(&diff("spec.replicas", Some("2")), &sent())
            .unwrap();
        assert_eq!(
            back.kubectl(),
            "kubectl -n shop scale deployment/web --replicas=2"
        );
        let set = fix(
            "set-image",
            "Deployment",
            &[("container", "app"), ("image", "a:2")],
        );
        let path = "spec.template.spec.containers[app].image";
        let back = set.inverse(&diff(path, Some("a:1")), &sent()).unwrap();
        assert_eq!(
            back.kubectl(),
            "kubectl -n shop set image deployment/web app=a:1"
        );
    }

    #[test]
    fn there_is_none_where_nothing_is_known_of_before() {
        let set = fix(
            "set-image",
            "Deployment",
            &[("container", "app"), ("image", "a:2")],
        );
        let path = "spec.template.spec.containers[app].image";
        assert_eq!(set.inverse(&diff(path, None), &sent()), None);
        assert_eq!(set.inverse(&diff(path, Some("[redacted]")), &sent()), None);
        let memory = fix(
            "set-resources",
            "Deployment",
            &[("container", "app"), ("memory", "1Gi")],
        );
        assert_eq!(
            memory.inverse(&diff("spec.replicas", Some("1")), &sent()),
            None
        );
        assert_eq!(
            fix("delete-pod", "Pod", &[]).inverse(&Diff::default(), &sent()),
            None
        );
    }
}
