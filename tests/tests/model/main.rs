//! The model service against a scripted server: real HTTP, both protocols, real errors.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a panic is a failed test"
)]

mod authority;
mod capture;
mod exits;
mod investigation;
mod ladder;
mod leaks;
mod planted;
mod replayed;
mod secrets;
mod size;
mod world;
