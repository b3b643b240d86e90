//! Two thousand pods that fail for one cause, on nodes that kwok plays.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::{Cluster, Namespace, Options, is_given};
use k8shawk_tests::fault::Product;
use libtest_mimic::Trial;
use serde_json::json;

use crate::Shared;
use crate::flow::text;

const OWNERS: usize = 8;
const PODS_OF_EACH: usize = 250;

/// As a kubelet reports it: the pod stays pending, and an event says why.
const STAGE: &str = r#"apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: pod-without-configmap }
spec:
  resourceRef: { apiGroup: v1, kind: Pod }
  selector:
    matchExpressions:
    - { key: '.metadata.deletionTimestamp', operator: DoesNotExist }
    - { key: '.metadata.annotations["k8shawk.dev/lacks"]', operator: Exists }
  weight: 10000
  next:
    event:
      type: Warning
      reason: Failed
      message: 'Error: configmap "platform" not found'
    statusTemplate: |
      {{ $since := .metadata.creationTimestamp }}
      phase: Pending
      startTime: {{ $since | Quote }}
      conditions:
      - { type: Initialized, status: "True", lastTransitionTime: {{ $since | Quote }} }
      - { type: Ready, status: "False", reason: ContainersNotReady, message: "containers with unready status: [main]", lastTransitionTime: {{ $since | Quote }} }
      - { type: ContainersReady, status: "False", reason: ContainersNotReady, message: "containers with unready status: [main]", lastTransitionTime: {{ $since | Quote }} }
      containerStatuses:
      {{ range .spec.containers }}
      - image: {{ .image | Quote }}
        imageID: ""
        name: {{ .name | Quote }}
        ready: false
        restartCount: 0
        started: false
        state:
          waiting:
            reason: CreateContainerConfigError
            message: 'configmap "platform" not found'
      {{ end }}
"#;

/// The tests of this file; a given cluster has no kwok.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let shared = shared.clone();
    let name = "storm::two_thousand_pods_without_one_configmap_are_one_incident";
    vec![Trial::test(name, move || shared.alone(storm)).with_ignored_flag(is_given())]
}

fn storm() -> Result<()> {
    let cluster = Cluster::start(Options {
        kwok: true,
        kwok_stages: vec![STAGE.to_owned()],
        ..Options::default()
    })?;
    cluster.add_fake_nodes(0..4)?;
    let namespace = cluster.namespace("storm")?;
    let product = Product::new(&cluster)?;
    let running = product.run(namespace.name(), &[])?;
    let begun = Instant::now();
    namespace.apply(&deployments())?;
    let all = OWNERS * PODS_OF_EACH;
    cluster.wait_until(Duration::from_secs(150), "all pods fail", || {
        Ok((failing(&namespace)? >= all).then_some(()))
    })?;
    let failed = begun.elapsed();
    cluster
        .wait_until(Duration::from_secs(150), "all owners are named", || {
            Ok((members(&running.incidents()?) >= OWNERS).then_some(()))
        })
        .with_context(|| running.told())?;
    eprintln!(
        "{all} pods failed after {failed:.0?}, all owners were named after {:.0?}",
        begun.elapsed()
    );
    // Time for what would come too late, two sweeps of everything among it.
    std::thread::sleep(Duration::from_secs(15));
    // An API server that is busy with all of this is asked again.
    let patience = Duration::from_secs(120);
    cluster.wait_until(patience, "the cause is found", || {
        let all = running.incidents()?;
        let open = |i: &serde_json::Value| text(i, "/state") == "open";
        Ok((!all.iter().any(open)).then_some(()))
    })?;
    let incidents = running.incidents()?;
    ensure!(incidents.len() == 1, "{}", running.told());
    ensure!(members(&incidents) == OWNERS, "{}", running.told());
    let class = text(&incidents[0], "/class");
    let cause = text(&incidents[0], "/cause");
    ensure!(
        class == "missing-configmap" && cause.contains("platform"),
        "{}",
        running.told()
    );
    ensure!(!running.log().contains("panicked"), "{}", running.log());
    let found = product.scan(namespace.name())?;
    ensure!(
        found.len() == 1 && members(&found) == OWNERS,
        "a scan finds {found:?}"
    );
    // The cluster ends here: deleting 2,000 pods first would take half a minute.
    std::mem::forget(namespace);
    Ok(())
}

/// Deployments that are named by the first incident.
fn members(incidents: &[serde_json::Value]) -> usize {
    let Some(first) = incidents.first() else {
        return 0;
    };
    let victims = first["victims"].as_array().map_or(&[][..], Vec::as_slice);
    let all = std::iter::once(&first["owner"]).chain(victims);
    let mut names: Vec<&str> = all
        .filter(|owner| text(owner, "/kind") == "Deployment")
        .map(|owner| text(owner, "/name"))
        .collect();
    names.sort_unstable();
    names.dedup();
    names.len()
}

fn failing(namespace: &Namespace) -> Result<usize> {
    let pods = namespace.kubectl(&["get", "pods", "--no-headers"])?;
    Ok(pods.matches("CreateContainerConfigError").count())
}

fn deployments() -> String {
    let deployment = |number: usize| {
        let app = format!("app-{number}");
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": app },
            "spec": {
                "replicas": PODS_OF_EACH,
                "selector": { "matchLabels": { "app": app } },
                "template": {
                    "metadata": {
                        "labels": { "app": app },
                        "annotations": { "k8shawk.dev/lacks": "platform" },
                    },
                    "spec": {
                        "nodeSelector": { "type": "kwok" },
                        "tolerations": [{ "key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule" }],
                        "containers": [{
                            "name": "main", "image": "app:1",
                            "envFrom": [{ "configMapRef": { "name": "platform" } }],
                        }],
                    },
                },
            },
        })
    };
    let items: Vec<_> = (0..OWNERS).map(deployment).collect();
    json!({ "apiVersion": "v1", "kind": "List", "items": items }).to_string()
}
