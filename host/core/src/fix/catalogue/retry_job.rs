//! `retry-job`: recreate a failed Job.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::{as_new, fails, line};
use crate::fix::Operation;
use super::entry::{Act, Entry, Found, Planned, Risk, Sends};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "retry-job",
    targets: &[(&["Job"], Sends::Recreate)],
    reads: &[],
    parameters: "",
    risk: Risk::Medium,
    like: "`kubectl replace --force` of the Job without its controller's labels",
    parse: |_| Ok(RetryJob {}.into()),
};

/// Labels by which a controller knows the pods of a Job, and which another Job cannot have.
const CONTROLLER_LABELS: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];

/// Labels that the Job controller adds and that a new Job must not bring along.
const JOB_LABELS: &[&str] = &[
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
];

/// It has no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryJob {}

impl Act for RetryJob {
    fn plan(&self, found: &Found<'_>) -> Planned {
        let job = found.current;
        if !has_failed(job) {
            return fails("the Job has not failed");
        }
        Ok(Operation::Recreate {
            old: job.clone(),
            new: recreated(job),
        })
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let labels =
            CONTROLLER_LABELS.map(|label| format!(".spec.template.metadata.labels[\"{label}\"]"));
        line(
            target,
            format!(
                "get job {} -o json | jq 'del(.status, .spec.selector, {})' | kubectl replace --force -f -",
                target.name,
                labels.join(", ")
            ),
        )
    }
}

fn has_failed(job: &Value) -> bool {
    let conditions = job.pointer("/status/conditions").and_then(Value::as_array);
    conditions.is_some_and(|conditions| {
        conditions
            .iter()
            .any(|c| c["type"] == "Failed" && c["status"] == "True")
    })
}

/// The Job as it was before the API server and its controller had it.
fn recreated(job: &Value) -> Value {
    let mut new = as_new(job);
    if let Some(spec) = new.pointer_mut("/spec").and_then(Value::as_object_mut) {
        spec.remove("selector");
    }
    for path in ["/metadata/labels", "/spec/template/metadata/labels"] {
        if let Some(labels) = new.pointer_mut(path).and_then(Value::as_object_mut) {
            labels.retain(|key, _| !JOB_LABELS.contains(&key.as_str()));
        }
    }
    new
}
