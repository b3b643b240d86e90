//! CronJobs that do not run when they should.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use k8shawk_vocabulary::schedule;
use serde::Deserialize;

use super::observation::{Scene, Sighting};
use super::observed::{Observed, Source};
use super::shape::Meta;
use super::wire::{List, Text, Time};
use crate::signal::ObjectSummary;

/// The controller looks every ten seconds; this much later a start was missed.
const SLACK_SECONDS: i64 = 60;

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

impl Observed for CronJob {
    const KINDS: &'static [&'static str] = &["CronJob"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, spec, status) = from.halves()?;
        Some((meta, CronJob { spec, status }))
    }

    fn observe(&self, scene: Scene<'_>) -> Vec<Sighting> {
        missed(scene, self).into_iter().collect()
    }

    fn summarise(&self, _: Scene<'_>, summary: &mut ObjectSummary) {
        summary.suspended = self.spec.suspend == Some(true);
    }
}

/// A start that was due and did not happen.
fn missed(scene: Scene<'_>, cron: &CronJob) -> Option<Sighting> {
    if cron.spec.suspend == Some(true) {
        return None;
    }
    let last = cron.status.last_schedule_time;
    let from = last.max(scene.entry.meta.creation_timestamp);
    let missed = first_due_after(cron, from)?;
    let late = scene.since(missed).filter(|late| *late > SLACK_SECONDS)?;
    let ran = match scene.since(last) {
        Some(ago) => format!("last started {ago} s ago"),
        None => "never started".to_owned(),
    };
    let schedule = format!("schedule {:?}", &*cron.spec.schedule);
    let active: Vec<&str> = cron.status.active.iter().map(|job| &*job.name).collect();
    if &*cron.spec.concurrency_policy == "Forbid" && !active.is_empty() {
        let message = format!(
            "{schedule}: a start has been blocked for {late} s by {}, still running (Forbid); {ran}",
            active.join(", ")
        );
        return Some(Sighting::new("Blocked", message).since(missed));
    }
    let message = format!("{schedule}: a start was due {late} s ago; {ran}");
    Some(Sighting::new("NotScheduled", message).since(missed))
}

/// The first time after `from` when the schedule wants a start. None where the schedule or the
/// time zone is not understood: the controller then reports it by an event.
fn first_due_after(cron: &CronJob, from: Time) -> Option<Time> {
    let zone = match &*cron.spec.time_zone {
        "" => TimeZone::UTC,
        name => TimeZone::get(name).ok()?,
    };
    let from: Zoned = Timestamp::from_millisecond(from.0?).ok()?.to_zoned(zone);
    let times = schedule::parse(&cron.spec.schedule).ok()?;
    let next = times.find_next_occurrence(&from, false).ok()?;
    Some(Time(Some(next.timestamp().as_millisecond())))
}
