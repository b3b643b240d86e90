//! Requests over HTTPS: bounded in time and size, without redirects.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use k8shawk_core::llm::{Failure, Provider, Received};
use reqwest::{Client, RequestBuilder, Response, Url};
use secrecy::ExposeSecret;

use super::keys::{Access, ModelError};
use super::wire::{Body, brief};
use crate::services::http_client;

/// Largest answer.
const MAX_BODY: usize = 1 << 20;
/// Version of Anthropic's API: no temperature, and otherwise what we send is older.
const VERSION: &str = "2026-10-21";
/// Headers that are kept.
const KEPT: &[&str] = &[
    "content-type",
    "date",
    "retry-after",
    "retry-after-ms",
    "request-id",
    "x-request-id",
];

/// A client for one provider.
pub struct Http {
    client: Client,
    access: Access,
    /// Which of the endpoint's URLs is served.
    at: AtomicUsize,
}

impl Http {
    /// # Errors
    /// [`ModelError::Client`].
    pub fn new(access: Access, connect_timeout: Duration) -> Result<Http, ModelError> {
        let client = http_client::builder()
            .connect_timeout(connect_timeout)
            .pool_max_idle_per_host(4)
            .build()
            .map_err(|e| ModelError::Client(e.to_string()))?;
        Ok(Http {
            client,
            access,
            at: AtomicUsize::new(0),
        })
    }

    /// Send a body and read the whole answer, within `time`.
    ///
    /// # Errors
    /// [`Failure::Timeout`], [`Failure::Unreachable`] or [`Failure::Malformed`].
    pub async fn post(&self, body: &Body, time: Duration) -> Result<Received, Failure> {
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match tokio::time::timeout(time, self.find(body)).await {
            Ok(received) => received,
            Err(_) => Err(Failure::Timeout { ms }),
        }
    }

    /// A base URL without its version may mean several paths: the first that is served is kept.
    async fn find(&self, body: &Body) -> Result<Received, Failure> {
        loop {
            let at = self.at.load(Ordering::Relaxed);
            let Some(url) = self.access.endpoint.urls.get(at) else {
                let what = "no URL is left".to_owned();
                return Err(Failure::Unreachable { what });
            };
            let received = self.once(url, body).await?;
            let more = at + 1 < self.access.endpoint.urls.len();
            if !(more && is_no_path(&received)) {
                return Ok(received);
            }
            self.at.fetch_max(at + 1, Ordering::Relaxed);
        }
    }

    async fn once(&self, url: &Url, body: &Body) -> Result<Received, Failure> {
        let request = self
            .client
            .post(url.clone())
            .header("content-type", "application/json");
        let request = self.signed(request).body(body.as_str().to_owned());
        let response = request.send().await.map_err(|e| broken(&e))?;
        let status = response.status().as_u16();
        let headers = kept(&response);
        let body = read(response).await?;
        Ok(Received {
            status,
            headers,
            body,
        })
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        let key = self.access.key.expose_secret();
        match self.access.provider {
            Provider::Anthropic => request
                .header("x-api-key", key)
                .header("anthropic-version", VERSION),
            _ if self.access.endpoint.host.ends_with(".azure.com") => {
                request.header("api-key", key)
            }
            _ => request.bearer_auth(key),
        }
    }
}

/// A 404 (or 405) that does not speak of a model.
fn is_no_path(received: &Received) -> bool {
    matches!(received.status, 404 | 405) && !received.body.contains("model")
}

fn kept(response: &Response) -> Vec<(String, String)> {
    let headers = response.headers().iter();
    headers
        .filter(|(name, _)| {
            let name = name.as_str();
            KEPT.contains(&name)
                || ["x-ratelimit-", "anthropic-ratelimit-"]
                    .iter()
                    .any(|start| name.starts_with(start))
        })
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), brief(value.to_str().ok()?))))
        .collect()
}

async fn read(mut response: Response) -> Result<String, Failure> {
    let mut body: Vec<u8> = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_BODY => {
                let what = format!("more than {MAX_BODY} bytes");
                return Err(Failure::Malformed { what });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(String::from_utf8_lossy(&body).into_owned()),
            Err(error) => {
                let what = format!("the answer was truncated: {}", cause(&error));
                return Err(Failure::Malformed { what });
            }
        }
    }
}

/// Only where no connection came about it is sure that nothing has left.
fn broken(error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        return Failure::Unreachable { what: cause(error) };
    }
    let what = format!("the connection was lost: {}", cause(error));
    Failure::Malformed { what }
}

/// The innermost cause: the outer ones repeat the URL.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    brief(&inner.to_string())
}
