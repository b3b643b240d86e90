//! What Slack shows of an incident, and what is said of it, follows its record.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use k8shawk_core::record::Record;

use super::Slack;
use super::outgoing::Outgoing;
use crate::services::commands::Commands;
use crate::services::outbox::{Outcome, Sink};
use crate::services::store::{Entry, StoreError};

/// Slack as a sink: it asks the host what to say aloud.
pub struct Following {
    /// The service.
    pub slack: Arc<Slack>,
    /// The host.
    pub commands: Arc<dyn Commands>,
}

impl Sink for Following {
    fn changed(&self, record: &Record) -> Result<(), StoreError> {
        self.slack.changed(record)?;
        if self.slack.is_to_be_spoken(record)?
            && let Some(script) = self.commands.script(record)
        {
            self.slack.say(record, &script)?;
        }
        Ok(())
    }

    fn deliver<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Outcome> {
        self.slack.deliver(entry).boxed()
    }
}

impl Slack {
    /// The voice plugin is asked once for each incident.
    fn is_to_be_spoken(&self, record: &Record) -> Result<bool, StoreError> {
        let asks = record.state.awaits_people() && record.undo.is_none();
        if !asks || !self.is_spoken(record) {
            return Ok(false);
        }
        let key = Outgoing::voice_key(&record.incident.id.0);
        Ok(!self.store.outbox_knows(&key)?)
    }
}
