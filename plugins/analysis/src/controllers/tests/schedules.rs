use k8shawk_sdk::facts;
use serde_json::{Value, json};

use crate::samples::*;
use crate::testing::ago;

fn cron(schedule: &str, last: i64, spec: Value) -> Value {
    let cron = json!({
        "spec": { "schedule": schedule },
        "status": { "lastScheduleTime": ago(last) },
    });
    with(
        with(object("CronJob", "report"), cron),
        json!({ "spec": spec }),
    )
}

fn active() -> Value {
    let job = json!({ "status": { "active": 1, "startTime": ago(900) } });
    owned(with(object("Job", "report-1"), job), "CronJob", "report")
}

#[test]
fn a_job_that_does_not_end_blocks_its_schedule() {
    let bundle = nodes()
        .with(cron(
            "*/5 * * * *",
            900,
            json!({ "concurrencyPolicy": "Forbid" }),
        ))
        .with(active());
    let found = finding(&bundle, "CronJob", "report");
    assert_cause(
        &found,
        "cronjob-blocked",
        &["report-1", "Forbid", "*/5 * * * *"],
    );
    assert_eq!(value(&found, facts::BLOCKING_JOB), "report-1");
}

#[rstest::rstest]
#[case::zone(cron("0 1 * * *", 60, json!({ "timeZone": "Europe/Berln" })), "cronjob-bad-timezone", &["Europe/Berln", "Europe/Berlin"])]
#[case::seconds(cron("0 0 1 * * *", 60, json!({})), "cronjob-bad-schedule", &["0 0 1 * * *"])]
#[case::schedule(cron("not a schedule", 60, json!({})), "cronjob-bad-schedule", &["not a schedule"])]
#[case::no_such_date(cron("0 0 31 2 *", 60, json!({})), "cronjob-never-ran", &["matches no date"])]
#[case::late(cron("0 * * * *", 8000, json!({})), "cronjob-never-ran", &["was due at", "0 * * * *"])]
#[case::deadline(cron("0 * * * *", 8000, json!({ "startingDeadlineSeconds": 5 })), "cronjob-never-ran", &["startingDeadlineSeconds 5"])]
#[case::too_many(cron("* * * * *", 9000, json!({})), "cronjob-too-many-missed", &["more than 100"])]
fn silent_schedules(#[case] cron: Value, #[case] class: &str, #[case] words: &[&str]) {
    let found = finding(&nodes().with(cron), "CronJob", "report");
    assert_cause(&found, class, words);
}

#[test]
fn a_schedule_is_read_in_its_time_zone() {
    // 12:00 UTC is 17:30 in Kolkata: 17:00 there was due half an hour ago, 17:00 UTC was not.
    let late = cron("0 17 * * *", 7200, json!({ "timeZone": "Asia/Kolkata" }));
    assert_eq!(
        finding(&nodes().with(late), "CronJob", "report").class,
        "cronjob-never-ran"
    );
    let utc = cron("0 17 * * *", 7200, json!({}));
    healthy(&nodes().with(utc), "CronJob", "report");
}

#[rstest::rstest]
#[case::suspended(cron("* * * * *", 9000, json!({ "suspend": true })), "suspended on purpose")]
#[case::on_time(cron("0 * * * *", 60, json!({})), "not due yet")]
#[case::macros(cron("@daily", 43_200, json!({})), "not due yet")]
fn harmless_schedules(#[case] cron: Value, #[case] why: &str) {
    let said = healthy(&nodes().with(cron), "CronJob", "report");
    assert!(said.contains(why), "{said}");
}

#[test]
fn the_last_failed_run_is_explained_by_its_pod() {
    let job = json!({
        "metadata": { "creationTimestamp": ago(60) },
        "status": { "failed": 1, "conditions": [{ "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded" }] },
    });
    let bundle = nodes()
        .with(cron("0 * * * *", 60, json!({})))
        .with(owned(
            with(object("Job", "report-2"), job),
            "CronJob",
            "report",
        ))
        .with(owned(
            ended(lone_pod("report-2-x", "report"), 3),
            "Job",
            "report-2",
        ))
        .log("report-2-x", "app", false, "report: disk quota exceeded");
    let found = finding(&bundle, "CronJob", "report");
    assert_cause(
        &found,
        "application-error",
        &["disk quota exceeded", "BackoffLimitExceeded"],
    );
    assert_eq!(found.owner.kind, "CronJob");
}
