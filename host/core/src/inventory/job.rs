//! Jobs.

use serde::Deserialize;

use super::shape::{Body, Condition, condition};
use super::sight::{Scene, Sighting};
use super::wire::{List, Text, Time};

/// What is kept of a Job.
#[derive(Debug, Clone, Default)]
pub(crate) struct Job {
    pub(crate) spec: JobSpec,
    pub(crate) status: JobStatus,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct JobSpec {
    pub(crate) suspend: Option<bool>,
    pub(crate) backoff_limit: Option<i64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct JobStatus {
    pub(crate) start_time: Time,
    pub(crate) failed: Option<u32>,
    pub(crate) succeeded: Option<u32>,
    pub(crate) conditions: List<Condition>,
}

/// What is kept of a CronJob.
#[derive(Debug, Clone, Default)]
pub(crate) struct CronJob {
    pub(crate) spec: CronJobSpec,
    pub(crate) status: CronJobStatus,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CronJobSpec {
    pub(crate) schedule: Text,
    pub(crate) time_zone: Text,
    pub(crate) concurrency_policy: Text,
    pub(crate) suspend: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CronJobStatus {
    pub(crate) active: List<ActiveJob>,
    pub(crate) last_schedule_time: Time,
    pub(crate) last_successful_time: Time,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ActiveJob {
    pub(crate) name: Text,
}

impl Job {
    /// True where it failed for good.
    pub(crate) fn failed(&self) -> bool {
        condition(&self.status.conditions, "Failed", "True").is_some()
    }

    /// True where it failed or completed.
    pub(crate) fn ended(&self) -> bool {
        self.failed() || condition(&self.status.conditions, "Complete", "True").is_some()
    }
}

/// A Job that failed, unless its CronJob has succeeded since.
pub(crate) fn observe(scene: Scene<'_>, job: &Job) -> Vec<Sighting> {
    let Some(failed) = condition(&job.status.conditions, "Failed", "True") else {
        return Vec::new();
    };
    let since = failed.last_transition_time;
    if let Some(Body::CronJob(cron)) = scene
        .inventory
        .controller_of(scene.entry)
        .map(|owner| &owner.body)
        && cron.status.last_successful_time.0.is_some()
        && cron.status.last_successful_time > since
    {
        return Vec::new();
    }
    let message = format!(
        "{}; {} pods failed, {} succeeded, backoff limit {}",
        failed.says(),
        job.status.failed.unwrap_or(0),
        job.status.succeeded.unwrap_or(0),
        job.spec.backoff_limit.unwrap_or(6)
    );
    vec![
        Sighting::new("JobFailed", message)
            .since(since)
            .count(job.status.failed.unwrap_or(1)),
    ]
}
