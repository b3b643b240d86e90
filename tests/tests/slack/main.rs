//! The Slack service against a Slack of our own: what people see, who may click, what survives.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails as the test does; indexing a JSON value gives null"
)]

mod doors;
mod fuzz;
mod judges;
mod one_person;
mod outages;
mod outsiders;
mod people;
mod shared_app;
mod upgrade;
mod world;
