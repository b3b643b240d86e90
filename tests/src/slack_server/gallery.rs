//! Everything that the product sends to Slack, once: for the judges and for the pictures.

use k8shawk::services::slack::effect::Answer;
use k8shawk::services::slack::message::{Look, render};
use k8shawk::services::slack::payload::Place;
use k8shawk::services::slack::{command, home, mention, thread};
use k8shawk_core::Installation;
use k8shawk_core::record::{Record, State};
use serde_json::{Value, json};

/// When the incidents of the gallery were opened, milliseconds since the Unix epoch.
const OPENED: i64 = 1_790_000_000_000;

/// An incident that waits for an approval, as it is stored.
pub fn waiting(name: &str, now: i64) -> Record {
    let object =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": name});
    let record = json!({
        "incident": {"id": "inc-7", "class": "workload", "severity": "high", "object": object,
            "owner": object, "signals": [], "victims": [], "opened_at": now},
        "state": "waiting", "key": name, "why": "it does not start", "shared": null,
        "finding": {"class": "image-not-found",
            "title": format!("{name} cannot start: the registry has no tag app:2"),
            "cause": "Deployment shop/web was changed to image app:2 two minutes ago [e2]. The \
                      registry answers that there is no such tag [e1]; the pods of revision 3 ran \
                      with app:1 until then.",
            "confidence": 95, "severity": "high", "object": object, "owner": object,
            "unknown": ["Whether app:2 was meant to be pushed."],
            "evidence": [
                {"id": "e1", "source": "event of Pod shop/web-7d4b9c-x2x5p",
                 "excerpt": "Failed to pull image \"app:2\": not found <!channel> & more"},
                {"id": "e2", "source": "spec.template.spec.containers[app].image",
                 "excerpt": "app:2"}]},
        "answered_by": "patterns",
        "decision": {"candidates": [{
            "fix": {"target": object, "action": "set-image", "container": "app", "image": "app:1"},
            "rationale": "Revision 3 ran with this image, and the registry has it.",
            "ruling": {"approval": [{"approvers": ["S0456"], "count": 1, "why": "shop is in production"}]},
            "diff": {"lines": [{"path": "spec.template.spec.containers[app].image",
                "before": "app:2", "after": "app:1"}]},
            "target_uid": "u1", "digest": "5c".repeat(32), "resource_version": "7", "ledger": [["recovered", 3]]}],
            "refused": [{"proposal": "kubectl exec", "reason": "not in the catalogue"}],
            "next_check": ""},
        "asked_at": now + 2000, "execution": null, "recovery": null, "merged_into": null,
        "rca": null, "history": [{"at": now, "state": "waiting", "note": "approval requested"}],
        "last_seen": now});
    match serde_json::from_value(record) {
        Ok(record) => record,
        Err(fault) => unreachable!("the fixture does not parse: {fault}"),
    }
}

fn value<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

/// The incident after its fix.
fn applied(state: State) -> Record {
    let mut r = waiting("web", OPENED);
    let (at, fix) = (OPENED + 60_000, json!(r.fix()));
    r.execution = value(
        json!({"fix": fix, "operation": {"operation": "replace", "object": {}},
        "approvers": ["U0123ABCD"], "started_at": at, "output": "deployment shop/web is changed"}),
    );
    let good = if state == State::Recovered { 2 } else { 0 };
    r.recovery = value(
        json!({"before": {"wanted": 2, "good": 1, "moving": false}, "since": at,
        "good_since": null, "restarts": 0, "checks": 4,
        "last": {"wanted": 2, "good": good, "moving": false}}),
    );
    r.step(at + 45_000, state, "checked 4 times");
    r
}

fn storm() -> Record {
    let mut r = waiting("registry", OPENED);
    for i in 0..143 {
        let name = format!("service-{i}");
        r.incident
            .victims
            .extend(value(json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "namespace": "shop", "name": name})));
    }
    if let Some(finding) = &mut r.finding {
        finding.severity = k8shawk_core::Severity::Critical;
        finding.title = "the registry has no tag app:2: 143 workloads cannot start".to_owned();
        finding.cause =
            "All of them use image app:2, which the registry no longer has [e1].".to_owned();
    }
    r.step(OPENED, State::NeedsHuman, "no fix is safe");
    r.decision = value(json!({"candidates": [], "refused": [],
        "next_check": "push app:2 to the registry again, or see who removed it"}));
    r
}

/// The largest incident that can be thought of.
fn largest() -> Record {
    let mut r = waiting("registry", OPENED);
    r.incident.victims = storm().incident.victims;
    let long = "<!channel> <@U0123> & `code` *bold* ".repeat(400);
    if let Some(finding) = &mut r.finding {
        finding.cause = long.clone();
        finding.title = long.clone();
        let one = finding.evidence.first().cloned();
        finding.evidence = one.into_iter().cycle().take(80).collect();
        finding
            .evidence
            .iter_mut()
            .for_each(|e| e.excerpt = long.clone());
        r.also = vec![finding.clone(); 12];
    }
    if let Some(candidate) = r.decision.as_mut().and_then(|d| d.candidates.first_mut()) {
        candidate.rationale = long.clone();
        candidate.diff = k8shawk_core::diff::Diff::whole(&long, Some(&long), Some(&long));
    }
    r
}

fn records() -> Vec<(String, Record)> {
    let mut all = vec![
        ("waiting".to_owned(), waiting("web", OPENED)),
        ("storm".to_owned(), storm()),
        ("largest".to_owned(), largest()),
    ];
    let after = [
        State::Approved,
        State::Executing,
        State::Applied,
        State::Recovered,
        State::Partly,
        State::Unchanged,
        State::Worse,
        State::NotKnown,
        State::Failed,
        State::Cleared,
    ];
    all.extend(after.map(|s| (s.as_str().to_owned(), applied(s))));
    let mut dismissed = waiting("web", OPENED);
    dismissed.step(
        OPENED,
        State::Dismissed,
        "dismissed by U0123ABCD: known since monday",
    );
    all.push(("dismissed".to_owned(), dismissed));
    let mut human = waiting("web", OPENED);
    human.step(OPENED, State::NeedsHuman, "no fix is safe");
    human.decision = value(json!({"candidates": [], "refused": [],
        "next_check": "kubectl describe node worker-3: its disk reports errors"}));
    all.push(("needs-human".to_owned(), human));
    let mut expired = waiting("web", OPENED);
    expired.asked_at = Some(0);
    all.push(("expired".to_owned(), expired));
    let mut again = waiting("web", OPENED);
    let why = "the target changed after it was shown: approval void";
    again.step(OPENED + 1, State::Approved, "approved by U0123ABCD");
    again.step(OPENED + 2, State::Investigated, why);
    again.step(OPENED + 3, State::Waiting, "approval requested");
    all.push(("asked-again".to_owned(), again));
    let mut undone = applied(State::Worse);
    undone.undone_by = Some("inc-8".to_owned());
    all.push(("undone".to_owned(), undone));
    let mut merged = waiting("web", OPENED);
    merged.merged_into = Some("inc-3".to_owned());
    merged.step(OPENED, State::Merged, "same cause as inc-3");
    all.push(("merged".to_owned(), merged));
    all
}

/// Who shows the gallery.
fn ours() -> Installation {
    Installation::of("prod", Some("uid"), "gallery")
}

/// Every message as `chat.postMessage` gets it, by name.
pub fn messages() -> Vec<(String, Value)> {
    let ours = ours();
    let look = Look {
        now: OPENED + 60_000,
        expires_after: 1_800_000,
        installation: &ours,
    };
    let mut all = Vec::new();
    for (name, record) in records() {
        all.push((name.clone(), json!(render(&record, look).content())));
        for post in thread::posts(&record, &ours) {
            all.extend(
                post.content
                    .message()
                    .map(|content| (format!("{name}/{}", post.key), json!(content))),
            );
        }
    }
    let answer = |a: Answer| json!(a.content(&ours));
    let record = waiting("web", OPENED);
    let many = vec![record.clone(); 60];
    all.push(("list".to_owned(), answer(command::list(&many, true, look))));
    all.push(("show".to_owned(), answer(command::show(&record, look))));
    all.push(("ask".to_owned(), answer(command::ask(&record, look))));
    all.push((
        "ask-largest".to_owned(),
        answer(command::ask(&largest(), look)),
    ));
    let line = command::line(&record, look);
    let mute = command::may_mute("inc-7", 60, Some(&line), look);
    all.push(("mute".to_owned(), answer(mute)));
    let elsewhere = command::elsewhere("staging", look);
    all.push(("elsewhere".to_owned(), answer(elsewhere)));
    all.push((
        "outsider".to_owned(),
        answer(Answer::refuses("Not done: you are a guest")),
    ));
    all.push(("help".to_owned(), answer(command::help())));
    let refused = Err("U0009 may not approve this fix: shop is in production".to_owned());
    all.push(("refused".to_owned(), answer(command::told(&refused))));
    all.push((
        "plugins".to_owned(),
        answer(command::listing("Plugins", "triage 0.1.0 live")),
    ));
    for question in [
        "why", "logs", "evidence", "fix", "history", "unknown", "status",
    ] {
        let said = mention::answer(question, &largest(), look);
        all.push((format!("mention/{question}"), answer(said)));
    }
    all
}

/// Every view, by name.
pub fn views() -> Vec<(String, Value)> {
    let ours = ours();
    let look = Look {
        now: OPENED + 60_000,
        expires_after: 1_800_000,
        installation: &ours,
    };
    let place = Place {
        channel: "C0123".to_owned(),
        thread: Some("1.1".to_owned()),
        response_url: None,
    };
    let record = waiting("web", OPENED);
    let all = vec![
        (
            "reason".to_owned(),
            home::reason(&record, &place, "known since monday", look),
        ),
        ("home-closed".to_owned(), home::closed("you are a guest")),
        ("details".to_owned(), home::details(&record, look)),
        (
            "details-largest".to_owned(),
            home::details(&largest(), look),
        ),
        ("home".to_owned(), home::view(&[record, storm()], look)),
    ];
    all.into_iter()
        .map(|(name, view)| (name, json!(view)))
        .collect()
}
