//! The Slack service against a Slack of our own: what people see, who may click, what survives.

#![allow(
    clippy::indexing_slicing,
    reason = "indexing a JSON value gives null where it lacks"
)]

mod doors;
mod fuzz;
mod outages;
mod people;
mod world;
