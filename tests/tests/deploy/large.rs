//! A policy that no ConfigMap holds: the component of Python, from a registry and from a claim.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::Cluster;
use k8shawk_tests::deploy::{Pod, printed};
use k8shawk_tests::fault::{Broken, Product};
use k8shawk_tests::policies;
use k8shawk_tests::registry::Registry;
use serde_json::Value;

use crate::story::{USER, volume};

/// It denies what never worked before.
pub const ID: &str = "proven";
const GRANT: &str = "[settings]\ndeny = true\n";
/// Its ConfigMap would be larger than any may be.
const CONFIG_MAP: u64 = 1 << 20;
/// The pod starts, pulls 18 MB and compiles them.
const LOADED: Duration = Duration::from_secs(240);

/// Each way to install it: the running host judges the next incident with it.
pub fn judges(cluster: &Cluster, pod: &Pod, upgrade: impl Fn(&[&str]) -> Result<()>) -> Result<()> {
    let built = policies::built(ID)?;
    let size = fs::metadata(built.join(format!("{ID}.wasm")))?.len();
    ensure!(size > CONFIG_MAP, "it has {size} bytes");
    let everywhere = "--set=fix.namespaces={*}";
    let granted = format!("--set=grants.{ID}={GRANT}");

    let registry = Registry::at(&cluster.host_address()?, None)?;
    let pinned = push(cluster, &built, &registry.address)?;
    let pulled = format!("--set=registry.policies={{{pinned}}}");
    let plain = format!("--set=config.registry.plain_http={{{}}}", registry.address);
    upgrade(&[everywhere, &granted, &pulled, &plain])?;
    pod.until_ready(LOADED)?;
    refused(cluster, pod).context("from the registry")?;

    drop(registry);
    claim(cluster, &built)?;
    let claimed = format!("--set=policies.{ID}.claim=components");
    let path = format!("--set=policies.{ID}.path=policies/{ID}");
    upgrade(&[everywhere, &granted, &claimed, &path])?;
    pod.until_ready(LOADED)?;
    refused(cluster, pod).context("from the claim")?;
    // Compiling it needs 400 MiB, in the container of the host.
    let restarts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}";
    let restarts = cluster.kubectl(&["-n", "k8shawk", "get", "pods", "-o", restarts])?;
    ensure!(restarts.trim() == "0", "it restarted {restarts} times");
    Ok(())
}

/// Its reference in the registry, with the digest.
fn push(cluster: &Cluster, directory: &Path, address: &str) -> Result<String> {
    let (product, home) = (Product::new(cluster)?, tempfile::tempdir()?);
    let mut push = product.command(home.path());
    push.args(["plugin", "push"])
        .arg(directory)
        .arg(format!("oci://{address}/acme/{ID}:1"))
        .env("K8SHAWK_REGISTRY_PLAIN_HTTP", address);
    let said = printed(&mut push)?;
    let pinned = said
        .split_whitespace()
        .find(|word| word.contains("@sha256:"));
    Ok(pinned.with_context(|| said.clone())?.to_owned())
}

/// A claim on a volume of the node that holds it.
fn claim(cluster: &Cluster, directory: &Path) -> Result<()> {
    let files = volume(cluster, "components")?;
    let to = files.join("policies").join(ID);
    fs::create_dir_all(&to)?;
    for file in ["plugin.toml".to_owned(), format!("{ID}.wasm")] {
        fs::copy(directory.join(&file), to.join(&file))?;
        std::os::unix::fs::chown(to.join(&file), Some(USER), Some(USER))?;
    }
    let yaml = "apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: components}
spec: {accessModes: [ReadWriteOnce], storageClassName: by-hand, volumeName: components, resources: {requests: {storage: 1Gi}}}
";
    cluster.apply("k8shawk", yaml).map(drop)
}

/// What breaks next is decided with it.
fn refused(cluster: &Cluster, pod: &Pod) -> Result<()> {
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let namespace = broken.namespace.name();
    let why = |incident: &Value| -> Option<String> {
        let refused = incident["refused_fixes"].as_array()?;
        let first = refused.first()?["reason"].as_str()?.to_owned();
        (incident["object"]["namespace"] == namespace).then_some(first)
    };
    let refused = || Ok(pod.incidents()?.iter().find_map(why));
    let deadline = Duration::from_secs(120);
    let reason = cluster
        .wait_until(deadline, "a fix is refused", refused)
        .with_context(|| format!("{:?}\n{}", pod.incidents(), pod.told()))?;
    let expected = format!("{ID}: rollout-undo worked 0 times before, and 1 are needed");
    ensure!(reason == expected, "{reason}");
    Ok(())
}
