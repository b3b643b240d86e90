//! Slack over HTTP: signed requests in, acknowledged at once and worked on after.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use slack_morphism::events::SlackPushEvent;
use tracing::warn;

use super::inbox::{Inbox, Taken};
use super::payload::{self, Inbound, ParseError};
use super::signature::{SignatureError, Verifier};
use crate::services::clock::Clock;

/// Largest body: Slack's largest view has 250 kB, and a form encodes it threefold.
const MAX_BODY: usize = 1 << 20;
/// Longest time in which a body arrives.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `/slack/validate` tells: never a value, only whether there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configured {
    /// `SLACK_BOT_TOKEN`.
    pub bot_token: bool,
    /// `SLACK_APP_TOKEN`.
    pub app_token: bool,
    /// `SLACK_SIGNING_SECRET`.
    pub signing_secret: bool,
    /// `SLACK_CHANNEL`.
    pub channel: bool,
    /// Address under which Slack reaches this host, where it was set.
    pub public_url: Option<String>,
}

/// What the routes share.
pub struct Door {
    /// None where Slack is not used, or no signing secret is set: nothing from Slack is taken.
    pub verifier: Option<Verifier>,
    /// Where it goes.
    pub inbox: Inbox,
    /// Time.
    pub clock: Clock,
    /// For `/slack/validate`.
    pub configured: Configured,
}

/// The routes, for [`HttpServer::serve`](crate::services::http_server::HttpServer::serve).
pub fn router(door: Arc<Door>) -> Router {
    Router::new()
        .route("/slack/interactions", post(interactions))
        .route("/slack/events", post(events))
        .route("/slack/commands", post(commands))
        .route("/slack/validate", get(validate))
        .with_state(door)
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn refuse(status: StatusCode, why: &str) -> Response {
    answer(status, &json!({"error": why}))
}

/// Nothing to say: Slack takes an empty 200 as "understood".
fn acknowledged() -> Response {
    Response::new(Body::empty())
}

async fn validate(State(door): State<Arc<Door>>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
    answer(StatusCode::OK, &door.configured.report(host))
}

impl Configured {
    fn variables(&self) -> [(&'static str, bool); 4] {
        [
            ("SLACK_BOT_TOKEN", self.bot_token),
            ("SLACK_APP_TOKEN", self.app_token),
            ("SLACK_SIGNING_SECRET", self.signing_secret),
            ("SLACK_CHANNEL", self.channel),
        ]
    }

    /// True where nothing of Slack is set: it is not wanted.
    pub fn is_empty(&self) -> bool {
        self.variables().iter().all(|(_, set)| !set)
    }

    /// The variables without which Slack does not work.
    pub fn missing(&self) -> Vec<&'static str> {
        let needed = |name: &str| match name {
            // One way in is enough.
            "SLACK_APP_TOKEN" => !self.signing_secret,
            "SLACK_SIGNING_SECRET" => !self.app_token,
            _ => true,
        };
        let absent = |(name, set): (&'static str, bool)| (!set && needed(name)).then_some(name);
        self.variables().into_iter().filter_map(absent).collect()
    }

    /// How Slack's requests come in.
    pub fn transport(&self) -> &'static str {
        match (self.app_token, self.signing_secret) {
            (true, true) => "socket mode and http",
            (true, false) => "socket mode",
            (false, true) => "http",
            (false, false) => "none",
        }
    }

    /// What is set, what is missing, and the URLs to give Slack.
    pub fn report(&self, host: Option<&str>) -> Value {
        let set = self.variables().into_iter();
        let configured: Vec<&str> = set.filter(|s| s.1).map(|s| s.0).collect();
        let missing = self.missing();
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        let host = host.filter(|h| !h.is_empty() && h.len() < 255 && h.chars().all(plain));
        let base = match (&self.public_url, host) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Some(host)) => format!("https://{host}"),
            (None, None) => "https://<this host>".to_owned(),
        };
        json!({
            "ok": missing.is_empty(),
            "transport": self.transport(),
            "configured": configured,
            "missing": missing,
            "urls": {
                "interactions": format!("{base}/slack/interactions"),
                "events": format!("{base}/slack/events"),
                "commands": format!("{base}/slack/commands"),
            },
        })
    }
}

/// Why a request is not taken.
struct Refusal {
    status: StatusCode,
    why: String,
}

impl Refusal {
    fn new(status: StatusCode, why: &str) -> Refusal {
        Refusal {
            status,
            why: why.to_owned(),
        }
    }

    fn answer(&self) -> Response {
        refuse(self.status, &self.why)
    }
}

/// The body of a request that is Slack's, or the refusal.
async fn signed(door: &Door, request: Request) -> Result<(Vec<u8>, String), Refusal> {
    let Some(verifier) = &door.verifier else {
        let why = "Slack is not configured for HTTP; /slack/validate lists what is missing";
        return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, why));
    };
    let (head, body) = request.into_parts();
    let text = |name: &str| {
        let mut all = head.headers.get_all(name).iter();
        // Two of them could be read differently by a proxy and by us.
        let one = all.next().filter(|_| all.next().is_none());
        one.and_then(|v| v.to_str().ok()).map(str::to_owned)
    };
    let (stamp, signature) = (text("x-slack-request-timestamp"), text("x-slack-signature"));
    let body = match tokio::time::timeout(PATIENCE, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            return Err(Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body too large",
            ));
        }
        Err(_) => {
            return Err(Refusal::new(
                StatusCode::REQUEST_TIMEOUT,
                "timed out reading the body",
            ));
        }
    };
    let now = door.clock.now().div_euclid(1000);
    match verifier.check(stamp.as_deref(), signature.as_deref(), &body, now) {
        Ok(()) => Ok((body.to_vec(), signature.unwrap_or_default())),
        Err(fault) => {
            warn!(%fault, "rejected a request to the Slack endpoint");
            let status = match fault {
                SignatureError::Replayed => StatusCode::CONFLICT,
                SignatureError::Flood => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNAUTHORIZED,
            };
            Err(Refusal::new(status, &fault.to_string()))
        }
    }
}

fn take(door: &Door, id: &str, parsed: Result<Inbound, ParseError>) -> Response {
    match parsed {
        Ok(what) => match door.inbox.put(id, what) {
            Taken::Yes | Taken::Again => acknowledged(),
            Taken::Full => refuse(StatusCode::SERVICE_UNAVAILABLE, "queue full; retry"),
        },
        Err(ParseError::Unused(_)) => acknowledged(),
        Err(fault) => refuse(StatusCode::BAD_REQUEST, &fault.to_string()),
    }
}

async fn interactions(State(door): State<Arc<Door>>, request: Request) -> Response {
    match signed(&door, request).await {
        Ok((body, id)) => take(&door, &id, payload::interaction_form(&body)),
        Err(refusal) => refusal.answer(),
    }
}

async fn commands(State(door): State<Arc<Door>>, request: Request) -> Response {
    match signed(&door, request).await {
        Ok((body, id)) => {
            let parsed = payload::form(&body).and_then(|form| payload::command(&form));
            take(&door, &id, parsed)
        }
        Err(refusal) => refusal.answer(),
    }
}

async fn events(State(door): State<Arc<Door>>, request: Request) -> Response {
    let body = match signed(&door, request).await {
        Ok((body, _)) => body,
        Err(refusal) => return refusal.answer(),
    };
    let Ok(value) = serde_json::from_slice::<Value>(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "body is not JSON");
    };
    if let Ok(SlackPushEvent::UrlVerification(asked)) = SlackPushEvent::deserialize(&value) {
        return answer(StatusCode::OK, &json!(asked));
    }
    match payload::event(&value) {
        Ok((what, id)) => take(&door, &id, Ok(what)),
        Err(fault) => take(&door, "", Err(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_what_is_missing_and_never_a_value() {
        let one = Configured {
            bot_token: true,
            channel: true,
            ..Configured::default()
        };
        let report = one.report(Some("hawk.example:8081"));
        assert_eq!(
            report["missing"],
            json!(["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"])
        );
        assert_eq!(
            report["urls"]["interactions"],
            "https://hawk.example:8081/slack/interactions"
        );
        let socket = Configured {
            app_token: true,
            ..one
        };
        let report = socket.report(Some("<script>"));
        assert_eq!(report["ok"], true);
        assert_eq!(report["transport"], "socket mode");
        assert!(!report.to_string().contains("script"));
    }
}
