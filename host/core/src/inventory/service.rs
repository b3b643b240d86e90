//! Services against the pods that they select.

use crate::count;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::objects::Objects;
use super::observation::{Scene, Sighting};
use super::observed::{Change, Observed, Source};
use super::pod::Pod;
use super::shape::{Entry, Meta};
use super::wire::{List, Pairs, PortRef, Text, Time};
use super::workload;
use crate::signal::ObjectSummary;

/// What is kept of a Service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Service {
    pub(crate) spec: ServiceSpec,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ServiceSpec {
    pub(crate) selector: Pairs,
    #[serde(rename = "type")]
    pub(crate) kind: Text,
    pub(crate) ports: List<ServicePort>,
    pub(crate) publish_not_ready_addresses: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ServicePort {
    pub(crate) name: Text,
    pub(crate) port: Option<u16>,
    pub(crate) target_port: Option<PortRef>,
}

impl Service {
    /// True where the pods behind it are for the selector to say.
    pub(crate) fn selects(&self) -> bool {
        !self.spec.selector.is_empty() && &*self.spec.kind != "ExternalName"
    }

    /// True where it selects a pod, or may have selected one that is gone.
    pub(crate) fn may_select(&self, pod: Option<&Entry>) -> bool {
        let selector = self.spec.selector.selector();
        self.selects() && pod.is_none_or(|pod| pod.meta.labels.fit(&selector))
    }

    /// The pods that it selects and that could serve.
    pub(crate) fn pods<'a>(
        &'a self,
        objects: &'a Objects,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a Entry, &'a Pod)> {
        let selector = self.spec.selector.selector();
        objects
            .in_namespace("Pod", namespace)
            .filter(move |entry| !entry.deleting() && entry.meta.labels.fit(&selector))
            .filter_map(|entry| Some((entry, entry.kept::<Pod>()?)))
            .filter(|(_, pod)| pod.is_active())
    }

    /// False where it is known that no ready pod serves it.
    pub(crate) fn is_served(&self, objects: &Objects, entry: &Entry) -> bool {
        !self.selects()
            || !objects.is_readable("Pod", &entry.meta.namespace)
            || self.pods(objects, &entry.meta.namespace).any(|(_, pod)| {
                pod.is_ready() || self.spec.publish_not_ready_addresses == Some(true)
            })
    }
}

impl Observed for Service {
    const KINDS: &'static [&'static str] = &["Service"];
    /// A workload may explain why it selects no pod.
    const DEPENDS_ON: &'static [&'static str] = &[
        "Pod",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
    ];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, spec, IgnoredAny) = from.halves()?;
        Some((meta, Service { spec }))
    }

    fn observe(&self, scene: Scene<'_>) -> Vec<Sighting> {
        leads_nowhere(scene, self)
    }

    fn summarise(&self, scene: Scene<'_>, summary: &mut ObjectSummary) {
        summary.ready = self.is_served(scene.objects, scene.entry);
    }

    fn depends_on(&self, _: &Entry, change: Change<'_>) -> bool {
        self.may_select(change.held.filter(|_| change.is("Pod")))
    }
}

/// A Service that leads nowhere.
fn leads_nowhere(scene: Scene<'_>, service: &Service) -> Vec<Sighting> {
    let namespace = &scene.entry.meta.namespace;
    if !service.selects() || !scene.objects.is_readable("Pod", namespace) {
        return Vec::new();
    }
    let pods: Vec<(&Entry, &Pod)> = service.pods(scene.objects, namespace).collect();
    if pods.is_empty() {
        return no_pods(scene, service).into_iter().collect();
    }
    let mut seen: Vec<Sighting> = unmatched_ports(service, &pods).into_iter().collect();
    let any = service.spec.publish_not_ready_addresses == Some(true);
    if !any && !pods.iter().any(|(_, pod)| pod.is_ready()) {
        let message = format!("0 of {} ready", count(pods.len(), "selected pod"));
        let since = pods
            .iter()
            .map(|(e, p)| p.ready_change().or(e.meta.creation_timestamp))
            .max();
        let since = since.unwrap_or(Time(None));
        seen.push(Sighting::new("NoReadyEndpoints", message).since(since));
    }
    seen
}

/// No pod is selected: the selector's fault, unless a workload would make such pods. That one
/// reports its own trouble, and none at all when it is scaled to zero on purpose.
fn no_pods(scene: Scene<'_>, service: &Service) -> Option<Sighting> {
    let namespace = &scene.entry.meta.namespace;
    let selector = service.spec.selector.text();
    match workload::that_makes(scene.objects, namespace, &service.spec.selector.selector()) {
        Some((entry, made)) if made.suspended(entry.kind.kind) => None,
        Some((entry, _)) => {
            let message = format!(
                "{} has no pod that selector {selector} could find",
                entry.reference()
            );
            Some(Sighting::new("NoReadyEndpoints", message))
        }
        None => {
            let message = format!("no pod matches selector {selector}");
            Some(Sighting::new("NoEndpoints", message))
        }
    }
}

/// Target ports that no selected pod serves.
fn unmatched_ports(service: &Service, pods: &[(&Entry, &Pod)]) -> Option<Sighting> {
    let bad: Vec<String> = service
        .spec
        .ports
        .iter()
        .filter(|port| !pods.iter().any(|(_, pod)| may_serve(pod, port)))
        .map(|port| match &port.target_port {
            Some(PortRef::Name(name)) => format!("no pod has a port named {name:?}"),
            Some(PortRef::Number(number)) => format!("no container declares port {number}"),
            None => format!("no container declares port {}", port.port.unwrap_or(0)),
        })
        .collect();
    if bad.is_empty() {
        return None;
    }
    let mut declared: Vec<String> = pods
        .iter()
        .flat_map(|(_, pod)| pod.containers())
        .flat_map(|c| c.spec.ports.iter())
        .map(|p| match (&*p.name, p.container_port.unwrap_or(0)) {
            ("", number) => number.to_string(),
            (name, number) => format!("{name}={number}"),
        })
        .collect();
    declared.sort();
    declared.dedup();
    let message = format!(
        "{}; the pods declare: {}",
        bad.join("; "),
        declared.join(", ")
    );
    Some(Sighting::new("TargetPortUnmatched", message))
}

/// False only where the pod surely does not serve the port: declared ports are a promise, but
/// a container that declares none may listen on any.
fn may_serve(pod: &Pod, port: &ServicePort) -> bool {
    let mut containers = pod
        .containers()
        .filter(|c| !c.init || &*c.spec.restart_policy == "Always");
    let number = match (&port.target_port, port.port) {
        (Some(PortRef::Name(name)), _) => {
            return containers.any(|c| c.spec.ports.iter().any(|p| p.name == *name));
        }
        (Some(PortRef::Number(0)) | None, own) => own,
        (Some(PortRef::Number(number)), _) => Some(*number),
    };
    containers
        .any(|c| c.spec.ports.is_empty() || c.spec.ports.iter().any(|p| p.container_port == number))
}
