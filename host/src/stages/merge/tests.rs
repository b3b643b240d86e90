use std::sync::Arc;
use std::time::Instant;

use k8shawk_core::config::Config;
use k8shawk_core::llm::Usage;
use k8shawk_core::record::Consulted;
use k8shawk_sandbox::Registry;
use serde_json::json;

use super::*;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::replay::Replay;
use crate::services::plugins::Plugins;
use crate::services::store::Store;
use crate::services::testing::applied;

fn services(store: Store) -> Services {
    let bundle = json!({
        "format": 1, "title": "", "subject": "", "kubernetes": "", "dry_runs": [],
        "frames": [{ "at": 1, "objects": [], "events": [], "logs": [] }],
    });
    let cluster = AnyCluster::Recorded(Replay::new(serde_json::from_value(bundle).unwrap()));
    let plugins = Plugins::new(Arc::new(Registry::new(5)));
    let mut services =
        Services::aside(Config::default(), plugins, cluster, Clock::default()).unwrap();
    services.store = Arc::new(store);
    services
}

fn deployment(number: usize) -> ObjectRef {
    ObjectRef::new("apps/v1", "Deployment", "shop", &format!("app-{number}"))
}

/// Investigated, with a cause that others share.
fn investigated(number: usize, cause: &ObjectRef) -> Record {
    let mut record = applied(State::Investigated);
    record.incident.owner = deployment(number);
    record.incident.opened_at = 1_700_000_000_000 + i64::try_from(number).unwrap();
    record.key = format!("owner/workload/{number}");
    record.undo = None;
    record.finding.as_mut().unwrap().shared = Some(cause.clone());
    record
}

#[test]
fn five_hundred_owners_of_one_cause_become_one_incident_and_each_reads_one_record() {
    let place = tempfile::tempdir().unwrap();
    let services = services(Store::open(&place.path().join("k.sqlite")).unwrap());
    let cause = ObjectRef::new("v1", "ConfigMap", "shop", "platform");
    let owners = 500;
    let all: Vec<Record> = (0..owners)
        .map(|n| services.store.insert(investigated(n, &cause), &[]).unwrap())
        .collect();
    let begun = Instant::now();
    let everything = services.store.list(true).unwrap();
    let one_list = begun.elapsed();
    assert_eq!(everything.len(), owners);
    let begun = Instant::now();
    let found: Vec<_> = all
        .iter()
        .map(|record| host_of(&services, record).unwrap())
        .collect();
    let looked = begun.elapsed();
    let first = &all[0].incident.id;
    assert!(found[0].is_none());
    assert!(
        found[1..]
            .iter()
            .all(|f| f.as_ref().is_some_and(|f| &f.incident.id == first))
    );
    eprintln!(
        "{owners} looks took {looked:.0?}; a list of all, which each look was, takes {one_list:.0?}"
    );
    // Each look was a list of everything: it must be far below that.
    assert!(looked < one_list * 100, "{looked:?} {one_list:?}");
    for record in &all[1..20] {
        assert!(run(&services, record).unwrap());
    }
    let host = services.store.get(&first.0).unwrap();
    assert_eq!(host.incident.victims.len(), 19);
    let merged = services.store.get(&all[1].incident.id.0).unwrap();
    assert_eq!(merged.merged_into.as_deref(), Some(first.0.as_str()));
    let led = services.store.by_key(&all[1].key).unwrap().unwrap();
    assert_eq!(&led.incident.id, first);
}

#[test]
fn a_dismissed_cause_is_found_by_its_owner() {
    let services = services(Store::in_memory().unwrap());
    let cause = ObjectRef::new("v1", "ConfigMap", "shop", "platform");
    let now = services.clock.now();
    let mut dismissed = investigated(1, &cause);
    dismissed.step(now, State::Dismissed, "no");
    let dismissed = services.store.insert(dismissed, &[]).unwrap().incident.id.0;
    let another = services.store.insert(investigated(1, &cause), &[]).unwrap();
    let other = services.store.insert(investigated(2, &cause), &[]).unwrap();
    assert_eq!(
        super::dismissed(&services, &another).unwrap(),
        Some(dismissed)
    );
    assert_eq!(super::dismissed(&services, &other).unwrap(), None);
}

/// A log that the model reads may tell it to name the class that somebody dismissed.
#[test]
fn a_model_cannot_hide_an_incident_behind_a_dismissed_one() {
    let services = services(Store::in_memory().unwrap());
    let cause = ObjectRef::new("v1", "ConfigMap", "shop", "platform");
    let mut dismissed = investigated(1, &cause);
    dismissed.step(services.clock.now(), State::Dismissed, "no");
    services.store.insert(dismissed, &[]).unwrap();
    let mut hidden = investigated(1, &cause);
    let mut before = hidden.finding.clone().unwrap();
    before.class = "undetermined".into();
    hidden.consulted = Some(Consulted {
        why: Vec::new(),
        contradicts: false,
        proposal: None,
        before: Some(before),
        refused: Vec::new(),
        usage: Usage::default(),
        rounds: 1,
    });
    let hidden = services.store.insert(hidden, &[]).unwrap();
    assert_eq!(super::dismissed(&services, &hidden).unwrap(), None);
}
