//! The way of a request: over HTTP, or from a recording. Everything that depends on time (waiting,
//! deadlines, budgets) happens behind it, so that a conversation is the same when it is replayed.

use std::future::Future;
use std::pin::Pin;

use k8shawk_core::llm::{Failure, Reply, Usage};

use super::wire::Body;

/// A reply, later.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Reply> + Send + 'a>>;

/// How long to wait before a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wait {
    /// Which attempt this is, from 0: the first one does not wait.
    pub attempt: u32,
    /// What the server asked for.
    pub at_least_ms: u64,
}

/// Sends requests.
pub trait Transport: Send + Sync {
    /// Wait, then send a body to the model of a rung.
    fn send<'a>(&'a self, rung: usize, body: &'a Body, wait: Wait) -> Sending<'a>;

    /// Learn what became of it, once its answer is read: what it used, and why it is none.
    fn settle(&self, rung: usize, usage: &Usage, failure: Option<&Failure>);
}
