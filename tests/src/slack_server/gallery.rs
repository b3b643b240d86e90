//! Everything that the product sends to Slack, once: for the judges and for the pictures.

use k8shawk::services::slack::message::{Look, render};
use k8shawk::services::slack::outgoing::Answer;
use k8shawk::services::slack::payload::Place;
use k8shawk::services::slack::{command, home, mention, thread};
use k8shawk_core::approval::{Door, Person, Vote};
use k8shawk_core::fix::Fix;
use k8shawk_core::record::{Record, State};
use k8shawk_core::{Installation, sources};
use serde_json::{Value, json};

/// When the incidents of the gallery were opened, milliseconds since the Unix epoch.
const OPENED: i64 = 1_790_000_000_000;

/// An incident that waits for an approval, as a host on a real cluster stored it, with other names.
pub fn waiting(name: &str, now: i64) -> Record {
    let object =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": name});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "namespace": "shop",
        "name": format!("{name}-76689cbd75-rbfkg")});
    let (old, new) = (
        "registry.example/checkout:2.4.0",
        "registry.example/checkout:2.4.1",
    );
    let pulled = format!(
        "Failed to pull image \"{new}\": rpc error: code = NotFound desc = failed \
        to pull and unpack image \"{new}\": failed to resolve reference \"{new}\": {new}: not found"
    );
    let signal = |id: &str, reason: &str, message: &str, count: u32| {
        json!({"id": id, "source": "event", "reason": reason, "object": pod, "owner": object,
            "message": message, "count": count, "first_seen": now - 65_000,
            "last_seen": now - 4000, "reporter": "kubelet"})
    };
    let record = json!({
        "incident": {"id": "inc-7", "class": "workload", "severity": "high", "object": pod,
            "owner": object, "victims": [], "opened_at": now, "signals": [
                signal("s1", "Failed", &pulled, 4),
                signal("s2", "BackOff", &format!("Back-off pulling image \"{new}\""), 9)]},
        "state": "waiting", "key": name, "why": "it does not start", "shared": null,
        "finding": {"class": "image-not-found",
            "title": format!("Image {new} cannot be pulled: the registry has no such image or tag"),
            "cause": format!("The image \"{new}\" of container \"app\" in pod \
                {name}-76689cbd75-rbfkg cannot be pulled: the registry has no such image or tag \
                [e1]. It affects 1 of 2 pods [e2]. It began with revision 4 (ReplicaSet \
                {name}-76689cbd75): image of container \"app\" {old} -> {new} [e3]. The earlier \
                revision 3 (ReplicaSet {name}-9fc8df49b) still has 1 of 1 pod ready [e4]."),
            "confidence": 95, "severity": "high", "object": pod, "owner": object,
            "unknown": ["Whether checkout:2.4.1 was meant to be pushed."],
            "evidence": [
                {"id": "e1", "source": "event Failed", "excerpt": pulled},
                {"id": "e2", "source": "pods of the workload",
                 "excerpt": format!("{name}-76689cbd75-rbfkg")},
                {"id": "e3", "source": sources::TEMPLATES,
                 "excerpt": format!("image of container \"app\" {old} -> {new}")},
                {"id": "e4", "source": format!("ReplicaSet {name}-9fc8df49b status"),
                 "excerpt": "replicas 1, ready 1"}]},
        "answered_by": "patterns",
        "decision": {"candidates": [{
            "fix": {"target": object, "action": "set-image", "container": "app", "image": old},
            "rationale": format!("Container app last ran with {old}; only the tag differs."),
            "origin": {"plugin": "fix"},
            "ruling": {"approval": [{"approvers": ["S0456"], "count": 1, "why": "shop is in production"}]},
            "diff": {"lines": [{"path": "spec.template.spec.containers[app].image",
                "before": new, "after": old}]},
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

/// Somebody of the channel.
fn ann() -> Person {
    Person {
        called: Some("Ann Example".to_owned()),
        ..Person::at(Door::Slack, "U0123ABCD")
    }
}

/// A record whose approval is counted.
fn approved() -> Record {
    let mut r = waiting("checkout", OPENED);
    let digest = r.candidate().map_or(String::new(), |c| c.digest.clone());
    r.votes.push(Vote {
        approver: ann(),
        at: OPENED + 58_000,
        digest,
    });
    let note = format!("approved by {}", ann());
    r.step_by(OPENED + 58_000, State::Approved, note, &ann());
    r
}

fn value<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

/// The incident after its fix.
fn applied(state: State) -> Record {
    let mut r = approved();
    let (at, fix) = (OPENED + 60_000, json!(r.fix()));
    r.execution = value(
        json!({"fix": fix, "operation": {"operation": "replace", "object": {}},
        "approvers": ["U0123ABCD"], "started_at": at, "output": "deployment shop/checkout is changed"}),
    );
    let good = match state {
        State::Recovered => 2,
        State::Worse => 0,
        _ => 1,
    };
    r.recovery = value(
        json!({"before": {"wanted": 2, "good": 1, "moving": false}, "since": at,
        "good_since": null, "restarts": 0, "checks": 4,
        "last": {"wanted": 2, "good": good, "moving": false}}),
    );
    r.step(
        at,
        State::Executing,
        "sending: set-image on Deployment shop/checkout",
    );
    r.step(
        at + 1000,
        State::Applied,
        "deployment shop/checkout is changed",
    );
    r.step(at + 45_000, state, "checked 4 times");
    r
}

fn storm() -> Record {
    let mut r = waiting("checkout", OPENED);
    let registry =
        json!({"apiVersion": "", "kind": "Registry", "namespace": "", "name": "mirror.example"});
    r.incident.owner = value(registry).unwrap_or_default();
    let names = [
        "cart", "search", "stock", "login", "payment", "invoice", "mail", "basket", "reviews",
        "prices", "delivery", "wishlist",
    ];
    for (i, team) in ["shop", "billing", "search", "ops"].iter().enumerate() {
        for name in names.iter().skip(i) {
            let of = json!({"apiVersion": "apps/v1", "kind": "Deployment", "namespace": team, "name": name});
            r.incident.victims.extend(value(of));
        }
    }
    if let Some(finding) = &mut r.finding {
        let lookup = "dial tcp: lookup mirror.example: no such host";
        finding.class = "registry-unreachable".to_owned();
        finding.severity = k8shawk_core::Severity::Critical;
        finding.title =
            "Registry mirror.example cannot be reached: its host name does not resolve".to_owned();
        finding.cause = format!(
            "The image \"mirror.example/shop/cart:5\" of container \"app\" in pod \
            cart-95b4c77b8-fwrgx cannot be pulled: the registry's host name does not resolve \
            (\"{lookup}\") [e1]. The registry is mirror.example."
        );
        finding.evidence.truncate(1);
        for e in &mut finding.evidence {
            e.excerpt = format!(
                "Failed to pull image \"mirror.example/shop/cart:5\": failed to do \
                request: Head \"https://mirror.example/v2/shop/cart/manifests/5\": {lookup}"
            );
        }
    }
    r.history.clear();
    r.step(OPENED, State::NeedsHuman, "no fix is safe");
    r.decision = value(json!({"candidates": [], "refused": [],
        "next_check": "From the node, try `curl -v https://mirror.example`: it shows whether DNS, routing or TLS fails."}));
    r
}

/// Text of the cluster that wants to be more than text.
fn hostile() -> Record {
    let mut r = waiting("checkout", OPENED);
    let text = "<!channel> <@U0123> *bold* `code` ```fence``` <https://evil.example|click> \u{202e}x & more";
    if let Some(finding) = &mut r.finding {
        finding.title = text.to_owned();
        finding.cause = text.to_owned();
        for e in &mut finding.evidence {
            (e.source, e.excerpt) = (text.to_owned(), text.to_owned());
        }
        let mut change = finding.evidence.first().cloned();
        change
            .iter_mut()
            .for_each(|e| e.source = sources::TEMPLATES.to_owned());
        finding.evidence.extend(change);
    }
    if let Some(candidate) = r.decision.as_mut().and_then(|d| d.candidates.first_mut()) {
        candidate.rationale = text.to_owned();
        let rule = json!({"approval": [{"approvers": ["<!here>", text], "count": 2, "why": text}]});
        candidate.ruling = value(rule).unwrap_or(candidate.ruling.clone());
    }
    r
}

/// The largest incident that can be thought of.
fn largest() -> Record {
    let mut r = waiting("checkout", OPENED);
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
        ("waiting".to_owned(), waiting("checkout", OPENED)),
        ("storm".to_owned(), storm()),
        ("hostile".to_owned(), hostile()),
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
    let mut dismissed = waiting("checkout", OPENED);
    let note = format!("dismissed by {}: known since Monday", ann());
    dismissed.step_by(OPENED, State::Dismissed, note, &ann());
    all.push(("dismissed".to_owned(), dismissed));
    let mut human = waiting("checkout", OPENED);
    human.step(OPENED, State::NeedsHuman, "no fix is safe");
    human.decision = value(json!({"candidates": [], "refused": [],
        "next_check": "kubectl describe node worker-3: its disk reports errors"}));
    all.push(("needs-human".to_owned(), human));
    let mut expired = waiting("checkout", OPENED);
    expired.asked_at = Some(0);
    all.push(("expired".to_owned(), expired));
    let mut again = waiting("checkout", OPENED);
    let why = "the target changed after it was shown: approval void";
    let note = format!("approved by {}", ann());
    again.step_by(OPENED + 1, State::Approved, note, &ann());
    again.step(OPENED + 2, State::Investigated, why);
    again.step(OPENED + 3, State::Waiting, "approval requested");
    all.push(("asked-again".to_owned(), again));
    let mut long = waiting("checkout", OPENED);
    if let Some(candidate) = long
        .decision
        .as_mut()
        .and_then(|d| d.candidates.first_mut())
    {
        let image = format!("registry.example/{}/checkout:2.4.0", "team-".repeat(60));
        let parameters = [
            ("container".to_owned(), "app".to_owned()),
            ("image".to_owned(), image),
        ];
        let target = candidate.fix.target.clone();
        candidate.fix =
            Fix::parse("set-image", target, &parameters).unwrap_or(candidate.fix.clone());
    }
    all.push(("long-command".to_owned(), long));
    let mut undone = applied(State::Worse);
    undone.undone_by = Some("inc-8".to_owned());
    all.push(("undone".to_owned(), undone));
    let mut merged = waiting("checkout", OPENED);
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
        approvers: &[],
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
    let record = waiting("checkout", OPENED);
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
        approvers: &[],
    };
    let place = Place {
        channel: "C0123".to_owned(),
        thread: Some("1.1".to_owned()),
        response_url: None,
    };
    let record = waiting("checkout", OPENED);
    let all = vec![
        (
            "reason".to_owned(),
            home::reason(&record, &place, "known since monday", look),
        ),
        ("home-closed".to_owned(), home::closed("you are a guest")),
        ("evidence".to_owned(), home::evidence(&record, look)),
        (
            "evidence-largest".to_owned(),
            home::evidence(&largest(), look),
        ),
        ("home".to_owned(), home::view(&[record, storm()], look)),
    ];
    all.into_iter()
        .map(|(name, view)| (name, json!(view)))
        .collect()
}
