//! Which kinds are followed: by the watch of the cluster, in metrics, and as rights.

use std::sync::LazyLock;

use k8shawk_core::inventory::followed;

static WATCHED: LazyLock<Vec<&str>> =
    LazyLock::new(|| std::iter::once("Event").chain(followed()).collect());

/// The kinds that the watch follows: every observed kind, and `Event` first.
pub fn watched() -> &'static [&'static str] {
    &WATCHED
}

/// The kind of a gap that concerns all of them.
pub const EVERY_KIND: &str = "*";
