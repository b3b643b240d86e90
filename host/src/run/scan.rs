//! One read-only pass: the same stages as `run`, up to the proposals, over one snapshot.

use futures::stream::{self, StreamExt, TryStreamExt};
use k8shawk_core::inventory::Inventory;
use k8shawk_core::record::{Record, State};
use serde_json::Value;

use crate::services::progress;
use crate::stages::consult;
use crate::stages::decide::{self, Ruled};
use crate::stages::flow::{Flow, FlowError};
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
/// [`FlowError`].
pub async fn run(
    flow: &Flow,
    inventory: &Inventory,
    events: &[Value],
) -> Result<Vec<Scanned>, FlowError> {
    gather(flow, inventory, events)?;
    let opened = flow.store.list(true)?;
    progress::say(format!("explaining {} signals", opened.len()));
    stream::iter(&opened)
        .map(|record| investigate::run(flow, record, Asking::Once))
        .buffer_unordered(AT_ONCE)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    for record in flow.store.list(true)? {
        if record.state == State::Investigated {
            merge::run(flow, &record)?;
        }
    }
    let alone = flow.store.list(true)?;
    stream::iter(&alone)
        .map(|record| consult::run(flow, record))
        .buffer_unordered(AT_ONCE)
        .try_for_each(|_| async { Ok(()) })
        .await?;
    let found: Vec<Record> = flow
        .store
        .list(true)?
        .into_iter()
        .filter(|r| r.state == State::Investigated)
        .collect();
    Ok(stream::iter(found)
        .map(|record| proposed(flow, record))
        .buffered(AT_ONCE)
        .collect()
        .await)
}

fn gather(flow: &Flow, inventory: &Inventory, events: &[Value]) -> Result<(), FlowError> {
    let now = flow.clock.now();
    for observation in inventory.observe_all(now) {
        triage::run(flow, &observation)?;
    }
    for event in events {
        let observed = inventory.observe_event(event, now);
        let told = observed.filter(|o| {
            now - o.signal.last_seen < OLD_EVENT && !inventory.is_gone(&o.signal.owner)
        });
        if let Some(observation) = told {
            triage::run(flow, &observation)?;
        }
    }
    Ok(())
}

async fn proposed(flow: &Flow, mut record: Record) -> Scanned {
    let reader = flow.world.reader();
    let now = flow.clock.now();
    let proposed = decide::propose(flow, &record, &reader, now).await;
    record.decision = Some(proposed.decision);
    record.refusals.extend(proposed.refusals);
    Scanned {
        record,
        fix: proposed.survivors.into_iter().next(),
    }
}
