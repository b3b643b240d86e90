//! A Slack for tests: the Web API, uploads and Socket Mode, with the errors of the real one.
//!
//! It keeps what it was told, so that a test can ask what people would see, and it can be told
//! to fail: to answer 429, to be away, to answer nothing after it did what it was asked.

pub mod click;
pub mod gallery;
mod methods;
mod socket;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio_util::sync::CancellationToken;

/// Signing secret of the tests: the one of Slack's own example.
pub const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

/// How one call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// `{"ok": false, "error": ...}`.
    Error(String),
    /// 429 with this `Retry-After`.
    Limited(u64),
    /// This status and no JSON.
    Status(u16),
    /// It is done, and the answer is lost.
    Lost,
}

/// A message as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Channel.
    pub channel: String,
    /// Timestamp.
    pub ts: String,
    /// Thread that it is in.
    pub thread: Option<String>,
    /// What was posted, with the edits over it.
    pub body: Value,
    /// How often it was edited.
    pub edits: u32,
    /// True where a person deleted it.
    pub deleted: bool,
}

/// Everything that happened.
#[derive(Debug, Default)]
pub struct Seen {
    /// Messages in the order in which they were posted.
    pub messages: Vec<Shown>,
    /// Ephemeral answers: user, body.
    pub whispers: Vec<(String, Value)>,
    /// Views: method, body.
    pub views: Vec<(String, Value)>,
    /// Files: id, name, bytes, the thread that they were shared in.
    pub files: Vec<(String, String, Vec<u8>, Option<String>)>,
    /// Method and body of every call.
    pub calls: Vec<(String, Value)>,
    /// Envelopes that were acknowledged.
    pub acks: Vec<String>,
    /// How each next call of a method fails.
    pub failures: HashMap<String, VecDeque<Failure>>,
    /// Members of the user groups.
    pub groups: HashMap<String, Vec<String>>,
    /// Members of the channels.
    pub members: HashMap<String, Vec<String>>,
    /// E-mail addresses.
    pub emails: HashMap<String, String>,
    /// What `users.info` says of people otherwise than of a full member; null: it does not say so.
    pub users: HashMap<String, Value>,
    /// Envelopes for the next connection.
    pub held: Vec<Value>,
    counter: u64,
}

/// The server.
#[derive(Clone)]
pub struct SlackServer {
    /// Where it listens.
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    sockets: Arc<Mutex<Vec<UnboundedSender<Value>>>>,
    connections: Arc<Mutex<u32>>,
    stop: CancellationToken,
}

impl SlackServer {
    /// Start on a free port of this machine.
    pub async fn start() -> anyhow::Result<SlackServer> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        SlackServer::on(listener).await
    }

    /// Start on this listener.
    pub async fn on(listener: TcpListener) -> anyhow::Result<SlackServer> {
        let server = SlackServer {
            address: listener.local_addr()?,
            seen: Arc::default(),
            sockets: Arc::default(),
            connections: Arc::default(),
            stop: CancellationToken::new(),
        };
        let router = Router::new()
            .route("/api/{method}", any(api))
            .route("/upload/{file}", post(upload))
            .route("/actions/{user}", post(respond))
            .route("/link", get(socket::upgrade))
            .with_state(server.clone());
        let stop = server.stop.clone();
        tokio::spawn(async move {
            let serving = axum::serve(listener, router);
            let _ = serving
                .with_graceful_shutdown(async move { stop.cancelled().await })
                .await;
        });
        Ok(server)
    }

    /// Value for `SLACK_API_URL`.
    pub fn url(&self) -> String {
        format!("http://{}/api/", self.address)
    }

    /// A response URL of an interaction by this user.
    pub fn response_url(&self, user: &str) -> String {
        format!("http://{}/actions/{user}", self.address)
    }

    /// What happened so far.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next calls of a method fail so.
    pub fn fail(&self, method: &str, failures: &[Failure]) {
        let mut seen = self.seen();
        seen.failures
            .entry(method.to_owned())
            .or_default()
            .extend(failures.iter().cloned());
    }

    /// A person deletes a message.
    pub fn delete(&self, ts: &str) {
        self.seen()
            .messages
            .iter_mut()
            .filter(|m| m.ts == ts)
            .for_each(|m| m.deleted = true);
    }

    /// Send an envelope to one of those who are connected, each in turn, as Slack chooses any; true
    /// where somebody is.
    pub fn deliver(&self, envelope: Value) -> bool {
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        sockets.retain(|socket| !socket.is_closed());
        if sockets.is_empty() {
            return false;
        }
        sockets.rotate_left(1);
        sockets.last().is_some_and(|s| s.send(envelope).is_ok())
    }

    /// Somebody connects.
    fn connected(&self) -> UnboundedReceiver<Value> {
        let (sender, envelopes) = mpsc::unbounded_channel();
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        sockets.push(sender);
        *self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner) += 1;
        envelopes
    }

    /// How many sockets are open now.
    pub fn open_sockets(&self) -> usize {
        let sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        sockets.iter().filter(|s| !s.is_closed()).count()
    }

    /// Keep an envelope for the next connection.
    pub fn hold(&self, envelope: Value) {
        self.seen().held.push(envelope);
    }

    /// How many sockets were opened so far.
    pub fn connections(&self) -> u32 {
        *self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Stop listening and close all sockets.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

impl Seen {
    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// The message of a channel that is not in a thread, by its order.
    pub fn heads(&self) -> Vec<&Shown> {
        self.messages
            .iter()
            .filter(|m| m.thread.is_none() && !m.deleted)
            .collect()
    }

    /// The posts in a thread.
    pub fn thread(&self, ts: &str) -> Vec<&Shown> {
        self.messages
            .iter()
            .filter(|m| m.thread.as_deref() == Some(ts))
            .collect()
    }
}

fn reply(body: &Value) -> Response {
    ([("content-type", "application/json")], body.to_string()).into_response()
}

fn fields(content: &str, bytes: &Bytes) -> Value {
    if content.starts_with("application/json") {
        return serde_json::from_slice(bytes).unwrap_or_default();
    }
    let pairs = form_urlencoded::parse(bytes);
    // A form carries lists and flags as their JSON.
    let typed = |text: &str| match text {
        "true" => json!(true),
        "false" => json!(false),
        t if t.starts_with(['[', '{']) => serde_json::from_str(t).unwrap_or_else(|_| json!(t)),
        t => json!(t),
    };
    Value::Object(pairs.map(|(k, v)| (k.into_owned(), typed(&v))).collect())
}

async fn api(
    State(server): State<SlackServer>,
    Path(method): Path<String>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let header = |name: &str| {
        let value = head.headers.get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (token, content) = (header("authorization"), header("content-type"));
    let query = head.uri.query().unwrap_or_default().to_owned();
    let Ok(bytes) = to_bytes(body, 32 << 20).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let mut body = fields(&content, &bytes);
    if let (Some(map), Value::Object(more)) =
        (body.as_object_mut(), fields("", &Bytes::from(query)))
    {
        map.extend(more);
    }
    if token.is_empty() && body["token"].is_null() {
        return reply(&json!({"ok": false, "error": "not_authed"}));
    }
    let failure = {
        let mut seen = server.seen();
        seen.calls.push((method.clone(), body.clone()));
        seen.failures.get_mut(&method).and_then(VecDeque::pop_front)
    };
    match failure {
        Some(Failure::Error(code)) => reply(&json!({"ok": false, "error": code})),
        Some(Failure::Limited(seconds)) => {
            let headers = [("retry-after", seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, headers, "").into_response()
        }
        Some(Failure::Status(status)) => StatusCode::from_u16(status)
            .unwrap_or(StatusCode::BAD_GATEWAY)
            .into_response(),
        Some(Failure::Lost) => {
            methods::call(&server, &method, &body);
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        None => {
            let answer = methods::call(&server, &method, &body);
            let mut response = reply(&answer);
            if method == "auth.test" {
                let scopes = "chat:write,commands,files:write,channels:history,channels:read";
                let value = axum::http::HeaderValue::from_static(scopes);
                response.headers_mut().insert("x-oauth-scopes", value);
            }
            response
        }
    }
}

async fn upload(
    State(server): State<SlackServer>,
    Path(file): Path<String>,
    bytes: Bytes,
) -> Response {
    let mut seen = server.seen();
    match seen.files.iter_mut().find(|f| f.0 == file) {
        Some(known) => {
            known.2 = bytes.to_vec();
            "OK".into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn respond(
    State(server): State<SlackServer>,
    Path(user): Path<String>,
    bytes: Bytes,
) -> Response {
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    server.seen().whispers.push((user, body));
    "ok".into_response()
}
