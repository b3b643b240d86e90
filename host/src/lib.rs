//! K8sHawk: the stages, the services and the command line.
//!
//! Stages are verbs and never import each other; services are nouns and never import stages;
//! [`pipeline`] alone composes stages.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "a test owns the tasks that it starts"
    )
)]
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod approve;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod connections;
pub mod consult;
pub mod control;
pub mod decide;
pub mod desk;
pub mod document;
pub mod fix;
pub mod flow;
pub mod front_desk;
pub mod health;
pub mod http_client;
pub mod http_server;
pub mod introspect;
pub mod investigate;
pub mod json;
pub mod judges;
pub mod load;
pub mod merge;
pub mod model;
pub mod notify;
pub mod outbox;
pub mod pipeline;
pub mod points;
pub mod private;
pub mod random;
pub mod recover;
pub mod replay;
pub mod retain;
pub mod rights;
pub mod scan;
pub mod settings;
pub mod slack;
pub mod speech;
pub mod store;
pub mod supervisor;
pub mod telemetry;
pub mod terminal;
pub mod triage;
pub mod trial;
pub mod watch;
pub mod world;
