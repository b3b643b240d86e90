//! Where incidents are reported: each sink is one [`Sink`] with an outbox of its own.
//!
//! Slack adds itself, since it also listens. A sink that only tells is a line in [`EACH`].

pub mod webhook;

use std::sync::Arc;

use futures::FutureExt;
use futures::future::join_all;
use k8shawk_core::Installation;
use secrecy::SecretString;

use crate::services::clock::Clock;
use crate::services::outbox::{Outbox, Sink};
use crate::services::store::Store;
use crate::services::tasks::{Supervisor, Task};

/// A variable that is kept from people, by its name; none where it is not set.
pub type Secrets<'a> = &'a dyn Fn(&str) -> Result<Option<SecretString>, String>;

/// A sink as it is configured. Whatever can be wrong with its configuration was looked at.
pub trait Configured: Send + Sync {
    /// Its name, as in the outbox.
    fn name(&self) -> &'static str;

    /// Where it leads, for people: nothing of it is a secret.
    fn leads_to(&self) -> String;

    /// The sink, and its outbox.
    fn open(self: Box<Self>, parts: &Parts) -> Made;
}

/// What a sink is made of, beside its configuration.
pub struct Parts {
    /// Incidents, and what is to leave.
    pub store: Arc<Store>,
    /// Time.
    pub clock: Clock,
    /// Who this host is.
    pub installation: Installation,
}

/// A sink with its outbox.
pub type Made = (Arc<Outbox>, Arc<dyn Sink>);

/// Reads the configuration of one sink; none where it is not wanted.
type Read = fn(Secrets<'_>) -> Result<Option<Box<dyn Configured>>, Vec<String>>;

/// Each sink that only tells.
const EACH: &[Read] = &[webhook::configured];

/// The sinks that only tell, as they are configured.
///
/// # Errors
/// All that is wrong with them, a sentence each, without a secret.
pub fn configured(secret: Secrets<'_>) -> Result<Vec<Box<dyn Configured>>, Vec<String>> {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for read in EACH {
        match read(secret) {
            Ok(sink) => found.extend(sink),
            Err(more) => faults.extend(more),
        }
    }
    match faults.is_empty() {
        true => Ok(found),
        false => Err(faults),
    }
}

/// Every sink of a host, with its outbox.
#[derive(Clone, Default)]
pub struct Sinks(Vec<Made>);

impl Sinks {
    /// Those that only tell.
    pub fn open(configured: Vec<Box<dyn Configured>>, parts: &Parts) -> Sinks {
        let open = |sink: Box<dyn Configured>| sink.open(parts);
        Sinks(configured.into_iter().map(open).collect())
    }

    /// One more.
    pub fn add(&mut self, outbox: Arc<Outbox>, sink: Arc<dyn Sink>) {
        self.0.push((outbox, sink));
    }

    /// Follow the store, and send, until the host stops.
    pub fn start(self, supervisor: &Supervisor) {
        if self.0.is_empty() {
            return;
        }
        let (sinks, until) = (self.clone(), supervisor.stop().clone());
        supervisor.keep(Task::Follow, move || {
            let follow =
                |(outbox, sink): Made, until| async move { outbox.follow(sink, until).await };
            let all = sinks
                .0
                .iter()
                .map(|made| follow(made.clone(), until.clone()));
            join_all(all).map(drop)
        });
        let until = supervisor.stop().clone();
        supervisor.keep(Task::Outbox, move || {
            let run = |(outbox, sink): Made, until| async move { outbox.run(sink, until).await };
            let all = self.0.iter().map(|made| run(made.clone(), until.clone()));
            join_all(all).map(drop)
        });
    }
}
