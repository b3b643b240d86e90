//! A policy that must judge and does not: everything is denied, `/ready` says so, and so does an
//! incident of the host itself.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8shawk::run::endpoints::{self, Sources};
use k8shawk::services::clock::Clock;
use k8shawk::services::cluster::Drops;
use k8shawk::services::plugins::{Asked, Plugins, Required};
use k8shawk::services::store::Store;
use k8shawk::stages::self_monitor;
use k8shawk_core::ObjectRef;
use k8shawk_core::config::Config;
use k8shawk_core::fix::Fix;
use k8shawk_core::guard::Reader;
use k8shawk_core::policy::{Origin, Ruling};
use k8shawk_sandbox::{Registry, Reloader, Shelf};
use k8shawk_tests::recorded;
use rstest::rstest;
use tokio::net::TcpListener;

use crate::workshop::{Guest, Nothing, READS, Workshop, dossier, incident};

/// Under it each policy of the test would release whatever it can.
const AUTO: &str = "may = [\"auto\"]\n[[auto]]\nnamespaces = [\"*\"]\nactions = [\"*\"]\nrisk = \"medium\"\n[settings]\nmode = \"auto\"\n";
/// How long `/ready` may keep answering 200.
const AT_MOST: Duration = Duration::from_secs(2);
const PROPOSALS: usize = 100;

/// One life of a host over a workshop's directories, up to what judges.
struct Host {
    judges: Plugins,
    store: Arc<Store>,
    _reloaders: Vec<Reloader>,
}

impl Host {
    async fn start(workshop: &Workshop, named: Option<&[&str]>) -> Host {
        let registry = Arc::new(Registry::new(5));
        let (plugins, policies) = (workshop.plugins(), workshop.policies());
        let mut reloaders = Vec::new();
        for (shelf, other) in [
            ((Shelf::Plugins, plugins.as_path()), &policies),
            ((Shelf::Policies, policies.as_path()), &plugins),
        ] {
            let (engine, grants) = (workshop.engine.clone(), workshop.grants());
            let reloader = Reloader::new(engine, registry.clone(), shelf, &grants);
            let mut reloader = reloader.beside(other);
            reloader.pass().await;
            reloaders.push(reloader);
        }
        let store = Arc::new(Store::open(&workshop.path().join("k8shawk.sqlite")).unwrap());
        let named = named.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
        let required = Required::kept(registry.clone(), named, store.clone());
        required.note(1).unwrap();
        Host {
            judges: Plugins {
                required: Arc::new(required),
                ..Plugins::new(registry)
            },
            store,
            _reloaders: reloaders,
        }
    }

    /// What is said of many proposals, all of which policies would release.
    async fn rulings(&self) -> Vec<Ruling> {
        let reader: Arc<dyn Reader> = Arc::new(Nothing);
        let (incident, dossier) = (incident(), dossier(Origin::Plugin("fix".to_owned())));
        let mut rulings = Vec::new();
        for number in 0..PROPOSALS {
            let target = ObjectRef::new("v1", "Pod", "default", &format!("web-{number}"));
            let fix = Fix::parse("delete-pod", target, &[]).unwrap();
            let asked = Asked {
                incident: &incident,
                fix: &fix,
                rationale: "",
                dossier: &dossier,
            };
            rulings.push(self.judges.rule(&asked, &reader, 0).await.unwrap().0);
        }
        rulings
    }

    /// Until `/ready` answers 503, and its answer. The host has just begun to serve.
    async fn not_ready(&self) -> (Duration, String) {
        let telemetry = self.judges.telemetry.clone();
        telemetry.listed();
        let (queue, _changes) = tokio::sync::mpsc::channel(1);
        let sources = Sources {
            telemetry,
            store: self.store.clone(),
            plugins: self.judges.registry.clone(),
            required: self.judges.required.clone(),
            drops: Arc::new(Drops::default()),
            queue: queue.downgrade(),
            clock: Clock::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ready", listener.local_addr().unwrap());
        let router = endpoints::router(Arc::new(sources));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let begun = Instant::now();
        let http = k8shawk::services::http_client::builder().build().unwrap();
        let answer = http.get(url).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        serving.abort();
        assert_eq!(status, 503, "{text}");
        (begun.elapsed(), text)
    }

    /// Titles of the incidents that the host would open of itself.
    fn told(&self) -> Vec<String> {
        let bundle = recorded::read("oom").unwrap();
        let flow = recorded::flow(&self.judges, bundle, Config::default()).unwrap();
        let troubles = self_monitor::look(&flow, &[], None, |_| None).unwrap();
        troubles.into_iter().map(|t| t.title).collect()
    }
}

/// Two policies that were live once.
async fn lived() -> Workshop {
    let workshop = Workshop::new();
    workshop.policy("guard", AUTO).policy("other", AUTO);
    let host = Host::start(&workshop, None).await;
    assert!(host.judges.required.missing().is_empty());
    assert!(host.rulings().await.iter().all(|r| *r == Ruling::Auto));
    workshop
}

/// What was done to a policy, and a part of what is said of it.
#[rstest]
#[case::missing("missing", "is not in the policies directory")]
#[case::corrupt("corrupt", "not a component")]
#[case::empty("empty", "no .wasm file")]
#[case::mis_pinned("mis-pinned", "digest is")]
#[case::of_the_wrong_point("point", "can only hold policies")]
#[case::of_the_wrong_point_in_its_grant("pinned-point", "for the point fix")]
#[case::moved("moved", "is not in the policies directory")]
#[case::twice("twice", "two plugins guard")]
#[case::without_its_grant("no-grant", "its grant was removed")]
#[case::with_a_bad_grant("bad-grant", "guard.toml")]
#[case::a_fifo("fifo", "not a regular file")]
#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_that_was_live_everything_is_denied(
    #[case] done: &str,
    #[case] says: &str,
) {
    let workshop = lived().await;
    let home = workshop.policies().join("guard");
    let wasm = home.join("plugin.wasm");
    match done {
        "missing" => fs::remove_dir_all(&home).unwrap(),
        "corrupt" => fs::write(&wasm, b"\0asm broken").unwrap(),
        "empty" => fs::remove_file(&wasm).unwrap(),
        "mis-pinned" => {
            let digest = "0".repeat(64);
            workshop.grant("guard", &format!("digest = \"{digest}\"\n{AUTO}"));
        }
        "point" => {
            fs::remove_dir_all(&home).unwrap();
            workshop.plugin("guard", Guest::Triage, Guest::Triage.component());
            fs::rename(workshop.plugins().join("guard"), &home).unwrap();
            workshop.grant("guard", "");
        }
        "pinned-point" => {
            workshop.grant("guard", &format!("point = \"fix\"\n{AUTO}"));
        }
        "moved" => {
            fs::remove_dir_all(&home).unwrap();
            workshop.plugin("guard", Guest::Analysis, Guest::Analysis.component());
            workshop.grant("guard", READS);
        }
        "twice" => {
            workshop.plugin("guard", Guest::Triage, Guest::Triage.component());
        }
        "no-grant" => fs::remove_file(workshop.grants().join("guard.toml")).unwrap(),
        "bad-grant" => {
            workshop.grant("guard", "[setings]\n");
        }
        "fifo" => {
            fs::remove_file(&wasm).unwrap();
            nix::unistd::mkfifo(&wasm, nix::sys::stat::Mode::S_IRWXU).unwrap();
        }
        other => panic!("{other}"),
    }
    let host = Host::start(&workshop, None).await;
    denied(&host, says).await;
    assert_eq!(
        host.told(),
        ["policy guard is missing; every fix is denied"]
    );
}

async fn denied(host: &Host, says: &str) {
    let rulings = host.rulings().await;
    assert_eq!(rulings.len(), PROPOSALS);
    for ruling in rulings {
        let Ruling::Denied(why) = ruling else {
            panic!("{ruling:?}");
        };
        assert!(why[0].contains("guard") && why[0].contains(says), "{why:?}");
    }
    let (took, text) = host.not_ready().await;
    assert!(took < AT_MOST, "{took:?}");
    assert!(text.contains("\"policy\"") && text.contains(says), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_quarantine_denies_everything() {
    let workshop = lived().await;
    workshop.grant(
        "guard",
        &AUTO.replace("mode = \"auto\"", "mode = \"panic\""),
    );
    let host = Host::start(&workshop, None).await;
    let rulings = host.rulings().await;
    assert!(
        rulings.iter().all(|r| matches!(r, Ruling::Denied(_))),
        "{rulings:?}"
    );
    let live = host.judges.registry.get("guard").unwrap();
    assert!(live.quarantine().is_some());
    denied(&host, "quarantine").await;
    assert_eq!(
        host.told(),
        ["policy guard is quarantined; every fix is denied"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_never_loaded_denies_everything_too() {
    let workshop = Workshop::new();
    workshop
        .policy("guard", "digest = \"00\"\n")
        .policy("other", AUTO);
    let host = Host::start(&workshop, None).await;
    denied(&host, "digest must be").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_goes_on_purpose_by_being_forgotten_or_no_longer_named() {
    let workshop = lived().await;
    fs::remove_dir_all(workshop.policies().join("guard")).unwrap();
    let named = Host::start(&workshop, Some(&["other"])).await;
    assert!(named.judges.required.missing().is_empty());
    let host = Host::start(&workshop, None).await;
    assert_eq!(host.judges.required.missing().len(), 1);
    // By another process, while this one runs.
    let store = Store::open(&workshop.path().join("k8shawk.sqlite")).unwrap();
    assert!(store.forget_policy("guard").unwrap());
    assert!(host.judges.required.missing().is_empty());
    assert!(host.rulings().await.iter().all(|r| *r == Ruling::Auto));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_named_must_be_there() {
    let workshop = Workshop::new();
    workshop.policy("other", AUTO);
    let host = Host::start(&workshop, Some(&["guard", "other"])).await;
    denied(&host, "is not in the policies directory").await;
}
