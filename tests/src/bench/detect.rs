//! How long after a change its incident is stored, beside a bare watch that only hears of it.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, WatchEvent, WatchParams};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::disk;
use super::figure::{Figure, percentile};
use super::host::Host;
use super::pods;
use crate::cluster::Cluster;
use crate::fault::Product;

const INCIDENTS: usize = 500;
/// Changes for which it is reported what they waited for.
const SLOWEST: usize = 10;
/// Time between two faults.
const PAUSE: Duration = Duration::from_millis(250);
/// How long an incident may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Time between two looks at the database: as exact as its figure can be.
const LOOK: Duration = Duration::from_micros(100);

/// What one change took.
struct Wait {
    pod: String,
    begun: Instant,
    heard: Instant,
    stored: Instant,
}

impl Wait {
    fn behind(&self) -> f64 {
        let behind = self.stored.saturating_duration_since(self.heard);
        let before = self.heard.saturating_duration_since(self.stored);
        millis(behind) - millis(before)
    }
}

/// When each pod's fault was first seen.
type Seen = Arc<Mutex<HashMap<String, Instant>>>;

pub(super) fn measure(cluster: &Cluster, product: &Product) -> Result<Vec<Figure>> {
    let namespace = cluster.namespace("bench-detect")?;
    pods::make_healthy(
        cluster,
        namespace.name(),
        INCIDENTS,
        Duration::from_secs(300),
    )?;
    let cache = tempfile::tempdir()?;
    let host = Host::start(product, cache.path(), &["-n", namespace.name()])?;
    // Its watch lists before it follows.
    thread::sleep(Duration::from_secs(3));
    let (heard, stored, stop) = (
        Seen::default(),
        Seen::default(),
        Arc::new(AtomicBool::new(false)),
    );
    let polling = {
        let (database, stored, stop) = (host.database(), stored.clone(), stop.clone());
        thread::spawn(move || poll(&database, &stored, &stop))
    };
    let clocks = (Instant::now(), SystemTime::now());
    let waits = pods::runtime()?.block_on(async {
        let api: Api<Pod> = Api::namespaced(pods::client(cluster).await?, namespace.name());
        let version = api
            .list(&ListParams::default())
            .await?
            .metadata
            .resource_version;
        let watching = tokio::spawn(listen(
            api.clone(),
            version.unwrap_or_default(),
            heard.clone(),
        ));
        let waits = break_all(&api, &heard, &stored).await;
        watching.abort();
        waits
    });
    stop.store(true, Ordering::Relaxed);
    let polled = polling
        .join()
        .map_err(|_| anyhow::anyhow!("the poll of the database died"))?;
    polled.context("poll the host's database")?;
    let waits = waits?;
    tell_slowest(&waits, &host.log(), clocks);
    // Beside the same control plane, and on the same disk.
    let floor = disk::measure(host.directory())?;
    Ok([figures(&waits)?, floor].concat())
}

/// What the host says of the way to one incident, microseconds.
struct Told {
    /// Since the Unix epoch.
    taken_up: f64,
    judged: f64,
    all: f64,
    sweeping: bool,
}

/// The lines of the host's log that tell of new incidents, by the name of the object.
fn told(log: &str) -> HashMap<String, Told> {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let of = |line: Value| {
        let number = |key: &str| match &line[key] {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let told = Told {
            taken_up: number("taken_up_us")?,
            judged: number("judged_us")?,
            all: number("all_us")?,
            sweeping: line["sweeping"].as_bool().unwrap_or_default(),
        };
        Some((line["object"].as_str()?.to_owned(), told))
    };
    lines.filter_map(of).collect()
}

/// Where the time behind the bare watch went, milliseconds.
struct Parts {
    queued: f64,
    looked: f64,
    judged: f64,
    seen: f64,
    sweeping: bool,
}

impl Parts {
    fn of(wait: &Wait, told: &Told, (instant, time): (Instant, SystemTime)) -> Parts {
        let epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros =
            |at: Instant| (epoch + at.saturating_duration_since(instant)).as_secs_f64() * 1e6;
        Parts {
            queued: (told.taken_up - micros(wait.heard)) / 1e3,
            looked: (told.all - told.judged) / 1e3,
            judged: told.judged / 1e3,
            seen: (micros(wait.stored) - told.taken_up - told.all) / 1e3,
            sweeping: told.sweeping,
        }
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let during = if self.sweeping {
            ", during a sweep"
        } else {
            ""
        };
        write!(
            f,
            "{:.2} until taken up + {:.2} observed + {:.2} judged and stored + {:.2} until it was \
             seen{during}",
            self.queued, self.looked, self.judged, self.seen
        )
    }
}

/// Print what the slowest changes waited for, and half of all of them.
fn tell_slowest(waits: &[Wait], log: &str, clocks: (Instant, SystemTime)) {
    let told = told(log);
    let mut slowest: Vec<&Wait> = waits.iter().collect();
    slowest.sort_by(|one, other| other.behind().total_cmp(&one.behind()));
    let known = |wait: &&Wait| Some(Parts::of(wait, told.get(&wait.pod)?, clocks));
    let parts: Vec<Parts> = slowest.iter().filter_map(known).collect();
    let middle = |of: fn(&Parts) -> f64| percentile(&parts.iter().map(of).collect::<Vec<_>>(), 0.5);
    let half = Parts {
        queued: middle(|p| p.queued),
        looked: middle(|p| p.looked),
        judged: middle(|p| p.judged),
        seen: middle(|p| p.seen),
        sweeping: false,
    };
    println!("  what changes waited for, ms behind the bare watch; p50 of each: {half}");
    for wait in slowest.iter().take(SLOWEST) {
        let (pod, behind) = (&wait.pod, wait.behind());
        match known(wait) {
            Some(parts) => println!("  {pod:<12} {behind:6.2} = {parts}"),
            None => println!("  {pod:<12} {behind:6.2}  (the host says nothing of it)"),
        }
    }
}

/// What each change took: to be heard by the bare watch, and to be stored.
async fn break_all(api: &Api<Pod>, heard: &Seen, stored: &Seen) -> Result<Vec<Wait>> {
    let mut waits = Vec::new();
    for number in 0..INCIDENTS {
        let name = pods::name(number);
        let begun = Instant::now();
        pods::fail(api, &name, pods::crash_loop()).await?;
        let until = begun + PATIENCE;
        match (
            seen(heard, &name, until).await,
            seen(stored, &name, until).await,
        ) {
            (Some(heard), Some(stored)) => waits.push(Wait {
                pod: name,
                begun,
                heard,
                stored,
            }),
            (heard, _) => eprintln!("{name}: heard {}, never stored", heard.is_some()),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(waits)
}

async fn seen(by: &Seen, name: &str, until: Instant) -> Option<Instant> {
    loop {
        if let Some(at) = by.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(*at);
        }
        if Instant::now() > until {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn note(by: &Seen, name: &str) {
    let now = Instant::now();
    by.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(name.to_owned())
        .or_insert(now);
}

/// The bare watch: it parses each pod and looks for the fault.
async fn listen(api: Api<Pod>, version: String, heard: Seen) -> Result<()> {
    let changes = api.watch(&WatchParams::default(), &version).await?;
    let mut changes = changes.boxed();
    while let Some(change) = changes.try_next().await? {
        if let WatchEvent::Modified(pod) = change
            && is_broken(&pod)
        {
            note(&heard, pod.metadata.name.as_deref().unwrap_or_default());
        }
    }
    Ok(())
}

fn is_broken(pod: &Pod) -> bool {
    let containers = pod
        .status
        .iter()
        .flat_map(|status| status.container_statuses.iter().flatten());
    containers
        .into_iter()
        .any(|container| container.restart_count > 0)
}

/// Looks at the host's database whenever another connection has written to it.
fn poll(database: &Path, stored: &Seen, stop: &AtomicBool) -> Result<()> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let mut version = connection.prepare("PRAGMA data_version")?;
    let mut newer = connection.prepare(
        "SELECT number, record ->> '$.incident.object.name' FROM incidents WHERE number > ?1 ORDER BY number",
    )?;
    let (mut known, mut last) = (0_i64, 0_i64);
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(LOOK);
        let now: i64 = version.query_row([], |row| row.get(0))?;
        if now == known {
            continue;
        }
        known = now;
        for row in newer.query_map([last], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })? {
            let (number, name) = row?;
            last = number;
            note(stored, &name);
        }
    }
    Ok(())
}

fn figures(waits: &[Wait]) -> Result<Vec<Figure>> {
    ensure!(
        waits.len() >= INCIDENTS / 2,
        "{} of {INCIDENTS} incidents were stored",
        waits.len()
    );
    let since = |at: Instant, wait: &Wait| millis(at.saturating_duration_since(wait.begun));
    let heard: Vec<f64> = waits.iter().map(|wait| since(wait.heard, wait)).collect();
    let stored: Vec<f64> = waits.iter().map(|wait| since(wait.stored, wait)).collect();
    let behind: Vec<f64> = waits.iter().map(Wait::behind).collect();
    let pair = |name: &str, share: f64| {
        Figure::beside(
            name,
            "ms",
            percentile(&stored, share),
            percentile(&heard, share),
        )
    };
    let missing = format!("incidents not stored, of {INCIDENTS}");
    Ok(vec![
        pair(
            "object changed until incident stored, beside a bare watch, p50",
            0.5,
        ),
        pair(
            "object changed until incident stored, beside a bare watch, p99",
            0.99,
        ),
        Figure::alone(
            "incident stored behind the bare watch, p50",
            "ms",
            percentile(&behind, 0.5),
        )
        .at_most(1.0),
        Figure::alone(
            "incident stored behind the bare watch, p99",
            "ms",
            percentile(&behind, 0.99),
        )
        .at_most(3.0),
        Figure::alone(missing, "", (INCIDENTS - waits.len()) as f64).at_most(0.0),
    ])
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
