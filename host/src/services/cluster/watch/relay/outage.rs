//! Watches that ended: reported once, restarted.

use std::time::Duration;

use tokio::time::Instant;

use super::super::Change;
use super::super::follow::{Concerned, concerned, must_list};
use super::{Closed, Relay};
use crate::services::cluster::ClusterError;
use crate::services::random;
use k8shawk_core::inventory::EVERY_KIND;

/// A watch that fell behind within this time after an outage did so because of it.
const AFTERMATH: Duration = Duration::from_secs(60);
/// Within this time after an outage the watches are opened again, milliseconds.
const SPREAD: u64 = 2_000;

impl Relay {
    /// The API server answers again: the other watches need not wait for their turn, and do not all
    /// come at once.
    pub(super) async fn back(&mut self) -> Result<(), Closed> {
        if self.away.is_empty() {
            self.returning = false;
            self.outage = Some(Instant::now());
            let kind = EVERY_KIND.to_owned();
            return self.deliver(Change::Restored { kind }).await;
        }
        if !std::mem::replace(&mut self.returning, true) {
            for at in self.away.clone() {
                self.begin(at, Duration::from_millis(random::below(SPREAD)));
            }
        }
        Ok(())
    }

    /// A watch ended: say so once, and begin it again after a pause.
    pub(super) async fn failed(&mut self, at: usize, error: &ClusterError) -> Result<(), Closed> {
        if must_list(error) {
            self.forget(at);
        }
        match concerned(error) {
            (Concerned::EveryKind, why) => {
                let first = self.away.is_empty();
                self.returning = false;
                self.outage = Some(Instant::now());
                self.away.insert(at);
                if first {
                    self.deliver(Change::Gap {
                        kind: EVERY_KIND.to_owned(),
                        why,
                    })
                    .await?;
                }
            }
            // The outage was reported; listing its kinds again is its end, and is not reported for
            // each.
            (Concerned::ThisKind, _) if must_list(error) && self.follows_outage() => {}
            (Concerned::ThisKind, why) => self.gap(at, why).await?,
        }
        self.begin_later(at, error.retry_after().unwrap_or_default());
        self.settle(at);
        Ok(())
    }

    fn follows_outage(&self) -> bool {
        self.outage.is_some_and(|at| at.elapsed() < AFTERMATH)
    }

    pub(super) async fn gap(&mut self, at: usize, why: String) -> Result<(), Closed> {
        let Some(slot) = self.slots.get_mut(at) else {
            return Ok(());
        };
        if std::mem::replace(&mut slot.gap, true) {
            return Ok(());
        }
        let kind = slot.kind.kind.to_owned();
        self.deliver(Change::Gap { kind, why }).await
    }
}
