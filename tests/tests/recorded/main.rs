//! Tests against an API server that is fed from recorded incidents: it can fail in every way, at
//! random from a seed, and says afterwards which writes it accepted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests panic to fail"
)]

mod clients;
mod drill;
mod exact;
mod host;
mod judge;
mod kills;
mod mix;
mod registry;

use std::str::FromStr;

/// A number from the environment, such as the rounds of a soak; else the one of `make test`.
fn number<T: FromStr>(variable: &str, default: T) -> T {
    let given = std::env::var(variable).ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}
