use std::path::Path;
use std::sync::Arc;

use k8shawk_core::approval::{Person, Vote};
use k8shawk_core::bundle::{Bundle, DryRun, FORMAT, Frame};
use k8shawk_core::config::Config;
use k8shawk_core::fix::Operation;
use k8shawk_core::policy::Ruling;
use k8shawk_core::rca;
use k8shawk_core::record::State;
use k8shawk_sandbox::Registry;
use serde_json::{Value, json};

use super::*;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::replay::Replay;
use crate::services::plugins::Plugins;
use crate::services::testing::record;

const EXPIRES: i64 = 30 * 60_000;

fn deployment(image: &str, version: &str, generation: u64) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u1",
            "resourceVersion": version, "generation": generation},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [
            {"name": "app", "image": image}]}}},
        "status": {"replicas": 2}})
}

fn frame(objects: &[Value]) -> Frame {
    Frame {
        objects: objects.to_vec(),
        ..Frame::default()
    }
}

/// A cluster that shows these objects, and after a fix the Deployment with its new image.
fn services(objects: &[Value]) -> Services {
    let bundle = Bundle {
        format: FORMAT,
        title: String::new(),
        subject: String::new(),
        kubernetes: String::new(),
        dry_runs: vec![DryRun {
            fix: record().fix().unwrap().clone(),
            after: deployment("app:1", "9", 2),
        }],
        conversations: vec![],
        frames: vec![frame(objects), frame(&[deployment("app:1", "9", 2)])],
    };
    let plugins = Plugins::new(Arc::new(Registry::new(5)));
    let cluster = AnyCluster::Recorded(Replay::new(bundle));
    Services::aside(Config::default(), plugins, cluster, Clock::default()).unwrap()
}

fn was_sent(services: &Services) -> bool {
    matches!(&services.cluster, AnyCluster::Recorded(replay) if !replay.has_more())
}

/// An incident whose fix was approved a moment ago, on the Deployment as it is.
async fn approved(services: &Services) -> Record {
    let mut waiting = record();
    let now = services.clock.now();
    let candidate = &mut waiting.decision.as_mut().unwrap().candidates[0];
    candidate.ruling = Ruling::Approval(vec![]);
    if let Ok(tried) = try_fix(
        &services.cluster,
        &candidate.fix,
        waiting.incident.opened_at,
    )
    .await
    {
        candidate.digest = tried.digest(&services.key, &candidate.fix);
        candidate.diff = tried.diff;
    }
    waiting.votes = vec![Vote {
        approver: Person::named("ann"),
        at: now,
        digest: candidate.digest.clone(),
    }];
    waiting.asked_at = Some(now);
    waiting.step(now, State::Approved, "approved by ann");
    services.store.insert(waiting, &[]).unwrap()
}

/// The same, with its operation stored: as a process left it that ended then.
async fn executing(services: &Services) -> Record {
    let mut record = approved(services).await;
    record.execution = Some(Execution {
        fix: record.fix().unwrap().clone(),
        operation: Operation::Replace {
            object: deployment("app:1", "7", 1),
        },
        half: Half::First,
        approvers: vec!["ann".into()],
        started_at: services.clock.now(),
        output: None,
    });
    record.step(services.clock.now(), State::Executing, "sending");
    services.store.insert(record, &[]).unwrap()
}

fn state(services: &Services, record: &Record) -> Record {
    services.store.get(&record.incident.id.0).unwrap()
}

#[tokio::test]
async fn a_fresh_yes_is_executed_once() {
    let services = services(&[deployment("app:2", "7", 1)]);
    let record = approved(&services).await;
    prepare(&services, &record).await.unwrap();
    let prepared = state(&services, &record);
    assert_eq!(prepared.state, State::Executing, "{:?}", prepared.history);
    execute(&services, &prepared).await.unwrap();
    assert_eq!(state(&services, &record).state, State::Applied);
    assert!(was_sent(&services));
}

#[tokio::test]
async fn a_yes_that_aged_across_a_crash_is_not_executed() {
    let services = services(&[deployment("app:2", "7", 1)]);
    let record = approved(&services).await;
    services
        .clock
        .set(record.asked_at.unwrap() + EXPIRES + 1_000);
    prepare(&services, &record).await.unwrap();
    let after = state(&services, &record);
    assert_eq!(after.state, State::Open, "{:?}", after.history);
    assert!(after.votes.is_empty() && after.execution.is_none());
    assert!(!was_sent(&services));
}

#[tokio::test]
async fn a_yes_that_aged_after_it_was_prepared_is_not_executed() {
    let services = services(&[deployment("app:2", "8", 1)]);
    let record = executing(&services).await;
    services
        .clock
        .set(record.asked_at.unwrap() + EXPIRES + 1_000);
    execute(&services, &record).await.unwrap();
    let after = state(&services, &record);
    assert_eq!(after.state, State::Open, "{:?}", after.history);
    assert!(!was_sent(&services));
}

#[tokio::test]
async fn a_target_that_changed_since_it_was_shown_voids_the_yes() {
    let services = services(&[deployment("app:2", "7", 1)]);
    let mut record = approved(&services).await;
    let id = record.incident.id.0.clone();
    record = services
        .store
        .modify(&id, |r| {
            let decided = r.decision.as_mut().unwrap();
            decided.candidates[0].digest = "another".into();
            r.votes[0].digest = "another".into();
            Ok::<_, crate::services::store::StoreError>(r.clone())
        })
        .unwrap();
    prepare(&services, &record).await.unwrap();
    assert_eq!(state(&services, &record).state, State::Investigated);
    assert!(!was_sent(&services));
}

#[tokio::test]
async fn what_was_not_sent_before_the_crash_is_sent_once() {
    let services = services(&[deployment("app:2", "7", 1)]);
    let record = executing(&services).await;
    execute(&services, &record).await.unwrap();
    assert_eq!(state(&services, &record).state, State::Applied);
    assert!(was_sent(&services));
}

#[tokio::test]
async fn what_was_sent_before_the_crash_is_not_sent_again() {
    let services = services(&[deployment("app:1", "8", 2)]);
    let record = executing(&services).await;
    execute(&services, &record).await.unwrap();
    assert_eq!(state(&services, &record).state, State::Applied);
    assert!(!was_sent(&services));
}

/// The replacement was never sent: somebody deleted its target while the host was down.
#[tokio::test]
async fn a_target_that_vanished_is_not_claimed_to_be_fixed() {
    let services = services(&[]);
    let record = executing(&services).await;
    execute(&services, &record).await.unwrap();
    let after = state(&services, &record);
    assert_eq!(after.state, State::NotKnown, "{:?}", after.history);
    assert!(!was_sent(&services));
    let text = rca::render(&after, "prod").into_string();
    assert!(
        text.contains("not known whether the fix was applied"),
        "{text}"
    );
    assert!(!text.contains("applied before"), "{text}");
    assert!(!text.contains("accepted"), "{text}");
    assert_eq!(after.inverse(), None);
    assert!(Path::new(&rca::file_name(&after)).extension().is_some());
}

/// A Job that is gone, of which this half was about to be sent when the process ended.
async fn recreating(services: &Services, half: Half) -> Record {
    let mut record = executing(services).await;
    if let Some(execution) = &mut record.execution {
        let mut new = deployment("app:2", "7", 1);
        new["metadata"]["uid"] = Value::Null;
        execution.operation = Operation::Recreate {
            old: deployment("app:2", "7", 1),
            new,
        };
        execution.half = half;
    }
    services.store.insert(record, &[]).unwrap()
}

#[tokio::test]
async fn a_job_that_was_only_deleted_is_created_however_old_the_yes_is() {
    let services = services(&[]);
    let record = recreating(&services, Half::First).await;
    services
        .clock
        .set(record.asked_at.unwrap() + EXPIRES + 1_000);
    execute(&services, &record).await.unwrap();
    let after = state(&services, &record);
    assert_eq!(after.state, State::Applied, "{:?}", after.history);
    assert_eq!(after.execution.unwrap().half, Half::Second);
    assert!(was_sent(&services));
}

#[tokio::test]
async fn a_job_that_may_have_been_created_is_not_created_again() {
    let services = services(&[]);
    let record = recreating(&services, Half::Second).await;
    execute(&services, &record).await.unwrap();
    let after = state(&services, &record);
    assert_eq!(after.state, State::NotKnown, "{:?}", after.history);
    assert!(!was_sent(&services));
}
