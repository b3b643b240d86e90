//! The API server away for a minute, in a cluster of its own.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use k8shawk_tests::cluster::{Cluster, Options, is_given, wait_until};
use k8shawk_tests::fault::{Broken, Product, Running};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::flow::text;

const AWAY: Duration = Duration::from_secs(60);

/// The tests of this file; a given cluster's API server is not ours to stop.
pub fn trials() -> Vec<Trial> {
    let name = "outage::an_api_server_that_goes_away_loses_nothing";
    let test = || outage().map_err(|e| format!("{e:#}").into());
    vec![Trial::test(name, test).with_ignored_flag(is_given())]
}

fn outage() -> Result<()> {
    let cluster = Cluster::start(Options::default())?;
    let broken = Broken::set_up(&cluster, "app-panic-rollout")?;
    let product = Product::new(&cluster)?;
    let soon = [("K8SHAWK_SELF_MONITOR_STUCK_SECONDS", "20")];
    let mut running = product.run(broken.namespace.name(), &soon)?;
    let waiting = running.until(&["waiting"], Duration::from_secs(90))?;
    let before = generation(&broken)?;

    cluster.stop_apiserver()?;
    let begun = Instant::now();
    std::thread::sleep(Duration::from_secs(10));
    // The approval is stored, though nothing can be done with it now.
    running.approve(text(&waiting, "/id"))?;
    std::thread::sleep(AWAY.saturating_sub(begun.elapsed()));
    ensure!(running.lives()?, "it ended: {}", running.log());
    says_that_it_is_stuck(&running, text(&waiting, "/id"))?;
    let mut meanwhile = running.incidents()?;
    meanwhile.retain(|incident| !is_own(incident));
    ensure!(meanwhile.len() == 1, "{}", running.told());
    ensure!(
        text(&meanwhile[0], "/id") == text(&waiting, "/id"),
        "another incident: {meanwhile:?}"
    );

    cluster.start_apiserver()?;
    let pull = ["run", "after", "--image=nonexistent-image:latest"];
    broken.namespace.kubectl(&pull)?;
    let first = until_ended(&running, text(&waiting, "/id"))?;
    ensure!(text(&first, "/state") == "recovered", "{first}");
    let changes = generation(&broken)? - before;
    ensure!(changes == 1, "the Deployment was changed {changes} times");
    pull_noticed(&running)?;
    wait_until(Duration::from_secs(120), "nothing is stuck now", || {
        Ok((!running.incidents()?.iter().any(is_own)).then_some(()))
    })
    .with_context(|| running.told())?;
    // The node may be an incident too: its kubelet was silent for a minute.
    let all = running.incidents()?;
    let known = ["Deployment web", "Pod after", "Node n1"];
    let owner = |i: &Value| format!("{} {}", text(i, "/owner/kind"), text(i, "/owner/name"));
    ensure!(
        all.iter().all(|i| known.contains(&owner(i).as_str())),
        "{}",
        running.told()
    );
    told_once(&running.log())
}

fn is_own(incident: &Value) -> bool {
    text(incident, "/owner/kind") == "Host"
}

/// The approved fix cannot be sent: an incident of the host itself, which names it and why.
fn says_that_it_is_stuck(running: &Running<'_>, id: &str) -> Result<()> {
    let all = running.incidents()?;
    let own = all.iter().find(|incident| is_own(incident));
    let own = own.with_context(|| format!("nothing is stuck: {}", running.told()))?;
    ensure!(text(own, "/class") == "self-stuck", "{own}");
    let evidence = own["evidence"].to_string();
    ensure!(evidence.contains(id), "{own}");
    ensure!(evidence.contains("no answer from the API server"), "{own}");
    Ok(())
}

/// Ends and begins once each, and not for every kind.
fn told_once(log: &str) -> Result<()> {
    ensure!(!log.contains("panicked"), "{log}");
    for line in ["watch interrupted", "watch resumed"] {
        let times = log.matches(line).count();
        ensure!(times == 1, "{line:?} stands {times} times in: {log}");
    }
    Ok(())
}

/// The cause of what broke after the outage. While the node does not report, the pod has another one:
/// no node fits it, or the node is what is wrong.
fn pull_noticed(running: &Running<'_>) -> Result<()> {
    let patience = Duration::from_secs(300);
    wait_until(patience, "the failing pull is noticed", || {
        let all = running.incidents()?;
        let ours =
            |i: &&Value| text(i, "/owner/name") == "after" && text(i, "/state") == "needs-human";
        let mut causes = all.iter().filter(ours).map(|i| text(i, "/cause"));
        Ok(causes
            .any(|cause| cause.contains("nonexistent-image"))
            .then_some(()))
    })
    .with_context(|| running.told())
}

/// Until the fix has ended. What the outage did to the object may void the approval: a person
/// approves again then.
fn until_ended(running: &Running<'_>, id: &str) -> Result<Value> {
    let until = Instant::now() + Duration::from_secs(180);
    loop {
        let all = running.incidents()?;
        let ours = all.into_iter().find(|i| text(i, "/id") == id);
        let ours = ours.with_context(|| format!("{id} is lost"))?;
        match text(&ours, "/state") {
            "recovered" | "partly" | "unchanged" | "worse" | "not-known" | "failed"
                if ours["rca"].is_string() =>
            {
                return Ok(ours);
            }
            "waiting" => {
                let _ = running.approve(id);
            }
            _ if Instant::now() > until => bail!("{}", running.told()),
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn generation(broken: &Broken<'_>) -> Result<i64> {
    let path = "jsonpath={.metadata.generation}";
    let arguments = ["get", "deployment/web", "-o", path].map(str::to_owned);
    Ok(broken.kubectl(&arguments)?.trim().parse()?)
}
