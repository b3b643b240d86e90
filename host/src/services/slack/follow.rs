//! Every stored change of an incident becomes what Slack should show, and what is said of it.
//!
//! The store tells which incidents changed; what Slack should have is derived from their records
//! and put into the outbox. Nothing depends on being told: after a start, and where too many
//! changes came at once, everything is looked at.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use k8shawk_core::record::Record;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Slack;
use super::effect::Effect;
use crate::services::commands::Commands;
use crate::services::store::StoreError;

/// Pause before what could not be stored is tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// What is to be looked at.
#[derive(Default)]
struct Behind {
    ids: BTreeSet<String>,
    /// Changes were missed, or nothing was looked at yet.
    all: bool,
}

impl Behind {
    fn add(&mut self, id: String) {
        self.ids.insert(id);
    }
}

impl Slack {
    /// Follow the changes until cancelled.
    pub async fn follow(
        self: Arc<Self>,
        mut changes: Receiver<String>,
        commands: Arc<dyn Commands>,
        stop: CancellationToken,
    ) {
        let mut behind = Behind {
            all: true,
            ..Behind::default()
        };
        loop {
            self.catch_up(&mut behind, &*commands);
            let retry = !behind.ids.is_empty() || behind.all;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(AGAIN), if retry => {}
                change = changes.recv() => match change {
                    Ok(id) => behind.add(id),
                    Err(RecvError::Lagged(_)) => behind.all = true,
                    Err(RecvError::Closed) => return,
                },
            }
            loop {
                match changes.try_recv() {
                    Ok(id) => behind.add(id),
                    Err(TryRecvError::Lagged(_)) => behind.all = true,
                    Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                }
            }
        }
    }

    /// Look at what changed; what cannot be stored stays.
    fn catch_up(&self, behind: &mut Behind, commands: &dyn Commands) {
        if behind.all {
            match self.resume() {
                Ok(ids) => {
                    behind.all = false;
                    behind.ids.extend(ids);
                }
                Err(fault) => return warn!(%fault, "Slack follows later"),
            }
        }
        let mut failed = None;
        behind.ids.retain(|id| {
            let told = self.tell(id, commands);
            let again = matches!(&told, Err(fault) if !matches!(fault, StoreError::Unknown(_)));
            failed = told.err().or(failed.take());
            again
        });
        if let Some(fault) = failed {
            warn!(%fault, "Slack follows later");
        }
    }

    fn tell(&self, id: &str, commands: &dyn Commands) -> Result<(), StoreError> {
        let record = self.store.get(id)?;
        self.changed(&record)?;
        if self.is_to_be_spoken(&record)?
            && let Some(script) = commands.script(&record)
        {
            self.say(&record, &script)?;
        }
        Ok(())
    }

    /// The voice plugin is asked once for each incident.
    fn is_to_be_spoken(&self, record: &Record) -> Result<bool, StoreError> {
        let asks = record.state.awaits_people() && record.undo.is_none();
        if !asks || !self.is_spoken(record) {
            return Ok(false);
        }
        let key = Effect::voice_key(&record.incident.id.0);
        Ok(!self.store.outbox_knows(&key)?)
    }
}
