//! Ingresses against what they name.

use super::{BackendService, Ingress};
use crate::inventory::observation::{Scene, Sighting};
use crate::inventory::service::Service;
use crate::inventory::shape::Entry;
use crate::inventory::wire::Annotations;

/// Everything that an Ingress names and that is not there.
pub(crate) fn observe(scene: Scene<'_>, ingress: &Ingress) -> Vec<Sighting> {
    let parts = [
        missing_backends(scene, ingress),
        missing_class(scene, ingress),
        missing_secrets(scene, ingress),
        duplicates(scene, ingress),
    ];
    parts.into_iter().flatten().collect()
}

fn missing_backends(scene: Scene<'_>, ingress: &Ingress) -> Option<Sighting> {
    if !scene
        .objects
        .is_readable("Service", &scene.entry.meta.namespace)
    {
        return None;
    }
    let missing = ingress
        .backends()
        .filter_map(|backend| missing_backend(scene, backend));
    sighting("BackendMissing", missing.collect())
}

fn missing_backend(scene: Scene<'_>, backend: &BackendService) -> Option<String> {
    let namespace = &scene.entry.meta.namespace;
    let found = scene
        .objects
        .find("Service", namespace, &backend.name)
        .and_then(|entry| entry.kept::<Service>());
    let Some(service) = found else {
        return Some(format!("Service {} does not exist", backend.name));
    };
    let spec = &service.spec;
    let fits = if backend.port.name.is_empty() {
        backend.port.number.is_none() || spec.ports.iter().any(|p| p.port == backend.port.number)
    } else {
        spec.ports.iter().any(|p| p.name == backend.port.name)
    };
    if fits || &*spec.kind == "ExternalName" {
        return None;
    }
    let wanted = match backend.port.number {
        Some(number) => number.to_string(),
        None => backend.port.name.to_string(),
    };
    let ports = spec
        .ports
        .iter()
        .map(|p| match (&*p.name, p.port.unwrap_or(0)) {
            ("", number) => number.to_string(),
            (name, number) => format!("{name}={number}"),
        });
    let ports: Vec<String> = ports.collect();
    Some(format!(
        "Service {} has no port {wanted}, but {}",
        backend.name,
        ports.join(", ")
    ))
}

fn missing_class(scene: Scene<'_>, ingress: &Ingress) -> Option<Sighting> {
    let class = &ingress.spec.ingress_class_name;
    let known = class.is_empty()
        || !scene.objects.is_readable("IngressClass", "")
        || scene.objects.find("IngressClass", "", class).is_some();
    (!known).then(|| {
        Sighting::new(
            "ClassMissing",
            format!("IngressClass {class} does not exist"),
        )
    })
}

fn missing_secrets(scene: Scene<'_>, ingress: &Ingress) -> Option<Sighting> {
    let namespace = &scene.entry.meta.namespace;
    if !scene.objects.is_readable("Secret", namespace) {
        return None;
    }
    let named = ingress
        .spec
        .tls
        .iter()
        .map(|tls| &*tls.secret_name)
        .filter(|n| !n.is_empty());
    let missing = named.filter(|name| scene.objects.find("Secret", namespace, name).is_none());
    let missing = missing.map(|name| format!("TLS Secret {name} does not exist"));
    sighting("TlsSecretMissing", missing.collect())
}

/// Rules that an older Ingress of the same class has too.
fn duplicates(scene: Scene<'_>, ingress: &Ingress) -> Option<Sighting> {
    if is_canary(scene.entry) {
        return None;
    }
    let mut found = Vec::new();
    for entry in scene.objects.of_kind("Ingress") {
        let Some(other) = entry.kept::<Ingress>() else {
            continue;
        };
        let rival = other.spec.ingress_class_name == ingress.spec.ingress_class_name
            && is_older(entry, scene.entry)
            && !is_canary(entry)
            && !entry.deleting();
        if rival {
            found.extend(
                shared_rules(ingress, other)
                    .map(|rule| format!("{rule} is already claimed by {}", entry.reference())),
            );
        }
    }
    sighting("DuplicateRule", found)
}

fn is_canary(entry: &Entry) -> bool {
    entry.meta.annotations.get(Annotations::CANARY) == Some("true")
}

/// The older of two is in its right; names decide between twins.
fn is_older(entry: &Entry, than: &Entry) -> bool {
    let rank = |e: &Entry| {
        (
            e.meta.creation_timestamp,
            e.meta.namespace.clone(),
            e.meta.name.clone(),
        )
    };
    rank(entry) < rank(than)
}

fn shared_rules<'a>(one: &'a Ingress, other: &'a Ingress) -> impl Iterator<Item = String> + 'a {
    rules(one)
        .filter(|rule| rules(other).any(|o| o == *rule))
        .map(|(host, path, _)| {
            let host = if host.is_empty() { "*" } else { host };
            let path = if path.is_empty() { "/" } else { path };
            format!("{host}{path}")
        })
}

fn rules(ingress: &Ingress) -> impl Iterator<Item = (&str, &str, &str)> {
    ingress.spec.rules.iter().flat_map(|rule| {
        let paths = rule.http.iter().flat_map(|http| http.paths.iter());
        paths.map(|p| (&*rule.host, &*p.path, &*p.path_type))
    })
}

fn sighting(reason: &str, mut parts: Vec<String>) -> Option<Sighting> {
    parts.sort();
    parts.dedup();
    (!parts.is_empty()).then(|| Sighting::new(reason, parts.join("; ")))
}
