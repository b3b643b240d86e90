//! Why a CronJob does not run.

mod draft;
mod schedule;

use jiff::Zoned;
use k8shawk_sdk::analysis::{Conclusion, Finding};
use k8shawk_sdk::facts;
use serde_json::Value;

use self::draft::draft;
use self::schedule::{Schedule, zone};
use super::refusal::finished;
use super::{children, failed_create, job, refusal};
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{millis, name, number, reference, spoken, text};

/// Milliseconds that a start may be late before it counts as missed.
const LATE: i64 = 60_000;

/// Missed starts after which the controller gives up.
const MISSED: usize = 100;

/// Why a CronJob does not run, or its last Job's cause.
pub fn diagnose(case: &Case, cron: &Value) -> Conclusion {
    let subject = spoken(&reference(cron));
    if cron.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true) {
        return Conclusion::Healthy(format!("{subject} is suspended on purpose"));
    }
    let zone = match zone(case, cron) {
        Ok(zone) => zone,
        Err(finding) => return Conclusion::Findings(vec![*finding]),
    };
    let schedule = match Schedule::of(cron, zone) {
        Ok(schedule) => schedule,
        Err(why) => return Conclusion::Findings(vec![bad_schedule(case, cron, &why)]),
    };
    let jobs = children(case, "Job", cron);
    if let Some(finding) = silent(case, cron, &schedule, &jobs) {
        return Conclusion::Findings(vec![finding]);
    }
    match last_job(&jobs) {
        Some(last) => job::diagnose(case, last),
        None => Conclusion::Healthy(format!("{subject} is not due yet")),
    }
}

/// The newest Job.
fn last_job(jobs: &[Value]) -> Option<&Value> {
    jobs.iter()
        .max_by_key(|job| millis(job, "/metadata/creationTimestamp").unwrap_or_default())
}

fn bad_schedule(case: &Case, cron: &Value, why: &str) -> Finding {
    let mut draft = draft(case, cron, "cronjob-bad-schedule");
    let cited = draft.cite("spec.schedule", text(cron, "/spec/schedule"));
    draft
        .title(format!(
            "the schedule of CronJob {} does not parse",
            name(cron)
        ))
        .confidence(85)
        .say(format!(
            "{} has schedule \"{}\", which does not parse: {why} {cited}.",
            spoken(&reference(cron)),
            text(cron, "/spec/schedule")
        ));
    draft.finish()
}

/// Why no Job was made when one was due; `None` where all is on time.
fn silent(case: &Case, cron: &Value, schedule: &Schedule, jobs: &[Value]) -> Option<Finding> {
    let now = case.incident.now;
    if schedule.never(now) {
        let why = "matches no date".to_owned();
        return Some(never_ran(case, cron, schedule, &why, 90));
    }
    let last = millis(cron, "/status/lastScheduleTime");
    let from = last.or_else(|| millis(cron, "/metadata/creationTimestamp"))?;
    let due = schedule.between(from, now - LATE, MISSED + 1);
    let first = due.first()?;
    if let Some(finding) = blocked(case, cron, schedule, jobs, first) {
        return Some(finding);
    }
    if let Some(refusal) = refusal::of(case, cron, 0) {
        return Some(failed_create::explain(&refusal));
    }
    let deadline = number(cron, "/spec/startingDeadlineSeconds");
    if due.len() > MISSED && deadline.is_none() {
        return Some(too_many(case, cron, schedule, first));
    }
    let why = match deadline {
        Some(seconds) if seconds < 10 => format!(
            "has startingDeadlineSeconds {seconds}, but the controller checks every 10 \
             s, so every start is already too late"
        ),
        _ => format!("was due at {first}, but no Job was created"),
    };
    Some(never_ran(
        case,
        cron,
        schedule,
        &why,
        if deadline.is_some() { 85 } else { 55 },
    ))
}

fn blocked(
    case: &Case,
    cron: &Value,
    schedule: &Schedule,
    jobs: &[Value],
    due: &Zoned,
) -> Option<Finding> {
    if text(cron, "/spec/concurrencyPolicy") != "Forbid" {
        return None;
    }
    let active = jobs.iter().find(|job| !finished(job))?;
    let mut draft = draft(case, cron, "cronjob-blocked");
    let since = text(active, "/status/startTime");
    let cited = draft.cite("spec.concurrencyPolicy", "Forbid");
    let running = draft.cite(
        format!("{} status", spoken(&reference(active))),
        format!(
            "active {}, since {since}",
            number(active, "/status/active").unwrap_or_default()
        ),
    );
    draft
        .title(format!(
            "Job {} blocks CronJob {}",
            name(active),
            name(cron)
        ))
        .confidence(93)
        .fact(facts::BLOCKING_JOB, name(active))
        .say(format!(
            "{} (schedule \"{}\") was due at {due} but cannot start: concurrencyPolicy \
             is Forbid {cited} and Job {} has been running since {since} {running}.",
            spoken(&reference(cron)),
            schedule.text,
            name(active)
        ));
    if let Conclusion::Findings(causes) = job::diagnose(case, active)
        && let Some(cause) = causes.first()
    {
        let cited = draft.cite(format!("cause of the Job ({})", cause.class), &cause.cause);
        draft.say(format!("That Job hangs: {} {cited}.", cause.title));
    }
    Some(draft.finish())
}

fn too_many(case: &Case, cron: &Value, schedule: &Schedule, first: &Zoned) -> Finding {
    let mut draft = draft(case, cron, "cronjob-too-many-missed");
    let cited = draft.cite(
        "status.lastScheduleTime",
        text(cron, "/status/lastScheduleTime"),
    );
    draft
        .title(format!(
            "CronJob {} missed more than {MISSED} starts",
            name(cron)
        ))
        .confidence(88)
        .say(format!(
            "{} (schedule \"{}\") has missed more than {MISSED} starts since {first}; \
             without startingDeadlineSeconds the controller stops starting it after that {cited}.",
            spoken(&reference(cron)),
            schedule.text
        ))
        .unknown("why it missed them: whether the controller was down or the CronJob suspended");
    quote_event(case, cron, "TooManyMissedTimes", &mut draft);
    draft.finish()
}

fn never_ran(case: &Case, cron: &Value, schedule: &Schedule, why: &str, percent: u8) -> Finding {
    let mut draft = draft(case, cron, "cronjob-never-ran");
    let last = match text(cron, "/status/lastScheduleTime") {
        "" => "never".to_owned(),
        time => time.to_owned(),
    };
    let cited = draft.cite("spec.schedule", &schedule.text);
    let ran = draft.cite("status.lastScheduleTime", &last);
    let zone = match text(cron, "/spec/timeZone") {
        "" => "no timeZone".to_owned(),
        zone => format!("timeZone {zone}"),
    };
    draft
        .title(format!("CronJob {} does not run", name(cron)))
        .confidence(percent)
        .say(format!(
            "{} with schedule \"{}\" and {zone} {why} {cited}; its last start was {last} {ran}.",
            spoken(&reference(cron)),
            schedule.text
        ));
    if percent < 80 {
        draft.unknown("whether the CronJob controller is running: check kube-controller-manager");
    }
    quote_event(case, cron, "", &mut draft);
    draft.finish()
}

/// Quote the newest warning about the CronJob, of a reason or of any.
fn quote_event(case: &Case, cron: &Value, reason: &str, draft: &mut Draft) {
    let events = crate::undetermined::warnings(case, &reference(cron));
    let event = events
        .iter()
        .find(|e| reason.is_empty() || e.reason == reason);
    if let Some(event) = event {
        let cited = draft.cite(format!("event {}", event.reason), &event.message);
        draft.say(format!(
            "The controller reports \"{}\" {cited}.",
            event.message
        ));
    }
}
