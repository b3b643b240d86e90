//! Policies that must judge, and are missing for a while.

use std::sync::Arc;

use k8shawk_core::approval::Person;
use k8shawk_core::config::Config;
use k8shawk_core::record::State;
use k8shawk_sandbox::Registry;

use crate::services::Services;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::replay::Replay;
use crate::services::plugins::{Plugins, Required};
use crate::services::testing::record;
use crate::stages::approve::{VoteError, approve};
use crate::stages::decide::again;

/// A flow that must have this policy, which is not there.
fn services(named: &[&str]) -> Services {
    let plugins = Plugins::new(Arc::new(Registry::new(5)));
    let cluster = AnyCluster::Recorded(Replay::empty());
    let mut services =
        Services::aside(Config::default(), plugins, cluster, Clock::default()).unwrap();
    require(&mut services, named);
    services
}

fn require(services: &mut Services, named: &[&str]) {
    let named = named.iter().map(|id| (*id).to_owned()).collect();
    let registry = services.plugins.registry.clone();
    let required = Required::kept(registry, Some(named), services.store.clone());
    services.plugins.required = Arc::new(required);
}

#[test]
fn nothing_is_approved_while_a_policy_is_missing() {
    let services = services(&["freeze"]);
    let waiting = services.store.insert(record(), &[]).unwrap();
    let (id, shown) = (&waiting.incident.id.0, waiting.question().unwrap());
    let refused = approve(&services, id, &Person::named("ann"), &shown);
    let Err(VoteError::Unruled(why)) = &refused else {
        panic!("{refused:?}");
    };
    assert!(why.contains("freeze"), "{why}");
    let after = services.store.get(id).unwrap();
    assert_eq!(
        (after.state, after.votes.len()),
        (State::Waiting, waiting.votes.len())
    );
}

#[test]
fn what_was_denied_for_a_missing_policy_is_decided_again_once_it_judges() {
    let mut services = services(&["freeze"]);
    let mut denied = record();
    denied.decision.as_mut().unwrap().candidates.clear();
    denied.decision.as_mut().unwrap().unruled = true;
    denied.step(services.clock.now(), State::NeedsHuman, "no safe fix");
    let denied = services.store.insert(denied, &[]).unwrap();
    assert!(!again(&services, &denied).unwrap());
    require(&mut services, &[]);
    assert!(again(&services, &denied).unwrap());
    let after = services.store.get(&denied.incident.id.0).unwrap();
    assert_eq!(after.state, State::Investigated);
}
