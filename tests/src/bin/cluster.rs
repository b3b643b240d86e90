//! A real cluster in the foreground, for trying things by hand: `cluster up [--kwok]`.

use std::io::Write;
use std::time::Instant;

use anyhow::{Result, bail};
use k8shawk_tests::cluster::{Cluster, Options};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let options = match words.as_slice() {
        ["up"] => Options::default(),
        ["up", "--kwok"] => Options {
            kwok: true,
            ..Options::default()
        },
        _ => bail!("usage: cluster up [--kwok]"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(up(options))
}

async fn up(options: Options) -> Result<()> {
    // Before the start: a signal in its course also ends with a stop.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let begin = Instant::now();
    let cluster = tokio::task::spawn_blocking(|| Cluster::start(options)).await??;
    eprintln!(
        "ready after {:.1} s; ctrl-c stops it",
        begin.elapsed().as_secs_f32()
    );
    if let Some(logs) = cluster.logs() {
        eprintln!("logs: {}", logs.display());
    }
    println!("export KUBECONFIG={}", cluster.kubeconfig().display());
    std::io::stdout().flush()?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    cluster.stop()
}
