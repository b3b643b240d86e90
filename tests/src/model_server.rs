//! A scripted model server: real HTTP, both protocols, with the errors that real servers send.
//!
//! It is strict where the real servers are: a request that they would refuse is refused, so that a
//! test cannot pass by luck. The official SDKs are pointed at it in `tests/model/sdk.py`.

mod answer;
mod check;
mod cite;
mod script;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub use self::script::{Call, Reply, Script};

/// Largest request.
const MAX_REQUEST: usize = 4 << 20;

/// One request that was received.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Path.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as it came.
    pub text: String,
    /// Body.
    pub body: Value,
    /// How long the server had it, until its answer was written.
    pub took: Duration,
}

impl Seen {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// How often the model has answered in this conversation.
    pub fn rounds(&self) -> usize {
        let messages = self.body["messages"].as_array();
        let of_model = |m: &&Value| m["role"] == "assistant";
        messages.map_or(0, |all| all.iter().filter(of_model).count())
    }

    /// The model that was asked.
    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }
}

/// A server that lives as long as the value.
pub struct ModelServer {
    address: std::net::SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ModelServer {
    /// Serve a script on a free port of the loopback.
    ///
    /// # Errors
    /// Where no port can be opened.
    pub async fn start(script: Script) -> io::Result<ModelServer> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (script, record) = (Arc::new(Mutex::new(script)), seen.clone());
        let task = tokio::spawn(async move {
            // Connections die with the set, and the set with the server.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, script.clone(), record.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(ModelServer {
            address,
            seen,
            task,
        })
    }

    /// Base URL, without a version.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<Mutex<Script>>,
    seen: Arc<Mutex<Vec<Seen>>>,
) -> Option<()> {
    let mut request = receive(&mut stream).await?;
    let begun = Instant::now();
    let reply = match check::fault(&request) {
        Some((status, what)) => Reply::Refuse { status, what },
        None => {
            let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
            script.next(&request)
        }
    };
    let wire = check::wire(&request.path);
    let answer = answer::render(wire, &request, &reply);
    // Counted before the last byte is written: then the client continues.
    request.took = begun.elapsed();
    seen.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(request);
    match reply {
        Reply::Hang => tokio::time::sleep(Duration::from_secs(3600)).await,
        Reply::Close => {}
        Reply::Cut => {
            let half = answer.len() - answer.len() / 4;
            stream.write_all(answer.get(..half)?).await.ok()?;
        }
        _ => stream.write_all(&answer).await.ok()?,
    }
    stream.shutdown().await.ok()
}

async fn receive(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        more(stream, &mut bytes).await?;
    };
    let text = String::from_utf8_lossy(bytes.get(..head)?).into_owned();
    let mut lines = text.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| (key.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(key, _)| key == "content-length");
    let length: usize = length.and_then(|(_, v)| v.parse().ok()).unwrap_or(0);
    while bytes.len() < head + 4 + length {
        more(stream, &mut bytes).await?;
    }
    let text = String::from_utf8_lossy(bytes.get(head + 4..)?).into_owned();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Some(Seen {
        path,
        headers,
        text,
        body,
        took: Duration::ZERO,
    })
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let read = stream.read_buf(bytes).await.ok()?;
    (read > 0 && bytes.len() < MAX_REQUEST).then_some(())
}
