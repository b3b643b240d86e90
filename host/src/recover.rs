//! Stage: did the fix help?

use k8shawk_core::fix::{Action, Fix};
use k8shawk_core::record::{Record, State};
use k8shawk_core::recovery::Health;
use k8shawk_core::{Inventory, ObjectRef, kinds};
use serde_json::Value;

use crate::cluster::WriteError;
use crate::flow::{Flow, FlowError};

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

/// Kinds whose own status tells whether they are well.
const TELLING: &[&str] = &[
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "Pod",
    "Node",
    "Service",
    "PersistentVolumeClaim",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
];

fn fix_of(record: &Record) -> Option<&Fix> {
    record
        .decision
        .as_ref()
        .and_then(|d| d.first())
        .map(|c| &c.fix)
}

fn later(error: WriteError) -> FlowError {
    FlowError::Cluster(error)
}

/// The owner and the victims where their status tells; else the target of the fix.
fn subjects(record: &Record) -> Vec<ObjectRef> {
    let owner = std::iter::once(&record.incident.owner);
    let target = record
        .decision
        .as_ref()
        .and_then(|d| d.first())
        .map(|c| &c.fix.target);
    let mut all: Vec<ObjectRef> = Vec::new();
    for object in owner.chain(&record.incident.victims).chain(target) {
        if TELLING.contains(&object.kind.as_str())
            && all.len() < MAX_SUBJECTS
            && !all.iter().any(|o| o.same_object(object))
        {
            all.push(object.clone());
        }
    }
    all
}

/// True where the fix takes its target away for good.
fn takes_away(record: &Record, object: &ObjectRef) -> bool {
    record
        .decision
        .as_ref()
        .and_then(|d| d.first())
        .is_some_and(|c| {
            let away = matches!(
                c.fix.action,
                Action::DeletePod
                    | Action::EvictPod
                    | Action::DeleteJob
                    | Action::RemoveFinalizer { .. }
            );
            away && c.fix.target.same_object(object)
        })
}

/// Look once.
///
/// # Errors
/// [`FlowError::Cluster`] where the cluster does not answer.
pub async fn health(flow: &Flow, record: &Record) -> Result<Seen, FlowError> {
    let mut sum = Health {
        wanted: 0,
        good: 0,
        moving: false,
    };
    let mut restarts = 0;
    let cordoned = fix_of(record)
        .filter(|f| f.action == Action::Cordon)
        .map(|f| &f.target);
    for object in subjects(record) {
        if cordoned.is_some_and(|node| node.same_object(&object)) {
            continue;
        }
        let found = flow
            .world
            .current(&object.kind, &object.namespace, &object.name)
            .await
            .map_err(later)?;
        let same = found.filter(|f| {
            let uid = f
                .pointer("/metadata/uid")
                .and_then(Value::as_str)
                .unwrap_or_default();
            !takes_away(record, &object) || object.uid.is_empty() || uid == object.uid
        });
        let one = match &same {
            None if takes_away(record, &object) => Health::gone(),
            None => Health::lost(),
            Some(_) if takes_away(record, &object) => Health::lost(),
            Some(found) => Health::of(found, endpoints(flow, &object).await?),
        };
        sum.wanted += one.wanted;
        sum.good += one.good;
        sum.moving |= one.moving;
        restarts += restarts_of(flow, &object).await?;
    }
    if sum.wanted == 0
        && let Some(candidate) = record.decision.as_ref().and_then(|d| d.first())
    {
        let target = &candidate.fix.target;
        let found = flow
            .world
            .current(&target.kind, &target.namespace, &target.name)
            .await;
        let good = found.map_err(later)?.is_none() == takes_away(record, target);
        sum = if good { Health::gone() } else { Health::lost() };
    }
    Ok(Seen {
        health: sum,
        restarts,
    })
}

async fn endpoints(flow: &Flow, object: &ObjectRef) -> Result<u32, FlowError> {
    if object.kind != "Service" {
        return Ok(0);
    }
    let slices = flow
        .world
        .current_list("EndpointSlice", &object.namespace)
        .await
        .map_err(later)?;
    let ready = slices
        .iter()
        .filter(|s| {
            s.pointer("/metadata/labels/kubernetes.io~1service-name")
                .and_then(Value::as_str)
                == Some(object.name.as_str())
                && s.get("ports")
                    .and_then(Value::as_array)
                    .is_some_and(|p| !p.is_empty())
        })
        .filter_map(|s| s.get("endpoints").and_then(Value::as_array))
        .flatten()
        .filter(|e| e.pointer("/conditions/ready") != Some(&Value::Bool(false)))
        .count();
    Ok(u32::try_from(ready).unwrap_or(u32::MAX))
}

/// Restarts of the containers of a workload's pods.
async fn restarts_of(flow: &Flow, object: &ObjectRef) -> Result<u32, FlowError> {
    if ![
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "Pod",
    ]
    .contains(&object.kind.as_str())
    {
        return Ok(0);
    }
    let pods = flow
        .world
        .current_list("Pod", &object.namespace)
        .await
        .map_err(later)?;
    let mut inventory = Inventory::new();
    if object.kind == "Deployment" {
        let sets = flow
            .world
            .current_list("ReplicaSet", &object.namespace)
            .await
            .map_err(later)?;
        sets.iter().for_each(|s| inventory.apply(s));
    }
    pods.iter().for_each(|p| inventory.apply(p));
    let version = kinds::kind("Pod")
        .map(kinds::Kind::api_version)
        .unwrap_or_default();
    let total = pods
        .iter()
        .filter(|pod| {
            let text = |p| pod.pointer(p).and_then(Value::as_str).unwrap_or_default();
            let mut reference = ObjectRef::new(
                &version,
                "Pod",
                text("/metadata/namespace"),
                text("/metadata/name"),
            );
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

/// Take one check; true once there is a verdict.
///
/// # Errors
/// [`FlowError`].
pub async fn check(flow: &Flow, record: &Record) -> Result<bool, FlowError> {
    let seen = health(flow, record).await?;
    let now = flow.clock.now();
    let millis = |d: std::time::Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
    let mut recovery = match &record.recovery {
        Some(recovery) => recovery.clone(),
        None => k8shawk_core::recovery::Recovery::new(seen.health, now),
    };
    let verdict = recovery.check(
        seen.health,
        seen.restarts,
        now,
        millis(flow.config.recovery_stability),
        millis(flow.config.recovery_timeout),
    );
    let stored = flow
        .store
        .advance(&record.incident.id.0, State::Applied, |r| {
            r.recovery = Some(recovery);
            if let Some(verdict) = verdict {
                let Health { wanted, good, .. } = seen.health;
                r.step(now, verdict.into(), format!("{good} of {wanted} are good"));
            }
        })?;
    if verdict.is_some() {
        flow.terminal.note(&stored, "the recovery was checked");
    }
    Ok(verdict.is_some())
}
