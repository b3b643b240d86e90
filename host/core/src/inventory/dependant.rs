//! Which observations hang on an object.

use std::collections::BTreeSet;

use super::Inventory;
use super::shape::{Body, Entry};
use super::workload;
use crate::object::ObjectRef;

/// Objects whose observations may change when `changed` did.
pub(crate) fn of(inventory: &Inventory, changed: &ObjectRef) -> Vec<ObjectRef> {
    let held = inventory.entry(changed);
    let mut found: BTreeSet<ObjectRef> = BTreeSet::new();
    match changed.kind.as_str() {
        "Pod" => {
            found.extend(services(inventory, changed, held));
            found.extend(claims(inventory, changed, held));
            found.insert(inventory.root_owner(changed));
        }
        "Service" => found.extend(behind(inventory, changed)),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" => {
            found.extend(held.and_then(|entry| workload::root(inventory, entry)));
            found.extend(selecting(inventory, &changed.namespace));
        }
        "Job" => found
            .insert(inventory.root_owner(changed))
            .then_some(())
            .into_iter()
            .collect(),
        "Secret" | "IngressClass" | "Ingress" => found.extend(ingresses(inventory, changed)),
        "StorageClass" => found.extend(
            inventory
                .of_kind("PersistentVolumeClaim")
                .map(Entry::reference),
        ),
        _ => {}
    }
    found.retain(|object| !object.same_object(changed) && inventory.entry(object).is_some());
    found.into_iter().collect()
}

/// Services that select a pod, and the webhooks behind them; all of the namespace where the pod
/// is not known any more.
fn services(inventory: &Inventory, pod: &ObjectRef, held: Option<&Entry>) -> Vec<ObjectRef> {
    let mut found = Vec::new();
    for entry in inventory.in_namespace("Service", &pod.namespace) {
        let Body::Service(service) = &entry.body else {
            continue;
        };
        let selected = |pod: &Entry| pod.meta.labels.contain(&service.spec.selector);
        if service.selects() && held.is_none_or(selected) {
            found.push(entry.reference());
            found.extend(webhooks(inventory, &entry.reference()));
        }
    }
    found
}

fn claims(inventory: &Inventory, pod: &ObjectRef, held: Option<&Entry>) -> Vec<ObjectRef> {
    let uses = |claim: &&Entry| match held.map(|entry| &entry.body) {
        Some(Body::Pod(pod)) => pod.uses_claim(&claim.meta.name),
        _ => false,
    };
    let claims = inventory.in_namespace("PersistentVolumeClaim", &pod.namespace);
    claims.filter(uses).map(Entry::reference).collect()
}

/// Ingresses and webhooks that name a Service.
fn behind(inventory: &Inventory, service: &ObjectRef) -> Vec<ObjectRef> {
    let ingresses = inventory.in_namespace("Ingress", &service.namespace).filter(|entry| {
        matches!(&entry.body, Body::Ingress(i) if i.backends().any(|b| *b.name == service.name))
    });
    let mut found: Vec<ObjectRef> = ingresses.map(Entry::reference).collect();
    found.extend(webhooks(inventory, service));
    found
}

fn webhooks(inventory: &Inventory, service: &ObjectRef) -> Vec<ObjectRef> {
    let kinds = [
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    ];
    let entries = kinds.iter().flat_map(|kind| inventory.of_kind(kind));
    let named = entries.filter(|entry| match &entry.body {
        Body::Webhooks(held) => held.webhooks.iter().any(|hook| {
            hook.client_config
                .service
                .as_ref()
                .is_some_and(|s| *s.namespace == service.namespace && *s.name == service.name)
        }),
        _ => false,
    });
    named.map(Entry::reference).collect()
}

/// Services of a namespace with a selector: a workload may explain why one selects no pod.
fn selecting(inventory: &Inventory, namespace: &str) -> Vec<ObjectRef> {
    let services = inventory.in_namespace("Service", namespace);
    let selecting = services.filter(|e| matches!(&e.body, Body::Service(s) if s.selects()));
    selecting.map(Entry::reference).collect()
}

/// Ingresses that name a Secret or a class, or that may share a rule with another.
fn ingresses(inventory: &Inventory, changed: &ObjectRef) -> Vec<ObjectRef> {
    let hit = |entry: &&Entry| {
        let Body::Ingress(ingress) = &entry.body else {
            return false;
        };
        match changed.kind.as_str() {
            "Secret" => {
                *entry.meta.namespace == changed.namespace && ingress.uses_secret(&changed.name)
            }
            "IngressClass" => *ingress.spec.ingress_class_name == changed.name,
            _ => true,
        }
    };
    inventory
        .of_kind("Ingress")
        .filter(hit)
        .map(Entry::reference)
        .collect()
}
