//! How long `k8shawk scan` takes, and how many requests it makes, by the number of pods.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::figure::{Figure, percentile};
use super::{host, pods};
use crate::cluster::Cluster;
use crate::fault::Product;

const HEALTHY: usize = 2000;
const OWNERS: usize = 20;
const PODS_PER_OWNER: usize = 10;
const ROUNDS: usize = 7;
/// Owners whose pods crash, the others lack their image.
const CRASHING: usize = OWNERS / 2;
/// Logs that a crash is explained by: of the run before, and of the present one.
const LOGS: usize = 2;
const PATIENCE: Duration = Duration::from_secs(3 * 60);

/// The middle of some scans, and of what kubectl needs to list all pods in between.
struct Scans {
    seconds: f64,
    kubectl: f64,
    requests: f64,
}

pub(super) fn measure(cluster: &Cluster, product: &Product) -> Result<Vec<Figure>> {
    let directory = tempfile::tempdir()?;
    let scans = || -> Result<Scans> { rounds(cluster, product, directory.path()) };
    // The first one compiles the plugins into the cache.
    once(product, directory.path())?;
    let empty = scans()?;
    let failing = |pods_per_owner: usize| -> Result<Scans> {
        let namespace = cluster.namespace("bench-failing")?;
        pods::make_failing(cluster, namespace.name(), OWNERS, pods_per_owner, PATIENCE)?;
        let scans = scans()?;
        drop(namespace);
        pods::wait_until_gone(cluster, PATIENCE)?;
        Ok(scans)
    };
    let (few, many) = (failing(1)?, failing(PODS_PER_OWNER)?);
    let namespace = cluster.namespace("bench-healthy")?;
    let made = pods::make_healthy(cluster, namespace.name(), HEALTHY, PATIENCE)?;
    let healthy = scans()?;
    drop(namespace);
    pods::wait_until_gone(cluster, PATIENCE)?;
    let failures = OWNERS * PODS_PER_OWNER;
    Ok([
        vec![Figure::alone(
            "scan of a cluster without pods",
            "s",
            empty.seconds,
        )],
        figures(
            &format!("{made} healthy pods"),
            &healthy,
            0.4,
            ("none", &empty),
        ),
        figures(
            &format!("{failures} failing pods"),
            &many,
            1.0,
            (&format!("{OWNERS}"), &few),
        ),
        // The nodes are played, so that none serves a log: none is asked for it again and again.
        vec![
            Figure::beside(
                format!("API requests beyond lists, beside logs of {CRASHING} owners' crashes"),
                "",
                many.requests - empty.requests,
                (CRASHING * LOGS) as f64,
            )
            .at_most(1.0),
        ],
    ]
    .concat())
}

/// Time and requests of scans beside those of others with the same faults and fewer pods.
fn figures(what: &str, scans: &Scans, target: f64, fewer: (&str, &Scans)) -> Vec<Figure> {
    let (pods, fewer) = fewer;
    let kubectl = format!("scan of {what} beside `kubectl get pods -A -o json`");
    let requests = format!("API requests of a scan of {what} beside {pods}");
    vec![
        Figure::alone(format!("scan of {what}"), "s", scans.seconds).at_most(target),
        Figure::beside(kubectl, "s", scans.seconds, scans.kubectl),
        Figure::beside(requests, "", scans.requests, fewer.requests).at_most(1.0),
    ]
}

fn rounds(cluster: &Cluster, product: &Product, directory: &Path) -> Result<Scans> {
    let (mut seconds, mut kubectl, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (time, made) = once(product, directory)?;
        seconds.push(time);
        requests.push(made);
        let begun = Instant::now();
        cluster.kubectl(&["get", "pods", "-A", "-o", "json"])?;
        kubectl.push(begun.elapsed().as_secs_f64());
    }
    Ok(Scans {
        seconds: percentile(&seconds, 0.5),
        kubectl: percentile(&kubectl, 0.5),
        requests: percentile(&requests, 1.0),
    })
}

/// Seconds and requests of one scan of all namespaces.
fn once(product: &Product, directory: &Path) -> Result<(f64, f64)> {
    let begun = Instant::now();
    let output = host::command(product, directory, &directory.join("cache"))
        .arg("scan")
        .output()
        .context("run a scan")?;
    let seconds = begun.elapsed().as_secs_f64();
    let told = String::from_utf8_lossy(&output.stderr);
    let number = told
        .split_once(" API requests)")
        .and_then(|(before, _)| before.rsplit('(').next());
    let requests = number.and_then(|number| number.parse().ok());
    Ok((
        seconds,
        requests.with_context(|| format!("no count of requests in: {told}"))?,
    ))
}
