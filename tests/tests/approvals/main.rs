//! What happens to an approval that is old when its fix could be sent: the real plugins, store and
//! pipeline over a recorded incident.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

mod upgrade;

use std::sync::Arc;

use k8shawk::run::pipeline::Pipeline;
use k8shawk::services::Services;
use k8shawk::services::cluster::AnyCluster;
use k8shawk::stages::approve::{self, VoteError};
use k8shawk_core::approval::Person;
use k8shawk_core::record::{Record, State};
use k8shawk_tests::recorded;

const MINUTE: i64 = 60_000;

/// A host with an approval of a fix that it has not worked on yet.
struct Asked {
    flow: Arc<Services>,
    pipeline: Pipeline,
    id: String,
    _state: tempfile::TempDir,
}

impl Asked {
    async fn waiting() -> Asked {
        let state = tempfile::tempdir().unwrap();
        let config = recorded::quick(state.path());
        let judges = recorded::judges().await.unwrap();
        let bundle = recorded::read("app-panic-rollout").unwrap();
        let flow = recorded::flow(&judges, bundle, config).unwrap();
        let id = recorded::opened(&flow).unwrap();
        let pipeline = Pipeline::new(flow.clone());
        let asked = Asked {
            flow,
            pipeline,
            id,
            _state: state,
        };
        let record = asked.driven().await;
        assert_eq!(record.state, State::Waiting, "{:?}", record.history);
        asked
    }

    fn approve(&self) -> Result<(), VoteError> {
        let shown = self.record().question().unwrap();
        approve::approve(&self.flow, &self.id, &Person::named("ann"), &shown).map(drop)
    }

    fn record(&self) -> Record {
        self.flow.store.get(&self.id).unwrap()
    }

    async fn driven(&self) -> Record {
        self.pipeline.drive(&self.id);
        self.pipeline.idle().await;
        self.record()
    }

    /// The host was down for so long.
    fn later(&self, minutes: i64) {
        self.flow
            .clock
            .set(self.flow.clock.now() + minutes * MINUTE);
    }

    /// The workload became healthy in the meantime.
    fn healed(&self) {
        let AnyCluster::Recorded(replay) = &self.flow.cluster else {
            panic!("the world is not a recorded one");
        };
        while replay.forward() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_in_time_is_executed() {
    let asked = Asked::waiting().await;
    asked.approve().unwrap();
    let ended = asked.driven().await;
    assert!(ended.execution.is_some(), "{:?}", ended.history);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_of_before_the_expiry_is_asked_for_again() {
    let asked = Asked::waiting().await;
    asked.approve().unwrap();
    asked.later(31);
    let again = asked.driven().await;
    assert_eq!(again.state, State::Waiting, "{:?}", again.history);
    assert!(again.execution.is_none() && again.votes.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_away_before_its_fix_was_sent_is_not_fixed() {
    let asked = Asked::waiting().await;
    asked.approve().unwrap();
    asked.healed();
    asked.later(2);
    let ended = asked.driven().await;
    assert_eq!(ended.state, State::Cleared, "{:?}", ended.history);
    assert!(ended.execution.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_to_another_fix_or_an_earlier_question_is_refused() {
    let asked = Asked::waiting().await;
    let shown = asked.record().question().unwrap();
    let person = Person::named("ann");
    let mut other = shown.clone();
    other.digest = "0".repeat(64);
    let mut earlier = shown.clone();
    earlier.asked_at -= 1;
    for stale in [other, earlier] {
        let refused = approve::approve(&asked.flow, &asked.id, &person, &stale);
        assert!(matches!(refused, Err(VoteError::Superseded(_))));
        assert_eq!(asked.record().state, State::Waiting);
    }
    assert!(approve::approve(&asked.flow, &asked.id, &person, &shown).is_ok());
}
