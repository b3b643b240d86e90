//! Every folder of `tests/faults` on a real cluster: the named cause, the chosen fix, and the
//! workload healthy again after `approve`.

use std::sync::RwLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use k8shawk_tests::cluster::Cluster;
use k8shawk_tests::fault::{self, Broken, Fault, Product};
use libtest_mimic::Trial;

use crate::Shared;

/// A test for each folder; last those that nothing may run beside.
pub fn trials(shared: &Shared) -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    let mut names = fault::names()?;
    names.sort_by_cached_key(|name| Fault::read(name, "x").is_ok_and(|fault| fault.exclusive));
    for name in names {
        let (shared, label) = (shared.clone(), format!("faults::{name}"));
        let run = move || shared.with(|cluster, alone| twice(cluster, alone, &name));
        trials.push(Trial::test(label, run));
    }
    Ok(trials)
}

/// A busy machine can be slower than a fault's patience: a second namespace decides.
fn twice(cluster: &Cluster, alone: &RwLock<()>, name: &str) -> Result<()> {
    one(cluster, alone, name).or_else(|first| {
        one(cluster, alone, name).with_context(|| format!("the first time: {first:#}"))
    })
}

fn one(cluster: &Cluster, alone: &RwLock<()>, name: &str) -> Result<()> {
    let exclusive = Fault::read(name, "x")?.exclusive;
    let (_writing, _reading);
    if exclusive {
        _writing = alone.write();
    } else {
        _reading = alone.read();
    }
    let broken = Broken::set_up(cluster, name)?;
    let product = Product::new(cluster)?;
    if broken.fault.harmless {
        return quiet(&broken, &product);
    }
    explained(&broken, &product)?;
    if broken.fault.approve {
        fixed(&broken, &product)?;
    }
    Ok(())
}

/// Until a host that is started watches.
const START: Duration = Duration::from_secs(5);

/// Nothing is opened while the host watches, and a scan afterwards finds nothing.
fn quiet(broken: &Broken<'_>, product: &Product) -> Result<()> {
    let running = product.run(broken.namespace.name(), &[])?;
    std::thread::sleep(START + broken.fault.patience());
    let opened = running.incidents()?;
    ensure!(opened.is_empty(), "opened: {opened:?}");
    let found = broken.fault.judge(&product.scan(broken.namespace.name())?);
    ensure!(found.0.is_empty(), "{found}");
    Ok(())
}

/// Until everything is as expected, for the fault's patience and a little more.
fn explained(broken: &Broken<'_>, product: &Product) -> Result<()> {
    let until = Instant::now() + broken.fault.patience() + Duration::from_secs(30);
    loop {
        let found = broken.fault.judge(&product.scan(broken.namespace.name())?);
        if found.0.is_empty() {
            return Ok(());
        }
        if Instant::now() > until {
            bail!("{found}");
        }
        std::thread::sleep(Duration::from_secs(2));
    }
}

fn fixed(broken: &Broken<'_>, product: &Product) -> Result<()> {
    let running = product.run(broken.namespace.name(), &[])?;
    let waiting = running.until(&["waiting"], Duration::from_secs(90))?;
    let id = waiting["id"].as_str().unwrap_or_default();
    if waiting.pointer("/fix/risk").and_then(|r| r.as_str()) == Some("high") {
        let refused = running.approve(id);
        ensure!(
            refused.is_err(),
            "a high risk was approved by one unnamed person"
        );
        return Ok(());
    }
    running.approve(id)?;
    let ends = [
        "recovered",
        "partly",
        "unchanged",
        "worse",
        "not-known",
        "failed",
    ];
    let ended = running.until(&ends, Duration::from_secs(200))?;
    ensure!(
        ended["state"] == "recovered",
        "it ended as {}: {}",
        ended["state"],
        running.log()
    );
    broken.assert_healthy()?;
    let rca = ended["rca"].as_str().unwrap_or_default();
    let text = std::fs::read_to_string(running.directory().join(rca))?;
    ensure!(
        text.contains("recovered") && text.contains("Approved by"),
        "{text}"
    );
    Ok(())
}
