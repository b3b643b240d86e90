//! What a platform team does: install, look, upgrade, approve, replace a rule, remove.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::Cluster;
use k8shawk_tests::deploy::{Helm, Pod, chart, image, root};
use k8shawk_tests::fault::Broken;
use serde_json::Value;

use crate::large;

/// As the image runs.
pub const USER: u32 = 65532;

/// Text at a pointer.
fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A volume of the node for a claim. Returns its directory.
pub fn volume(cluster: &Cluster, name: &str) -> Result<PathBuf> {
    let directory = cluster.volume(name, USER)?;
    let path = directory.display();
    let yaml = format!(
        "apiVersion: v1
kind: PersistentVolume
metadata: {{name: {name}}}
spec:
  capacity: {{storage: 1Gi}}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: by-hand
  local: {{path: {path}}}
  nodeAffinity: {{required: {{nodeSelectorTerms: [{{matchExpressions: [{{key: kubernetes.io/hostname, operator: In, values: [n1]}}]}}]}}}}
"
    );
    cluster.kubectl_with_input(&["apply", "-f", "-"], &yaml)?;
    Ok(directory)
}

pub fn told(cluster: &Cluster) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let archive = image(directory.path()).context("make the image")?;
    let size = std::fs::metadata(&archive)?.len() >> 20;
    println!("the image of the dynamically linked binary has {size} MiB");
    cluster.load_image(&archive)?;
    cluster.tag_image("k8shawk:0.1.0", "k8shawk:next")?;
    volume(cluster, "k8shawk-state")?;
    let namespace = root().join("deploy/kustomize/namespace.yaml");
    cluster.kubectl(&["apply", "-f", &namespace.display().to_string()])?;

    policy(cluster, "1.0.0")?;
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let helm = Helm::new(Some(cluster))?;
    let pod = Pod::new(cluster);
    let fixed = format!("--set=fix.namespaces={{{}}}", broken.namespace.name());
    install(&helm, "install", "0.1.0", &[&fixed])?;
    pod.until_ready(Duration::from_secs(180))?;
    pod.exec(&["check"]).context("all rights are there")?;
    let waiting = pod.until("waiting", Duration::from_secs(120))?;
    ensure!(
        text(&waiting, "/cause").contains("checkout-v2"),
        "{waiting}"
    );

    // The next version takes over what waits.
    install(&helm, "upgrade", "next", &[&fixed])?;
    pod.until_ready(Duration::from_secs(180))?;
    let again = pod.until("waiting", Duration::from_secs(60))?;
    let all = pod.incidents()?;
    let ids: Vec<&str> = all.iter().map(|i| text(i, "/id")).collect();
    ensure!(ids == [text(&waiting, "/id")], "{all:?}");
    ensure!(again["opened_at"] == waiting["opened_at"], "{again}");

    let (id, digest) = (text(&again, "/id"), text(&again, "/digest"));
    pod.exec(&["approve", id, "--yes", "--digest", digest])?;
    pod.until("recovered", Duration::from_secs(120))?;
    let status = ["rollout", "status", "deployment/web", "--timeout=60s"];
    broken.namespace.kubectl(&status)?;

    large::judges(cluster, &pod, |more| {
        install(&helm, "upgrade", "next", more)
    })?;
    // It patches what Helm made, which Helm refuses to upgrade then.
    reload(cluster, &pod)?;
    remove(cluster, &helm, &pod)
}

fn install(helm: &Helm, verb: &str, tag: &str, more: &[&str]) -> Result<()> {
    let (chart, tag) = (chart(), format!("--set=image.tag={tag}"));
    let always = [
        verb,
        "k8shawk",
        &chart,
        "--namespace=k8shawk",
        &tag,
        "--set=persistence.storageClass=by-hand",
        "--set=policies.mine.configMap=k8shawk-policy-mine",
        "--set=config.recovery.interval_seconds=1",
        "--set=config.recovery.stability_seconds=3",
        "--set=config.recovery.timeout_seconds=150",
    ];
    helm.run(&[&always[..], more].concat()).map(drop)
}

/// A policy of the operator's own, in a ConfigMap.
fn policy(cluster: &Cluster, version: &str) -> Result<()> {
    let component = root().join("target/dist/policies/freeze/freeze.wasm");
    let manifest = format!(
        "id = \"mine\"\nversion = \"{version}\"\npoint = \"policy\"\nwants = [\"settings\", \"clock\"]\n"
    );
    let yaml = cluster.kubectl(&[
        "create",
        "configmap",
        "k8shawk-policy-mine",
        "--namespace=k8shawk",
        "--dry-run=client",
        "-o",
        "yaml",
        &format!("--from-literal=plugin.toml={manifest}"),
        &format!("--from-file=mine.wasm={}", component.display()),
    ])?;
    // Applied, it would be copied into an annotation, for which it is too long.
    let server = ["apply", "--server-side", "-f", "-"];
    cluster.kubectl_with_input(&server, &yaml).map(drop)
}

/// A grant and a policy that change in their ConfigMaps go live in the running pod.
fn reload(cluster: &Cluster, pod: &Pod) -> Result<()> {
    let in_ours = |arguments: &[&str]| cluster.kubectl(&[&["-n", "k8shawk"], arguments].concat());
    let before = pod.exec(&["plugin", "history", "triage"])?;
    let mine = pod.exec(&["plugin", "history", "mine"])?;
    ensure!(mine.contains("1.0.0"), "{mine}");
    policy(cluster, "2.0.0")?;
    let grant = std::fs::read_to_string(root().join("deploy/grants/triage.toml"))?;
    let changed = grant.replace("# restarts = 2", "restarts = 4");
    ensure!(changed != grant, "the grant of triage has no such line");
    let patch = serde_json::json!({"data": {"triage.toml": changed}}).to_string();
    in_ours(&[
        "patch",
        "configmap",
        "k8shawk-grants",
        "--type=merge",
        "-p",
        &patch,
    ])?;
    // The kubelet looks at a pod that changes at once, and else within a minute or two.
    in_ours(&["annotate", "pods", "--all", "looked-at=now", "--overwrite"])?;
    let swapped = || {
        let now = pod.exec(&["plugin", "history", "triage"])?;
        let count = |text: &str| text.matches("swapped").count();
        let policy = pod.exec(&["plugin", "history", "mine"])?;
        Ok((count(&now) > count(&before) && policy.contains("2.0.0")).then_some(()))
    };
    cluster
        .wait_until(
            Duration::from_secs(150),
            "grant and policy go live",
            swapped,
        )
        .with_context(|| pod.told())?;
    let name = |path: &str| in_ours(&["get", "pods", "-o", path]);
    let restarts = name("jsonpath={.items[*].status.containerStatuses[*].restartCount}")?;
    ensure!(restarts.trim() == "0", "it restarted {restarts} times");
    Ok(())
}

/// Nothing stays but the claim; the kustomization takes it up again.
fn remove(cluster: &Cluster, helm: &Helm, pod: &Pod) -> Result<()> {
    helm.run(&["uninstall", "k8shawk", "--namespace=k8shawk", "--wait"])?;
    let of_ours = ["-l", "app.kubernetes.io/instance=k8shawk", "-o", "name"];
    let kinds = "deploy,svc,cm,secret,sa,role,rolebinding,networkpolicy,pvc";
    let left = cluster.kubectl(&[&["get", kinds, "-A"][..], &of_ours].concat())?;
    ensure!(
        left.trim() == "persistentvolumeclaim/k8shawk-state",
        "left behind: {left}"
    );
    let roles = ["get", "clusterrole,clusterrolebinding"];
    let left = cluster.kubectl(&[&roles[..], &of_ours].concat())?;
    ensure!(left.trim().is_empty(), "left behind: {left}");

    let kustomization = root().join("deploy/kustomize").display().to_string();
    cluster.kubectl(&["apply", "-k", &kustomization])?;
    // A policy that was live is missed until the operator says that it may go.
    let until = Duration::from_secs(120);
    for id in ["mine", large::ID] {
        cluster.wait_until(until, "the policy that is gone may go", || {
            Ok(pod.exec(&["policy", "forget", id]).ok())
        })?;
    }
    pod.until_ready(until)?;
    let all = pod.incidents()?;
    let of_before = |i: &&Value| text(i, "/state") == "recovered";
    let known = all.iter().filter(of_before).count();
    ensure!(known == 1, "the incident of before: {all:?}");
    let refused = cluster.kubectl(&[
        "auth",
        "can-i",
        "update",
        "deployments",
        "-A",
        "--as=system:serviceaccount:k8shawk:k8shawk-executor",
    ]);
    ensure!(refused.is_err(), "the default may change Deployments");
    Ok(())
}
