//! K8sHawk, in four rooms. Imports go down this list and never up:
//!
//! | room | holds |
//! |---|---|
//! | [`cli`] | the command line: what each command does |
//! | [`run`] | what composes the stages: the pipeline, the watch, a scan, the start |
//! | [`stages`] | the flow: one verb for each arrow of an incident; none imports another |
//! | [`services`] | what stages use: cluster, plugins, llm, store, Slack, …; none imports a stage |

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "a test owns the tasks that it starts"
    )
)]
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod cli;
pub mod run;
pub mod services;
pub mod stages;
