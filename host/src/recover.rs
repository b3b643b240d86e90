//! Stage: did the fix help?

use k8shawk_core::record::{Record, State};
use k8shawk_core::recovery::{Health, Recovery};

use crate::flow::{Flow, FlowError};
use crate::health;

/// Take one check; true once there is a verdict.
///
/// # Errors
/// [`FlowError`].
pub async fn check(flow: &Flow, record: &Record) -> Result<bool, FlowError> {
    let seen = health::look(&flow.world, record)
        .await
        .map_err(FlowError::Cluster)?;
    let now = flow.clock.now();
    let millis = |d: std::time::Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
    let mut recovery = match &record.recovery {
        Some(recovery) => recovery.clone(),
        None => Recovery::new(seen.health, now),
    };
    let verdict = recovery.check(
        seen.health,
        seen.restarts,
        now,
        millis(flow.config.recovery_stability),
        millis(flow.config.recovery_timeout),
    );
    let stored = flow
        .store
        .advance(&record.incident.id.0, State::Applied, |r| {
            r.recovery = Some(recovery);
            if let Some(verdict) = verdict {
                let Health { wanted, good, .. } = seen.health;
                r.step(now, verdict.into(), format!("{good} of {wanted} are good"));
            }
        })?;
    if verdict.is_some() {
        flow.terminal.note(&stored, "the recovery was checked");
    }
    Ok(verdict.is_some())
}
