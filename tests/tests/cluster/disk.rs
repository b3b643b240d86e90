//! A full disk under the state directory: said once, nothing lost, nothing doubled.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::Cluster;
use k8shawk_tests::fault::{Broken, Product, Running};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::Shared;
use crate::flow::text;

/// Room for a few incidents.
const SIZE: &str = "2m";

/// The tests of this file.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let shared = shared.clone();
    let name = "disk::a_full_disk_is_named_and_nothing_is_lost_when_there_is_room_again";
    vec![Trial::test(name, move || shared.beside(full))]
}

fn full(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, "configmap-missing-env")?;
    let product = Product::new(cluster)?;
    let mut running = product.run_on_small_disk(broken.namespace.name(), SIZE)?;
    let first = running.until(&["waiting"], Duration::from_secs(90))?;
    let first = text(&first, "/id").to_owned();

    let yearly = "--schedule=0 0 1 1 *";
    let well = ["create", "cronjob", "ghost", "--image=busybox:1", yearly];
    broken.namespace.kubectl(&well)?;

    running.fill_disk()?;
    let pull = ["run", "later", "--image=nonexistent-image:latest"];
    broken.namespace.kubectl(&pull)?;
    // It comes once, and no status shows it.
    broken.namespace.apply(&event(broken.namespace.name()))?;
    let said = "cannot write to the database";
    cluster.wait_until(
        Duration::from_secs(60),
        "it says that the disk is full",
        || Ok(running.log().contains(said).then_some(())),
    )?;
    let refused = running.ask(&["dismiss", &first]).err();
    let refused = refused.context("a dismissal was stored on a full disk")?;
    names_the_file(&refused.to_string())?;
    // Several sweeps.
    std::thread::sleep(Duration::from_secs(15));
    let log = running.log();
    ensure!(running.lives()?, "it ended: {log}");
    ensure!(!log.contains("panicked"), "{log}");
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(said)).collect();
    ensure!(lines.len() == 1, "it is said {} times: {log}", lines.len());
    names_the_file(lines[0])?;
    let meanwhile = running.all_incidents()?;
    ensure!(meanwhile.len() == 1, "{meanwhile:?}");

    running.free_disk()?;
    let later = running.until_found("later", "needs-human")?;
    documented(&running, &later, "nonexistent-image")?;
    running.until_found("ghost", "")?;
    running.ask(&["dismiss", &first, "--reason", "seen"])?;
    let ended = running.until(&["dismissed"], Duration::from_secs(30))?;
    documented(&running, &ended, "seen")?;
    ensure!(
        running.log().contains("writing to the database again"),
        "{}",
        running.log()
    );
    let all = running.all_incidents()?;
    let (own, all): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|i| text(i, "/class").starts_with("self-"));
    let owners: BTreeSet<&str> = all.iter().map(|i| text(i, "/owner/name")).collect();
    ensure!(all.len() == 3 && owners.len() == 3, "{all:?}");
    let full = own.iter().filter(|i| text(i, "/class") == "self-full");
    ensure!(
        full.count() == 1,
        "it does not say of itself what was wrong: {own:?}"
    );
    Ok(())
}

fn names_the_file(said: &str) -> Result<()> {
    let clear = said.contains("state/k8shawk.sqlite") && said.contains("full");
    ensure!(clear, "{said:?} does not say what is full");
    Ok(())
}

trait Found {
    fn until_found(&self, owner: &str, state: &str) -> Result<Value>;
}

impl Found for Running<'_> {
    /// Until there is an incident of an owner, in a state, or in any where that is empty.
    fn until_found(&self, owner: &str, state: &str) -> Result<Value> {
        let minute = Duration::from_secs(60);
        let what = format!("an incident of {owner}");
        k8shawk_tests::cluster::wait_until(minute, &what, || {
            let all = self.all_incidents()?;
            let mut of = all.into_iter().filter(|i| text(i, "/owner/name") == owner);
            Ok(of.find(|i| state.is_empty() || text(i, "/state") == state))
        })
        .with_context(|| self.told())
    }
}

fn documented(running: &Running<'_>, incident: &Value, words: &str) -> Result<()> {
    let minute = Duration::from_secs(60);
    k8shawk_tests::cluster::wait_until(minute, "the RCA is written", || {
        let all = running.all_incidents()?;
        let mut ours = all.iter().filter(|i| i["id"] == incident["id"]);
        let rca = ours.next().map(|i| text(i, "/rca").to_owned());
        let path = rca
            .filter(|rca| !rca.is_empty())
            .context("no RCA is named")?;
        let written = std::fs::read_to_string(running.on_disk(&path))?;
        Ok(written.contains(words).then_some(()))
    })
    .with_context(|| running.told())
}

fn event(namespace: &str) -> String {
    format!(
        r#"apiVersion: v1
kind: Event
metadata: {{ name: ghost.1 }}
type: Warning
reason: FailedCreate
message: 'Error creating job: jobs.batch "ghost-1" is forbidden'
count: 1
source: {{ component: cronjob-controller }}
involvedObject: {{ apiVersion: batch/v1, kind: CronJob, namespace: {namespace}, name: ghost }}
"#
    )
}
