use serde_json::json;

use super::*;
use crate::approval::{Door, Person, Vote};

/// An incident with a fix that Ann approved and the API server took.
fn recovered() -> Record {
    let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop",
        "name": "checkout"});
    let at = 1_790_000_000_000_i64;
    let signal = json!({"id": "s1", "source": "event", "reason": "Failed", "object": object,
        "owner": object, "message": "not found", "count": 4, "first_seen": at, "last_seen": at,
        "reporter": "kubelet"});
    let image = "image of container \"app\" app:1 -> app:2";
    let fix =
        json!({"target": object, "action": "set-image", "container": "app", "image": "app:1"});
    let record = json!({
        "incident": {"id": "inc-7", "class": "workload", "severity": "high", "object": object,
            "owner": object, "victims": [], "opened_at": at, "signals": [signal]},
        "state": "applied", "key": "k", "why": "w", "shared": null,
        "finding": {"class": "image-not-found", "title": "Image app:2 cannot be pulled",
            "cause": "The registry has no app:2 [e1].", "confidence": 95, "severity": "high",
            "object": object, "owner": object, "unknown": ["Whether app:2 was pushed."],
            "evidence": [
                {"id": "e1", "source": "event Failed", "excerpt": "app:2: not found"},
                {"id": "e2", "source": crate::sources::TEMPLATES, "excerpt": image}]},
        "answered_by": "patterns",
        "decision": {"candidates": [{"fix": fix, "rationale": "It ran before.",
            "ruling": {"approval": []}, "diff": {"lines": [{"path": "image", "before": "app:2",
            "after": "app:1"}]}, "target_uid": "u1", "digest": "d"}],
            "refused": [{"proposal": "kubectl exec", "reason": "not in the catalogue"}],
            "next_check": ""},
        "asked_at": at, "merged_into": null, "rca": null, "history": [], "last_seen": at,
        "execution": {"fix": fix, "operation": {"operation": "replace", "object": {}},
            "approvers": ["U0001"], "started_at": at, "output": "deployment shop/checkout is changed"},
        "recovery": {"before": {"wanted": 2, "good": 1, "moving": false}, "since": at,
            "good_since": null, "restarts": 0, "checks": 4,
            "last": {"wanted": 2, "good": 2, "moving": false}}});
    let mut record: Record = serde_json::from_value(record).unwrap();
    let ann = Person {
        called: Some("Ann Example".to_owned()),
        ..Person::at(Door::Slack, "U0001")
    };
    record.votes.push(Vote {
        approver: ann.clone(),
        at: at + 58_000,
        digest: "d".to_owned(),
    });
    let note = format!("approved by {ann}");
    record.step_by(at + 58_000, State::Approved, note, &ann);
    record.step(at + 60_000, State::Executing, "sending: set-image");
    record.step(at + 61_000, State::Applied, "changed");
    record.step(at + 105_000, State::Recovered, "checked 4 times");
    record
}

#[test]
fn it_reads_from_what_broke_to_what_is_next() {
    let text = render(&recovered(), "prod").into_string();
    let mut rest = text.as_str();
    for part in [
        "# Image app:2 cannot be pulled\n",
        "**prod, Deployment shop/checkout: recovered.** inc-7, high severity, opened \
         2026-09-21 14:13:20 UTC, closed 14:15:05 after 1 min 45 s.",
        "## Why",
        "The registry has no app:2 [e1].",
        "- **[e1]** event Failed: `app:2: not found`",
        "Confidence 95 of 100, found by patterns; class image-not-found.",
        "## What was done",
        "Applied **set-image** on Deployment shop/checkout (medium risk): It ran before.",
        "kubectl -n shop set image deployment/checkout app=app:1",
        "~ image: app:2 -> app:1",
        "Policy: one approval. Approved by Ann Example (U0001). API server: `deployment \
         shop/checkout is changed`",
        "- 14:14:18 approved by Ann Example (U0001)",
        "- 14:15:05 recovered: checked 4 times",
        "- Rejected fix: kubectl exec: not in the catalogue",
        "## Result",
        "**recovered**: 2 of 2 healthy; before the fix: 1 of 2 healthy (4 health checks).",
        "## What changed before",
        "[e2] `image of container \"app\" app:1 -> app:2`",
        "## What Kubernetes reported",
        "- 14:13:20 Failed on Deployment shop/checkout, seen 4x: not found",
        "## Next steps",
        "- Unknown: Whether app:2 was pushed.",
    ] {
        let at = rest.find(part);
        assert!(at.is_some(), "{part}: {text}");
        rest = &rest[at.unwrap_or_default() + part.len()..];
    }
}

#[test]
fn only_what_the_api_server_took_is_applied() {
    let mut record = recovered();
    record.history.retain(|s| s.state != State::Applied);
    record.step(1, State::NotKnown, "no answer came");
    let text = render(&record, "prod").into_string();
    assert!(!text.contains("Applied"), "{text}");
    assert!(
        text.contains("**outcome unknown**") && text.contains("Reason: no answer came."),
        "{text}"
    );
}

#[test]
fn a_section_without_content_is_left_out() {
    let mut record = recovered();
    record.incident.signals.clear();
    record.recovery = None;
    if let Some(finding) = &mut record.finding {
        finding.unknown.clear();
        finding.evidence.truncate(1);
    }
    let text = render(&record, "prod").into_string();
    for left_out in [
        "## Result",
        "## What changed",
        "## What Kubernetes",
        "## Next",
        "Affected",
    ] {
        assert!(!text.contains(left_out), "{left_out}: {text}");
    }
}
