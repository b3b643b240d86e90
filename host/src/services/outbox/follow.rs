//! Every stored change of an incident becomes what each sink should have.
//!
//! The store tells which incidents changed; what is to leave is derived from their records and put
//! into the outbox. Nothing depends on being told: after a start, and where too many changes came at
//! once, everything is looked at.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Outbox, Sink};
use crate::services::store::StoreError;

/// Pause before what could not be stored is tried again.
const AGAIN: Duration = Duration::from_secs(2);

/// Milliseconds for which an ended incident is checked again after a start.
const DAY: i64 = 24 * 3_600_000;

/// What is to be looked at.
struct Behind {
    ids: BTreeSet<String>,
    /// Changes were missed, or nothing was looked at yet.
    all: bool,
}

impl Outbox {
    /// Follow the changes of the store, for the sink whose outbox this is, until cancelled.
    pub async fn follow(&self, sink: Arc<dyn Sink>, stop: CancellationToken) {
        let mut changes = self.store.changes();
        let mut behind = Behind {
            all: true,
            ids: BTreeSet::new(),
        };
        loop {
            self.catch_up(&mut behind, &*sink);
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
            behind.add_waiting(&mut changes);
        }
    }

    /// Look at what changed; what cannot be stored stays.
    fn catch_up(&self, behind: &mut Behind, sink: &dyn Sink) {
        if behind.all {
            match self.may_be_untold() {
                Ok(ids) => {
                    behind.all = false;
                    behind.ids.extend(ids);
                }
                Err(fault) => return warn!(%fault, "cannot read what changed; updates are delayed"),
            }
        }
        let mut failed = None;
        behind.ids.retain(|id| {
            let told = self.store.get(id).and_then(|record| sink.changed(&record));
            let again = matches!(&told, Err(fault) if !matches!(fault, StoreError::Unknown(_)));
            failed = told.err().or(failed.take());
            again
        });
        if let Some(fault) = failed {
            warn!(%fault, "cannot read what changed; updates are delayed");
        }
    }

    /// Incidents of which something may not have left yet. Those that ended before the sink was ever
    /// reported before are not reported again.
    fn may_be_untold(&self) -> Result<Vec<String>, StoreError> {
        self.store.told_by(self.sink, self.clock.now() - DAY)
    }
}

impl Behind {
    fn add(&mut self, id: String) {
        self.ids.insert(id);
    }

    fn add_waiting(&mut self, changes: &mut Receiver<String>) {
        loop {
            match changes.try_recv() {
                Ok(id) => self.add(id),
                Err(TryRecvError::Lagged(_)) => self.all = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }
}
