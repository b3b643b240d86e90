//! Notifications for other programs over HTTPS: each state of an incident that people were notified
//! of is one JSON document, signed as Standard Webhooks 1.0 says.
//!
//! The document that leaves is the one that was stored. It is sent again, under the same
//! `webhook-id`, until the receiver answers with 2xx.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::FutureExt;
use futures::future::BoxFuture;
use k8shawk_core::Installation;
use k8shawk_core::record::Record;
use k8shawk_core::redact::RedactedJson;
use reqwest::{Response, StatusCode, Url};
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{Configured, Made, Parts, Secrets};
use crate::services::clock::Clock;
use crate::services::http_client;
use crate::services::incident_json;
use crate::services::outbox::{Outbox, Outcome, Sink};
use crate::services::store::{Entry, Put, Store, StoreError};

/// Its name as a sink.
const SINK: &str = "webhook";
/// Where to; a secret, since many receivers know their senders by it.
const URL: &str = "K8SHAWK_WEBHOOK_URL";
/// Signs: `whsec_` and 24 to 64 bytes in Base64.
const SECRET: &str = "K8SHAWK_WEBHOOK_SECRET";
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Shortest and longest pause that a receiver may ask for.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3600);

/// A receiver, as it is configured.
struct Receiver {
    http: reqwest::Client,
    url: Url,
    key: hmac::Key,
}

/// The webhook, where it is configured.
///
/// # Errors
/// All that is wrong with it, a sentence each.
pub(super) fn configured(secret: Secrets<'_>) -> Result<Option<Box<dyn Configured>>, Vec<String>> {
    let (url, secret) = match (secret(URL), secret(SECRET)) {
        (Ok(None), Ok(None)) => return Ok(None),
        (url, secret) => (
            required(URL, url).and_then(|url| address(url.expose_secret())),
            required(SECRET, secret).and_then(|secret| key(secret.expose_secret())),
        ),
    };
    let http = http_client::for_calls(PATIENCE);
    match (http, url, secret) {
        (Ok(http), Ok(url), Ok(key)) => Ok(Some(Box::new(Receiver { http, url, key }))),
        (http, url, secret) => Err([http.err(), url.err(), secret.err()]
            .into_iter()
            .flatten()
            .collect()),
    }
}

/// One of the two variables, where at least one is set.
fn required(
    name: &str,
    read: Result<Option<SecretString>, String>,
) -> Result<SecretString, String> {
    let other = if name == URL { SECRET } else { URL };
    read?.ok_or_else(|| format!("{name} is not set, but {other} is"))
}

impl Configured for Receiver {
    fn name(&self) -> &'static str {
        SINK
    }

    /// The path and the query of an address may be its secret.
    fn leads_to(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    fn open(self: Box<Self>, parts: &Parts) -> Made {
        let outbox = Outbox::of(SINK, parts.store.clone(), parts.clock.clone());
        let outbox = Arc::new(outbox);
        let webhook = Webhook {
            receiver: *self,
            store: parts.store.clone(),
            outbox: outbox.clone(),
            clock: parts.clock.clone(),
            installation: parts.installation.clone(),
        };
        (outbox, Arc::new(webhook))
    }
}

/// One receiver of incidents.
struct Webhook {
    receiver: Receiver,
    store: Arc<Store>,
    outbox: Arc<Outbox>,
    clock: Clock,
    installation: Installation,
}

impl Webhook {
    /// What leaves of an incident as it is now.
    fn document(&self, record: &Record) -> RedactedJson {
        let at = record.changed_at();
        let timestamp = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
        let data = incident_json::incident(record, self.installation.cluster());
        RedactedJson::of(json!({
            "type": format!("incident.{}", record.state.as_str()),
            "timestamp": timestamp.to_string(),
            "installation": self.installation.id(),
            "data": data,
        }))
    }

    async fn send(&self, entry: &Entry) -> Outcome {
        let id = format!("{}/{}", self.installation.id(), entry.key);
        let seconds = self.clock.now().div_euclid(1000).to_string();
        let signed = format!("{id}.{seconds}.{}", entry.effect);
        let signature = BASE64_STANDARD.encode(hmac::sign(&self.receiver.key, signed.as_bytes()));
        let request = self
            .receiver
            .http
            .post(self.receiver.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", format!("v1,{signature}"))
            .body(entry.effect.clone());
        match request.send().await {
            Ok(response) => answered(&response),
            Err(fault) => Outcome::Outage {
                unknown: !fault.is_connect(),
                // Without the address, which may carry a secret.
                why: fault.without_url().to_string(),
            },
        }
    }
}

impl Sink for Webhook {
    fn changed(&self, record: &Record) -> Result<(), StoreError> {
        // An incident that cleared, or became part of another one, before anyone was notified is
        // not sent.
        if record.asked_at.is_none() {
            return Ok(());
        }
        let (id, steps) = (&record.incident.id.0, record.history.len());
        let key = format!("{id}/{SINK}/{steps}");
        // Most changes are no new state: no document is made for them.
        if self.store.outbox_knows(&key)? {
            return Ok(());
        }
        let put = Put {
            key,
            incident: Some(id.clone()),
            lane: id.clone(),
            rank: 1,
            effect: self.document(record).to_string(),
            renew: false,
        };
        self.outbox.put(&[put])
    }

    fn deliver<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Outcome> {
        self.send(entry).boxed()
    }
}

/// What an answer means, as Standard Webhooks says.
fn answered(response: &Response) -> Outcome {
    let status = response.status();
    let why = format!("the receiver answers {status}");
    match status {
        status if status.is_success() => Outcome::Sent(String::new()),
        StatusCode::GONE => Outcome::Dropped(why),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            match http_client::retry_after(response.headers()) {
                Some(asked) => Outcome::Later {
                    after: asked.clamp(SHORTEST, LONGEST),
                    why,
                },
                None => Outcome::Outage {
                    why,
                    unknown: false,
                },
            }
        }
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            Outcome::Outage { why, unknown: true }
        }
        // A redirect is not followed: it could lead anywhere.
        _ => Outcome::Blocked(why),
    }
}

fn address(text: &str) -> Result<Url, String> {
    let wrong = || format!("{URL} is not an address such as https://host/path");
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_here => Ok(url),
        "http" => Err(format!(
            "{URL} sends incidents to another machine in the clear: use https://"
        )),
        _ => Err(wrong()),
    }
}

fn key(text: &str) -> Result<hmac::Key, String> {
    let encoded = text.strip_prefix("whsec_");
    let bytes = encoded.and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    match bytes.filter(|bytes| (24..=64).contains(&bytes.len())) {
        Some(bytes) => Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes)),
        None => Err(format!(
            "{SECRET} is not whsec_ and 24 to 64 bytes in Base64, as of \
             `echo whsec_$(openssl rand -base64 32)`"
        )),
    }
}

#[cfg(test)]
mod tests;
