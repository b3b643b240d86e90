//! Slack, end to end: a workload breaks, people click in a Slack of ours, and the product fixes it.

mod people;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::{Cluster, wait_until};
use k8shawk_tests::fault::{Broken, Product, Running};
use k8shawk_tests::slack_server::click::envelope;
use libtest_mimic::Trial;
use serde_json::Value;

use crate::Shared;
use crate::flow::text;
use people::Channel;

type Test = fn(&Cluster) -> Result<()>;

const TESTS: &[(&str, Test)] = &[
    (
        "a_click_over_socket_mode_runs_the_fix_once_and_the_thread_tells_all",
        over_socket_mode,
    ),
    (
        "a_click_over_http_runs_the_fix_once_and_an_expired_question_is_asked_again",
        over_http,
    ),
    (
        "a_click_while_the_host_is_down_runs_the_fix_once_after_its_start",
        while_down,
    ),
];

/// A Deployment whose new revision panics: the earlier one is proposed.
const FAULT: &str = "app-panic-rollout";
/// Patience with a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);

/// The tests of this file.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let make = |(name, test): &(&str, Test)| {
        let (shared, test) = (shared.clone(), *test);
        Trial::test(format!("slack::{name}"), move || shared.beside(test))
    };
    TESTS.iter().map(make).collect()
}

fn generation(broken: &Broken<'_>) -> Result<i64> {
    let get = [
        "get",
        "deployment/web",
        "-o",
        "jsonpath={.metadata.generation}",
    ];
    let said = broken.kubectl(&get.map(str::to_owned))?;
    said.trim().parse().context("no generation")
}

/// Every write that the API server took. One that met a newer version of the object was refused, and
/// planned again.
fn executions(incident: &Value) -> usize {
    let steps = incident["history"].as_array();
    let sent = |s: &&Value| s["state"] == "applied";
    steps.map_or(0, |s| s.iter().filter(sent).count())
}

/// It recovers after one execution, which changed its object once.
fn fixed_once(running: &Running<'_>, broken: &Broken<'_>, before: i64) -> Result<Value> {
    let fixed = running.until(&["recovered"], PATIENCE)?;
    ensure!(executions(&fixed) == 1, "{fixed}");
    let now = generation(broken)?;
    ensure!(now == before + 1, "it was changed {} times", now - before);
    Ok(fixed)
}

fn over_socket_mode(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, FAULT)?;
    let channel = Channel::open()?;
    let product = Product::new(cluster)?;
    let running = product.run(
        broken.namespace.name(),
        &channel.environment(&["socket", "http"]),
    )?;
    let waiting = running.until(&["waiting"], PATIENCE)?;
    let before = generation(&broken)?;
    let id = text(&waiting, "/id").to_owned();
    let (ts, value) = channel
        .asked(&id, PATIENCE)
        .with_context(|| running.told())?;
    let shown = channel.message(&ts);
    ensure!(shown.contains("Waiting for approval"), "{shown}");

    // Somebody else: told so privately, written down, and nothing else.
    let stranger = channel.click("U0666", "approve", &value, &ts);
    channel.socket("e1", &stranger)?;
    let told = channel.whispered("U0666", PATIENCE)?;
    ensure!(
        told.contains("only members of the incident channel"),
        "{told}"
    );
    ensure!(channel.message(&ts) == shown, "the message changed");
    ensure!(recorded(&running, "U0666")? == 1, "it is not written down");

    // Not Slack's: refused at the door.
    let http = running.http()?;
    let click = channel.click("U0001", "approve", &value, &ts);
    let forged = channel.forged(&http, &click)?;
    let stale = channel.stale(&http, &click)?;
    ensure!((forged, stale) == (401, 401), "{forged} {stale}");
    ensure!(generation(&broken)? == before, "something was executed");

    channel.socket("e2", &click)?;
    let fixed = fixed_once(&running, &broken, before)?;
    ensure!(text(&fixed, "/approvers/0") == "U0001", "{fixed}");

    // The same click again, and the same envelope.
    channel.socket("e3", &click)?;
    channel.socket("e2", &click)?;
    let told = channel.whispered("U0001", PATIENCE)?;
    ensure!(told.contains("it has ended"), "{told}");
    channel.until_shown(&ts, "Approved by <@U0001>", PATIENCE)?;
    let wanted = [
        "rca/asked",
        "applying/",
        "output/",
        "verdict/recovered",
        "rca/recovered",
    ];
    channel.until_thread(&ts, &wanted, PATIENCE)?;
    channel
        .until_spoken(&ts, PATIENCE)
        .with_context(|| running.told())?;
    ensure!(generation(&broken)? == before + 1, "it was executed again");
    check(&product, &channel)?;
    undo(&running, &channel, &id, &ts)
}

/// `k8shawk slack check` finds what is there, and says what is not.
fn check(product: &Product, channel: &Channel) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let output = product
        .command(directory.path())
        .args(["slack", "check"])
        .envs(channel.environment(&["socket", "http"]))
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(said.contains("ok       socket mode"), "{said}");
    ensure!(said.contains("ok       channel: #incidents"), "{said}");
    ensure!(
        said.contains("MISSING  scope: add the bot scope files:read"),
        "{said}"
    );
    ensure!(output.status.code() == Some(1), "{said}");
    Ok(())
}

/// Undo proposes the inverse, which is a question of its own.
fn undo(
    running: &k8shawk_tests::fault::Running<'_>,
    channel: &Channel,
    id: &str,
    ts: &str,
) -> Result<()> {
    let value = channel
        .button(ts, "undo")
        .context("no Undo in the thread")?;
    channel.socket("e4", &channel.click("U0001", "undo", &value, ts))?;
    let proposed = wait_until(PATIENCE, "the undo to be proposed", || {
        let all = running.incidents()?;
        Ok(all
            .into_iter()
            .find(|i| text(i, "/class") == "undo" && text(i, "/state") == "waiting"))
    })
    .with_context(|| running.told())?;
    let other = text(&proposed, "/id").to_owned();
    ensure!(text(&proposed, "/title").contains(id), "{proposed}");
    let (ts, _) = channel.asked(&other, PATIENCE)?;
    let dismiss = channel.button(&ts, "dismiss").context("no Dismiss")?;
    channel.socket("e5", &channel.click("U0001", "dismiss", &dismiss, &ts))?;
    channel.socket("e6", &channel.reason("U0001", "it was right", PATIENCE)?)?;
    channel.until_shown(&ts, "*Dismissed* by <@U0001>: it was right", PATIENCE)
}

fn over_http(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, FAULT)?;
    let channel = Channel::open()?;
    let product = Product::new(cluster)?;
    let mut environment = channel.environment(&["http"]);
    environment.push(("K8SHAWK_APPROVAL_EXPIRES_MINUTES", "1"));
    let running = product.run(broken.namespace.name(), &environment)?;
    let waiting = running.until(&["waiting"], PATIENCE)?;
    let before = generation(&broken)?;
    let id = text(&waiting, "/id").to_owned();
    let (ts, old) = channel
        .asked(&id, PATIENCE)
        .with_context(|| running.told())?;
    let http = running.http()?;

    // The question expires, and is asked again in the same message.
    let value = channel
        .asked_anew(&ts, &old, PATIENCE)
        .with_context(|| running.told())?;
    ensure!(channel.post(&http, &channel.click("U0001", "approve", &old, &ts))? == 200);
    let told = channel.whispered("U0001", PATIENCE)?;
    ensure!(told.contains("sent again"), "{told}");
    channel.until_thread(&ts, &["void/"], PATIENCE)?;
    ensure!(generation(&broken)? == before, "something was executed");

    let (first, replayed) =
        channel.post_twice(&http, &channel.click("U0001", "approve", &value, &ts))?;
    ensure!((first, replayed) == (200, 409), "{first} {replayed}");
    fixed_once(&running, &broken, before)?;
    channel.until_shown(&ts, "Approved by <@U0001>", PATIENCE)
}

fn while_down(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, FAULT)?;
    let channel = Channel::open()?;
    let product = Product::new(cluster)?;
    let environment = channel.environment(&["socket"]);
    let mut running = product.run(broken.namespace.name(), &environment)?;
    let waiting = running.until(&["waiting"], PATIENCE)?;
    let before = generation(&broken)?;
    let id = text(&waiting, "/id").to_owned();
    let (ts, value) = channel
        .asked(&id, PATIENCE)
        .with_context(|| running.told())?;
    running.kill()?;
    let click = channel.click("U0001", "approve", &value, &ts);
    channel.hold(envelope("down", &click));
    running.again(broken.namespace.name(), &environment)?;
    fixed_once(&running, &broken, before)?;
    channel.until_shown(&ts, "Approved by <@U0001>", PATIENCE)?;
    ensure!(channel.heads() == 1, "it was posted again after the start");
    Ok(())
}

/// How often somebody who may not is in the record of what was asked.
fn recorded(running: &Running<'_>, person: &str) -> Result<i64> {
    let path = running.directory().join("k8shawk.sqlite");
    let connection = rusqlite::Connection::open(path)?;
    let sql = "SELECT count(*) FROM asked WHERE person = ?1 AND done = 0 AND door = 'slack'";
    Ok(connection.query_row(sql, [person], |r| r.get(0))?)
}
