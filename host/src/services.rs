//! What stages use. Each service is a noun, hides one thing of the outside world, and knows no stage.

pub mod clock;
pub mod cluster;
pub mod commands;
pub mod connections;
pub mod crash_points;
pub mod http_client;
pub mod http_server;
pub mod llm;
pub mod outbox;
pub mod plugins;
pub mod private_files;
pub mod progress;
pub mod random;
pub mod slack;
pub mod socket;
pub mod speech;
pub mod store;
pub mod tasks;
pub mod telemetry;
pub mod terminal;
pub mod watched_kinds;
