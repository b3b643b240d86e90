//! The signs of tools that apply objects from elsewhere: what they write back, a fix does not keep.

use serde_json::Value;

use super::{FieldManager, Tool, group, text};
use crate::object::ObjectRef;

const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const INSTANCE: &str = "app.kubernetes.io/instance";
const ARGO_INSTANCE: &str = "argocd.argoproj.io/instance";
const ARGO_TRACKING: &str = "argocd.argoproj.io/tracking-id";
const ARGO_MANAGERS: [&str; 2] = ["argocd-controller", "argocd-application-controller"];
/// Kind and the prefix of its labels.
const FLUX: [(&str, &str); 2] = [
    ("Kustomization", "kustomize.toolkit.fluxcd.io"),
    ("HelmRelease", "helm.toolkit.fluxcd.io"),
];
/// Groups of Kubernetes itself, beside those that end in `.k8s.io`.
const BUILT_IN: [&str; 6] = ["", "apps", "batch", "autoscaling", "policy", "extensions"];

/// Labels and annotations of an object.
struct Signs<'o>(&'o Value);

impl Signs<'_> {
    fn label(&self, key: &str) -> Option<&str> {
        self.find("/metadata/labels", key)
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.find("/metadata/annotations", key)
    }

    fn find(&self, at: &str, key: &str) -> Option<&str> {
        self.0.pointer(at)?.get(key)?.as_str()
    }
}

/// Every tool of which the object has a sign.
pub(super) fn of(
    object: &Value,
    owner: Option<&ObjectRef>,
    managers: &[FieldManager],
) -> Vec<Tool> {
    let signs = Signs(object);
    let mut found: Vec<Tool> = Vec::new();
    found.extend(helm(&signs).map(Tool::Helm));
    found.extend(argo(&signs, managers).map(Tool::ArgoCd));
    found.extend(FLUX.iter().filter_map(|flux| self::flux(&signs, flux)));
    found.extend(owner.and_then(custom).map(Tool::Operator));
    found.extend(olm(&signs).map(Tool::Operator));
    let named = signs.label(MANAGED_BY).filter(|name| *name != "Helm");
    if let (true, Some(name)) = (found.is_empty(), named) {
        found.push(Tool::Other(name.to_owned()));
    }
    found
}

fn helm(signs: &Signs<'_>) -> Option<String> {
    let of = |what: &str| signs.annotation(&format!("meta.helm.sh/release-{what}"));
    match (of("namespace"), of("name")) {
        (Some(namespace), Some(name)) => Some(format!("{namespace}/{name}")),
        (None, Some(name)) => Some(format!("{}/{name}", text(signs.0, "/metadata/namespace"))),
        (_, None) => (signs.label(MANAGED_BY) == Some("Helm")).then(String::new),
    }
}

/// The label that Argo CD sets by default is one that others set too: it counts only where the
/// object has a field manager of Argo CD.
fn argo(signs: &Signs<'_>, managers: &[FieldManager]) -> Option<String> {
    let tracked = signs.annotation(ARGO_TRACKING);
    let tracked = tracked.and_then(|id| id.split(':').next());
    let writes = managers
        .iter()
        .any(|m| ARGO_MANAGERS.contains(&m.name.as_str()));
    let named = tracked.or(signs.label(ARGO_INSTANCE));
    match named {
        Some(name) => Some(name.to_owned()),
        None if writes => Some(signs.label(INSTANCE).unwrap_or_default().to_owned()),
        None => None,
    }
}

fn flux(signs: &Signs<'_>, (kind, labels): &(&str, &str)) -> Option<Tool> {
    let name = signs.label(&format!("{labels}/name"))?;
    let namespace = signs
        .label(&format!("{labels}/namespace"))
        .unwrap_or_default();
    Some(Tool::Flux(format!("{kind} {namespace}/{name}")))
}

/// An owner of a kind that Kubernetes itself does not have.
fn custom(owner: &ObjectRef) -> Option<String> {
    let group = group(&owner.api_version);
    let built_in = BUILT_IN.contains(&group) || group.ends_with(".k8s.io");
    (!built_in).then(|| named(&owner.kind, group, &owner.namespace, &owner.name))
}

/// What the Operator Lifecycle Manager installed.
fn olm(signs: &Signs<'_>) -> Option<String> {
    let of = |what: &str| signs.label(what).unwrap_or_default();
    let name = signs.label("olm.owner")?;
    let (kind, namespace) = (of("olm.owner.kind"), of("olm.owner.namespace"));
    Some(named(kind, "operators.coreos.com", namespace, name))
}

fn named(kind: &str, group: &str, namespace: &str, name: &str) -> String {
    format!("{kind}.{group} {namespace}/{name}")
}
