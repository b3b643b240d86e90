//! Service: what every HTTP client of ours has in common.

use std::time::Duration;

use reqwest::ClientBuilder;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// Choose the one TLS stack of the binary; an earlier caller has chosen the same.
pub fn choose_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client that names us, and follows no redirect: it would carry a key elsewhere.
pub fn builder() -> ClientBuilder {
    choose_tls();
    reqwest::Client::builder()
        .user_agent(concat!("k8shawk/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
}

/// A client for calls of an API, each of which takes `patience` at most.
///
/// # Errors
/// A sentence, where the roots of trust cannot be read.
pub fn for_calls(patience: Duration) -> Result<reqwest::Client, String> {
    builder()
        .connect_timeout(CONNECT)
        .timeout(patience)
        .build()
        .map_err(|e| format!("cannot make an HTTP client: {e}"))
}

/// How long a server wants to be left alone, where it says so in seconds; a date is not read.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
