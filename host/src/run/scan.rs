//! One read-only pass: the same stages as `run`, up to the proposals, over one snapshot.

use futures::stream::{self, StreamExt, TryStreamExt};
use k8shawk_core::count;
use k8shawk_core::inventory::Inventory;
use k8shawk_core::record::{Record, State};
use serde_json::Value;

use crate::services::Services;
use crate::services::progress;
use crate::stages::StageError;
use crate::stages::consult;
use crate::stages::decide::{self, Ruled};
use crate::stages::investigate;
use crate::stages::investigate::Asking;
use crate::stages::merge;
use crate::stages::triage;

/// Investigations at the same time.
const AT_ONCE: usize = 8;
/// Events older than this say nothing of the present, milliseconds.
const OLD_EVENT: i64 = 60 * 60_000;

/// An incident as a scan finds it.
pub struct Scanned {
    /// The incident with its finding.
    pub record: Record,
    /// The fix that would be proposed, before preconditions and dry run.
    pub fix: Option<Ruled>,
}

/// Find what is broken in what the flow's world reads. `inventory` and `events` are of the same
/// moment.
///
/// # Errors
/// [`StageError`].
pub async fn run(
    services: &Services,
    inventory: &Inventory,
    events: &[Value],
) -> Result<Vec<Scanned>, StageError> {
    gather(services, inventory, events)?;
    let opened = services.store.list(true)?;
    progress::say(format!("explaining {}", count(opened.len(), "signal")));
    stream::iter(&opened)
        .map(|record| investigate::run(services, record, Asking::Once))
        .buffer_unordered(AT_ONCE)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    for record in services.store.list(true)? {
        if record.state == State::Investigated {
            merge::run(services, &record)?;
        }
    }
    let alone = services.store.list(true)?;
    stream::iter(&alone)
        .map(|record| consult::run(services, record))
        .buffer_unordered(AT_ONCE)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    let found: Vec<Record> = services
        .store
        .list(true)?
        .into_iter()
        .filter(|r| r.state == State::Investigated)
        .collect();
    Ok(stream::iter(found)
        .map(|record| proposed(services, record))
        .buffered(AT_ONCE)
        .collect()
        .await)
}

fn gather(services: &Services, inventory: &Inventory, events: &[Value]) -> Result<(), StageError> {
    let now = services.clock.now();
    for observation in inventory.observe_all(now) {
        triage::run(services, &observation)?;
    }
    for event in events {
        let observed = inventory.observe_event(event, now);
        let told = observed.filter(|o| {
            now - o.signal.last_seen < OLD_EVENT && !inventory.is_gone(&o.signal.owner)
        });
        if let Some(observation) = told {
            triage::run(services, &observation)?;
        }
    }
    Ok(())
}

async fn proposed(services: &Services, mut record: Record) -> Scanned {
    let reader = services.cluster.reader();
    let now = services.clock.now();
    let proposed = decide::propose(services, &record, &reader, now).await;
    record.decision = Some(proposed.decision);
    record.refusals.extend(proposed.refusals);
    Scanned {
        record,
        fix: proposed.survivors.into_iter().next(),
    }
}
