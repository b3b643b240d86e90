//! How everything that a fix should help is doing: the owner, the victims, the target.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use k8shawk_core::fix::{Fix, Postcondition};
use k8shawk_core::record::Record;
use k8shawk_core::recovery::Health;
use k8shawk_core::{Inventory, ObjectRef, workloads};
use serde_json::Value;

use crate::services::cluster::AnyCluster;
use crate::services::cluster::ClusterError;

/// Victims whose health is looked at.
const MAX_SUBJECTS: usize = 50;

/// One look at everything that the fix should help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Health of all subjects together.
    pub health: Health,
    /// Restarts of their containers.
    pub restarts: u32,
}

/// The owner and the victims where their status tells; else the target of the fix.
fn subjects(record: &Record) -> Vec<ObjectRef> {
    let owner = std::iter::once(&record.incident.owner);
    let target = record.fix().map(|f| &f.target);
    let mut all: Vec<ObjectRef> = Vec::new();
    for object in owner.chain(&record.incident.victims).chain(target) {
        if Health::is_told_by(&object.kind)
            && all.len() < MAX_SUBJECTS
            && !all.iter().any(|o| o.same_object(object))
        {
            all.push(object.clone());
        }
    }
    all
}

/// What the fix wants of this object; none where it is not the target.
fn postcondition(record: &Record, object: &ObjectRef) -> Option<Postcondition> {
    let fix = record.fix().filter(|fix| fix.target.same_object(object));
    fix.map(Fix::postcondition)
}

/// True where the fix takes its target away for good.
fn takes_away(record: &Record, object: &ObjectRef) -> bool {
    postcondition(record, object) == Some(Postcondition::Gone)
}

/// A cordoned node stays as it is on purpose.
fn is_set_aside(record: &Record, object: &ObjectRef) -> bool {
    postcondition(record, object) == Some(Postcondition::SetAside)
}

/// Look once.
///
/// # Errors
/// [`ClusterError`] where the cluster does not answer.
pub async fn look(cluster: &AnyCluster, record: &Record) -> Result<Seen, ClusterError> {
    let mut sum = Health {
        wanted: 0,
        good: 0,
        moving: false,
    };
    let mut restarts = 0;
    let mut lists = Lists::of(cluster);
    for object in subjects(record) {
        if is_set_aside(record, &object) {
            continue;
        }
        let one = one(&mut lists, record, &object).await?;
        sum.wanted += one.wanted;
        sum.good += one.good;
        sum.moving |= one.moving;
        restarts += restarts_of(&mut lists, &object).await?;
    }
    if let (0, Some(fix)) = (sum.wanted, record.fix()) {
        let target = &fix.target;
        let found = cluster.current(&target.kind, &target.namespace, &target.name);
        let good = found.await?.is_none() == takes_away(record, target);
        sum = if good { Health::gone() } else { Health::lost() };
    }
    Ok(Seen {
        health: sum,
        restarts,
    })
}

/// The lists of one look: the victims of a storm share their namespace.
struct Lists<'w> {
    cluster: &'w AnyCluster,
    read: HashMap<(&'static str, String), Vec<Value>>,
}

impl<'w> Lists<'w> {
    fn of(cluster: &'w AnyCluster) -> Lists<'w> {
        Lists {
            cluster,
            read: HashMap::new(),
        }
    }

    /// The objects of a kind in a namespace, read once.
    async fn list(
        &mut self,
        kind: &'static str,
        namespace: &str,
    ) -> Result<&[Value], ClusterError> {
        match self.read.entry((kind, namespace.to_owned())) {
            Entry::Occupied(read) => Ok(read.into_mut()),
            Entry::Vacant(unread) => {
                Ok(unread.insert(self.cluster.current_list(kind, namespace).await?))
            }
        }
    }
}

/// Health of one object, as the fix should leave it.
async fn one(
    lists: &mut Lists<'_>,
    record: &Record,
    object: &ObjectRef,
) -> Result<Health, ClusterError> {
    let away = takes_away(record, object);
    let found = lists
        .cluster
        .current(&object.kind, &object.namespace, &object.name)
        .await?;
    let same = |f: &Value| {
        let uid = f.pointer("/metadata/uid").and_then(Value::as_str);
        object.uid.is_empty() || uid == Some(object.uid.as_str())
    };
    Ok(match found {
        None if away => Health::gone(),
        Some(f) if away && !same(&f) => Health::gone(),
        None => Health::lost(),
        Some(_) if away => Health::lost(),
        Some(f) => Health::of(&f, endpoints(lists, record, object).await?),
    })
}

/// Ready endpoints of a Service.
async fn endpoints(
    lists: &mut Lists<'_>,
    record: &Record,
    object: &ObjectRef,
) -> Result<u32, ClusterError> {
    if object.kind != "Service" {
        return Ok(0);
    }
    let wanted = match postcondition(record, object) {
        Some(Postcondition::EndpointsOn(port)) => Some(u64::from(port)),
        _ => None,
    };
    let leads_there = |slice: &&Value| {
        let ports = slice.get("ports").and_then(Value::as_array);
        ports.is_some_and(|ports| match wanted {
            None => !ports.is_empty(),
            Some(port) => ports
                .iter()
                .any(|p| p.get("port").and_then(Value::as_u64) == Some(port)),
        })
    };
    let of_service = |slice: &&Value| {
        slice
            .pointer("/metadata/labels/kubernetes.io~1service-name")
            .and_then(Value::as_str)
            == Some(object.name.as_str())
    };
    let slices = lists.list("EndpointSlice", &object.namespace).await?;
    let ready = slices
        .iter()
        .filter(of_service)
        .filter(leads_there)
        .filter_map(|s| s.get("endpoints").and_then(Value::as_array))
        .flatten()
        .filter(|e| e.pointer("/conditions/ready") != Some(&Value::Bool(false)))
        .count();
    Ok(u32::try_from(ready).unwrap_or(u32::MAX))
}

/// Restarts of the containers of a workload's pods.
async fn restarts_of(lists: &mut Lists<'_>, object: &ObjectRef) -> Result<u32, ClusterError> {
    if object.kind != "Pod" && !workloads::ALL.contains(&object.kind.as_str()) {
        return Ok(0);
    }
    let mut inventory = Inventory::new();
    if object.kind == "Deployment" {
        let sets = lists.list("ReplicaSet", &object.namespace).await?;
        sets.iter().for_each(|s| inventory.apply(s));
    }
    let pods = lists.list("Pod", &object.namespace).await?;
    pods.iter().for_each(|p| inventory.apply(p));
    let total = pods
        .iter()
        .filter(|pod| {
            let text = |p| pod.pointer(p).and_then(Value::as_str).unwrap_or_default();
            let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
            let mut reference = ObjectRef::of("Pod", namespace, name);
            reference.uid = text("/metadata/uid").to_owned();
            let owner = inventory.root_owner(&reference);
            owner.kind == object.kind && owner.name == object.name
        })
        .filter_map(|pod| {
            pod.pointer("/status/containerStatuses")
                .and_then(Value::as_array)
        })
        .flatten()
        .filter_map(|c| c.get("restartCount").and_then(Value::as_u64))
        .sum::<u64>();
    Ok(u32::try_from(total).unwrap_or(u32::MAX))
}
