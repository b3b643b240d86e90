//! Policies that must judge, and are missing for a while.

use std::sync::Arc;

use k8shawk_core::approval::Person;
use k8shawk_core::config::Config;
use k8shawk_sandbox::Registry;

use super::*;
use crate::services::clock::Clock;
use crate::services::cluster::replay::Replay;
use crate::services::cluster::world::World;
use crate::services::plugins::{Judges, Required};
use crate::services::slack::message::tests::record;
use crate::stages::approve::{VoteError, approve};

/// A flow that must have this policy, which is not there.
fn flow(named: &[&str]) -> Flow {
    let judges = Judges::new(Arc::new(Registry::new(5)));
    let world = World::Recorded(Replay::empty());
    let mut flow = Flow::aside(Config::default(), judges, world, Clock::default()).unwrap();
    require(&mut flow, named);
    flow
}

fn require(flow: &mut Flow, named: &[&str]) {
    let named = named.iter().map(|id| (*id).to_owned()).collect();
    let registry = flow.judges.registry.clone();
    let required = Required::kept(registry, Some(named), flow.store.clone());
    flow.judges.required = Arc::new(required);
}

#[test]
fn nothing_is_approved_while_a_policy_is_missing() {
    let flow = flow(&["freeze"]);
    let waiting = flow.store.insert(record(), &[]).unwrap();
    let (id, shown) = (&waiting.incident.id.0, waiting.question().unwrap());
    let refused = approve(&flow, id, &Person::named("ann"), &shown);
    let Err(VoteError::Unruled(why)) = &refused else {
        panic!("{refused:?}");
    };
    assert!(why.contains("freeze"), "{why}");
    let after = flow.store.get(id).unwrap();
    assert_eq!(
        (after.state, after.votes.len()),
        (State::Waiting, waiting.votes.len())
    );
}

#[test]
fn what_was_denied_for_a_missing_policy_is_decided_again_once_it_judges() {
    let mut flow = flow(&["freeze"]);
    let mut denied = record();
    denied.decision.as_mut().unwrap().candidates.clear();
    denied.decision.as_mut().unwrap().unruled = true;
    denied.step(flow.clock.now(), State::NeedsHuman, "no safe fix");
    let denied = flow.store.insert(denied, &[]).unwrap();
    assert!(!again(&flow, &denied).unwrap());
    require(&mut flow, &[]);
    assert!(again(&flow, &denied).unwrap());
    let after = flow.store.get(&denied.incident.id.0).unwrap();
    assert_eq!(after.state, State::Investigated);
}
