//! Service: what every HTTP client of ours has in common.

use reqwest::ClientBuilder;
use reqwest::redirect::Policy;

/// Choose the one TLS stack of the binary; whoever was first has chosen the same.
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
