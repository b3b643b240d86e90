//! A crash at every arrow of the flow: nothing is lost, and nothing is executed twice.

use std::sync::RwLock;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use k8shawk_tests::cluster::Cluster;
use k8shawk_tests::fault::{Broken, Product, Running};
use libtest_mimic::Trial;

use crate::Shared;

/// Every point at which the host can be made to crash.
const POINTS: &[&str] = &[
    "open",
    "investigated",
    "decided",
    "waiting",
    "approved",
    "executing",
    "before-send",
    "after-send",
    "applied",
    "recovered",
];

/// A test for each point.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let trial = |point: &&'static str| {
        let (shared, point) = (shared.clone(), *point);
        Trial::test(
            format!("restart::a_crash_at_{point}_loses_nothing_and_fixes_once"),
            move || shared.with(|cluster, alone| crash_at(cluster, alone, point)),
        )
    };
    let aged = {
        let shared = shared.clone();
        Trial::test(
            "restart::a_yes_that_aged_across_a_crash_is_asked_for_again",
            move || shared.with(aged),
        )
    };
    POINTS.iter().map(trial).chain([aged]).collect()
}

/// Crash with the approval stored, and come back when it is too old.
fn aged(cluster: &Cluster, alone: &RwLock<()>) -> Result<()> {
    let _reading = alone.read();
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let namespace = broken.namespace.name().to_owned();
    let product = Product::new(cluster)?;
    let before = generation(&broken)?;
    let minute = ("K8SHAWK_APPROVAL_EXPIRES_MINUTES", "1");
    let crash = ("K8SHAWK_CRASH_AT", "approved");
    let mut running = product.run(&namespace, &[crash, minute])?;
    until_crashed(&mut running)?;
    std::thread::sleep(Duration::from_secs(62));
    running.again(&namespace, &[minute])?;
    let again = running.until(&["waiting"], Duration::from_secs(90))?;
    ensure!(again["approvers"].is_null(), "{again}");
    let history = again["history"].to_string();
    ensure!(history.contains("the question expired"), "{history}");
    ensure!(generation(&broken)? == before, "the aged yes was executed");
    Ok(())
}

fn crash_at(cluster: &Cluster, alone: &RwLock<()>, point: &str) -> Result<()> {
    let _reading = alone.read();
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let namespace = broken.namespace.name().to_owned();
    let product = Product::new(cluster)?;
    let before = generation(&broken)?;
    let mut running = product.run(&namespace, &[("K8SHAWK_CRASH_AT", point)])?;
    until_crashed(&mut running)?;
    running.again(&namespace, &[])?;
    finish(&running)?;
    let all = running.incidents()?;
    ensure!(all.len() == 1, "{} incidents: {all:?}", all.len());
    let after = generation(&broken)?;
    ensure!(
        after == before + 1,
        "the Deployment was changed {} times",
        after - before
    );
    broken.assert_healthy()
}

fn generation(broken: &Broken<'_>) -> Result<i64> {
    let arguments = [
        "get",
        "deployment/web",
        "-o",
        "jsonpath={.metadata.generation}",
    ];
    Ok(broken
        .kubectl(&arguments.map(str::to_owned))?
        .trim()
        .parse()?)
}

/// Approve where that is asked for, until the host has crashed.
fn until_crashed(running: &mut Running<'_>) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(120);
    while running.until_ended(Duration::from_millis(500)).is_err() {
        ensure!(
            Instant::now() < until,
            "it did not crash: {}",
            running.log()
        );
        approve(running);
    }
    Ok(())
}

fn approve(running: &Running<'_>) {
    for incident in running.incidents().unwrap_or_default() {
        if incident["state"] == "waiting" {
            // A host that crashes while it answers is what this test is about.
            let _ = running.approve(incident["id"].as_str().unwrap_or_default());
        }
    }
}

fn finish(running: &Running<'_>) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(180);
    loop {
        let all = running.incidents()?;
        match all.first().and_then(|i| i["state"].as_str()) {
            Some("recovered") if all.iter().all(|i| i["rca"].is_string()) => return Ok(()),
            Some("waiting") => approve(running),
            Some(end @ ("failed" | "worse" | "unchanged" | "partly" | "cleared")) => {
                bail!("it ended as {end}: {}", running.log())
            }
            _ => {}
        }
        ensure!(Instant::now() < until, "{all:?}\n{}", running.log());
        std::thread::sleep(Duration::from_millis(500));
    }
}
