//! The fix that takes a fix back, where there is one.

use super::{Action, Fix, Quantity};
use crate::diff::Diff;

impl Fix {
    /// The fix that leads back to what the dry run said was there before; none where what a
    /// fix took away cannot be brought back by another fix.
    pub fn inverse(&self, diff: &Diff) -> Option<Fix> {
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

#[cfg(test)]
mod tests {
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

    #[test]
    fn leads_back_to_what_was_there() {
        let scaled = fix("scale", "Deployment", &[("replicas", "5")]);
        let back = scaled.inverse(&diff("spec.replicas", Some("2"))).unwrap();
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
        let back = set.inverse(&diff(path, Some("a:1"))).unwrap();
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
        assert_eq!(set.inverse(&diff(path, None)), None);
        assert_eq!(set.inverse(&diff(path, Some("[redacted]"))), None);
        let memory = fix(
            "set-resources",
            "Deployment",
            &[("container", "app"), ("memory", "1Gi")],
        );
        assert_eq!(memory.inverse(&diff("spec.replicas", Some("1"))), None);
        assert_eq!(
            fix("delete-pod", "Pod", &[]).inverse(&Diff::default()),
            None
        );
    }
}
