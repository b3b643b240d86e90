//! One person with a Slack id and a user name is one vote: over both doors of a host with all its
//! stages, where a rule asks for two people.

use std::path::PathBuf;
use std::sync::Arc;

use k8shawk::run::commands::HostCommands;
use k8shawk::run::pipeline::Pipeline;
use k8shawk::services::Services;
use k8shawk::services::socket::{self, Answer, Ask};
use k8shawk::services::telemetry::Telemetry;
use k8shawk_core::approval::{Door, People};
use k8shawk_core::config::Config;
use k8shawk_core::policy::{ApprovalRule, Ruling};
use k8shawk_core::record::{Record, State};
use k8shawk_tests::recorded;
use k8shawk_tests::slack_server::SlackServer;
use rstest::rstest;
use tokio_util::sync::CancellationToken;

use crate::world::{World, form};

/// A host that asks two people about one fix, with Slack and the socket.
struct Asked {
    world: World,
    flow: Arc<Services>,
    id: String,
    socket: PathBuf,
    stop: CancellationToken,
    _state: tempfile::TempDir,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Asked {
    /// Of two people; `people` says who is one person.
    async fn of_two(people: &[String]) -> Asked {
        let state = tempfile::tempdir().unwrap();
        let config = Config {
            people: People::parse(people).unwrap(),
            ..recorded::quick(state.path())
        };
        let judges = recorded::judges().await.unwrap();
        let bundle = recorded::read("app-panic-rollout").unwrap();
        let flow = recorded::flow(&judges, bundle, config).unwrap();
        let id = recorded::opened(&flow).unwrap();
        let pipeline = Arc::new(Pipeline::new(flow.clone()));
        pipeline.drive(&id);
        pipeline.idle().await;
        flow.store.modify(&id, ask_two).unwrap();
        let server = SlackServer::start().await.unwrap();
        let members = vec!["U0001".to_owned(), "U0002".to_owned()];
        server.seen().members.insert("C0123".to_owned(), members);
        let world = World::over(server, flow.store.clone(), &[], None).await;
        let desk = Arc::new(HostCommands::new(pipeline, PathBuf::new()));
        assert!(world.clerk.behind.set(desk.clone()).is_ok());
        let (socket, stop) = (state.path().join("socket"), CancellationToken::new());
        let door = socket::bind(&socket).await.unwrap();
        let until = stop.clone();
        tokio::spawn(async move { door.serve(desk, Telemetry::default(), until).await });
        world.slack.changed(&flow.store.get(&id).unwrap()).unwrap();
        world.settled().await;
        Asked {
            world,
            flow,
            id,
            socket,
            stop,
            _state: state,
        }
    }

    fn record(&self) -> Record {
        self.flow.store.get(&self.id).unwrap()
    }

    /// A click on Approve.
    async fn in_slack(&self, user: &str) {
        let value = self.world.approve_value(&self.id);
        // A request is taken once: another click comes a second later at the earliest.
        self.world.clock.set(self.world.clock.now() + 1000);
        let body = form(&self.world.click(user, "approve", &value));
        let acts = self.world.acts();
        let status = self.world.post("/slack/interactions", &body).await;
        assert_eq!(status, 200);
        self.world.until(|| self.world.acts() > acts).await;
        self.world.settled().await;
    }

    /// `k8shawk approve`, by the user that runs this test.
    async fn at_the_socket(&self) -> Answer {
        let shown = self.record().question().unwrap();
        let id = self.id.clone();
        socket::ask(&self.socket, &Ask::Approve { id, shown })
            .await
            .unwrap()
    }
}

fn ask_two(record: &mut Record) -> Result<(), k8shawk::services::store::StoreError> {
    assert_eq!(record.state, State::Waiting, "{:?}", record.history);
    let decision = record.decision.as_mut().unwrap();
    decision.candidates[0].ruling = Ruling::Approval(vec![ApprovalRule {
        approvers: Vec::new(),
        count: 2,
        why: "two people".to_owned(),
    }]);
    Ok(())
}

/// Ann in Slack is also the user that runs this test; Bob is somebody else.
fn ann_and_bob() -> Vec<String> {
    vec![
        format!("ann slack:U0001 user:{}", socket::account()),
        "bob slack:U0002 user:bob".to_owned(),
    ]
}

#[rstest]
#[case::with_a_map(ann_and_bob())]
#[case::without_a_map(Vec::new())]
#[tokio::test(flavor = "multi_thread")]
async fn a_vote_in_slack_and_one_at_the_socket_are_one(#[case] people: Vec<String>) {
    let asked = Asked::of_two(&people).await;
    asked.in_slack("U0001").await;
    assert_eq!(asked.record().votes.len(), 1);
    let answer = asked.at_the_socket().await;
    let record = asked.record();
    assert_eq!(record.state, State::Waiting, "{answer:?}");
    let doors: Vec<Door> = record.votes.iter().map(|v| v.approver.door).collect();
    assert_eq!(doors, [Door::Slack, Door::Socket], "both votes are kept");
    // Again by the first door: still one person.
    asked.in_slack("U0001").await;
    assert_eq!(asked.record().state, State::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_at_the_socket_and_one_in_slack_are_one() {
    let asked = Asked::of_two(&ann_and_bob()).await;
    let answer = asked.at_the_socket().await;
    assert!(
        answer.done && answer.message.contains("another person"),
        "{answer:?}"
    );
    asked.in_slack("U0001").await;
    assert_eq!(asked.record().state, State::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_map_another_person_in_slack_is_the_second_one() {
    let asked = Asked::of_two(&ann_and_bob()).await;
    asked.at_the_socket().await;
    asked.in_slack("U0002").await;
    let state = asked.record().state;
    assert!(
        !matches!(state, State::Waiting | State::NeedsHuman),
        "{state:?}"
    );
}
