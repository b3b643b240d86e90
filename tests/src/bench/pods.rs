//! Thousands of pods on nodes that kwok plays: made through the API, already placed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::cluster::{Cluster, wait_until};

const NODES: u32 = 12;
/// Requests at the same time.
const AT_ONCE: usize = 48;

/// Adds the nodes.
pub(super) fn add_nodes(cluster: &Cluster) -> Result<()> {
    cluster.add_fake_nodes(0..NODES)
}

/// A client of a cluster's administrator.
pub(super) async fn client(cluster: &Cluster) -> Result<Client> {
    let file = Kubeconfig::read_from(cluster.kubeconfig())?;
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

/// What drives the client.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?)
}

/// Makes pods without an owner and waits until they run; returns how many there are when that is
/// done or the time is up.
pub(super) fn make_healthy(
    cluster: &Cluster,
    namespace: &str,
    number: usize,
    patience: Duration,
) -> Result<usize> {
    let until = Instant::now() + patience;
    runtime()?.block_on(async {
        let api: Api<Pod> = Api::namespaced(client(cluster).await?, namespace);
        let made: Vec<Result<()>> = stream::iter(0..number)
            .take_while(|_| std::future::ready(Instant::now() < until))
            .map(|number| create(&api, number))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        made.into_iter()
            .collect::<Result<Vec<()>>>()
            .context("make pods")
    })?;
    wait_for_running(cluster, namespace, number, until).map(|names| names.len())
}

async fn create(api: &Api<Pod>, number: usize) -> Result<()> {
    let node = format!("fake-{}", number % NODES as usize);
    let pod: Pod = serde_json::from_value(json!({
        "metadata": { "name": name(number), "labels": { "app": "bench" } },
        "spec": {
            "nodeName": node,
            "tolerations": [toleration()],
            "containers": [container()],
        },
    }))?;
    api.create(&PostParams::default(), &pod).await?;
    Ok(())
}

/// The name of a pod of [`make_healthy`].
pub(super) fn name(number: usize) -> String {
    format!("pod-{number:05}")
}

fn toleration() -> Value {
    json!({ "key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule" })
}

fn container() -> Value {
    json!({
        "name": "main",
        "image": "app:1",
        "resources": { "requests": { "cpu": "10m", "memory": "16Mi" } },
    })
}

/// The names of the pods that run when so many do, or when the time is up.
fn wait_for_running(
    cluster: &Cluster,
    namespace: &str,
    number: usize,
    until: Instant,
) -> Result<Vec<String>> {
    let mut names = running(cluster, namespace)?;
    while names.len() < number && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(500));
        names = running(cluster, namespace)?;
    }
    ensure!(!names.is_empty(), "kwok made none of the pods ready");
    eprintln!("{} pods run", names.len());
    Ok(names)
}

fn running(cluster: &Cluster, namespace: &str) -> Result<Vec<String>> {
    let list = [
        "get",
        "pods",
        "-n",
        namespace,
        "--field-selector=status.phase=Running",
        "--no-headers",
        "-o",
        "name",
    ];
    let names = cluster.kubectl(&list)?;
    let names = names.lines().filter_map(|name| name.strip_prefix("pod/"));
    Ok(names.map(str::to_owned).collect())
}

/// Makes Deployments as teams have them, each with its pods on a node of its own; returns the names
/// of the pods that run when all do, or when the time is up.
pub(super) fn make_owned(
    cluster: &Cluster,
    namespace: &str,
    owners: usize,
    pods_per_owner: usize,
    patience: Duration,
) -> Result<Vec<String>> {
    let until = Instant::now() + patience;
    let deployments: Vec<Value> = (0..owners)
        .map(|number| {
            let mut made = deployment(number, pods_per_owner);
            let pod = &mut made["spec"]["template"]["spec"];
            pod["nodeName"] = format!("fake-{number}").into();
            pod["containers"] = json!([service()]);
            made
        })
        .collect();
    apply(cluster, namespace, deployments)?;
    wait_for_running(cluster, namespace, owners * pods_per_owner, until)
}

fn apply(cluster: &Cluster, namespace: &str, deployments: Vec<Value>) -> Result<()> {
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": deployments });
    cluster.apply(namespace, &list.to_string()).map(drop)
}

/// A container with what one has that serves something: probes, limits, variables.
fn service() -> Value {
    let probe = json!({ "httpGet": { "path": "/health", "port": 8080 }, "periodSeconds": 10 });
    let variables: Vec<Value> = (0..12)
        .map(
            |n| json!({ "name": format!("SETTING_{n}"), "value": format!("value of setting {n}") }),
        )
        .collect();
    json!({
        "name": "main",
        "image": "app:1",
        "args": ["serve", "--port=8080"],
        "env": variables,
        "ports": [{ "name": "http", "containerPort": 8080 }],
        "resources": {
            "requests": { "cpu": "10m", "memory": "16Mi" },
            "limits": { "memory": "64Mi" },
        },
        "livenessProbe": probe,
        "readinessProbe": probe,
    })
}

/// Makes Deployments whose pods all fail: half of them crash, the others lack their image.
pub(super) fn make_failing(
    cluster: &Cluster,
    namespace: &str,
    owners: usize,
    pods_per_owner: usize,
    patience: Duration,
) -> Result<()> {
    let deployments: Vec<Value> = (0..owners).map(|n| deployment(n, pods_per_owner)).collect();
    apply(cluster, namespace, deployments)?;
    let number = owners * pods_per_owner;
    wait_until(patience, "the failing pods are placed", || {
        Ok((running(cluster, namespace)?.len() >= number).then_some(()))
    })?;
    runtime()?.block_on(async {
        let api: Api<Pod> = Api::namespaced(client(cluster).await?, namespace);
        for (number, pod) in api.list(&Default::default()).await?.into_iter().enumerate() {
            let app = pod
                .metadata
                .labels
                .as_ref()
                .and_then(|labels| labels.get("app"));
            let crashes = app.is_some_and(|app| app.ends_with(['0', '2', '4', '6', '8']));
            let status = if crashes {
                crash_loop()
            } else {
                missing_image()
            };
            let name = pod
                .metadata
                .name
                .with_context(|| format!("pod {number} has no name"))?;
            fail(&api, &name, status).await?;
        }
        Ok(())
    })
}

fn deployment(number: usize, replicas: usize) -> Value {
    let app = format!("app-{number}");
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": app },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": app } },
            "template": {
                "metadata": { "labels": { "app": app } },
                "spec": {
                    "nodeSelector": { "type": "kwok" },
                    "tolerations": [toleration()],
                    "containers": [container()],
                },
            },
        },
    })
}

/// Makes a pod fail as a kubelet would report it. Its phase stays `Running`, as after a crash or
/// a new image: kwok would heal a pending pod.
pub(super) async fn fail(api: &Api<Pod>, name: &str, container: Value) -> Result<()> {
    let unready = |kind: &str| {
        json!({ "type": kind, "status": "False", "reason": "ContainersNotReady",
                "message": "containers with unready status: [main]" })
    };
    let status = json!({
        "conditions": [unready("Ready"), unready("ContainersReady")],
        "containerStatuses": [container],
    });
    let patch = Patch::Strategic(json!({ "status": status }));
    api.patch_status(name, &PatchParams::default(), &patch)
        .await?;
    Ok(())
}

/// A container that ended with an error five times.
pub(super) fn crash_loop() -> Value {
    json!({
        "name": "main", "image": "app:1", "imageID": "app:1", "ready": false, "restartCount": 5,
        "state": { "waiting": {
            "reason": "CrashLoopBackOff",
            "message": "back-off 2m40s restarting failed container=main",
        } },
        "lastState": { "terminated": { "exitCode": 1, "reason": "Error" } },
    })
}

fn missing_image() -> Value {
    json!({
        "name": "main", "image": "app:missing", "imageID": "", "ready": false, "restartCount": 0,
        "state": { "waiting": {
            "reason": "ImagePullBackOff",
            "message": "Back-off pulling image \"app:missing\": ErrImagePull: not found",
        } },
    })
}

/// Waits until a cluster has no pods left.
pub(super) fn wait_until_gone(cluster: &Cluster, patience: Duration) -> Result<()> {
    wait_until(patience, "the pods are gone", || {
        Ok(cluster
            .kubectl(&["get", "pods", "-A", "-o", "name"])?
            .is_empty()
            .then_some(()))
    })
}
