//! Socket Mode: Slack's requests over a connection that we open, so that no address of ours
//! need be public.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::api::{Api, ApiError, Class};
use super::inbox::{Inbox, Taken};
use super::payload::{self, Inbound, ParseError};
use crate::services::backoff::{self, Backoff};
use crate::services::http_client;

/// Largest message of Slack.
const MAX_MESSAGE: usize = 1 << 20;
/// A connection on which nothing comes for so long is dead; Slack pings more often.
const SILENCE: Duration = Duration::from_secs(60);
/// First and longest pause between two attempts.
const PAUSES: Backoff = Backoff {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(30),
};
/// Pause where only a person can help.
const DISABLED: Duration = Duration::from_secs(300);
/// Time in which a connection that Slack is about to close may still deliver.
const DRAIN: Duration = Duration::from_secs(15);

type Stream = WebSocketStream<reqwest::Upgraded>;

/// Why there is no connection.
#[derive(Debug, Error)]
pub enum SocketError {
    /// Slack refused or is away.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The address that Slack gave does not answer as a WebSocket.
    #[error("socket did not open: {0}")]
    Open(String),
}

/// Why a connection ended.
enum End {
    /// Slack closes it soon: open the next one, and let this one deliver what it has.
    Refresh(Box<Stream>),
    /// It is gone.
    Lost(String),
    /// Socket Mode is switched off in the app's settings.
    Disabled,
    /// We stop.
    Stopped,
}

/// Receives over Socket Mode.
pub struct Socket {
    /// With the app-level token.
    api: Api,
    inbox: Inbox,
    /// Speaks HTTP/1.1, and has no limit of time for a whole connection.
    http: reqwest::Client,
}

impl Socket {
    /// With a client of the app-level token (`xapp-`).
    ///
    /// # Errors
    /// A sentence, where there is no HTTP client.
    pub fn new(api: Api, inbox: Inbox) -> Result<Socket, String> {
        let http = http_client::builder()
            .http1_only()
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|e| format!("cannot make an HTTP client: {e}"))?;
        Ok(Socket { api, inbox, http })
    }

    /// Stay connected until cancelled. It may be called again after it ended.
    pub async fn run(&self, stop: CancellationToken) {
        let mut failures = 0_u32;
        let mut draining = JoinSet::new();
        let mut old: Option<Box<Stream>> = None;
        loop {
            let opened = tokio::select! {
                () = stop.cancelled() => return,
                opened = self.open() => opened,
            };
            let pause = match opened {
                Err(fault) => {
                    failures += 1;
                    self.complain(&fault, failures);
                    if needs_person(&fault) {
                        DISABLED
                    } else {
                        backoff(failures)
                    }
                }
                Ok(stream) => {
                    if let Some(old) = old.take() {
                        while draining.try_join_next().is_some() {}
                        draining.spawn(self.drain(old, stop.clone()));
                    }
                    let since = Instant::now();
                    let end = self.listen(stream, &stop).await;
                    // A connection that lived shows that nothing is wrong.
                    if since.elapsed() > Duration::from_secs(30) {
                        failures = 0;
                    }
                    match end {
                        End::Stopped => return,
                        End::Refresh(stream) => {
                            old = Some(stream);
                            Duration::ZERO
                        }
                        End::Disabled => {
                            error!("Socket Mode is off in the Slack app's settings");
                            DISABLED
                        }
                        End::Lost(why) => {
                            failures += 1;
                            debug!(%why, "Slack connection lost");
                            backoff(failures)
                        }
                    }
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn complain(&self, fault: &SocketError, failures: u32) {
        if needs_person(fault) {
            error!(%fault, "Socket Mode failed; check the app token and settings with `k8shawk slack check`");
        } else if failures == 1 {
            warn!(%fault, "no connection to Slack; retrying");
        }
    }

    async fn open(&self) -> Result<Stream, SocketError> {
        let url = self.api.open().await?;
        let url = match url.as_str().split_once("://") {
            Some(("wss", rest)) => format!("https://{rest}"),
            Some(("ws", rest)) => format!("http://{rest}"),
            _ => return Err(SocketError::Open("Slack returned no URL".to_owned())),
        };
        // Without the address, which carries a ticket.
        let fault = |e: reqwest::Error| SocketError::Open(e.without_url().to_string());
        let key = generate_key();
        let request = self
            .http
            .get(url)
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", &key);
        let response = tokio::time::timeout(Duration::from_secs(15), request.send())
            .await
            .map_err(|_| SocketError::Open("timed out".to_owned()))?
            .map_err(fault)?;
        let accepted = response.headers().get("sec-websocket-accept");
        let right = derive_accept_key(key.as_bytes());
        let fits = accepted.is_some_and(|a| a.as_bytes() == right.as_bytes());
        if response.status().as_u16() != 101 || !fits {
            return Err(SocketError::Open(format!("HTTP {}", response.status())));
        }
        let upgraded = response.upgrade().await.map_err(fault)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await)
    }

    async fn listen(&self, mut stream: Stream, stop: &CancellationToken) -> End {
        loop {
            let next = tokio::select! {
                () = stop.cancelled() => {
                    let _ = stream.close(None).await;
                    return End::Stopped;
                }
                next = tokio::time::timeout(SILENCE, stream.next()) => next,
            };
            let text = match next {
                Err(_) => return End::Lost("nothing received for a minute".to_owned()),
                Ok(None) => return End::Lost("closed".to_owned()),
                Ok(Some(Err(fault))) => return End::Lost(fault.to_string()),
                Ok(Some(Ok(Message::Text(text)))) => text,
                // A ping is answered by the library as the stream is read.
                Ok(Some(Ok(_))) => continue,
            };
            match self.take(&mut stream, text.as_str()).await {
                Ok(Link::On) => {}
                Ok(Link::Refresh) => return End::Refresh(Box::new(stream)),
                Ok(Link::Disabled) => return End::Disabled,
                Err(why) => return End::Lost(why),
            }
        }
    }

    /// Acknowledge first, work after.
    async fn take(&self, stream: &mut Stream, text: &str) -> Result<Link, String> {
        let Ok(envelope) = serde_json::from_str::<Value>(text) else {
            return Ok(Link::On);
        };
        let kind = envelope
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match kind {
            "hello" => {
                info!("connected to Slack");
                return Ok(Link::On);
            }
            "disconnect" => {
                let reason = envelope.get("reason").and_then(Value::as_str);
                return Ok(match reason {
                    Some("link_disabled") => Link::Disabled,
                    _ => Link::Refresh,
                });
            }
            _ => {}
        }
        let id = envelope.get("envelope_id").and_then(Value::as_str);
        let Some(id) = id.filter(|id| !id.is_empty() && id.len() <= 128) else {
            return Ok(Link::On);
        };
        let taken = match parse(kind, envelope.get("payload").unwrap_or(&Value::Null)) {
            Ok((what, event)) => self.inbox.put(event.as_deref().unwrap_or(id), what),
            Err(fault) => {
                debug!(%fault, kind, "ignored a Slack envelope");
                Taken::Again
            }
        };
        // What finds no room is not acknowledged: Slack tells the person, or sends it again.
        if taken != Taken::Full {
            let ack = Message::text(json!({"envelope_id": id}).to_string());
            stream.send(ack).await.map_err(|e| e.to_string())?;
        }
        Ok(Link::On)
    }

    /// Let a connection that is about to close deliver what it has.
    fn drain(
        &self,
        old: Box<Stream>,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<> {
        let inbox = self.inbox.clone();
        let (api, http) = (self.api.clone(), self.http.clone());
        async move {
            let socket = Socket { api, inbox, http };
            let _ = tokio::time::timeout(DRAIN, socket.listen(*old, &stop)).await;
        }
    }
}

enum Link {
    On,
    Refresh,
    Disabled,
}

fn parse(kind: &str, payload: &Value) -> Result<(Inbound, Option<String>), ParseError> {
    match kind {
        "interactive" => payload::interaction(payload).map(|what| (what, None)),
        "slash_commands" => payload::command(payload).map(|what| (what, None)),
        "events_api" => payload::event(payload).map(|(what, id)| (what, Some(id))),
        _ => Err(ParseError::Unused("the envelope")),
    }
}

fn needs_person(fault: &SocketError) -> bool {
    matches!(fault, SocketError::Api(e) if matches!(e.class(), Class::App | Class::Other))
}

/// Doubles, with a random part, so that many hosts do not come back at the same moment.
fn backoff(failures: u32) -> Duration {
    backoff::spread(PAUSES.after(failures) / 2, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_differ() {
        let mut seen = std::collections::HashSet::new();
        for failures in 1..40 {
            let pause = backoff(failures);
            assert!(pause <= PAUSES.longest && pause >= Duration::from_millis(250));
            seen.insert(pause);
        }
        assert!(seen.len() > 10);
    }
}
