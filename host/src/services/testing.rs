//! For tests: records of incidents, as stages and services are given them.

use k8shawk_core::decision::{Candidate, Decision, Refused};
use k8shawk_core::diff::Diff;
use k8shawk_core::fix::{Fix, Half, Operation};
use k8shawk_core::policy::Ruling;
use k8shawk_core::record::{Execution, Record, State};
use k8shawk_core::recovery::{Health, Recovery};
use k8shawk_core::{Evidence, Finding, Incident, IncidentId, ObjectRef, Severity};
use serde_json::json;

/// An incident that waits for an approval.
pub(crate) fn record() -> Record {
    let owner = ObjectRef::new("apps/v1", "Deployment", "shop", "web");
    let fix = Fix::parse(
        "set-image",
        owner.clone(),
        &[
            ("container".into(), "app".into()),
            ("image".into(), "app:1".into()),
        ],
    )
    .unwrap();
    let candidate = Candidate {
        fix,
        rationale: "revision 3 ran with this image".into(),
        origin: None,
        ruling: Ruling::Approval(vec![]),
        diff: Diff::whole(
            "spec.template.spec.containers[app].image",
            Some("app:2"),
            Some("app:1"),
        ),
        target_uid: "u1".into(),
        digest: "d".repeat(64),
        ledger: vec![("recovered".into(), 3)],
    };
    let finding = Finding {
        class: "image-not-found".into(),
        title: "web cannot pull app:2".into(),
        cause: "The registry has no tag app:2 [e1].".into(),
        confidence: 95,
        severity: Severity::High,
        object: owner.clone(),
        owner: owner.clone(),
        evidence: vec![Evidence {
            id: "e1".into(),
            source: "event".into(),
            excerpt: "Failed to pull image \"app:2\": not found".into(),
        }],
        unknown: vec![],
        unsupported: vec![],
        facts: vec![],
        victims: vec![],
        shared: None,
    };
    let incident = Incident {
        id: IncidentId("inc-7".into()),
        class: "workload".into(),
        severity: Severity::Medium,
        object: owner.clone(),
        owner,
        signals: vec![],
        victims: vec![],
        opened_at: 1_700_000_000_000,
    };
    let decision = Decision {
        candidates: vec![candidate],
        refused: vec![Refused {
            proposal: "kubectl exec".into(),
            reason: "no".into(),
            by_policy: false,
        }],
        next_check: String::new(),
        unanswered: Vec::new(),
        unruled: false,
    };
    // As a stored record: fields that are added later have their defaults.
    serde_json::from_value(json!({"incident": incident, "state": "waiting", "key": "k",
        "why": "w", "shared": null, "finding": finding, "answered_by": "patterns",
        "decision": decision, "asked_at": 1_700_000_001_000_i64, "execution": null,
        "recovery": null, "merged_into": null, "rca": null, "history": [],
        "last_seen": 1_700_000_000_000_i64}))
    .unwrap()
}

/// The same, after the fix.
pub(crate) fn applied(state: State) -> Record {
    let mut r = record();
    let fix = r.fix().unwrap().clone();
    r.execution = Some(Execution {
        fix,
        operation: Operation::Replace {
            object: serde_json::json!({}),
        },
        half: Half::First,
        approvers: vec!["U0123ABCD".into()],
        started_at: 1_700_000_010_000,
        output: Some("deployment shop/web is changed".into()),
    });
    let mut recovery = Recovery::new(
        Health {
            wanted: 2,
            good: 0,
            moving: false,
        },
        1_700_000_010_000,
    );
    recovery.last = Some(Health {
        wanted: 2,
        good: 2,
        moving: false,
    });
    recovery.checks = 3;
    r.recovery = Some(recovery);
    r.step(1_700_000_020_000, state, "checked");
    r
}
