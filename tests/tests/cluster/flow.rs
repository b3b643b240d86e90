//! The flow as users meet it: noticing, storms, drift, refusals.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::RwLock;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::Cluster;
use k8shawk_tests::fault::{Broken, Product};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::Shared;

type Test = fn(&Cluster) -> Result<()>;

const SIDE_BY_SIDE: &[(&str, Test)] = &[
    (
        "a_failing_pull_is_noticed_before_the_next_sweep_and_documented",
        noticed,
    ),
    ("a_target_that_drifts_voids_the_approval", drift),
    (
        "a_refused_read_is_in_the_incident_and_the_flow_goes_on",
        refused,
    ),
    ("a_dismissed_incident_stays_dismissed", dismissed),
    (
        "two_unrelated_faults_of_a_namespace_are_two_incidents",
        unrelated,
    ),
    (
        "a_cause_that_follows_another_is_found_while_signals_go_on",
        followed,
    ),
];

const ALONE: &[(&str, Test)] = &[(
    "two_hundred_pods_without_one_configmap_are_one_incident",
    storm,
)];

/// The tests of this file.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let make = |(name, test): &(&str, Test), exclusive: bool| {
        let (shared, test) = (shared.clone(), *test);
        Trial::test(format!("flow::{name}"), move || {
            shared.with(|cluster, alone| locked(cluster, alone, test, exclusive))
        })
    };
    let beside = SIDE_BY_SIDE.iter().map(|t| make(t, false));
    beside.chain(ALONE.iter().map(|t| make(t, true))).collect()
}

fn locked(cluster: &Cluster, alone: &RwLock<()>, test: Test, exclusive: bool) -> Result<()> {
    let (_writing, _reading);
    if exclusive {
        _writing = alone.write();
    } else {
        _reading = alone.read();
    }
    test(cluster)
}

pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// When a bare watch of the namespace's events sees its first Warning.
fn first_warning(cluster: &Cluster, namespace: &str) -> Result<std::sync::mpsc::Receiver<i64>> {
    let mut watch = cluster
        .kubectl_client()
        .command()
        .args(["-n", namespace, "get", "events", "--watch", "--no-headers"])
        .args(["-o", "custom-columns=TYPE:.type"])
        .stdout(Stdio::piped())
        .spawn()?;
    let out = watch.stdout.take().context("no output")?;
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if line.contains("Warning") {
                let _ = sender.send(now_ms());
                break;
            }
        }
        let _ = watch.kill();
        let _ = watch.wait();
    });
    Ok(receiver)
}

fn noticed(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("noticed")?;
    let product = Product::new(cluster)?;
    let running = product.run(namespace.name(), &[])?;
    std::thread::sleep(Duration::from_secs(5));
    let seen = first_warning(cluster, namespace.name())?;
    namespace.kubectl(&["run", "test-incident", "--image=nonexistent-image:latest"])?;
    let incident = running.until(&["needs-human"], Duration::from_secs(60))?;
    let seen = seen.recv_timeout(Duration::from_secs(60))?;
    let opened = incident["opened_at"].as_i64().unwrap_or_default();
    // A sweep comes every five seconds: what is quicker was noticed by the change itself. How much
    // quicker it is, the benchmark measures.
    ensure!(
        opened - seen < 4000,
        "stored {} ms after a bare watch saw it",
        opened - seen
    );
    ensure!(
        text(&incident, "/cause").contains("nonexistent-image:latest"),
        "{incident}"
    );
    let described = running.until(&["needs-human"], Duration::from_secs(5))?;
    let rca = std::fs::read_to_string(running.directory().join(text(&described, "/rca")))?;
    ensure!(
        rca.contains("test-incident") && rca.contains("## Why"),
        "{rca}"
    );
    Ok(())
}

fn drift(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let product = Product::new(cluster)?;
    let running = product.run(broken.namespace.name(), &[])?;
    let waiting = running.until(&["waiting"], Duration::from_secs(90))?;
    let id = text(&waiting, "/id");
    let change = ["set", "env", "deployment/web", "UNRELATED=1"].map(str::to_owned);
    broken.kubectl(&change)?;
    running.approve(id)?;
    let again = running.until(&["waiting"], Duration::from_secs(60))?;
    ensure!(
        again["diff"] != waiting["diff"],
        "the same diff is asked about again"
    );
    let history = again["history"].to_string();
    ensure!(history.contains("approval void"), "{history}");
    ensure!(again["approvers"].is_null(), "something was executed");
    Ok(())
}

fn refused(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, "configmap-missing-env")?;
    let product = Product::new(cluster)?;
    let grants = tempfile::tempdir()?;
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist/grants");
    for entry in std::fs::read_dir(dist)? {
        let path = entry?.path();
        std::fs::copy(
            &path,
            grants.path().join(path.file_name().unwrap_or_default()),
        )?;
    }
    let narrow = "[[allow]]\nverbs = [\"get\", \"list\", \"describe\", \"logs\", \"top\", \"events\"]\nkinds = [\"Pod\", \"ReplicaSet\", \"Deployment\"]\nnamespaces = [\"*\"]\n";
    std::fs::write(grants.path().join("analysis.toml"), narrow)?;
    let directory = grants.path().display().to_string();
    let running = product.run(broken.namespace.name(), &[("K8SHAWK_GRANTS", &directory)])?;
    let incident = running.until(&["needs-human", "waiting"], Duration::from_secs(90))?;
    let reads = incident["refused_reads"].to_string();
    ensure!(reads.contains("ConfigMap"), "{reads}");
    ensure!(
        !reads.contains("exist"),
        "a refusal tells of existence: {reads}"
    );
    Ok(())
}

fn dismissed(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, "configmap-missing-env")?;
    let product = Product::new(cluster)?;
    let echo = [("K8SHAWK_DEDUP_SECONDS", "1")];
    let running = product.run(broken.namespace.name(), &echo)?;
    let incident = running.until(&["waiting"], Duration::from_secs(90))?;
    let id = text(&incident, "/id");
    running.ask(&["dismiss", id, "--reason", "known"])?;
    // Well beyond the time of echoes: what is still broken stays dismissed.
    for _ in 0..10 {
        std::thread::sleep(Duration::from_secs(2));
        let all = running.incidents()?;
        let asks = |i: &Value| matches!(text(i, "/state"), "waiting" | "needs-human");
        ensure!(
            text(&all[0], "/state") == "dismissed" && !all.iter().any(asks),
            "people are asked again: {all:?}"
        );
    }
    ensure!(
        running.approve(id).is_err(),
        "a dismissed incident was approved"
    );
    Ok(())
}

fn unrelated(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, "two-unrelated")?;
    let product = Product::new(cluster)?;
    let running = product.run(broken.namespace.name(), &[])?;
    let both = || -> Result<Option<Vec<Value>>> {
        let all = running.incidents()?;
        let told = |i: &Value| matches!(text(i, "/state"), "needs-human" | "waiting");
        Ok((all.len() >= 2 && all.iter().all(told)).then_some(all))
    };
    cluster.wait_until(Duration::from_secs(120), "two incidents", both)?;
    // A third would come now, or one of the two be taken for a part of the other.
    std::thread::sleep(Duration::from_secs(10));
    let mut owners: Vec<String> = running
        .incidents()?
        .iter()
        .map(|i| format!("{} {}", text(i, "/owner/kind"), text(i, "/owner/name")))
        .collect();
    owners.sort();
    ensure!(owners == ["Deployment web", "Service search"], "{owners:?}");
    Ok(())
}

/// A Secret is missing, and behind it a ConfigMap: pods that are tried again all the time never let
/// the incident become quiet.
fn followed(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("followed")?;
    let product = Product::new(cluster)?;
    let running = product.run(namespace.name(), &[])?;
    namespace.apply(FOLLOWED)?;
    let first = running.until(&["needs-human"], Duration::from_secs(60))?;
    ensure!(text(&first, "/class") == "missing-secret", "{first}");
    namespace.kubectl(&["create", "secret", "generic", "certs", "--from-literal=a=b"])?;
    cluster.wait_until(Duration::from_secs(150), "the next cause", || {
        let pods = namespace.kubectl(&["get", "pods", "--no-headers"])?;
        Ok(pods.contains("CreateContainerConfigError").then_some(()))
    })?;
    cluster.wait_until(Duration::from_secs(40), "the next cause is found", || {
        let all = running.incidents()?;
        Ok((all.len() == 1 && text(&all[0], "/cause").contains("platform")).then_some(()))
    })
}

const FOLLOWED: &str = r"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      volumes: [{name: certs, secret: {secretName: certs}}]
      containers:
      - name: app
        image: busybox:1
        command: [sleep, '3600']
        volumeMounts: [{name: certs, mountPath: /certs}]
        envFrom: [{configMapRef: {name: platform}}]
";

fn storm(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("storm")?;
    let product = Product::new(cluster)?;
    let running = product.run(namespace.name(), &[])?;
    let mut yaml = String::new();
    for owner in 0..8 {
        yaml.push_str(&format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{owner}}}\nspec:\n  replicas: 25\n  selector: {{matchLabels: {{app: app-{owner}}}}}\n  template:\n    metadata: {{labels: {{app: app-{owner}}}}}\n    spec:\n      terminationGracePeriodSeconds: 0\n      containers:\n      - name: app\n        image: busybox:1\n        command: [sleep, \"3600\"]\n        envFrom: [{{configMapRef: {{name: platform}}}}]\n"
        ));
    }
    namespace.apply(&yaml)?;
    let failing = || -> Result<Option<()>> {
        let pods = namespace.kubectl(&["get", "pods", "--no-headers"])?;
        Ok((pods.matches("CreateContainerConfigError").count() >= 200).then_some(()))
    };
    cluster.wait_until(Duration::from_secs(240), "200 failing pods", failing)?;
    std::thread::sleep(Duration::from_secs(10));
    let all = running.incidents()?;
    ensure!(
        all.len() == 1,
        "{} incidents: {:?}",
        all.len(),
        all.iter().map(|i| text(i, "/title")).collect::<Vec<_>>()
    );
    let victims = all[0]["victims"].as_array().map_or(0, Vec::len);
    ensure!(victims >= 7, "{victims} victims");
    // A kubelet that starts 200 pods at once says other things before.
    let named = || {
        Ok(text(&running.incidents()?[0], "/cause")
            .contains("platform")
            .then_some(()))
    };
    let found = cluster.wait_until(Duration::from_secs(30), "the cause is found", named);
    found.with_context(|| all[0]["cause"].to_string())?;
    let found = product.scan(namespace.name())?;
    ensure!(found.len() == 1, "a scan finds {}", found.len());
    Ok(())
}
