//! What a plugin may decide is the operator's to say: `auto`, its point, its id, its files.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8shawk_core::ObjectRef;
use k8shawk_core::fix::Risk;
use k8shawk_core::policy::{Origin, Verdict};
use k8shawk_sandbox::{
    CallContext, Called, Live, Outcome, Point, RawProposal, Registry, ReloadEvent, Reloader, Shelf,
};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::workshop::{Guest, Nothing, Workshop, dossier, incident, version};

const AUTO: &str = "[settings]\nmode = \"auto\"\n";
const DEV: &str = "may = [\"auto\"]\n[[auto]]\nnamespaces = [\"dev-*\"]\nactions = [\"delete-pod\"]\nrisk = \"low\"\n[settings]\nmode = \"auto\"\n";

/// Both directories, as a host keeps them.
struct Shelves {
    registry: Arc<Registry>,
    plugins: Reloader,
    policies: Reloader,
}

impl Shelves {
    fn of(workshop: &Workshop) -> Shelves {
        let registry = Arc::new(Registry::default());
        let (plugins, policies) = (workshop.plugins(), workshop.policies());
        let reloader = |shelf| {
            let (engine, grants) = (workshop.engine.clone(), workshop.grants());
            Reloader::new(engine, registry.clone(), shelf, &grants)
        };
        Shelves {
            plugins: reloader((Shelf::Plugins, &plugins)).beside(&policies),
            policies: reloader((Shelf::Policies, &policies)).beside(&plugins),
            registry,
        }
    }

    async fn pass(&mut self) -> Vec<ReloadEvent> {
        let mut events = self.plugins.pass().await;
        events.extend(self.policies.pass().await);
        events
    }

    fn policy(&self) -> Arc<Live> {
        self.registry.at(Point::Policy).remove(0)
    }
}

async fn judge(live: &Live, namespace: &str, origin: Origin) -> Called<Verdict> {
    let proposal = RawProposal {
        action: "delete-pod".to_owned(),
        target: ObjectRef::new("v1", "Pod", namespace, "web"),
        parameters: Vec::new(),
        rationale: String::new(),
    };
    let context = CallContext {
        reader: Arc::new(Nothing),
        now_ms: 0,
    };
    live.judge_proposal(&incident(), &proposal, &dossier(origin), Risk::Low, context)
        .await
}

fn fix() -> Origin {
    Origin::Plugin("fix".to_owned())
}

/// The reason of the only event, which put nothing live.
fn refused(events: &[ReloadEvent]) -> &str {
    match events {
        [ReloadEvent { outcome, .. }] => match outcome {
            Outcome::Refused { reason } | Outcome::Kept { reason } => reason,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn auto_without_a_grant_counts_as_allow_and_is_recorded() {
    let workshop = Workshop::new();
    let mut shelves = Shelves::of(&workshop);
    workshop.policy("mine", AUTO);
    shelves.pass().await;
    let called = judge(&shelves.policy(), "dev-a", fix()).await;
    assert_eq!(called.result, Ok(Verdict::Allow));
    let [refusal] = &called.record.refusals[..] else {
        panic!("{:?}", called.record.refusals);
    };
    assert!(
        refusal.contains("delete-pod (low risk) on Pod dev-a/web"),
        "{refusal}"
    );
}

#[tokio::test]
async fn auto_is_given_where_the_grant_covers_it_and_taken_back_with_the_grant() {
    let workshop = Workshop::new();
    let mut shelves = Shelves::of(&workshop);
    workshop.policy("mine", DEV);
    shelves.pass().await;
    let live = shelves.policy();
    let called = judge(&live, "dev-a", fix()).await;
    assert_eq!(called.result, Ok(Verdict::Auto));
    assert!(called.record.refusals.is_empty());
    let elsewhere = judge(&live, "prod", fix()).await;
    assert_eq!(elsewhere.result, Ok(Verdict::Allow));
    workshop.grant("mine", AUTO);
    shelves.pass().await;
    assert_eq!(
        judge(&live, "dev-a", fix()).await.result,
        Ok(Verdict::Allow)
    );
}

#[tokio::test]
async fn a_policy_is_told_who_proposed() {
    let workshop = Workshop::new();
    let mut shelves = Shelves::of(&workshop);
    workshop.policy("mine", "[settings]\nmode = \"origin\"\n");
    shelves.pass().await;
    for origin in [fix(), Origin::Model, Origin::Undo] {
        let called = judge(&shelves.policy(), "a", origin.clone()).await;
        assert_eq!(called.result, Ok(Verdict::Deny(origin.to_string())));
    }
}

#[tokio::test]
async fn a_policy_among_the_plugins_and_a_plugin_among_the_policies_are_refused() {
    let workshop = Workshop::new();
    let mut shelves = Shelves::of(&workshop);
    workshop.plugin("sly", Guest::Policy, Guest::Policy.component());
    assert!(refused(&shelves.pass().await).contains("must be in the policies directory"));
    fs::remove_dir_all(workshop.plugins().join("sly")).unwrap();
    workshop.plugin("sly", Guest::Triage, Guest::Triage.component());
    fs::rename(
        workshop.plugins().join("sly"),
        workshop.policies().join("sly"),
    )
    .unwrap();
    assert!(refused(&shelves.pass().await).contains("can only hold policies"));
    assert!(shelves.registry.all().is_empty());
    assert_eq!(shelves.registry.refused().len(), 1);
}

#[tokio::test]
async fn a_reload_that_changes_the_point_keeps_what_runs() {
    let workshop = Workshop::new();
    let mut shelves = Shelves::of(&workshop);
    workshop.plugin("live", Guest::Triage, Guest::Triage.component());
    workshop.grant("live", crate::workshop::READS);
    shelves.pass().await;
    let digest = shelves
        .registry
        .get("live")
        .unwrap()
        .plugin()
        .digest()
        .to_owned();
    workshop.plugin("live", Guest::Analysis, Guest::Analysis.component());
    let events = shelves.pass().await;
    assert!(
        refused(&events).contains("cannot move to analysis"),
        "{events:?}"
    );
    assert!(matches!(events[0].outcome, Outcome::Kept { .. }));
    let live = shelves.registry.get("live").unwrap();
    assert_eq!(
        (live.point(), live.plugin().digest()),
        (Point::Triage, &*digest)
    );
}

#[tokio::test]
async fn a_grant_pins_the_point_and_auto_is_for_policies() {
    let workshop = Workshop::new();
    workshop.plugin("pin", Guest::Triage, Guest::Triage.component());
    for (grant, says) in [
        (
            "point = \"analysis\"\n",
            "this grant is for the point analysis",
        ),
        (DEV, "is for policies"),
    ] {
        workshop.grant("pin", grant);
        let error = workshop.prepare("pin").await.err().unwrap().to_string();
        assert!(
            error.contains("pin.toml") && error.contains(says),
            "{error}"
        );
    }
    workshop.grant("pin", "point = \"triage\"\n");
    assert!(workshop.prepare("pin").await.is_ok());
}

#[tokio::test]
async fn two_plugins_of_one_id_are_refused_until_there_is_one() {
    let workshop = Workshop::new();
    let mut shelves = Shelves::of(&workshop);
    workshop.policy("twin", AUTO);
    workshop.plugin("twin", Guest::Triage, Guest::Triage.component());
    workshop.grant("twin", "");
    let events = shelves.pass().await;
    assert_eq!(events.len(), 2, "{events:?}");
    for event in &events {
        assert!(refused(std::slice::from_ref(event)).contains("two plugins twin"));
    }
    assert!(shelves.registry.all().is_empty());
    fs::remove_dir_all(workshop.plugins().join("twin")).unwrap();
    shelves.pass().await;
    assert_eq!(shelves.policy().id(), "twin");
    // A running one stays loaded, and its twin does not.
    workshop.plugin("twin", Guest::Triage, Guest::Triage.component());
    shelves.pass().await;
    assert_eq!(shelves.registry.get("twin").unwrap().point(), Point::Policy);
    assert_eq!(shelves.registry.all().len(), 1);
}

#[tokio::test]
async fn the_grant_of_a_policy_that_runs_cannot_vanish() {
    let workshop = Workshop::new();
    let mut shelves = Shelves::of(&workshop);
    workshop.policy("mine", DEV);
    shelves.pass().await;
    fs::remove_file(workshop.grants().join("mine.toml")).unwrap();
    let events = shelves.pass().await;
    assert!(
        refused(&events).contains("the grant of a running policy was removed"),
        "{events:?}"
    );
    let live = shelves.policy();
    assert!(
        !live.plugin().grant().settings.is_empty(),
        "its settings stay"
    );
    assert!(
        live.plugin().grant().auto.is_empty(),
        "what it could release is taken back"
    );
}

/// A FIFO would hold up the reload of every other plugin until somebody writes into it.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_files_hold_up_nobody() {
    let workshop = Workshop::new();
    let mut shelves = Shelves::of(&workshop);
    let mode = Mode::S_IRWXU;
    for id in [
        "a-fifo",
        "b-device",
        "c-directory",
        "d-manifest",
        "e-grant",
        "f-huge",
    ] {
        workshop.plugin(id, Guest::Triage, Guest::Triage.component());
        let wasm = workshop.plugins().join(id).join("plugin.wasm");
        match id {
            "d-manifest" => {
                let manifest = workshop.plugins().join(id).join("plugin.toml");
                fs::remove_file(&manifest).unwrap();
                mkfifo(&manifest, mode).unwrap();
                continue;
            }
            "e-grant" => {
                mkfifo(&workshop.grants().join("e-grant.toml"), mode).unwrap();
                continue;
            }
            "f-huge" => {
                let file = fs::File::options().write(true).open(&wasm).unwrap();
                file.set_len((64 << 20) + 1).unwrap();
                continue;
            }
            _ => fs::remove_file(&wasm).unwrap(),
        }
        match id {
            "a-fifo" => mkfifo(&wasm, mode).unwrap(),
            "b-device" => symlink("/dev/zero", &wasm).unwrap(),
            _ => fs::create_dir(&wasm).unwrap(),
        }
    }
    workshop.plugin(
        "z-good",
        Guest::Triage,
        &version(Guest::Triage.component(), b'z'),
    );
    let begun = Instant::now();
    let passing = tokio::time::timeout(Duration::from_secs(60), shelves.pass());
    let events = passing.await.expect("the reload is held up");
    println!("a pass beside FIFOs and devices: {:?}", begun.elapsed());
    for ReloadEvent { id, outcome } in &events {
        match (id.as_str(), outcome) {
            ("z-good", Outcome::Loaded { .. }) => {}
            ("f-huge", Outcome::Refused { reason }) => {
                assert!(reason.contains("larger than 65536 KiB"), "{reason}");
            }
            (_, Outcome::Refused { reason }) => {
                assert!(reason.contains("not a regular file"), "{id}: {reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(events.len(), 7);
}
