//! Sends the stored operation, and stores the answer. Each request is sent at most once, unless the
//! object itself shows that it was not done.

use k8shawk_core::fix::{Half, Operation, Trace};
use k8shawk_core::record::{Execution, Record, State};

use super::{again, aged, applied, failed, not_known};
use crate::services::Services;
use crate::services::cluster::{self, Class, ClusterError};
use crate::services::crash_points;
use crate::stages::StageError;

/// What became of an operation that may have been sent before.
enum Found {
    /// The incident's end is stored, or that it was applied.
    Ended,
    /// Nothing happened.
    Nothing,
    /// The first of two requests was done, and the second was not sent.
    Half,
}

/// Send what is stored, and store the answer.
///
/// # Errors
/// [`StageError`] where it is not known whether it happened: the stage is run again.
pub async fn execute(services: &Services, record: &Record) -> Result<(), StageError> {
    let Some(execution) = &record.execution else {
        return again(services, record, "there is nothing to send");
    };
    let first = services.unsent.take(&record.incident.id.0);
    let found = match first {
        true => Found::Nothing,
        false => traced(services, record, execution).await?,
    };
    match found {
        Found::Ended => Ok(()),
        // What was begun is finished, however old the approval is: else the object is lost.
        Found::Half => second(services, record, &execution.operation).await,
        Found::Nothing => {
            let asked_at = record.asked_at.unwrap_or_default();
            match services.authority().in_time(asked_at, services.clock.now()) {
                Ok(()) => whole(services, record, execution, first).await,
                Err(late) => aged(services, record, &late),
            }
        }
    }
}

async fn whole(
    services: &Services,
    record: &Record,
    execution: &Execution,
    first: bool,
) -> Result<(), StageError> {
    crash_points::reach("before-send");
    let operation = &execution.operation;
    match within(services, services.cluster.send(operation, Half::First)).await {
        Ok(()) => second(services, record, operation).await,
        Err(error) => refused(services, record, execution, first, error).await,
    }
}

/// A write has as long as is configured.
async fn within<T>(
    services: &Services,
    asked: impl Future<Output = Result<T, ClusterError>>,
) -> Result<T, ClusterError> {
    cluster::within(
        services.config.fix_timeout,
        || services.cluster.address(),
        asked,
    )
    .await
}

async fn refused(
    services: &Services,
    record: &Record,
    execution: &Execution,
    first: bool,
    error: ClusterError,
) -> Result<(), StageError> {
    match error.class() {
        Class::Transient { .. } => Err(StageError::Cluster(error)),
        Class::Conflict if first => planned_again(services, record),
        // What was sent before may have arrived meanwhile.
        Class::Conflict | Class::Gone if !first => match traced(services, record, execution).await?
        {
            Found::Ended => Ok(()),
            Found::Nothing => planned_again(services, record),
            Found::Half => Err(StageError::Cluster(error)),
        },
        Class::Conflict | Class::Permanent | Class::Gone => {
            failed(services, record, &error.to_string())
        }
    }
}

/// The second request, where there is one. That it is about to be sent is stored before: an object
/// that is not there afterwards may have been created, and have gone since.
async fn second(
    services: &Services,
    record: &Record,
    operation: &Operation,
) -> Result<(), StageError> {
    if let Operation::Recreate { old, .. } = operation {
        within(services, services.cluster.until_gone(old)).await?;
        store_half(services, record, Half::Second)?;
        crash_points::reach("between-sends");
        if let Err(error) = within(services, services.cluster.send(operation, Half::Second)).await {
            return not_created(services, record, error).await;
        }
    }
    crash_points::reach("after-send");
    applied(services, record, "the API server accepted it")
}

async fn not_created(
    services: &Services,
    record: &Record,
    error: ClusterError,
) -> Result<(), StageError> {
    if error.may_have_happened() {
        return Err(StageError::Cluster(error));
    }
    match error.class() {
        Class::Transient { .. } => {
            store_half(services, record, Half::First)?;
            Err(StageError::Cluster(error))
        }
        Class::Conflict => {
            let why = "the old one was deleted, and someone else created one of that name";
            not_known(services, record, why).await
        }
        Class::Permanent | Class::Gone => {
            let why = format!("the old one was deleted, and no new one was created: {error}");
            failed(services, record, &why)
        }
    }
}

fn store_half(services: &Services, record: &Record, half: Half) -> Result<(), StageError> {
    let id = &record.incident.id.0;
    services.store.advance(id, State::Executing, |r| {
        if let Some(execution) = &mut r.execution {
            execution.half = half;
        }
    })?;
    Ok(())
}

/// After a crash or an outage: what the object tells of the operation, stored where it tells an end.
async fn traced(
    services: &Services,
    record: &Record,
    execution: &Execution,
) -> Result<Found, StageError> {
    let target = &execution.fix.target;
    let current = services
        .cluster
        .current(&target.kind, &target.namespace, &target.name)
        .await;
    let current = match current {
        Ok(current) => current,
        // It stays no: nobody will ever see what became of it.
        Err(error) if error.class() == Class::Permanent => {
            not_known(services, record, &error.to_string()).await?;
            return Ok(Found::Ended);
        }
        Err(error) => return Err(StageError::Cluster(error)),
    };
    match execution.operation.trace(current.as_ref(), execution.half) {
        Trace::Absent => return Ok(Found::Nothing),
        Trace::Half => return Ok(Found::Half),
        Trace::Done => applied(
            services,
            record,
            "the target already has the values of the fix",
        )?,
        Trace::Unknown(why) => not_known(services, record, why).await?,
    }
    Ok(Found::Ended)
}

/// The object changed between plan and send, so nothing happened: check the approval again on the
/// object as it is now. The votes stand only where the diff is still the same.
fn planned_again(services: &Services, record: &Record) -> Result<(), StageError> {
    let id = &record.incident.id.0;
    services.store.advance(id, State::Executing, |r| {
        r.execution = None;
        r.step(
            services.clock.now(),
            State::Approved,
            "the object changed meanwhile: planning again",
        );
    })?;
    Ok(())
}
