//! Slack, where on-call people decide: one incident is one message that stays true.
//!
//! Everything that goes out is derived from the record ([`message`], [`thread`]), stored in the
//! outbox and sent by [`sender`]. Everything that comes in, over HTTP ([`http`]) or Socket Mode
//! ([`socket`]), is parsed into [`payload::Inbound`], acknowledged, and worked on by
//! [`Slack::receive`], which asks a [`Desk`] for whatever changes an incident.

pub mod api;
pub mod blocks;
pub mod check;
pub mod command;
pub mod effect;
pub mod home;
pub mod http;
pub mod inbox;
pub mod markdown;
pub mod mention;
pub mod message;
pub mod payload;
pub mod people;
pub mod reception;
pub mod sender;
pub mod signature;
pub mod socket;
pub mod text;
pub mod thread;

use std::sync::{Arc, OnceLock};

use k8shawk_core::approval::Person;
use k8shawk_core::record::Record;

use crate::clock::Clock;
use crate::outbox::Outbox;
use crate::speech::Speech;
use crate::store::{Put, Store, StoreError};
use api::Api;
use effect::Effect;
use people::People;

/// Milliseconds for which an ended incident is looked at again after a start.
const DAY: i64 = 24 * 3_600_000;
/// Milliseconds for which it is remembered what was sent.
const KEPT: i64 = 60 * DAY;

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Yes to the fix of an incident.
    Approve {
        /// Incident.
        id: String,
        /// Digest of the diff that was shown; none where the person named the incident alone.
        digest: Option<String>,
    },
    /// No to it.
    Dismiss {
        /// Incident.
        id: String,
        /// Why, or empty.
        reason: String,
    },
    /// Propose the inverse of the fix that was applied.
    Undo {
        /// Incident.
        id: String,
    },
}

impl Act {
    /// Word for the record of what was asked.
    pub fn name(&self) -> &'static str {
        match self {
            Act::Approve { .. } => "approve",
            Act::Dismiss { .. } => "dismiss",
            Act::Undo { .. } => "undo",
        }
    }

    /// The incident.
    pub fn incident(&self) -> &str {
        match self {
            Act::Approve { id, .. } | Act::Dismiss { id, .. } | Act::Undo { id } => id,
        }
    }
}

/// The rest of the host, as people who use Slack meet it.
pub trait Desk: Send + Sync + 'static {
    /// Do it, or say in a sentence why not. Authority is judged here.
    ///
    /// # Errors
    /// Why it was not done, for the person.
    fn act(&self, who: &Person, act: &Act) -> Result<String, String>;

    /// How the plugins are, one line each.
    fn plugins(&self) -> String;

    /// How the host is, one line each.
    fn status(&self) -> String;
}

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Options {
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
    /// [`StoreError`]: nothing was put; the next call or [`Slack::resume`] makes up for it.
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
        let mut puts = vec![Effect::message(id, waited_for)];
        puts.extend(
            thread::posts(record)
                .into_iter()
                .map(|p| Effect::post(id, p)),
        );
        puts
    }

    /// Speak a script into the thread of an incident, once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn say(&self, record: &Record, script: &str, language: &str) -> Result<(), StoreError> {
        let wanted = self.speech.as_ref();
        let now = self.clock.now();
        if wanted.is_some_and(|s| s.wants(record.severity(), now)) {
            let put = Effect::voice(&record.incident.id.0, script, language);
            self.outbox.put(&[put])?;
        }
        Ok(())
    }

    /// After a start: make everything true that changed while nothing was sent. Incidents that
    /// ended before Slack was ever told of them stay untold.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn resume(&self) -> Result<(), StoreError> {
        let mut puts = Vec::new();
        let now = self.clock.now();
        self.store.outbox_prune(now - KEPT)?;
        for record in self.store.list(false)? {
            let last = record.history.last().map_or(0, |s| s.at);
            let fresh = now - last < DAY && self.store.message(&record.incident.id.0)?.is_some();
            if fresh || !record.state.is_final() {
                puts.extend(self.wanted(&record));
            }
        }
        self.outbox.put(&puts)
    }
}
