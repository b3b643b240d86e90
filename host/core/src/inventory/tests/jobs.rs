use rstest::rstest;
use serde_json::{Value, json};

use super::{ago, merge, object, one, owned, reasons};

fn failed_job() -> Value {
    object(
        "batch/v1",
        "Job",
        "run",
        json!({"spec": {"backoffLimit": 2}, "status": {"failed": 3,
        "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
                        "message": "too often", "lastTransitionTime": ago(60)}]}}),
    )
}

/// A CronJob that runs at every full minute, made days ago.
fn cron_job(over: Value) -> Value {
    let mut made = object(
        "batch/v1",
        "CronJob",
        "tick",
        json!({
        "metadata": {"creationTimestamp": ago(400_000)},
        "spec": {"schedule": "* * * * *"}, "status": {}}),
    );
    merge(&mut made, over);
    made
}

#[test]
fn sees_a_job_that_failed() {
    let seen = one(&[failed_job()]);
    assert_eq!(
        (seen.signal.reason.as_str(), seen.signal.count),
        ("JobFailed", 3)
    );
    assert!(
        seen.signal
            .message
            .contains("3 failed pods, 0 succeeded, backoff limit 2")
    );
}

#[test]
fn a_failed_job_is_history_once_its_cron_job_succeeded() {
    let mut job = failed_job();
    merge(&mut job, owned("CronJob", "tick"));
    let status = |seconds| json!({"status": {"lastScheduleTime": ago(20), "lastSuccessfulTime": ago(seconds)}});
    assert!(reasons(&[cron_job(status(10)), job.clone()]).is_empty());
    assert_eq!(
        reasons(&[cron_job(status(600)), job]),
        ["Job/run JobFailed"]
    );
}

#[rstest]
#[case::on_time(json!({"status": {"lastScheduleTime": ago(0)}}), &[])]
#[case::a_little_late(json!({"status": {"lastScheduleTime": ago(90)}}), &[])]
#[case::missed(json!({"status": {"lastScheduleTime": ago(600)}}), &["CronJob/tick NotScheduled"])]
#[case::never(json!({}), &["CronJob/tick NotScheduled"])]
#[case::suspended(json!({"spec": {"suspend": true}}), &[])]
#[case::daily(json!({"spec": {"schedule": "0 3 * * *"}, "status": {"lastScheduleTime": ago(9 * 3600)}}), &[])]
#[case::daily_missed(json!({"spec": {"schedule": "0 3 * * *"}, "status": {"lastScheduleTime": ago(33 * 3600)}}),
    &["CronJob/tick NotScheduled"])]
#[case::nickname(json!({"spec": {"schedule": "@hourly"}, "status": {"lastScheduleTime": ago(3600 * 5)}}),
    &["CronJob/tick NotScheduled"])]
#[case::not_understood(json!({"spec": {"schedule": "@every 1h"}}), &[])]
#[case::nonsense(json!({"spec": {"schedule": "99 * * * *"}}), &[])]
#[case::unknown_zone(json!({"spec": {"timeZone": "Mars/Olympus"}}), &[])]
#[case::blocked(json!({"spec": {"concurrencyPolicy": "Forbid"}, "status": {"lastScheduleTime": ago(600),
    "active": [{"name": "tick-1"}]}}), &["CronJob/tick Blocked"])]
#[case::allowed_to_overlap(json!({"status": {"lastScheduleTime": ago(600), "active": [{"name": "tick-1"}]}}),
    &["CronJob/tick NotScheduled"])]
fn holds_a_cron_job_to_its_schedule(#[case] over: Value, #[case] expected: &[&str]) {
    assert_eq!(reasons(&[cron_job(over)]), expected);
}

#[test]
fn honours_the_time_zone() {
    // 03:00 in Tokyo is 18:00 of the day before in UTC: 18 hours before now.
    let over = json!({"spec": {"schedule": "0 3 * * *", "timeZone": "Asia/Tokyo"},

                      "status": {"lastScheduleTime": ago(18 * 3600 + 86_400)}});
    let seen = one(&[cron_job(over)]);
    assert_eq!(seen.summary.lasting_seconds, 18 * 3600);
}
