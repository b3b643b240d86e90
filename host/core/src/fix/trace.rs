//! What an object tells of an operation that may have been sent, as after a crash.

use serde_json::Value;

use super::{Half, Operation};
use crate::diff::Diff;

/// Said of an object that is not the one that was planned on.
const REPLACED: &str = "its target no longer exists, and another object has its name";

/// What an object tells of an operation on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// Its own state shows that it was not done: it may be sent.
    Absent,
    /// The old object is going or gone and no creation was sent: what is left may be sent.
    Half,
    /// It is as the operation makes it.
    Done,
    /// It does not tell, and why: nothing may be claimed, and nothing is sent again.
    Unknown(&'static str),
}

impl Operation {
    /// What the object, as it is now, tells of this operation, of which `half` may have been sent.
    /// An object that is gone, or that took the place of the one that was planned on, tells nothing
    /// of who took it away.
    pub fn trace(&self, current: Option<&Value>, half: Half) -> Trace {
        match (self, current) {
            (Operation::Recreate { old, new }, current) => recreated(old, new, current, half),
            (_, None) => Trace::Unknown("its target no longer exists"),
            (_, Some(current)) if uid(current) != uid(self.planned_on()) => {
                Trace::Unknown(REPLACED)
            }
            (Operation::Replace { object }, Some(current)) => replaced(object, current),
            (Operation::Delete { .. } | Operation::Evict { .. }, Some(current)) => {
                match is_going(current) {
                    true => Trace::Done,
                    false => Trace::Absent,
                }
            }
        }
    }
}

fn replaced(sent: &Value, current: &Value) -> Trace {
    let same = |field: &str| {
        let of = |object: &Value| object.pointer(&format!("/metadata/{field}")).cloned();
        of(sent).zip(of(current)).map(|(s, c)| s == c)
    };
    if same("resourceVersion") == Some(true) {
        Trace::Absent
    } else if is_as(sent, current, |_| true) {
        Trace::Done
    } else if same("generation") == Some(false) {
        Trace::Unknown("its target was changed in the meantime")
    } else {
        Trace::Absent
    }
}

/// Labels that the controller gives to a Job's pods, and the selector for them.
const JOBS: &[&str] = &["spec.selector", "spec.template.metadata.labels"];

fn recreated(old: &Value, new: &Value, current: Option<&Value>, half: Half) -> Trace {
    let of_its_own = |path: &str| !JOBS.iter().any(|prefix| path.starts_with(prefix));
    match (current, half) {
        (None, Half::First) => Trace::Half,
        // It may have been created, and have gone since: a Job may delete itself once it is done.
        (None, Half::Second) => {
            Trace::Unknown("the old one was deleted, and none of that name exists now")
        }
        (Some(current), _) if uid(current) == uid(old) => match is_going(current) {
            true => Trace::Half,
            false => Trace::Absent,
        },
        (Some(current), Half::Second) if is_as(new, current, of_its_own) => Trace::Done,
        (Some(_), _) => Trace::Unknown(REPLACED),
    }
}

fn is_going(current: &Value) -> bool {
    current.pointer("/metadata/deletionTimestamp").is_some()
}

/// Nothing that a fix may change differs from what was sent.
fn is_as(sent: &Value, current: &Value, matters: impl Fn(&str) -> bool) -> bool {
    let ours = |path: &str| path.starts_with("spec") || path.starts_with("metadata.finalizers");
    let lines = Diff::between(current, sent).lines;
    !lines.iter().any(|l| ours(&l.path) && matters(&l.path))
}

fn uid(object: &Value) -> Option<&str> {
    object.pointer("/metadata/uid").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn object(uid: &str, version: &str, generation: u64, image: &str) -> Value {
        json!({"metadata": {"uid": uid, "resourceVersion": version, "generation": generation},
            "spec": {"image": image}})
    }

    fn replace() -> Operation {
        Operation::Replace {
            object: object("u", "7", 1, "good"),
        }
    }

    #[rstest]
    #[case::never_sent(Some(object("u", "7", 1, "bad")), Trace::Absent)]
    #[case::its_status_changed_since(Some(object("u", "8", 1, "bad")), Trace::Absent)]
    #[case::sent(Some(object("u", "8", 2, "good")), Trace::Done)]
    #[case::changed_by_somebody(
        Some(object("u", "8", 2, "other")),
        Trace::Unknown("its target was changed in the meantime")
    )]
    #[case::vanished(None, Trace::Unknown("its target no longer exists"))]
    #[case::made_again_by_somebody(
        Some(object("v", "9", 1, "good")),
        Trace::Unknown("its target no longer exists, and another object has its name")
    )]
    fn a_replacement_is_proven_by_the_object_itself(
        #[case] current: Option<Value>,
        #[case] trace: Trace,
    ) {
        assert_eq!(replace().trace(current.as_ref(), Half::First), trace);
    }

    #[rstest]
    #[case::there(Some(json!({"metadata": {"uid": "u"}})), Trace::Absent)]
    #[case::going(
        Some(json!({"metadata": {"uid": "u", "deletionTimestamp": "2026-01-01T00:00:00Z"}})),
        Trace::Done
    )]
    #[case::gone(None, Trace::Unknown("its target no longer exists"))]
    #[case::made_again(
        Some(json!({"metadata": {"uid": "v"}})),
        Trace::Unknown("its target no longer exists, and another object has its name")
    )]
    fn a_target_that_vanished_proves_no_deletion(
        #[case] current: Option<Value>,
        #[case] trace: Trace,
    ) {
        let object = json!({"metadata": {"uid": "u"}});
        let delete = Operation::Delete {
            object: object.clone(),
        };
        assert_eq!(delete.trace(current.as_ref(), Half::First), trace);
        let evict = Operation::Evict { object };
        assert_eq!(evict.trace(current.as_ref(), Half::First), trace);
    }

    fn job(uid: &str, n: u64) -> Option<Value> {
        Some(json!({"metadata": {"uid": uid}, "spec": {"n": n, "selector": {"a": uid}}}))
    }

    fn going() -> Option<Value> {
        let mut job = job("u", 1).unwrap();
        job["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        Some(job)
    }

    const GONE: &str = "the old one was deleted, and none of that name exists now";

    #[rstest]
    #[case::not_begun(job("u", 1), Half::First, Trace::Absent)]
    #[case::being_deleted(going(), Half::First, Trace::Half)]
    #[case::deleted(None, Half::First, Trace::Half)]
    #[case::made_by_somebody(job("v", 1), Half::First, Trace::Unknown(REPLACED))]
    #[case::created(job("v", 1), Half::Second, Trace::Done)]
    #[case::another_job(job("v", 2), Half::Second, Trace::Unknown(REPLACED))]
    #[case::created_and_gone_or_never_created(None, Half::Second, Trace::Unknown(GONE))]
    fn a_job_that_is_retried_is_created_at_most_once(
        #[case] current: Option<Value>,
        #[case] half: Half,
        #[case] trace: Trace,
    ) {
        let recreate = Operation::Recreate {
            old: job("u", 1).unwrap(),
            new: json!({"metadata": {}, "spec": {"n": 1}}),
        };
        assert_eq!(recreate.trace(current.as_ref(), half), trace);
    }
}
