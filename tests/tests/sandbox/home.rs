//! The pod that the host runs in: unready as `/ready` says no for a missing policy, it is no second
//! incident beside the host's own.

use std::sync::Arc;
use std::time::Duration;

use k8shawk::run::patrol::Patrol;
use k8shawk::run::pipeline::Pipeline;
use k8shawk::services::Services;
use k8shawk::services::cluster::{Change, Drops};
use k8shawk::services::plugins::{Plugins, Required};
use k8shawk::stages::self_monitor;
use k8shawk_core::config::Config;
use k8shawk_core::inventory::Projection;
use k8shawk_core::inventory::watched;
use k8shawk_core::{Inventory, kinds};
use k8shawk_tests::recorded;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A host under Kubernetes whose pod runs and has not been ready for ten minutes.
struct Host {
    flow: Arc<Services>,
    stop: CancellationToken,
    /// Its state.
    _directory: tempfile::TempDir,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// `required` names policies that must judge; `pod` is what the host's pod is called, else by its
/// host name.
async fn host(required: &[&str], pod: Option<&str>) -> Host {
    let judges = recorded::judges().await.unwrap();
    let named = required.iter().map(|id| (*id).to_owned()).collect();
    let directory = tempfile::tempdir().unwrap();
    let mut config = Config {
        state: directory.path().to_owned(),
        sweep: Duration::from_millis(20),
        ..Config::default()
    };
    config.fixes.protect("k8shawk");
    let bundle = recorded::read("oom").unwrap();
    let store = Arc::new(k8shawk::services::store::Store::in_memory().unwrap());
    let registry = judges.registry.clone();
    let judges = Plugins {
        required: Arc::new(Required::kept(registry, Some(named), store)),
        ..judges
    };
    let flow = recorded::flow(&judges, bundle, config).unwrap();
    let own = self_monitor::pod(&flow.config).unwrap().name;
    let now = flow.clock.now();
    let (sender, receiver) = mpsc::channel(100);
    for object in objects(pod.unwrap_or(&own), now) {
        let kind = kinds::kind(object["kind"].as_str().unwrap()).unwrap();
        let projection = Projection::of(kind, &object).unwrap();
        sender.send(Change::Applied(projection)).await.unwrap();
    }
    let pipeline = Arc::new(Pipeline::new(flow.clone()));
    let patrol = Patrol::new(pipeline, Inventory::unlisted(), Arc::new(Drops::default()));
    let stop = CancellationToken::new();
    tokio::spawn(patrol.run(receiver, stop.clone()));
    // Every kind is listed, with what came before.
    for kind in watched().iter().filter(|kind| **kind != "Event") {
        let objects = objects(pod.unwrap_or(&own), now);
        let objects = objects.iter().filter(|o| o["kind"] == **kind);
        let objects = objects.map(|o| {
            let kind = kinds::kind(kind).unwrap();
            Projection::of(kind, o).unwrap().reference()
        });
        let listed = Change::Listed {
            kind: (*kind).to_owned(),
            objects: objects.collect(),
        };
        sender.send(listed).await.unwrap();
    }
    // The channel stays open for as long as the host.
    let until = stop.clone();
    tokio::spawn(async move {
        until.cancelled().await;
        drop(sender);
    });
    Host {
        flow,
        stop,
        _directory: directory,
    }
}

/// The deployment of the host, with one pod that is not ready since ten minutes before `now`.
fn objects(pod: &str, now: i64) -> [Value; 3] {
    let at = |before: i64| {
        let at = jiff::Timestamp::from_millisecond(now - before).unwrap();
        at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let (made, since) = (at(3_600_000), at(600_000));
    let meta = |name: &str, owner: Option<(&str, &str)>| {
        let owners = owner.map(|(kind, name)| {
            json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": true}])
        });
        json!({"name": name, "namespace": "k8shawk", "uid": name, "generation": 1,
            "creationTimestamp": made, "ownerReferences": owners})
    };
    let unready = json!({"type": "Ready", "status": "False", "reason": "ContainersNotReady",
        "message": "containers with unready status: [k8shawk]", "lastTransitionTime": since});
    let unavailable = json!({"type": "Available", "status": "False",
        "reason": "MinimumReplicasUnavailable", "lastTransitionTime": since});
    [
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta("k8shawk", None),
            "spec": {"replicas": 1}, "status": {"observedGeneration": 1, "replicas": 1,
                "updatedReplicas": 1, "conditions": [unavailable]}}),
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": meta("k8shawk-1", Some(("Deployment", "k8shawk"))),
            "spec": {"replicas": 1}, "status": {"observedGeneration": 1, "replicas": 1}}),
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": meta(pod, Some(("ReplicaSet", "k8shawk-1"))),
            "spec": {"nodeName": "n", "containers": [{"name": "k8shawk", "image": "k8shawk"}]},
            "status": {"phase": "Running", "startTime": made, "conditions": [unready],
                "containerStatuses": [{"name": "k8shawk", "ready": false, "restartCount": 0,
                    "state": {"running": {"startedAt": made}}}]}}),
    ]
}

impl Host {
    /// Classes of the incidents, once there is one and a few sweeps later.
    async fn classes(&self) -> Vec<String> {
        let all = || self.flow.store.list(false).unwrap();
        for _ in 0..500 {
            if !all().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        all().into_iter().map(|r| r.incident.class).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_pod_that_waits_for_a_policy_is_no_second_incident() {
    let host = host(&["gone"], None).await;
    assert_eq!(host.classes().await, ["self-policy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_pod_that_is_unready_for_another_reason_is_an_incident() {
    let classes = host(&["approvals"], None).await.classes().await;
    assert_eq!(classes.len(), 1, "{classes:?}");
    assert_ne!(classes, ["self-policy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_pod_beside_the_host_is_an_incident_while_a_policy_is_missing() {
    let classes = host(&["gone"], Some("other-1")).await.classes().await;
    assert_eq!(classes.len(), 2, "{classes:?}");
}
