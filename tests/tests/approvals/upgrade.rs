//! A database of a host from before questions had digests: what waited is asked again, of the same
//! incident, and can be approved.

use std::sync::Arc;
use std::time::Duration;

use k8shawk::run::pipeline::Pipeline;
use k8shawk::services::Services;
use k8shawk::services::clock::Clock;
use k8shawk::services::cluster::AnyCluster;
use k8shawk::services::cluster::replay::Replay;
use k8shawk::services::store::Store;
use k8shawk::stages::approve::{self, Voted};
use k8shawk::stages::triage::{self, Grouped};
use k8shawk_core::approval::Person;
use k8shawk_core::config::Config;
use k8shawk_core::record::State;
use k8shawk_tests::recorded;
use rusqlite::Connection;

/// See `host/src/services/store/schema/tests.rs`.
const BEFORE: &str = include_str!("../../stored/92d4046.sql");

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_before_an_upgrade_waits_on_and_can_be_approved() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k8shawk.sqlite");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(BEFORE).unwrap();
    drop(old);
    let store = Arc::new(Store::open(&path).unwrap());
    // The cluster is as it was when the first of them was asked about.
    let replay = Replay::new(recorded::read("service-target-port-name").unwrap());
    let clock = Clock::default();
    clock.set(replay.time() + 60_000);
    let (inventory, now) = (replay.inventory(), clock.now());
    let config = Config {
        state: place.path().to_owned(),
        settle: Duration::ZERO,
        approvers: vec!["alice".to_owned()],
        ..Config::default()
    };
    let judges = recorded::judges().await.unwrap();
    let mut flow = Services::aside(config, judges, AnyCluster::Recorded(replay), clock).unwrap();
    flow.key = store.approval_key().unwrap();
    flow.store = store.clone();
    let flow = Arc::new(flow);
    let pipeline = Pipeline::new(flow.clone());
    let id = "inc-2";
    let before = store.get(id).unwrap();
    assert_eq!(before.state, State::Waiting);

    pipeline.drive(id);
    pipeline.idle().await;
    let after = store.get(id).unwrap();
    assert_eq!(after.state, State::Waiting, "{:?}", after.history);
    assert_eq!(after.fix(), before.fix());
    assert!(
        after.history.len() > before.history.len(),
        "it was not asked again"
    );

    // What is still broken belongs to it, and opens nothing.
    for observation in inventory.observe_all(now) {
        let grouped = triage::run(&flow, &observation).unwrap();
        let new = matches!(grouped, Grouped::Opened(_));
        assert!(!new, "{grouped:?}");
    }
    let shown = after.question().unwrap();
    let voted = approve::approve(&flow, id, &Person::named("alice"), &shown).unwrap();
    assert!(matches!(voted, Voted::Approved(_)), "{voted:?}");
}
