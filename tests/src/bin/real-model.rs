//! `real-model SERVER MODEL TEMPLATE`: the product investigates one real incident with llama.cpp's
//! own server, whose protocol nobody here wrote. The model is too small to be of any help: what is
//! looked at is that every answer is read or refused for a reason, and that the best rung that is
//! left answers in time. `make test-model` builds what it needs.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use k8shawk_tests::cluster::{Cluster, Options, wait_until};
use k8shawk_tests::fault::{Broken, Product};

const FAULT: &str = "app-traceback";
/// How long the model has, at a few tokens a second on a busy machine.
const DEADLINE: u64 = 600;
/// How long the server has to load its model.
const LOADED: Duration = Duration::from_secs(120);

/// The server; dropping it ends it.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, model, template] = arguments.as_slice() else {
        bail!("real-model SERVER MODEL TEMPLATE");
    };
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let base = format!("http://127.0.0.1:{port}");
    let _server = start(server, model, template, port)?;
    let cluster = Cluster::start(Options::default())?;
    let done = investigate(&cluster, &base);
    cluster.stop()?;
    done
}

fn start(path: &str, model: &str, template: &str, port: u16) -> Result<Server> {
    let (begun, log) = (Instant::now(), tempfile::NamedTempFile::new()?);
    let mut command = Command::new(path);
    command
        .args([
            "--model",
            model,
            "--jinja",
            "--chat-template-file",
            template,
        ])
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--ctx-size", "16384", "--parallel", "1"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log.reopen()?);
    let child = command.spawn().with_context(|| format!("start {path}"))?;
    let mut server = Server(child);
    let health = format!("http://127.0.0.1:{port}/health");
    let runtime = tokio::runtime::Runtime::new()?;
    k8shawk::services::http_client::choose_tls();
    let loaded = || {
        let answer = runtime.block_on(reqwest::get(&health));
        answer.is_ok_and(|answer| answer.status() == 200)
    };
    while !loaded() {
        let told = || std::fs::read_to_string(log.path()).unwrap_or_default();
        if let Some(status) = server.0.try_wait()? {
            bail!("{path} ended, {status}:\n{}", told());
        }
        ensure!(
            begun.elapsed() < LOADED,
            "{path} has no model yet:\n{}",
            told()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(server)
}

fn investigate(cluster: &Cluster, base: &str) -> Result<()> {
    let broken = Broken::set_up(cluster, FAULT)?;
    let product = Product::new(cluster)?;
    wait_until(Duration::from_secs(120), "the fault shows", || {
        let found = product.scan(broken.namespace.name())?;
        Ok(broken.fault.judge(&found).0.is_empty().then_some(()))
    })?;
    let directory = tempfile::tempdir()?;
    let begun = Instant::now();
    let output = product
        .command(directory.path())
        .args(["scan", "--model", "-n", broken.namespace.name()])
        .env("OPENAI_API_KEY", "any")
        .env("OPENAI_BASE_URL", base)
        .env("K8SHAWK_MODEL", "gemma-3-270m")
        .env("K8SHAWK_MODEL_FALLBACK", "none")
        .env("K8SHAWK_MODEL_ANSWER_TOKENS", "256")
        .env("K8SHAWK_MODEL_DEADLINE_SECONDS", DEADLINE.to_string())
        .env("K8SHAWK_MODEL_REQUEST_TIMEOUT_SECONDS", "300")
        .output()?;
    let took = begun.elapsed();
    let told = String::from_utf8_lossy(&output.stdout);
    println!("{told}{}", String::from_utf8_lossy(&output.stderr));
    println!(
        "took {:.1} s, exit {:?}",
        took.as_secs_f64(),
        output.status.code()
    );
    ensure!(output.status.code() == Some(1), "the incident is lost");
    ensure!(
        told.contains("gemma-3-270m answered in"),
        "no answer was read"
    );
    ensure!(
        told.contains("KeyError: 'DATABASE_URL'"),
        "what the patterns knew is lost"
    );
    ensure!(
        took < Duration::from_secs(DEADLINE + 30),
        "it took too long"
    );
    Ok(())
}
