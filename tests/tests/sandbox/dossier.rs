//! What a policy sees of a proposal beside the incident, through a guest that asks for all of it.

pub mod languages;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use k8shawk::services::Services;
use k8shawk::services::plugins::Plugins;
use k8shawk::stages::{decide, fix};
use k8shawk_core::ObjectRef;
use k8shawk_core::diff::{Diff, Line};
use k8shawk_core::fix::Risk;
use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading};
use k8shawk_core::owners::Owned;
use k8shawk_core::policy::{Dossier, Origin, Outcome, Run, Verdict};
use k8shawk_core::record::{Record, State};
use k8shawk_sandbox::{
    CallContext, CallError, Called, DIFF, LEDGER, RawProposal, Registry, Reloader, Shelf,
};
use k8shawk_tests::recorded;
use rstest::rstest;
use serde_json::{Value, json};

use crate::workshop::{Guest, Nothing, Workshop, dist, dossier, incident};

/// Reads of the kinds in the chain of a pod.
const GETS: &str = r#"
[[allow]]
verbs = ["get"]
kinds = ["Pod", "ReplicaSet", "Deployment"]
namespaces = ["shop"]
"#;

fn proposal() -> RawProposal {
    RawProposal {
        action: "delete-pod".to_owned(),
        target: ObjectRef::of("Pod", "shop", "web-1-x"),
        parameters: Vec::new(),
        rationale: String::new(),
    }
}

fn run(incident: &str, at: i64, target: ObjectRef, class: &str) -> Run {
    Run {
        incident: incident.to_owned(),
        at,
        action: "delete-pod".to_owned(),
        target,
        class: class.to_owned(),
        outcome: Outcome::Worse,
        approvers: vec!["ada".to_owned(), "grace".to_owned()],
    }
}

/// What the guest is shown.
fn full() -> Dossier {
    let line = Line {
        path: "spec.replicas".to_owned(),
        before: Some("1".to_owned()),
        after: None,
    };
    let mut runs = vec![
        run("inc-9", 9, ObjectRef::of("Pod", "shop", "web-1-x"), "oom"),
        run("inc-8", 8, ObjectRef::of("Pod", "shop", "other"), "oom"),
        run(
            "inc-7",
            7,
            ObjectRef::of("Pod", "bank", "web-1-x"),
            "workload",
        ),
    ];
    runs.push(Run {
        action: "evict-pod".to_owned(),
        ..run("inc-6", 6, ObjectRef::of("Pod", "shop", "web-1-x"), "oom")
    });
    Dossier {
        diff: Some(Diff { lines: vec![line] }),
        ledger: Some(runs),
        ..Dossier::clone(&dossier(Origin::Model))
    }
}

async fn judged(
    mode: &str,
    grant: &str,
    dossier: Dossier,
    reader: Arc<dyn Reader>,
) -> Called<Verdict> {
    let workshop = Workshop::new();
    let policy = workshop.hostile(Guest::Seeing, mode, grant).await;
    let context = CallContext { reader, now_ms: 5 };
    let dossier = Arc::new(dossier);
    policy
        .judge_proposal(&incident(), &proposal(), &dossier, Risk::Low, context)
        .await
}

async fn told(mode: &str, dossier: Dossier) -> String {
    let called = judged(mode, GETS, dossier, Arc::new(Nothing)).await;
    match called.result {
        Ok(Verdict::Deny(told)) => told,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_policy_sees_the_finding_the_diff_and_earlier_fixes_and_all_of_it_is_recorded() {
    let finding = told("finding", full()).await;
    assert_eq!(finding, "workload: No such tag [e1]. 80 e1=not found");
    assert_eq!(told("diff", full()).await, "spec.replicas Some(\"1\") None");
    let worse = |id: &str, target: &str| format!("{id} {target} Outcome::Worse ada+grace");
    let same = worse("inc-9", "shop/web-1-x");
    let (near, far) = (worse("inc-8", "shop/other"), worse("inc-7", "bank/web-1-x"));
    let other = worse("inc-6", "shop/web-1-x");
    let ledger = format!("{same} | {same}; {near} | {far} | {same}; {near}; {far}; {other}");
    assert_eq!(told("ledger", full()).await, ledger);
    let called = judged("diff", GETS, full(), Arc::new(Nothing)).await;
    assert_eq!(called.record.dossier.as_deref(), Some(&full()));
}

/// Nothing may be concluded from what was not read.
#[tokio::test]
async fn what_the_host_did_not_gather_is_unavailable_and_not_empty() {
    let bare = || Dossier::clone(&dossier(Origin::Model));
    let diff = told("diff", bare()).await;
    assert!(diff.contains("no dry run was sent"), "{diff}");
    let ledger = told("ledger", bare()).await;
    assert_eq!(
        ledger.matches("the ledger was not read").count(),
        4,
        "{ledger}"
    );
}

#[tokio::test]
async fn a_diff_that_does_not_fit_into_the_memory_of_the_call_is_an_answer() {
    let line = Line {
        path: "data.x".to_owned(),
        before: None,
        after: Some("x".repeat(1 << 20)),
    };
    let large = Dossier {
        diff: Some(Diff { lines: vec![line] }),
        ..full()
    };
    let grant = format!("[limits]\nmemory_mib = 2\n{GETS}");
    let called = judged("diff", &grant, large, Arc::new(Nothing)).await;
    let Ok(Verdict::Deny(told)) = called.result else {
        panic!("{:?}", called.result)
    };
    assert!(told.contains("limits.memory_mib"), "{told}");
}

/// Objects by kind and name, with their managed fields.
struct Chain(HashMap<&'static str, Value>);

impl Reader for Chain {
    fn read(&self, permit: Permit) -> Reading<'_> {
        let Read::Owners { kind, .. } = permit.into_read() else {
            panic!("a policy that asks for owners reads nothing else");
        };
        let object = self.0.get(kind.as_str());
        let told = object.and_then(|object| Owned::told(&object.to_string()));
        Box::pin(async { told.map(Answer::Text).ok_or(ReadError::NotFound) })
    }
}

fn owned_by(api_version: &str, kind: &str, name: &str) -> Value {
    json!([{"apiVersion": api_version, "kind": kind, "name": name, "controller": true}])
}

fn chain() -> Arc<dyn Reader> {
    let objects = [
        (
            "Pod",
            json!({"metadata": {"namespace": "shop",
                "ownerReferences": owned_by("apps/v1", "ReplicaSet", "web-1")}}),
        ),
        (
            "ReplicaSet",
            json!({"metadata": {"namespace": "shop",
                "ownerReferences": owned_by("apps/v1", "Deployment", "web")}}),
        ),
        (
            "Deployment",
            json!({"metadata": {"namespace": "shop",
                "labels": {"argocd.argoproj.io/instance": "shop"},
                "managedFields": [{"manager": "argocd-controller", "operation": "Apply",
                    "fieldsV1": {"f:spec": {"f:replicas": {}}}}],
                "ownerReferences": owned_by("web.example.com/v1", "Website", "shop")}}),
        ),
    ];
    Arc::new(Chain(HashMap::from(objects)))
}

#[tokio::test]
async fn a_policy_sees_who_owns_the_target_up_to_the_top() {
    let called = judged("owners", GETS, full(), chain()).await;
    let told = "Pod web-1-x true [] []; ReplicaSet web-1 true [] []; \
                Deployment web true [Tool::ArgoCd(\"shop\"), \
                Tool::Operator(\"Website.web.example.com shop/shop\")] \
                [\"argocd-controller:spec.replicas\"]; Website shop false [] []";
    assert_eq!(called.result, Ok(Verdict::Deny(told.to_owned())));
    assert_eq!(called.record.reads.len(), 3, "a replay needs each answer");
}

#[tokio::test]
async fn owners_are_read_within_the_grant_alone() {
    let grant = GETS.replace(", \"Deployment\"", "");
    let called = judged("owners", &grant, full(), chain()).await;
    assert_eq!(
        called.result,
        Ok(Verdict::Deny("ReadError::Denied".to_owned()))
    );
    let refusals = &called.record.refusals;
    assert!(refusals[0].contains("get Deployment"), "{refusals:?}");
    let workshop = Workshop::new();
    workshop.plugin("asks", Guest::Seeing, Guest::Seeing.component());
    let error = workshop.prepare("asks").await.err().unwrap().to_string();
    assert!(
        error.contains("policy/owners") && error.contains("verbs = [\"get\"]"),
        "{error}"
    );
}

#[tokio::test]
async fn the_texts_of_a_verdict_are_short_and_drive_no_terminal() {
    let reason = told("long", full()).await;
    assert!(
        reason.len() <= 1024 && reason.starts_with("frozen xxx"),
        "{}",
        reason.len()
    );
    assert!(reason.ends_with("x…"), "{}", reason.len());
    let called = judged("names", GETS, full(), Arc::new(Nothing)).await;
    let Ok(Verdict::RequireApproval(rule)) = called.result else {
        panic!("{:?}", called.result)
    };
    assert_eq!(rule.approvers, ["ada"; 3]);
    assert!(
        rule.why.starts_with("why why") && rule.why.len() <= 1024,
        "{}",
        rule.why.len()
    );
    let called = judged("crowd", GETS, full(), Arc::new(Nothing)).await;
    assert!(
        matches!(called.result, Err(CallError::Answer(_))),
        "{:?}",
        called.result
    );
}

/// The shipped plugins, and the guest as the only policy.
struct Host {
    workshop: Workshop,
    judges: Plugins,
    policies: Reloader,
}

impl Host {
    async fn start(mode: &str) -> Host {
        let (workshop, registry) = (Workshop::new(), Arc::new(Registry::new(5)));
        workshop.plugin("sees", Guest::Seeing, Guest::Seeing.component());
        fs::rename(
            workshop.plugins().join("sees"),
            workshop.policies().join("sees"),
        )
        .unwrap();
        let reloader = |shelf, directory: &Path, grants: &Path| {
            let (engine, registry) = (workshop.engine.clone(), registry.clone());
            Reloader::new(engine, registry, (shelf, directory), grants)
        };
        let dist = dist();
        let mut shipped = reloader(Shelf::Plugins, &dist.join("plugins"), &dist.join("grants"));
        shipped.pass().await;
        let policies = reloader(Shelf::Policies, &workshop.policies(), &workshop.grants());
        let mut host = Host {
            policies,
            judges: Plugins::new(registry.clone()),
            workshop,
        };
        host.turn(mode).await;
        assert!(registry.get("sees").is_some(), "{:?}", registry.refused());
        host
    }

    /// Let the policy judge in another mode.
    async fn turn(&mut self, mode: &str) {
        let everywhere = GETS.replace("[\"shop\"]", "[\"*\"]");
        let grant = format!("{everywhere}[settings]\nmode = \"{mode}\"\n");
        self.workshop.grant("sees", &grant);
        self.policies.pass().await;
    }

    /// What is decided of a recorded incident.
    async fn decided(&self) -> (Arc<Services>, Record) {
        let config = recorded::quick(self.workshop.path());
        let bundle = recorded::read("oom").unwrap();
        let flow = recorded::flow(&self.judges, bundle, config).unwrap();
        let id = recorded::opened(&flow).unwrap();
        let record = recorded::explained(&flow, &id).await.unwrap();
        decide::run(&flow, &record).await.unwrap();
        let decided = flow.store.get(&id).unwrap();
        (flow, decided)
    }
}

fn told_of(diff: &Diff) -> String {
    let line = |l: &Line| format!("{} {:?} {:?}", l.path, l.before, l.after);
    diff.lines.iter().map(line).collect::<Vec<_>>().join("; ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_judges_the_dry_run_before_people_see_it() {
    let mut host = Host::start("allow").await;
    let (_, allowed) = host.decided().await;
    let shown = told_of(&allowed.candidate().unwrap().diff);
    host.turn("diff").await;
    let (_, denied) = host.decided().await;
    let decision = denied.decision.unwrap();
    assert_eq!(decision.first(), None);
    assert_eq!(decision.refused[0].reason, format!("sees: {shown}"));
}

/// A freeze may have begun since, or the same fix may have failed elsewhere.
#[rstest]
#[case::the_dry_run("diff")]
#[case::what_earlier_fixes_did("ledger")]
#[tokio::test(flavor = "multi_thread")]
async fn before_a_fix_runs_a_policy_sees_what_is_so_now(#[case] mode: &str) {
    let mut host = Host::start("allow").await;
    let (flow, decided) = host.decided().await;
    let (id, now) = (decided.incident.id.0.clone(), flow.clock.now());
    let candidate = decided.candidate().unwrap().clone();
    let mut earlier = decided.clone();
    earlier.incident.id.0 = "inc-earlier".to_owned();
    earlier.state = State::Worse;
    flow.store.remember(&earlier, &candidate.fix, now).unwrap();
    let approve = |r: &mut Record| {
        r.asked_at = Some(now);
        r.step(now, State::Approved, "");
    };
    flow.store.advance(&id, State::Decided, approve).unwrap();
    host.turn(mode).await;
    let approved = flow.store.get(&id).unwrap();
    fix::prepare(&flow, &approved).await.unwrap();
    let void = flow.store.get(&id).unwrap();
    assert_eq!(void.state, State::Investigated);
    let note = &void.history.last().unwrap().note;
    let target = &candidate.fix.target;
    let expected = match mode {
        "diff" => format!("sees: {}", told_of(&candidate.diff)),
        _ => format!(
            "sees: inc-earlier {}/{} Outcome::Worse",
            target.namespace, target.name
        ),
    };
    assert!(note.contains(&expected), "{expected} is not in {note}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_policy_wants_is_not_gathered() {
    let host = Host::start("allow").await;
    assert!(host.judges.want(DIFF) && host.judges.want(LEDGER));
    let other = Workshop::new();
    other.policy("plain", "");
    let plain = other.judging("plain").await;
    assert!(!plain.want(DIFF) && !plain.want(LEDGER));
}
