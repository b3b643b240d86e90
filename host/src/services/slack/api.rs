//! Slack's Web API: one call, one typed answer.

mod error;
mod pace;
mod upload;

use std::time::Duration;

use k8shawk_core::redact::RedactedJson;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::services::http_client;

pub use error::{ApiError, Class};
pub use pace::{Pace, Rates};
pub use upload::Upload;

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Largest answer that is read.
const MAX_ANSWER: usize = 4 << 20;

/// A token: never printed.
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// From the environment or a file.
    pub fn new(text: &str) -> Token {
        Token(SecretString::from(text.trim()))
    }

    /// True where it begins as this kind of token does, such as `xoxb-`.
    pub fn begins(&self, prefix: &str) -> bool {
        self.0.expose_secret().starts_with(prefix)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A client. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    /// Ends in `/`.
    base: String,
    token: Token,
    pace: Pace,
}

/// Methods that read; Slack takes their arguments as a form only.
const READS: &[&str] = &[
    "auth.test",
    "conversations.history",
    "conversations.info",
    "conversations.list",
    "conversations.members",
    "conversations.replies",
    "files.getUploadURLExternal",
    "files.info",
    "usergroups.users.list",
    "users.info",
];

/// The HTTP client that all calls to Slack share.
///
/// # Errors
/// A sentence, where the roots of trust cannot be read.
pub fn http() -> Result<reqwest::Client, String> {
    http_client::for_calls(PATIENCE)
}

impl Api {
    /// A client of the API at `base` (Slack's own is `https://slack.com/api/`).
    pub fn new(http: reqwest::Client, base: &str, token: Token, pace: Pace) -> Api {
        let base = format!("{}/", base.trim_end_matches('/'));
        Api {
            http,
            base,
            token,
            pace,
        }
    }

    /// The same API with another token.
    pub fn with(&self, token: Token) -> Api {
        Api {
            token,
            ..self.clone()
        }
    }

    /// The shared HTTP client.
    pub fn client(&self) -> &reqwest::Client {
        &self.http
    }

    /// True where `url` is on the host that this client talks to, or on Slack's own for answers.
    pub fn trusts(&self, url: &str) -> bool {
        let origin = |url: &str| {
            let parsed = reqwest::Url::parse(url).ok()?;
            Some((
                parsed.scheme().to_owned(),
                parsed.host_str()?.to_owned(),
                parsed.port(),
            ))
        };
        let hooks = Some(("https".to_owned(), "hooks.slack.com".to_owned(), None));
        let of = origin(url);
        of.is_some() && (of == hooks || of == origin(&self.base))
    }

    /// Call a method once its turn has come: rates are kept for each method and channel.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn call(&self, method: &'static str, body: &Value) -> Result<Value, ApiError> {
        let channel = body
            .get("channel")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if let Some(after) = self.pace.left(method) {
            return Err(ApiError::Limited { after });
        }
        self.pace.turn(method, channel).await;
        let answer = self.send(method, &RedactedJson::of(body.clone())).await;
        if let Err(ApiError::Limited { after }) = &answer {
            self.pace.pause(method, *after);
        }
        answer
    }

    async fn send(&self, method: &str, body: &RedactedJson) -> Result<Value, ApiError> {
        let request = self
            .http
            .post(format!("{}{method}", self.base))
            .bearer_auth(self.token.0.expose_secret());
        let request = if READS.contains(&method) {
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form(body.value()))
        } else {
            request
                .header("content-type", "application/json; charset=utf-8")
                .body(body.to_string())
        };
        let response = request
            .send()
            .await
            .map_err(|e| ApiError::unreachable(&e))?;
        parse(response).await
    }

    /// Who the token is, and its scopes, which Slack tells in a header only.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn test(&self) -> Result<(Value, Vec<String>), ApiError> {
        let request = self.http.post(format!("{}auth.test", self.base));
        let response = request
            .bearer_auth(self.token.0.expose_secret())
            .send()
            .await;
        let response = response.map_err(|e| ApiError::unreachable(&e))?;
        let scopes = response
            .headers()
            .get("x-oauth-scopes")
            .and_then(|v| v.to_str().ok());
        let scopes = scopes.unwrap_or_default().split(',').map(str::trim);
        let scopes = scopes
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect();
        Ok((parse(response).await?, scopes))
    }

    /// Post to an address that Slack gave for exactly this answer.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn respond(&self, url: &str, body: &Value) -> Result<(), ApiError> {
        if !self.trusts(url) {
            return Err(ApiError::refused("untrusted_response_url", ""));
        }
        let request = self
            .http
            .post(url)
            .header("content-type", "application/json; charset=utf-8")
            .body(RedactedJson::of(body.clone()).to_string());
        let response = request
            .send()
            .await
            .map_err(|e| ApiError::unreachable(&e))?;
        let status = response.status();
        match status.as_u16() {
            200..=299 => Ok(()),
            429 => Err(limited(&response)),
            500..=599 => Err(ApiError::Server(format!("HTTP {status}"))),
            _ => Err(ApiError::refused("response_url_gone", "")),
        }
    }
}

fn form(body: &Value) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in body.as_object().into_iter().flatten() {
        match value {
            Value::String(text) => form.append_pair(name, text),
            other => form.append_pair(name, &other.to_string()),
        };
    }
    form.finish()
}

fn limited(response: &reqwest::Response) -> ApiError {
    let seconds = response
        .headers()
        .get("retry-after")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.trim().parse::<u64>().ok())
        .unwrap_or(30)
        .clamp(1, 3600);
    ApiError::Limited {
        after: Duration::from_secs(seconds),
    }
}

async fn parse(mut response: reqwest::Response) -> Result<Value, ApiError> {
    let status = response.status();
    if status.as_u16() == 429 {
        return Err(limited(&response));
    }
    if status.is_server_error() {
        return Err(ApiError::Server(format!("HTTP {status}")));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|e| ApiError::unreachable(&e))?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER {
            return Err(ApiError::Server("the answer is too large".to_owned()));
        }
    }
    let answer: Value = serde_json::from_slice(&bytes)
        .map_err(|_| ApiError::Server(format!("HTTP {status} without JSON: is it Slack's API?")))?;
    if answer.get("ok") == Some(&Value::Bool(true)) {
        return Ok(answer);
    }
    let code = answer
        .get("error")
        .and_then(Value::as_str)
        .unwrap_or("no_error_given");
    let needed = answer
        .get("needed")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Err(ApiError::refused(code, needed))
}
