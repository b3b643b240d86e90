//! Slack, where on-call people decide: one incident is one message that stays true.
//!
//! Everything that goes out is derived from the record ([`message`], [`thread`]), stored in the
//! outbox and sent by [`sender`]. Everything that comes in, over HTTP ([`http`]) or Socket Mode
//! ([`socket`]), is parsed into [`payload::Inbound`], acknowledged, and worked on by
//! [`Slack::receive`], which asks a [`Commands`](crate::services::commands::Commands) for whatever changes an incident.

pub mod api;
pub mod blocks;
pub mod check;
pub mod command;
pub mod follow;
pub mod home;
pub mod http;
pub mod inbox;
pub mod interactions;
pub mod markdown;
pub mod mention;
pub mod message;
pub mod morphism_gaps;
pub mod outgoing;
pub mod parse_error;
pub mod payload;
pub mod people;
pub mod posted;
pub mod sender;
pub mod service;
pub mod signature;
pub mod socket;
pub mod text;
pub mod thread;

use std::sync::{Arc, OnceLock};

use k8shawk_core::Installation;
use k8shawk_core::record::Record;

use crate::services::clock::Clock;
use crate::services::commands::Script;
use crate::services::outbox::Outbox;
use crate::services::speech::Speech;
use crate::services::store::{Put, Store, StoreError};
use api::Api;
use message::Look;
use outgoing::Outgoing;
use people::People;

/// Its name as a sink.
pub const SINK: &str = "slack";

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who this host is: on all that it says, and in all that it is asked.
    pub installation: Installation,
    /// Channel of the incidents: an id, or a name.
    pub channel: String,
    /// Who may approve: user ids, user-group ids, `@domain`; empty: members of the channel.
    pub approvers: Vec<String>,
    /// Milliseconds for which a question stands.
    pub expires_after: i64,
}

/// The service.
pub struct Slack {
    api: Api,
    store: Arc<Store>,
    outbox: Arc<Outbox>,
    clock: Clock,
    people: People,
    options: Options,
    speech: Option<Arc<Speech>>,
    /// Id of the channel, once it is known.
    channel: OnceLock<String>,
}

impl Slack {
    /// A service over these.
    pub fn new(
        api: Api,
        store: Arc<Store>,
        outbox: Arc<Outbox>,
        clock: Clock,
        options: Options,
        speech: Option<Arc<Speech>>,
    ) -> Slack {
        Slack {
            people: People::new(api.clone()),
            api,
            store,
            outbox,
            clock,
            options,
            speech,
            channel: OnceLock::new(),
        }
    }

    /// The record of an incident changed: its message and its thread follow. Call it after each
    /// stored change; calling it too often costs nothing.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was put; the next call makes up for it.
    pub fn changed(&self, record: &Record) -> Result<(), StoreError> {
        let puts = self.wanted(record);
        if puts.is_empty() {
            Ok(())
        } else {
            self.outbox.put(&puts)
        }
    }

    fn wanted(&self, record: &Record) -> Vec<Put> {
        if !message::is_told(record) {
            return Vec::new();
        }
        let id = &record.incident.id.0;
        let waited_for = !record.state.awaits_people();
        let mut puts = vec![Outgoing::message(id, waited_for)];
        puts.extend(
            thread::posts(record, &self.options.installation)
                .into_iter()
                .map(|p| Outgoing::post(id, p)),
        );
        puts
    }

    /// What a message depends on beside its record, now.
    fn look(&self) -> Look<'_> {
        Look {
            now: self.clock.now(),
            expires_after: self.options.expires_after,
            installation: &self.options.installation,
            approvers: &self.options.approvers,
        }
    }

    /// Speak a script into the thread of an incident, once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn say(&self, record: &Record, script: &Script) -> Result<(), StoreError> {
        if !self.is_spoken(record) {
            return Ok(());
        }
        let put = Outgoing::voice(&record.incident.id.0, &script.text, &script.language);
        self.outbox.put(&[put])
    }

    /// True where somebody speaks, and at this hour of such an incident.
    fn is_spoken(&self, record: &Record) -> bool {
        let now = self.clock.now();
        self.speech
            .as_ref()
            .is_some_and(|s| s.wants(record.severity(), now))
    }
}
