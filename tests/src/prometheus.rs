//! Debian's Prometheus, for as long as a test needs it, and `promtool`.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cluster::wait_until;

/// A running server; dropping it ends it and removes what it stored.
pub struct Prometheus {
    child: Child,
    address: SocketAddr,
    directory: tempfile::TempDir,
}

impl Prometheus {
    /// Scrape a host every second, with alert rules, on a free port of the loopback.
    ///
    /// # Errors
    /// It is not installed (see `tests/cluster/packages.sh`), or does not become ready.
    pub fn start(target: SocketAddr, rules: &Path) -> Result<Prometheus> {
        let directory = tempfile::tempdir()?;
        let rules = rules.canonicalize()?;
        let config = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}
rule_files: ['{}']
scrape_configs:
  - job_name: k8shawk
    static_configs: [{{ targets: ['{target}'] }}]
",
            rules.display()
        );
        let file = directory.path().join("prometheus.yml");
        std::fs::write(&file, config)?;
        // It takes no port 0: one that was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = std::fs::File::create(directory.path().join("log"))?;
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                directory.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("start prometheus: is it installed?")?;
        let started = Prometheus {
            child,
            address,
            directory,
        };
        let ready = || {
            started
                .get("/-/ready")
                .map(|(code, _)| (code == 200).then_some(()))
        };
        wait_until(Duration::from_secs(60), "prometheus is ready", ready)
            .with_context(|| started.log())?;
        Ok(started)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn get(&self, path: &str) -> Result<(u16, String)> {
        get(&format!("http://{}{path}", self.address), &[])
    }

    /// The values of a query by its labels.
    ///
    /// # Errors
    /// It is no query.
    pub fn query(&self, query: &str) -> Result<Vec<(Value, f64)>> {
        let encoded: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("query", query)
            .finish();
        let (code, text) = self.get(&format!("/api/v1/query?{encoded}"))?;
        ensure!(code == 200, "{query}: {text}");
        let answer: Value = serde_json::from_str(&text)?;
        let Some(series) = answer["data"]["result"].as_array() else {
            bail!("{query}: {text}");
        };
        let value = |one: &Value| one["value"][1].as_str()?.parse::<f64>().ok();
        Ok(series
            .iter()
            .filter_map(|one| Some((one["metric"].clone(), value(one)?)))
            .collect())
    }

    /// Wait until a query has this one value.
    ///
    /// # Errors
    /// After half a minute, with what it has.
    pub fn until(&self, query: &str, wanted: f64) -> Result<()> {
        let what = format!("{query} is {wanted}");
        let seen = wait_until(Duration::from_secs(30), &what, || {
            let all = self.query(query)?;
            Ok(matches!(all.as_slice(), [(_, value)] if *value == wanted).then_some(()))
        });
        seen.with_context(|| format!("{:?}", self.query(query)))
    }

    /// Health of each rule that it evaluates, by name.
    ///
    /// # Errors
    /// It does not answer.
    pub fn rules(&self) -> Result<Vec<(String, String)>> {
        let (_, text) = self.get("/api/v1/rules")?;
        let answer: Value = serde_json::from_str(&text)?;
        let groups = answer["data"]["groups"].as_array().cloned();
        let rules = groups.unwrap_or_default();
        let rules = rules.iter().filter_map(|group| group["rules"].as_array());
        let word = |rule: &Value, key: &str| rule[key].as_str().unwrap_or_default().to_owned();
        Ok(rules
            .flatten()
            .map(|rule| (word(rule, "name"), word(rule, "health")))
            .collect())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Run `promtool` in a directory, with a text as its input; returns what it said.
///
/// # Errors
/// It said no.
pub fn promtool(directory: &Path, arguments: &[&str], input: &str) -> Result<String> {
    let mut child = Command::new("promtool")
        .current_dir(directory)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("run promtool: is prometheus installed?")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    ensure!(output.status.success(), "promtool {arguments:?}: {said}");
    Ok(said)
}

/// Status and body of a page.
///
/// # Errors
/// Nobody answers.
pub fn get(address: &str, headers: &[(&str, &str)]) -> Result<(u16, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let client = k8shawk::services::http_client::builder()
            .timeout(Duration::from_secs(10))
            .build()?;
        let mut request = client.get(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.text().await?))
    })
}
