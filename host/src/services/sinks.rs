//! Where incidents are told of: each sink is one [`Sink`] with an outbox of its own.
//!
//! Slack adds itself, since it also listens. A sink that only tells is a line in [`Sinks::configured`].

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

/// What a sink is made of.
pub struct Parts<'a> {
    /// Incidents, and what is to leave.
    pub store: Arc<Store>,
    /// Time.
    pub clock: Clock,
    /// Who this host is.
    pub installation: Installation,
    /// A variable that is kept from people, by its name; none where it is not set.
    pub secret: &'a dyn Fn(&str) -> Result<Option<SecretString>, String>,
}

/// What a configured sink is.
type Made = (Arc<Outbox>, Arc<dyn Sink>);

/// Every sink of a host, with its outbox.
#[derive(Clone, Default)]
pub struct Sinks(Vec<Made>);

impl Sinks {
    /// Those that are configured, Slack aside.
    ///
    /// # Errors
    /// A sentence, where one is configured and cannot work.
    pub fn configured(parts: &Parts<'_>) -> Result<Sinks, String> {
        let all = [webhook::configured(parts)?];
        Ok(Sinks(all.into_iter().flatten().collect()))
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
