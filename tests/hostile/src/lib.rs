//! Guests that misbehave on purpose. The setting `mode` of the grant chooses how; without it
//! they behave. One crate builds several of them: a triage plugin, with the feature `analysis`
//! an analysis plugin, and with `policy` a policy; for `wasm32-wasip2` they import WASI.

#![cfg_attr(
    not(target_family = "wasm"),
    allow(
        dead_code,
        unused_imports,
        reason = "the guests are exported to WebAssembly alone"
    )
)]

mod attack;
mod doors;

#[cfg(feature = "analysis")]
mod analysis;
#[cfg(feature = "policy")]
mod policy;
#[cfg(not(any(feature = "analysis", feature = "policy")))]
mod triage;

/// Tests replace this text in the built component to tell one version from another.
static VERSION: &str = "version-aaaa";

/// The version as a text that the optimiser knows nothing about.
pub fn version() -> String {
    std::hint::black_box(VERSION).to_owned()
}

/// A setting's text without its quotes.
fn mode(setting: Option<String>) -> String {
    setting.unwrap_or_default().trim_matches('"').to_owned()
}
