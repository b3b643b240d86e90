//! Slack: from a click to its acknowledgement, from a stored incident to its accepted message, and
//! what a check of a signature costs beside Bolt's.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use k8shawk::services::clock::Clock;
use k8shawk::services::commands::{Act, Commands, OfVersion, Script};
use k8shawk::services::http_server::HttpServer;
use k8shawk::services::outbox::Outbox;
use k8shawk::services::slack::api::{self, Api, Pace, Rates, Token};
use k8shawk::services::slack::follow::Following;
use k8shawk::services::slack::http::{Configured, Door, router};
use k8shawk::services::slack::inbox::Inbox;
use k8shawk::services::slack::payload::Press;
use k8shawk::services::slack::signature::Verifier;
use k8shawk::services::slack::socket::Socket;
use k8shawk::services::slack::{Options, SINK, Slack};
use k8shawk::services::store::Store;
use k8shawk::services::telemetry::Telemetry;
use k8shawk_core::Installation;
use k8shawk_core::approval::Person;
use k8shawk_core::record::Record;
use k8shawk_sandbox::Status;
use tokio_util::sync::CancellationToken;

use super::figure::{Figure, percentile};
use crate::slack_server::click::{click, envelope, form, signed};
use crate::slack_server::gallery::waiting;
use crate::slack_server::{SECRET, SlackServer};

const CLICKS: usize = 1000;
const INCIDENTS: usize = 300;
const CHECKS: u32 = 200_000;
/// Checks before what is remembered against replays is full.
const ROUND: u32 = 10_000;
/// Pause of somebody who waits for a moment.
const LOOK: Duration = Duration::from_micros(200);

/// Says no to everybody: what is measured comes before.
struct Nobody;

impl Commands for Nobody {
    fn act(&self, _: &Person, _: &Act) -> std::result::Result<String, String> {
        Err("nobody is here".to_owned())
    }

    fn script(&self, _: &Record) -> Option<Script> {
        None
    }

    fn version(&self, _: &Person, _: &OfVersion) -> Result<String, String> {
        Err("nobody decides of versions here".to_owned())
    }

    fn plugins(&self) -> Vec<Status> {
        Vec::new()
    }

    fn status(&self) -> String {
        String::new()
    }
}

pub(super) fn measure() -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut figures = runtime.block_on(talking())?;
    figures.push(checking()?);
    Ok(figures)
}

fn ours() -> Installation {
    Installation::of("bench", None, "bench")
}

/// A host with nothing but Slack, on a database on disk.
struct Host {
    server: SlackServer,
    store: Arc<Store>,
    clock: Clock,
    http: String,
    client: reqwest::Client,
    stop: CancellationToken,
    _directory: tempfile::TempDir,
}

impl Host {
    async fn start() -> Result<Host> {
        let directory = tempfile::tempdir()?;
        let store = Arc::new(Store::open(&directory.path().join("k8shawk.sqlite"))?);
        let server = SlackServer::start().await?;
        let (clock, stop) = (Clock::default(), CancellationToken::new());
        let client = api::http().map_err(anyhow::Error::msg)?;
        // Slack's own limit, a post each second, is no time of ours.
        let pace = Pace::new(Rates {
            post: Duration::ZERO,
            edit: Duration::ZERO,
            other: Duration::ZERO,
        });
        let api = Api::new(client.clone(), &server.url(), Token::new("xoxb-1"), pace);
        let outbox = Arc::new(Outbox::of(SINK, store.clone(), clock.clone()));
        let options = Options {
            installation: ours(),
            channel: "C0123".to_owned(),
            approvers: vec!["U0001".to_owned()],
            expires_after: 1_800_000,
        };
        let parts = (store.clone(), outbox.clone(), clock.clone());
        let slack = Slack::new(api.clone(), parts.0, parts.1, parts.2, options, None);
        let (slack, desk) = (Arc::new(slack), Arc::new(Nobody));
        let (inbox, arrived) = Inbox::new();
        let following = Arc::new(Following {
            slack: slack.clone(),
            commands: desk.clone(),
        });
        let (at, to, until) = (outbox.clone(), following.clone(), stop.clone());
        tokio::spawn(async move { at.follow(to, until).await });
        tokio::spawn(slack.clone().serve(arrived, desk, stop.clone()));
        let until = stop.clone();
        tokio::spawn(async move { outbox.run(following, until).await });
        let socket = Socket::new(api.with(Token::new("xapp-1")), inbox.clone());
        let (socket, until) = (socket.map_err(anyhow::Error::msg)?, stop.clone());
        tokio::spawn(async move { socket.run(until).await });
        let listening = HttpServer::bind([127, 0, 0, 1].into(), 0).await?;
        let http = format!("http://{}/slack/interactions", listening.address());
        let door = Arc::new(Door {
            verifier: Some(Verifier::new(SECRET)),
            inbox,
            clock: clock.clone(),
            configured: Configured::default(),
        });
        let until = stop.clone();
        tokio::spawn(async move {
            let (routes, telemetry) = (router(door), Telemetry::default());
            listening.serve(routes, telemetry, until).await;
        });
        Ok(Host {
            server,
            store,
            clock,
            http,
            client,
            stop,
            _directory: directory,
        })
    }

    fn payload(&self, number: usize) -> serde_json::Value {
        // Unknown, so that the work behind the acknowledgement is small.
        let press = Press::Evidence {
            incident: format!("inc-{}", 900_000 + number),
        };
        let value = press.value(&ours());
        click(
            "U0001",
            "evidence",
            &value,
            "1.1",
            &self.server.response_url("U0001"),
        )
    }

    async fn until(&self, what: impl Fn() -> bool) -> Result<Instant> {
        let begin = Instant::now();
        while !what() {
            ensure!(
                begin.elapsed() < Duration::from_secs(30),
                "it did not happen"
            );
            tokio::time::sleep(LOOK).await;
        }
        Ok(Instant::now())
    }

    /// Milliseconds from a click to its acknowledgement over HTTP.
    async fn over_http(&self, number: usize) -> Result<f64> {
        let body = form(&self.payload(number));
        let (stamp, signature) = signed(&body, self.clock.now() / 1000);
        let request = self
            .client
            .post(&self.http)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", stamp)
            .header("x-slack-signature", signature)
            .body(body);
        let begin = Instant::now();
        let answer = request.send().await?;
        ensure!(answer.status().as_u16() == 200, "HTTP {}", answer.status());
        Ok(millis(begin.elapsed()))
    }

    /// The same over Socket Mode.
    async fn over_socket(&self, number: usize) -> Result<f64> {
        let id = format!("e{number}");
        let begin = Instant::now();
        self.server.deliver(envelope(&id, &self.payload(number)));
        let seen = || self.server.seen().acks.last() == Some(&id);
        Ok(millis(self.until(seen).await? - begin))
    }

    /// Milliseconds from a stored incident to its accepted message.
    async fn told(&self, number: usize) -> Result<f64> {
        let record = waiting(&format!("app-{number}"), self.clock.now());
        let before = self.server.seen().heads().len();
        let begin = Instant::now();
        self.store.insert(record, &[])?;
        let posted = || self.server.seen().heads().len() > before;
        Ok(millis(self.until(posted).await? - begin))
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

async fn talking() -> Result<Vec<Figure>> {
    let host = Host::start().await?;
    host.until(|| host.server.connections() > 0).await?;
    let (mut http, mut socket, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..CLICKS {
        http.push(host.over_http(number).await?);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    for number in 0..CLICKS {
        socket.push(host.over_socket(number).await?);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    for number in 0..INCIDENTS {
        told.push(host.told(number).await?);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    host.stop.cancel();
    host.server.stop();
    let p99 = |name: String, values: &[f64]| Figure::alone(name, "ms", percentile(values, 0.99));
    let median = |values: &[f64]| percentile(values, 0.5);
    let acknowledged = |way: &str, values: &[f64]| {
        let name = format!(
            "click until acknowledged over {way}, p99 of {CLICKS} (p50 {:.2})",
            median(values)
        );
        p99(name, values).at_most(50.0)
    };
    let name = format!(
        "incident stored until its message is accepted, p99 of {INCIDENTS} (p50 {:.1})",
        median(&told)
    );
    Ok(vec![
        acknowledged("HTTP", &http),
        acknowledged("Socket Mode", &socket),
        p99(name, &told).at_most(50.0),
    ])
}

/// Checks of signatures in a second, beside Bolt's own function on the same body.
fn checking() -> Result<Figure> {
    let body = form(&click("U0001", "approve", r#"{"i":"inc-1"}"#, "1.1", ""));
    let mut spent = Duration::ZERO;
    for round in 0..CHECKS / ROUND {
        let now = Clock::default().now() / 1000;
        let verifier = Verifier::new(SECRET);
        let all: Vec<(String, String, String)> = (0..ROUND)
            .map(|n| {
                let body = format!("{body}{round}.{n}");
                let (stamp, signature) = signed(&body, now);
                (body, stamp, signature)
            })
            .collect();
        let begin = Instant::now();
        for (body, stamp, signature) in &all {
            verifier
                .check(Some(stamp), Some(signature), body.as_bytes(), now)
                .map_err(|fault| anyhow!("{fault}"))?;
        }
        spent += begin.elapsed();
    }
    let ours = f64::from(CHECKS / ROUND * ROUND) / spent.as_secs_f64();
    let bolt = bolt(&body).context("Bolt's checks (tests/slack/setup.sh)")?;
    let name = "checks of Slack's signature, one core, with memory of replays, beside Bolt's";
    Ok(Figure::beside(name, "1/s", ours.round(), bolt.round()).at_least(1.0))
}

fn bolt(body: &str) -> Result<f64> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("slack");
    let output = Command::new(folder.join("bench_bolt.sh"))
        .args([SECRET, body])
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let fault = String::from_utf8_lossy(&output.stderr);
    said.trim()
        .parse()
        .with_context(|| format!("{said}{fault}"))
}
