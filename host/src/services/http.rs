//! HTTP: what the host asks, and what it answers.

pub mod client;
pub mod connections;
pub mod server;
