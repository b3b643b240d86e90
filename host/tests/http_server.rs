//! The HTTP server, in a program of its own: how soon clients are closed that hold connections and
//! give nothing for them cannot be measured beside hundreds of other tests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]
#![allow(clippy::disallowed_methods, reason = "the tasks of a test end with it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{get, post};
use k8shawk::services::http_server::HttpServer;
use k8shawk::services::telemetry::Telemetry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// A server with `/health` and more, which stops with the token.
async fn serving(more: Router) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let server = HttpServer::bind([127, 0, 0, 1].into(), 0).await.unwrap();
    let (address, stop) = (server.address(), CancellationToken::new());
    let routes = more.route("/health", get(|| async { "healthy" }));
    let until = stop.clone();
    let task = tokio::spawn(async move {
        let telemetry = Telemetry::default();
        server.serve(routes, telemetry, until).await;
    });
    (address, stop, task)
}

async fn status(address: SocketAddr, path: &str) -> (u16, String) {
    let http = k8shawk::services::http_client::builder().build().unwrap();
    let answer = http
        .get(format!("http://{address}{path}"))
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn serves_every_route_until_it_is_stopped_and_has_its_port_alone() {
    let two = Router::new().route("/two", get(|| async { "2" }));
    let (address, stop, task) = serving(two).await;
    let taken = HttpServer::bind(address.ip(), address.port()).await;
    let why = taken.unwrap_err().to_string();
    assert!(why.contains(&address.to_string()), "{why}");
    let healthy = (200, "healthy".to_owned());
    assert_eq!(status(address, "/health").await, healthy);
    assert_eq!(status(address, "/two").await.1, "2");
    assert_eq!(status(address, "/three").await.0, 404);
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn a_panic_in_a_route_costs_its_connection_alone() {
    let broken = Router::new().route(
        "/broken",
        get(|| async {
            assert!(std::env::args().count() == 0, "a fault of a route");
            "fine"
        }),
    );
    let (address, stop, task) = serving(broken).await;
    let http = k8shawk::services::http_client::builder().build().unwrap();
    let answer = http.get(format!("http://{address}/broken")).send().await;
    assert!(answer.is_err());
    assert_eq!(status(address, "/health").await.0, 200);
    stop.cancel();
    task.await.unwrap();
}

/// How a client holds a connection.
#[derive(Debug, Clone, Copy)]
enum Stall {
    /// It says nothing.
    Silent,
    /// A part of the head.
    Head,
    /// A byte of the head every second.
    Drip,
    /// The head, and a part of the body.
    Body,
    /// It does not read its answer.
    Unread,
}

impl Stall {
    const ALL: [Stall; 5] = [
        Stall::Silent,
        Stall::Head,
        Stall::Drip,
        Stall::Body,
        Stall::Unread,
    ];

    /// Connect, stall, and return how long it took until the server closed.
    async fn held(self, address: SocketAddr) -> Duration {
        let stream = TcpStream::connect(address).await.unwrap();
        self.holds(stream).await
    }

    async fn holds(self, mut stream: TcpStream) -> Duration {
        let begun = Instant::now();
        let said: &[u8] = match self {
            Stall::Silent => b"",
            Stall::Head | Stall::Drip => b"GET /health HTTP/1.1\r\nx-slow: ",
            Stall::Body => b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf",
            Stall::Unread => b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n",
        };
        let _ = stream.write_all(said).await;
        let closed = match self {
            Stall::Drip => dripping(stream).await,
            Stall::Unread => unread(stream).await,
            _ => to_the_end(stream).await,
        };
        assert!(closed, "{self:?} was not closed");
        begun.elapsed()
    }
}

/// True where the server closes, or resets, within a minute.
async fn to_the_end(mut stream: TcpStream) -> bool {
    let mut rest = Vec::new();
    let reading = stream.read_to_end(&mut rest);
    tokio::time::timeout(Duration::from_secs(60), reading)
        .await
        .is_ok()
}

async fn dripping(stream: TcpStream) -> bool {
    let (mut reading, mut writing) = stream.into_split();
    let mut rest = Vec::new();
    let ended = reading.read_to_end(&mut rest);
    let dripping = async {
        for _ in 0..60 {
            let _ = writing.write_all(b"x").await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        _ = ended => true,
        () = dripping => false,
    }
}

/// Without reading, only an error of writing tells that the other side is gone.
async fn unread(mut stream: TcpStream) -> bool {
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if stream.write_all(b"x").await.is_err() {
            return true;
        }
    }
    false
}

fn routes() -> Router {
    let large = Arc::new(vec![b'x'; 64 << 20]);
    let large = get(move || {
        let large = large.to_vec();
        async move { large }
    });
    let body = post(|body: String| async move { body });
    Router::new().route("/large", large).route("/body", body)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stalls_in_any_way_is_closed_within_10_s() {
    let (address, _stop, _task) = serving(routes()).await;
    let mut stalled = JoinSet::new();
    for stall in Stall::ALL {
        stalled.spawn(async move { (stall, stall.held(address).await) });
    }
    while let Some(held) = stalled.join_next().await {
        let (stall, held) = held.unwrap();
        assert!(held < Duration::from_secs(10), "{stall:?} held {held:?}");
    }
}

const STALLED: usize = 5_000;

/// Room for both ends of every connection.
fn more_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    let wanted = (2 * u64::try_from(STALLED).unwrap()).min(hard);
    if soft < wanted {
        setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).unwrap();
    }
}

/// Ask for `/health` over a connection of its own; returns how long that took.
async fn probe(address: SocketAddr) -> Duration {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_answers_within_100_ms_beside_5000_stalled_sockets() {
    more_files();
    let (address, stop, task) = serving(routes()).await;
    let done = CancellationToken::new();
    let until = done.clone();
    let asking = tokio::spawn(async move {
        // Each at its time, whatever became of the ones before: a stall is seen by all who come in it.
        let mut probes = JoinSet::new();
        while !until.is_cancelled() {
            probes.spawn(probe(address));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        probes.join_all().await
    });
    let kinds = [Stall::Silent, Stall::Head, Stall::Drip, Stall::Body];
    let mut stalled = JoinSet::new();
    for number in 0..STALLED {
        // One after the other: what the system drops, as its queue is full, nobody can close.
        let stream = TcpStream::connect(address).await.unwrap();
        stalled.spawn(kinds[number % kinds.len()].holds(stream));
    }
    let mut longest = Duration::ZERO;
    while let Some(held) = stalled.join_next().await {
        longest = longest.max(held.unwrap());
    }
    done.cancel();
    let mut took = asking.await.unwrap();
    took.sort();
    let (asked, p99) = (took.len(), took[took.len() * 99 / 100]);
    println!("{STALLED} stalled: closed within {longest:?}; /health {asked} times, p99 {p99:?}");
    assert!(longest < Duration::from_secs(10), "{longest:?}");
    assert!(p99 < Duration::from_millis(100), "{p99:?} of {asked}");
    stop.cancel();
    task.await.unwrap();
}
