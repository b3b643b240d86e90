//! Changes dropped by a full queue, as they are reported.

use std::sync::Arc;

use tracing::warn;

use crate::services::cluster::Drops;

/// How long after a change was dropped that is said to be so, milliseconds.
const RECENT: i64 = 5 * 60_000;

/// Drops, and how many of them were reported.
pub(super) struct Dropped {
    drops: Arc<Drops>,
    told: u64,
    /// When the last of them was reported.
    at: Option<i64>,
}

impl Dropped {
    /// None was reported yet.
    pub(super) fn of(drops: Arc<Drops>) -> Dropped {
        Dropped {
            drops,
            told: 0,
            at: None,
        }
    }

    /// Changes that found no room are not lost, since they are requested again; but the operator
    /// who set the queue's size should know.
    pub(super) fn tell(&mut self, now: i64) {
        let total = self.drops.by_kind().values().sum();
        if total > self.told {
            let (dropped, kinds) = (total - self.told, self.by_kind());
            warn!(
                dropped,
                kinds,
                "watch queue full (watch.queue): changes were dropped and are requested \
                        again"
            );
            self.told = total;
            self.at = Some(now);
        }
    }

    /// By kind in words, where some were dropped recently.
    pub(super) fn recently(&self, now: i64) -> Option<String> {
        let recent = self.at.is_some_and(|at| now - at < RECENT);
        recent.then(|| self.by_kind())
    }

    fn by_kind(&self) -> String {
        let by_kind = self.drops.by_kind();
        let kinds: Vec<String> = by_kind.iter().map(|(k, n)| format!("{k} {n}")).collect();
        kinds.join(", ")
    }
}
