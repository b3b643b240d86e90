//! What the README, the book and CONTRIBUTING say, against the code and the program: no cluster needed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

mod commands;
mod examples;
mod interfaces;
mod messages;
mod names;
mod pages;
mod policies;
mod sources;
