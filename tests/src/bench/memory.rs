//! What the host holds in memory, idle and beside many pods.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::figure::Figure;
use super::host::Host;
use super::pods;
use crate::cluster::Cluster;
use crate::fault::Product;

const PODS: usize = 10_000;
/// How long making the pods may take.
const PATIENCE: Duration = Duration::from_secs(4 * 60);
/// Time in which a started host settles, some sweeps long.
const SETTLE: Duration = Duration::from_secs(20);

pub(super) fn measure(cluster: &Cluster, product: &Product) -> Result<Vec<Figure>> {
    let cache = tempfile::tempdir()?;
    let first = settled(product, cache.path())?;
    let idle = settled(product, cache.path())?;
    let namespace = cluster.namespace("bench-memory")?;
    let made = pods::make_healthy(cluster, namespace.name(), PODS, PATIENCE)?;
    let full = settled(product, cache.path())?;
    let beside = |text: &str| format!("{text} with {made} pods");
    Ok(vec![
        Figure::alone(
            "resident memory, idle, after compiling the plugins",
            "MiB",
            first.now,
        )
        .at_most(64.0),
        Figure::alone("resident memory, idle", "MiB", idle.now).at_most(64.0),
        Figure::alone("of that, of the process alone", "MiB", idle.own).at_most(14.0),
        Figure::alone("largest resident memory until idle", "MiB", idle.peak),
        Figure::alone(beside("resident memory"), "MiB", full.now).at_most(128.0),
        Figure::alone(
            beside("largest resident memory, from the start,"),
            "MiB",
            full.peak,
        ),
    ])
}

/// Resident memory of a host, MiB.
struct Resident {
    now: f64,
    /// Of no file: code is mapped, and the kernel may drop it.
    own: f64,
    /// At most so far.
    peak: f64,
}

/// Of a host that has started a while ago.
fn settled(product: &Product, cache: &Path) -> Result<Resident> {
    let host = Host::start(product, cache, &[])?;
    thread::sleep(SETTLE);
    Ok(Resident {
        now: host.memory("VmRSS")?,
        own: host.memory("RssAnon")?,
        peak: host.memory("VmHWM")?,
    })
}
