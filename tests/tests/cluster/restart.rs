//! A crash, or a panic, at every arrow of the flow: nothing is lost, and nothing is executed twice.

use std::path::Path;
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

/// Points at which a stage can be made to panic.
const PANICS: &[&str] = &["open", "investigated", "approved", "before-send", "applied"];

/// A test for each point.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let trial = |point: &&'static str| {
        let (shared, point) = (shared.clone(), *point);
        Trial::test(
            format!("restart::a_crash_at_{point}_loses_nothing_and_fixes_once"),
            move || shared.with(|cluster, alone| crash_at(cluster, alone, point)),
        )
    };
    let mut trials: Vec<Trial> = POINTS.iter().map(trial).collect();
    trials.extend(PANICS.iter().map(|point: &&'static str| {
        let (shared, point) = (shared.clone(), *point);
        Trial::test(
            format!("restart::a_panic_at_{point}_leaves_the_incident_drivable"),
            move || shared.beside(|cluster| panic_at(cluster, point)),
        )
    }));
    let name = "restart::a_yes_that_aged_across_a_crash_is_asked_for_again";
    let at = shared.clone();
    trials.push(Trial::test(name, move || at.with(aged)));
    let name = "restart::a_host_that_loses_its_watch_ends_and_goes_on_when_it_is_started";
    let at = shared.clone();
    trials.push(Trial::test(name, move || at.beside(without_patrol)));
    let name = "restart::the_shipped_program_has_no_crash_points";
    let at = shared.clone();
    trials.push(Trial::test(name, move || at.beside(shipped)));
    trials
}

/// The product with its crash points armed.
fn armed(cluster: &Cluster) -> Result<Product> {
    let program = Path::new(env!("CARGO_BIN_EXE_crashing"));
    Ok(Product::new(cluster)?.with_program(program))
}

/// Crash with the approval stored, and come back when it is too old.
fn aged(cluster: &Cluster, alone: &RwLock<()>) -> Result<()> {
    let _reading = alone.read();
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let namespace = broken.namespace.name().to_owned();
    let product = armed(cluster)?;
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
    ensure!(
        history.contains("the approval request expired"),
        "{history}"
    );
    ensure!(
        generation(&broken)? == before,
        "the expired approval was executed"
    );
    Ok(())
}

fn crash_at(cluster: &Cluster, alone: &RwLock<()>, point: &str) -> Result<()> {
    let _reading = alone.read();
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let namespace = broken.namespace.name().to_owned();
    let product = armed(cluster)?;
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
            Some(end @ ("failed" | "not-known" | "worse" | "unchanged" | "partly" | "cleared")) => {
                bail!("it ended as {end}: {}", running.log())
            }
            _ => {}
        }
        ensure!(Instant::now() < until, "{all:?}\n{}", running.log());
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// One panic of a driver: the same process retries the stage, and continues to the end.
fn panic_at(cluster: &Cluster, point: &str) -> Result<()> {
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let product = armed(cluster)?;
    let before = generation(&broken)?;
    let running = product.run(broken.namespace.name(), &[("K8SHAWK_PANIC_AT", point)])?;
    finish(&running)?;
    let (_, metrics) = running.page("/metrics")?;
    let counted = r#"k8shawk_task_failures_total{task="driver"} 1"#;
    ensure!(metrics.contains(counted), "{metrics}");
    let after = generation(&broken)?;
    ensure!(after == before + 1, "changed {} times", after - before);
    broken.assert_healthy()
}

/// Without its patrol a host sees nothing: it must not look healthy.
fn without_patrol(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let product = armed(cluster)?;
    let namespace = broken.namespace.name();
    let mut running = product.run(namespace, &[("K8SHAWK_PANIC_AT", "patrol")])?;
    running.until_ended(Duration::from_secs(60))?;
    let log = running.log();
    let said = "k8shawk: the task patrol panicked: a test asked for it";
    ensure!(log.contains(said), "{log}");
    running.again(namespace, &[])?;
    finish(&running)
}

/// No variable stops a host that people run.
fn shipped(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let product = Product::new(cluster)?;
    let asked = [("K8SHAWK_CRASH_AT", "open"), ("K8SHAWK_PANIC_AT", "open")];
    let running = product.run(broken.namespace.name(), &asked)?;
    let waiting = running.until(&["waiting"], Duration::from_secs(90))?;
    ensure!(waiting["state"] == "waiting", "{waiting}");
    let (_, metrics) = running.page("/metrics")?;
    let counted = r#"k8shawk_task_failures_total{task="driver"} 0"#;
    ensure!(metrics.contains(counted), "{metrics}");
    Ok(())
}
