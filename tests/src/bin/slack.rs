//! For the judges of `tests/slack`: what the product sends, and a Slack and a door to talk to.

use std::sync::Arc;

use anyhow::Context;
use k8shawk::services::clock::Clock;
use k8shawk::services::http_server::HttpServer;
use k8shawk::services::slack::http::{Configured, Door, router};
use k8shawk::services::slack::inbox::Inbox;
use k8shawk::services::slack::signature::Verifier;
use k8shawk::services::telemetry::Telemetry;
use k8shawk_tests::slack_server::{SECRET, SlackServer, gallery};
use serde_json::json;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("messages") => {
            let all = json!({"messages": gallery::messages(), "views": gallery::views()});
            println!("{all}");
            Ok(())
        }
        Some("serve") => run().await,
        _ => anyhow::bail!("usage: slack messages | slack serve"),
    }
}

/// Serve until standard input ends; each line of it is an envelope to deliver.
async fn run() -> anyhow::Result<()> {
    let server = SlackServer::start().await?;
    let stop = CancellationToken::new();
    let (inbox, mut arrived) = Inbox::new();
    tokio::spawn(async move { while arrived.recv().await.is_some() {} });
    let door = Arc::new(Door {
        verifier: Some(Verifier::new(SECRET)),
        inbox,
        clock: Clock::default(),
        configured: Configured::default(),
    });
    let listening = HttpServer::bind([127, 0, 0, 1].into(), 0).await?;
    let http = format!("http://{}", listening.address());
    let until = stop.clone();
    tokio::spawn(async move {
        let (routes, telemetry) = (router(door), Telemetry::default());
        listening.serve(routes, telemetry, until).await;
    });
    println!(
        "{}",
        json!({"api": server.url(), "http": http, "secret": SECRET})
    );
    let deliver = server.clone();
    let reading = tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
        for line in std::io::stdin().lines() {
            deliver.deliver(serde_json::from_str(&line?).context("an envelope")?);
        }
        Ok(())
    });
    reading.await??;
    stop.cancel();
    server.stop();
    Ok(())
}
