//! A version that judges beside the live one decides nothing, whatever it does.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8shawk::run::scan;
use k8shawk::run::versions::VersionGate;
use k8shawk::services::Services;
use k8shawk::services::clock::Clock;
use k8shawk::services::cluster::AnyCluster;
use k8shawk::services::cluster::replay::Replay;
use k8shawk::services::plugins::{Asked, Plugins, Recorder, Shadowing};
use k8shawk::services::store::{Compared, Store, VersionId};
use k8shawk::services::telemetry::Telemetry;
use k8shawk_core::ObjectRef;
use k8shawk_core::bundle::Bundle;
use k8shawk_core::config::Config;
use k8shawk_core::fix::Fix;
use k8shawk_core::guard::Reader;
use k8shawk_core::policy::Origin;
use k8shawk_sandbox::{Outcome, Registry, Reloader, Shelf};
use k8shawk_tests::recorded::dist;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::versions::component;
use crate::workshop::{Nothing, Workshop, dossier, incident};

const SHADOW: &str = "reload = \"shadow\"\n[settings]\nmode = \"versions\"\n";

/// The shipped plugins with the policy `guard`, whose new versions are shadows.
struct Judges {
    workshop: Workshop,
    registry: Arc<Registry>,
    store: Arc<Store>,
    policies: Reloader,
    stop: CancellationToken,
}

impl Judges {
    async fn new() -> Judges {
        let workshop = Workshop::new();
        for entry in fs::read_dir(dist().join("grants")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, workshop.grants().join(path.file_name().unwrap())).unwrap();
        }
        workshop.policy("guard", SHADOW);
        let registry = Arc::new(Registry::default());
        let store = Arc::new(Store::open(&workshop.path().join("k.sqlite")).unwrap());
        let config = Config {
            state: workshop.path().to_owned(),
            ..Config::default()
        };
        let live = (workshop.engine.clone(), registry.clone());
        let grants = workshop.grants();
        let gate = Arc::new(VersionGate::new(live, store.clone(), config, grants));
        let (plugins, policies) = (dist().join("plugins"), workshop.policies());
        let of = |shelf| {
            let engine = workshop.engine.clone();
            Reloader::new(engine, registry.clone(), shelf, &workshop.grants()).gated(gate.clone())
        };
        of((Shelf::Plugins, plugins.as_path())).pass().await;
        let mut policies = of((Shelf::Policies, policies.as_path()));
        policies.pass().await;
        assert_eq!(registry.all().len(), 5, "{:?}", registry.refused());
        Judges {
            workshop,
            registry,
            store,
            policies,
            stop: CancellationToken::new(),
        }
    }

    /// A version beside the live one.
    async fn shadow(&mut self, letter: u8) {
        let home = self.workshop.policies().join("guard");
        fs::write(home.join("new"), component(letter)).unwrap();
        fs::rename(home.join("new"), home.join("plugin.wasm")).unwrap();
        let events = self.policies.pass().await;
        let waits = |outcome: &Outcome| matches!(outcome, Outcome::Waits { shadow: true, .. });
        assert!(events.iter().all(|e| waits(&e.outcome)), "{events:?}");
        assert!(self.registry.get("guard").unwrap().shadow().is_some());
    }

    /// What decides, watched for the shadow.
    fn judging(&self) -> Plugins {
        let telemetry = Telemetry::default();
        let (recorder, _, shadowed) = Recorder::new(0, telemetry.clone());
        let shadowing = Shadowing {
            calls: Mutex::new(shadowed),
            reader: Box::new(|| Arc::new(Nothing)),
            store: self.store.clone(),
            clock: Clock::default(),
            telemetry: telemetry.clone(),
        };
        let stop = self.stop.clone();
        tokio::spawn(async move { shadowing.run(stop).await });
        Plugins {
            telemetry,
            witness: Some(Arc::new(recorder)),
            ..Plugins::new(self.registry.clone())
        }
    }

    /// What the shadow said, once it said anything and then nothing more for a second.
    async fn said(&self) -> Vec<Compared> {
        let shadow = self.registry.get("guard").unwrap().shadow().unwrap();
        let id = VersionId {
            plugin: "guard".to_owned(),
            pin: shadow.plugin().digest().to_owned(),
        };
        let mut known = 0;
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let said = self.store.shadowed(&id).unwrap();
            if said.len() == known && known > 0 {
                return said;
            }
            known = said.len();
        }
        panic!("the shadow says nothing")
    }
}

impl Drop for Judges {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What is found and decided in every recorded incident.
async fn decisions(plugins: &Plugins) -> Vec<String> {
    let mut decided = Vec::new();
    let incidents = fs::read_dir(dist().join("incidents")).unwrap();
    let mut files: Vec<_> = incidents.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let bundle = Bundle::parse(&fs::read_to_string(&file).unwrap()).unwrap();
        let replay = Replay::new(bundle);
        let clock = Clock::at(replay.time() + 1);
        let (inventory, events) = (replay.inventory(), replay.events());
        let cluster = AnyCluster::Recorded(replay);
        let services = Services::aside(Config::default(), plugins.clone(), cluster, clock).unwrap();
        for found in scan::run(&services, &inventory, &events).await.unwrap() {
            let (finding, decision) = (&found.record.finding, &found.record.decision);
            decided.push(format!("{} {finding:?} {decision:?}", file.display()));
        }
    }
    decided
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_over_all_recorded_incidents_changes_nothing_that_is_decided() {
    let mut judges = Judges::new().await;
    let alone = decisions(&Plugins::new(judges.registry.clone())).await;
    assert!(alone.len() > 100, "{}", alone.len());
    judges.shadow(b'b').await;
    let beside = decisions(&judges.judging()).await;
    let other = alone.iter().zip(&beside).find(|(a, b)| a != b);
    assert_eq!(other, None);
    assert_eq!(alone.len(), beside.len());
    let said = judges.said().await;
    let changed = said.iter().filter(|verdicts| verdicts.is_change());
    assert!(changed.clone().count() > 10, "{said:?}");
    assert!(
        changed
            .clone()
            .all(|v| v.subject.starts_with("rollout-undo"))
    );
    assert!(said.iter().all(|v| v.live == "allow"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_shadow_are_its_own_and_its_time_delays_nobody() {
    let mut judges = Judges::new().await;
    let reader: Arc<dyn Reader> = Arc::new(Nothing);
    let (incident, dossier) = (incident(), dossier(Origin::Plugin("fix".to_owned())));
    let fix = Fix::parse(
        "delete-pod",
        ObjectRef::new("v1", "Pod", "shop", "web"),
        &[],
    )
    .unwrap();
    let asked = Asked {
        incident: &incident,
        fix: &fix,
        rationale: "",
        dossier: &dossier,
    };
    for letter in *b"cd" {
        judges.shadow(letter).await;
        let plugins = judges.judging();
        let begun = Instant::now();
        for _ in 0..8 {
            plugins.rule(&asked, &reader, 0).await.unwrap();
        }
        // One call of version d takes a second alone.
        assert!(
            begun.elapsed() < Duration::from_millis(900),
            "{:?}",
            begun.elapsed()
        );
        let said = judges.said().await;
        assert!(
            said.iter().all(|v| v.new.starts_with("no answer")),
            "{said:?}"
        );
        let live = judges.registry.get("guard").unwrap();
        assert_eq!((live.counts().guest_faults, live.quarantine()), (0, None));
        let shadow = live.shadow().unwrap();
        assert_eq!(shadow.counts().guest_faults, 5);
        assert!(shadow.quarantine().is_some());
    }
}
