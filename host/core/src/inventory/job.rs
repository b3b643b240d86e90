//! Jobs.

use crate::count;
use serde::Deserialize;

use super::observation::{Scene, Sighting};
use super::observed::{Observed, Source};
use super::schedule::CronJob;
use super::shape::{Condition, Meta, condition};
use super::wire::{List, Time};
use crate::signal::ObjectSummary;

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

impl Observed for Job {
    const KINDS: &'static [&'static str] = &["Job"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, spec, status) = from.halves()?;
        Some((meta, Job { spec, status }))
    }

    fn observe(&self, scene: Scene<'_>) -> Vec<Sighting> {
        failed(scene, self)
    }

    fn summarise(&self, _: Scene<'_>, summary: &mut ObjectSummary) {
        summary.suspended = self.spec.suspend == Some(true);
        summary.ready = !self.failed();
    }
}

/// A Job that failed, unless its CronJob has succeeded since.
fn failed(scene: Scene<'_>, job: &Job) -> Vec<Sighting> {
    let Some(failed) = condition(&job.status.conditions, "Failed", "True") else {
        return Vec::new();
    };
    let since = failed.last_transition_time;
    if let Some(cron) = scene
        .objects
        .controller_of(scene.entry)
        .and_then(|owner| owner.kept::<CronJob>())
        && cron.status.last_successful_time.0.is_some()
        && cron.status.last_successful_time > since
    {
        return Vec::new();
    }
    let message = format!(
        "{}; {}, {} succeeded, backoff limit {}",
        failed.says(),
        count(job.status.failed.unwrap_or(0), "failed pod"),
        job.status.succeeded.unwrap_or(0),
        job.spec.backoff_limit.unwrap_or(6)
    );
    vec![
        Sighting::new("JobFailed", message)
            .since(since)
            .count(job.status.failed.unwrap_or(1)),
    ]
}
