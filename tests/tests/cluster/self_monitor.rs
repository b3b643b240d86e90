//! The host watches itself: what is wrong with it becomes an incident, and ends when it is over.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::{Cluster, wait_until};
use k8shawk_tests::fault::{Broken, Product, Running};
use libtest_mimic::Trial;
use rusqlite::Connection;
use serde_json::Value;

use crate::Shared;
use crate::flow::text;

const PATIENCE: Duration = Duration::from_secs(120);

/// The tests of this file.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let make = |name: &str, test: fn(&Cluster) -> Result<()>| {
        let shared = shared.clone();
        Trial::test(format!("self_monitor::{name}"), move || shared.beside(test))
    };
    vec![
        make(
            "a_plugin_in_quarantine_is_an_incident_until_it_is_replaced",
            quarantined,
        ),
        make(
            "messages_that_do_not_leave_are_an_incident_until_they_do",
            silent,
        ),
        make("changes_that_find_the_queue_full_are_an_incident", dropped),
    ]
}

fn dist(what: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/dist")
        .join(what)
}

/// Until there is one incident of a class in a state.
fn until(running: &Running<'_>, class: &str, state: &str) -> Result<Value> {
    let what = format!("{class} is {state}");
    let found = wait_until(PATIENCE, &what, || {
        let all = running.all_incidents()?;
        let mut ours = all.into_iter().filter(|i| text(i, "/class") == class);
        let (one, more) = (ours.next(), ours.next());
        ensure!(more.is_none(), "{class} is there twice");
        Ok(one.filter(|i| text(i, "/state") == state))
    });
    let found = found.with_context(|| running.told())?;
    ensure!(text(&found, "/owner/kind") == "Host", "{found}");
    ensure!(found["fix"].is_null(), "a fix is proposed: {found}");
    Ok(found)
}

/// A grant under which the analysis may hardly say anything, so that each of its calls is a fault.
fn narrow(grants: &Path) -> Result<String> {
    for entry in std::fs::read_dir(dist("grants"))? {
        let path = entry?.path();
        std::fs::copy(&path, grants.join(path.file_name().unwrap_or_default()))?;
    }
    let file = grants.join("analysis.toml");
    let whole = std::fs::read_to_string(&file)?;
    let narrow = whole.replace("output_kib = 1024", "output_kib = 1");
    ensure!(narrow != whole, "{whole}");
    std::fs::write(&file, narrow)?;
    Ok(whole)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let into = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_tree(&path, &into)?;
        } else {
            std::fs::copy(&path, &into)?;
        }
    }
    Ok(())
}

fn quarantined(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, "configmap-missing-env")?;
    let (grants, plugins) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let whole = narrow(grants.path())?;
    copy_tree(&dist("plugins"), plugins.path())?;
    let product = Product::new(cluster)?;
    let environment = [
        ("K8SHAWK_GRANTS", grants.path().display().to_string()),
        ("K8SHAWK_PLUGINS", plugins.path().display().to_string()),
        ("K8SHAWK_QUARANTINE_AFTER", "1".to_owned()),
    ];
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let running = product.run(broken.namespace.name(), &environment)?;
    let found = until(&running, "self-quarantined", "needs-human")?;
    ensure!(text(&found, "/object/name") == "analysis", "{found}");
    ensure!(text(&found, "/cause").contains("quarantine"), "{found}");
    ensure!(
        found["evidence"].to_string().contains("output_kib"),
        "{found}"
    );
    let (code, lacks) = running.page("/ready")?;
    ensure!(code == 503 && lacks.contains("analysis"), "{code} {lacks}");
    let (_, metrics) = running.page("/metrics")?;
    for line in [
        r#"k8shawk_plugin_quarantined{plugin="analysis",point="analysis"} 1"#,
        r#"k8shawk_plugin_faults_total{plugin="analysis",point="analysis",blame="guest",kind="output"} "#,
    ] {
        ensure!(metrics.contains(line), "{line} is not in {metrics}");
    }
    ensure!(running.approve(text(&found, "/id")).is_err());

    std::fs::write(grants.path().join("analysis.toml"), whole)?;
    let wasm = plugins.path().join("analysis/analysis.wasm");
    let mut bytes = std::fs::read(&wasm)?;
    // A custom section that means nothing: another digest.
    bytes.extend_from_slice(&[0, 2, 1, b'x']);
    std::fs::write(plugins.path().join("analysis/new"), bytes)?;
    std::fs::rename(plugins.path().join("analysis/new"), &wasm)?;
    until(&running, "self-quarantined", "cleared")?;
    running.until_ready()
}

fn silent(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("silent")?;
    let product = Product::new(cluster)?;
    let running = product.run(namespace.name(), &[])?;
    running.until_ready()?;
    let database = Connection::open(running.directory().join("k8shawk.sqlite"))?;
    database.busy_timeout(Duration::from_secs(10))?;
    // As a sink leaves it that refuses everything: nobody sends it here.
    let old = "(unixepoch() - 3600) * 1000";
    database.execute(
        &format!(
            "INSERT INTO outbox (key, lane, rank, effect, made_at, due_at, tries, note)
             VALUES ('message/x', 'x', 1, '{{}}', {old}, {old}, 3, 'account_inactive')"
        ),
        [],
    )?;
    let found = until(&running, "self-silent", "needs-human")?;
    ensure!(
        found["evidence"].to_string().contains("account_inactive"),
        "{found}"
    );
    let (_, metrics) = running.page("/metrics")?;
    let age = metrics
        .lines()
        .find_map(|line| line.strip_prefix("k8shawk_outbox_oldest_seconds "))
        .and_then(|age| age.parse::<f64>().ok());
    ensure!(age.is_some_and(|age| age >= 3600.0), "{age:?}");
    database.execute(
        "UPDATE outbox SET state = 'sent' WHERE key = 'message/x'",
        [],
    )?;
    until(&running, "self-silent", "cleared").map(drop)
}

fn dropped(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("dropped")?;
    let product = Product::new(cluster)?;
    let running = product.run(namespace.name(), &[("K8SHAWK_QUEUE", "1")])?;
    running.until_ready()?;
    let pod = |number: usize| {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: burst-{number} }}\nspec:\n  terminationGracePeriodSeconds: 0\n  containers: [{{ name: app, image: 'images.invalid/app:{number}' }}]\n"
        )
    };
    let burst: String = (0..30).map(pod).collect();
    // While another holds the database, the first pod that fails waits to be written down, and
    // what comes behind it finds the queue full.
    let database = Connection::open(running.directory().join("k8shawk.sqlite"))?;
    database.busy_timeout(Duration::from_secs(10))?;
    database.execute_batch("BEGIN IMMEDIATE")?;
    namespace.apply(&burst)?;
    let mut round = 0;
    wait_until(PATIENCE, "a pod finds the queue full", || {
        // An event may be what finds it full first, and then all is listed again.
        round += 1;
        let label = format!("round={round}");
        let pods = ["label", "pods", "--all", "--overwrite", &label];
        cluster.kubectl(&[&pods[..], &["--namespace", namespace.name()]].concat())?;
        let (_, metrics) = running.page("/metrics")?;
        let dropped = r#"k8shawk_watch_dropped_total{kind="Pod"} "#;
        let dropped = metrics.lines().find_map(|line| line.strip_prefix(dropped));
        Ok(dropped.filter(|number| *number != "0").map(drop))
    })?;
    database.execute_batch("COMMIT")?;
    let found = until(&running, "self-dropped", "needs-human")?;
    ensure!(found["evidence"].to_string().contains("Pod"), "{found}");
    ensure!(text(&found, "/severity") == "medium", "{found}");
    Ok(())
}
