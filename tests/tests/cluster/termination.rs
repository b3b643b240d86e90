//! SIGTERM while signals flow: it ends in time, and nothing is lost or doubled.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::{Cluster, wait_until};
use k8shawk_tests::fault::{Product, Running};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::Shared;
use crate::flow::text;

/// Pods that fail, each an incident of its own.
const PODS: usize = 24;
/// Restarts while they come.
const TIMES: usize = 3;

/// The tests of this file.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let shared = shared.clone();
    let name = "termination::sigterm_under_load_loses_nothing";
    vec![Trial::test(name, move || shared.beside(under_load))]
}

fn under_load(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("sigterm")?;
    let product = Product::new(cluster)?;
    let mut running = product.run(namespace.name(), &[])?;
    let client = cluster.kubectl_client();
    let of = namespace.name().to_owned();
    let breaking = std::thread::spawn(move || -> Result<()> {
        for number in 0..PODS {
            let pod = pod(number);
            client.run_with_input(&["-n", &of, "create", "-f", "-"], &pod)?;
            std::thread::sleep(Duration::from_millis(400));
        }
        Ok(())
    });
    for restart in 1..=TIMES {
        let part = PODS * restart / (TIMES + 2);
        running.until_ready()?;
        until_opened(&running, part)?;
        let took = running.terminate()?;
        ensure!(took < Duration::from_secs(25), "it took {took:?} to end");
        running.again(namespace.name(), &[])?;
    }
    breaking
        .join()
        .map_err(|_| anyhow::anyhow!("the pods were not made"))??;
    until_opened(&running, PODS)?;
    let told = |i: &Value| matches!(text(i, "/state"), "needs-human" | "waiting");
    wait_until(
        Duration::from_secs(240),
        "people are notified of each",
        || Ok(running.incidents()?.iter().all(told).then_some(())),
    )
    .with_context(|| running.told())?;
    once(&running)
}

fn pod(number: usize) -> String {
    format!(
        "apiVersion: v1
kind: Pod
metadata: {{ name: lone-{number} }}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: app
    image: busybox:1
    command: [sleep, '3600']
    envFrom: [{{ configMapRef: {{ name: missing-{number} }} }}]
"
    )
}

fn until_opened(running: &Running<'_>, number: usize) -> Result<()> {
    let opened = wait_until(Duration::from_secs(240), "incidents are stored", || {
        Ok((running.all_incidents()?.len() >= number).then_some(()))
    });
    opened.with_context(|| running.told())
}

/// Each pod has one incident, whatever became of it, and one RCA.
fn once(running: &Running<'_>) -> Result<()> {
    let mut by_owner: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for incident in running.all_incidents()? {
        let owner = text(&incident, "/owner/name").to_owned();
        by_owner.entry(owner).or_default().push(incident);
    }
    for number in 0..PODS {
        let of = by_owner.get(&format!("lone-{number}"));
        let of = of.with_context(|| format!("lone-{number} is lost: {}", running.told()))?;
        ensure!(of.len() == 1, "lone-{number} is there twice: {of:?}");
        let cause = text(&of[0], "/cause");
        ensure!(cause.contains(&format!("missing-{number}")), "{cause}");
    }
    ensure!(by_owner.len() == PODS, "{:?}", by_owner.keys());
    Ok(())
}
