use k8shawk_sdk::facts;
use serde_json::{Value, json};

use crate::samples::*;
use crate::testing::ago;

fn job(condition: Value) -> Value {
    with(
        object("Job", "import"),
        json!({
            "spec": { "backoffLimit": 2, "activeDeadlineSeconds": 10 },
            "status": { "failed": 3, "startTime": ago(600), "conditions": [condition] },
        }),
    )
}

fn failed(reason: &str) -> Value {
    job(json!({
        "type": "Failed", "status": "True", "reason": reason, "message": "it is over",
        "lastTransitionTime": ago(590),
    }))
}

fn pod() -> Value {
    owned(ended(lone_pod("import-x", "import"), 1), "Job", "import")
}

#[test]
fn a_failed_job_keeps_the_class_of_its_pod() {
    let bundle = nodes()
        .with(failed("BackoffLimitExceeded"))
        .with(pod())
        .log("import-x", "app", false, "import: row 118: bad date");
    let found = finding(&bundle, "Job", "import");
    assert_cause(
        &found,
        "application-error",
        &[
            "row 118: bad date",
            "backoffLimit 2",
            "BackoffLimitExceeded",
        ],
    );
    assert_eq!(value(&found, facts::RETRYABLE), "");
}

#[test]
fn a_job_without_pods_tells_what_it_can() {
    let found = finding(
        &nodes().with(failed("BackoffLimitExceeded")),
        "Job",
        "import",
    );
    assert_cause(
        &found,
        "job-failed",
        &["BackoffLimitExceeded", "3 failed pods"],
    );
    assert!(found.confidence < 60);
}

#[test]
fn a_deadline_is_its_own_class() {
    let found = finding(&nodes().with(failed("DeadlineExceeded")), "Job", "import");
    assert_cause(
        &found,
        "job-deadline-exceeded",
        &["activeDeadlineSeconds 10", "10 s"],
    );
}

#[test]
fn a_deadline_whose_configmap_came_later_can_be_retried() {
    let bundle = nodes()
        .with(failed("DeadlineExceeded"))
        .with(object("ConfigMap", "import-source"))
        .event(
            "Pod",
            "import-x",
            "Failed",
            "Error: configmap \"import-source\" not found",
            3,
        );
    let found = finding(&bundle, "Job", "import");
    assert_cause(
        &found,
        "job-deadline-exceeded",
        &["import-source", "exists now"],
    );
    assert!(value(&found, facts::RETRYABLE).contains("import-source"));
}

#[test]
fn a_dependency_that_is_back_makes_a_job_retryable() {
    let bundle = healthy_app(nodes(), "warehouse")
        .with(failed("BackoffLimitExceeded"))
        .with(pod())
        .with(service("warehouse", json!({ "app": "warehouse" })))
        .with(with(
            object("EndpointSlice", "warehouse-x"),
            json!({
                "metadata": { "labels": { "kubernetes.io/service-name": "warehouse" } },
                "endpoints": [{ "addresses": ["10.0.0.9"], "conditions": { "ready": true } }],
            }),
        ))
        .log(
            "import-x",
            "app",
            false,
            "import: connect to warehouse:80: connection refused",
        );
    let found = finding(&bundle, "Job", "import");
    assert_cause(
        &found,
        "dependency-unreachable",
        &["warehouse", "1 ready endpoint now"],
    );
    assert_ne!(value(&found, facts::RETRYABLE), "");
    assert_eq!(found.object.kind, "Job");
}

#[test]
fn a_passing_disturbance_makes_a_job_retryable() {
    let bundle = nodes()
        .with(failed("BackoffLimitExceeded"))
        .with(pod())
        .log(
            "import-x",
            "app",
            false,
            "fatal: upload failed: 503 service unavailable, try again",
        );
    let found = finding(&bundle, "Job", "import");
    assert!(
        value(&found, facts::RETRYABLE).contains("503"),
        "{found:#?}"
    );
}

#[test]
fn a_refused_job_pod_names_the_quota() {
    let message = "Error creating: pods \"import-x\" is forbidden: exceeded quota: batch-quota, \
        requested: requests.cpu=150m, used: requests.cpu=0, limited: requests.cpu=100m";
    let bundle = nodes()
        .with(with(
            object("Job", "import"),
            json!({ "spec": {}, "status": {} }),
        ))
        .event("Job", "import", "FailedCreate", message, 4);
    let found = finding(&bundle, "Job", "import");
    assert_cause(
        &found,
        "quota-exceeded",
        &["batch-quota", "requests.cpu=100m"],
    );
    assert_eq!(value(&found, facts::SUGGESTED_QUOTA), "150m");
    assert_eq!(value(&found, facts::SUGGESTED_REPLICAS), "");
}

#[rstest::rstest]
#[case::complete(job(json!({ "type": "Complete", "status": "True" })), "has completed")]
#[case::suspended(with(job(json!({ "type": "Suspended", "status": "True" })), json!({ "spec": { "suspend": true } })), "suspended on purpose")]
#[case::running(with(object("Job", "import"), json!({ "status": { "active": 1, "startTime": ago(60) } })), "has been running")]
fn harmless_jobs(#[case] job: Value, #[case] why: &str) {
    let said = healthy(&nodes().with(job), "Job", "import");
    assert!(said.contains(why), "{said}");
}

#[test]
fn a_failed_run_is_over_once_a_later_one_succeeded() {
    let later = with(
        object("Job", "import-2"),
        json!({
            "metadata": { "creationTimestamp": ago(60) },
            "status": { "conditions": [{ "type": "Complete", "status": "True" }] },
        }),
    );
    let bundle = nodes()
        .with(owned(failed("BackoffLimitExceeded"), "CronJob", "nightly"))
        .with(owned(later, "CronJob", "nightly"))
        .with(object("CronJob", "nightly"));
    assert!(healthy(&bundle, "Job", "import").contains("import-2"));
}
