//! A host beside 20,000 pods: memory, processor time and requests, at rest and while events flow.
//! By itself: making the pods takes minutes.

use std::future::ready;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::Event;
use kube::api::{Api, PostParams};
use serde_json::json;

use super::audit::Audit;
use super::figure::Figure;
use super::host::Host;
use super::pods;
use crate::cluster::{Cluster, Options, wait_until};
use crate::fault::Product;

const NAMESPACE: &str = "bench-scale";
/// Deployments, each with a node of its own.
const OWNERS: usize = 200;
const PODS_PER_OWNER: usize = 100;
/// How long making the pods may take.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// Time in which a started host lists everything and settles.
const SETTLE: Duration = Duration::from_secs(45);
/// How long it is looked at, at rest: every watch ends and begins again once in this time.
const REST: Duration = Duration::from_secs(5 * 60);
/// How long events flow.
const FLOW: Duration = Duration::from_secs(60);
/// Events in a second.
const RATE: u32 = 200;
/// Requests at the same time.
const AT_ONCE: usize = 32;

/// What the field's charts ask for, MiB.
const HOLMES: f64 = 2048.0;
const ROBUSTA: f64 = 1024.0 + 512.0;

pub(super) fn measure() -> Result<Vec<Figure>> {
    let audit = Audit::new()?;
    let cluster = Cluster::start(Options {
        kwok: true,
        apiserver_flags: audit.flags(),
        ..Options::default()
    })?;
    cluster.add_fake_nodes(0..u32::try_from(OWNERS)?)?;
    make_namespace(&cluster)?;
    let pods = pods::make_owned(&cluster, NAMESPACE, OWNERS, PODS_PER_OWNER, PATIENCE)?;
    let product = Product::with_kubeconfig(&audit.kubeconfig(&cluster)?)?;
    let cache = tempfile::tempdir()?;
    // The first one compiles the plugins.
    drop(Host::start(&product, cache.path(), &[])?);
    let host = Host::start(&product, cache.path(), &[])?;
    thread::sleep(SETTLE);
    let rest = at_rest(&host, &audit, pods.len())?;
    let busy = while_events_flow(&host, &cluster, &pods)?;
    drop(host);
    cluster.stop()?;
    Ok([rest, busy].concat())
}

/// It ends with the cluster: by itself, so many pods take minutes to go.
fn make_namespace(cluster: &Cluster) -> Result<()> {
    cluster.kubectl(&["create", "namespace", NAMESPACE])?;
    wait_until(Duration::from_secs(30), "pods can be made", || {
        let account = ["get", "serviceaccount", "default", "-n", NAMESPACE];
        cluster.kubectl(&account).map(Some)
    })
    .map(drop)
}

fn at_rest(host: &Host, audit: &Audit, made: usize) -> Result<Vec<Figure>> {
    let (begun, since, before) = (Instant::now(), Audit::now(), host.processor()?);
    thread::sleep(REST);
    let minutes = begun.elapsed().as_secs_f64() / 60.0;
    let load = (host.processor()? - before) / begun.elapsed().as_secs_f64();
    let asked = audit.since(&since)?;
    ensure!(asked.watches > 0, "the audit log does not show the host");
    let (memory, peak) = (host.memory("VmRSS")?, host.memory("VmHWM")?);
    let with = |what: &str| format!("{what}, {made} pods");
    #[allow(clippy::cast_precision_loss, reason = "a few requests")]
    let each = |requests: usize| requests as f64 / minutes;
    Ok(vec![
        Figure::alone(with("resident memory"), "MiB", memory).at_most(160.0),
        Figure::alone(with("largest resident memory from the start"), "MiB", peak),
        Figure::beside(
            with("resident memory beside the request of HolmesGPT's chart"),
            "MiB",
            memory,
            HOLMES,
        ),
        Figure::beside(
            with("resident memory beside the requests of Robusta's runner and kubewatch"),
            "MiB",
            memory,
            ROBUSTA,
        ),
        Figure::alone(with("processor at rest"), "% of a core", 100.0 * load),
        Figure::alone(
            with("API requests in a minute at rest, without watches"),
            "",
            each(asked.others),
        )
        .at_most(0.0),
        Figure::alone(
            with("watches begun in a minute at rest"),
            "",
            each(asked.watches),
        ),
    ])
}

fn while_events_flow(host: &Host, cluster: &Cluster, names: &[String]) -> Result<Vec<Figure>> {
    let before = host.processor()?;
    let begun = Instant::now();
    let sent = pods::runtime()?.block_on(async {
        let api: Api<Event> = Api::namespaced(pods::client(cluster).await?, NAMESPACE);
        let all =
            stream::iter(names.iter().cycle().zip(0_u32..)).then(|(pod, number)| async move {
                let due = begun + Duration::from_secs(1) * number / RATE;
                tokio::time::sleep_until(due.into()).await;
                (pod, number)
            });
        let sent = all
            .take_while(|_| ready(begun.elapsed() < FLOW))
            .map(|(pod, number)| send(&api, pod, number))
            .buffer_unordered(AT_ONCE)
            .fold(
                0_u32,
                |sent, done| async move { sent + u32::from(done.is_ok()) },
            );
        Ok::<u32, anyhow::Error>(sent.await)
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let load = (host.processor()? - before) / seconds;
    let rate = f64::from(sent) / seconds;
    Ok(vec![
        Figure::alone(
            format!("processor at {rate:.0} warning events in a second"),
            "% of a core",
            100.0 * load,
        ),
        Figure::alone("resident memory after them", "MiB", host.memory("VmRSS")?),
    ])
}

/// A failed probe of a pod that runs on: the most usual warning that is no incident.
async fn send(api: &Api<Event>, pod: &str, number: u32) -> Result<()> {
    let now = k8s_openapi::jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let event: Event = serde_json::from_value(json!({
        "metadata": { "name": format!("{pod}.{number}"), "namespace": NAMESPACE },
        "type": "Warning",
        "reason": "Unhealthy",
        "message": "Readiness probe failed: HTTP probe failed with statuscode: 503",
        "count": 1,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "source": { "component": "kubelet", "host": "fake-0" },
        "involvedObject": {
            "apiVersion": "v1", "kind": "Pod", "namespace": NAMESPACE, "name": pod,
        },
    }))?;
    api.create(&PostParams::default(), &event).await?;
    Ok(())
}
