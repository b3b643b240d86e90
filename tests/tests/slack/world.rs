//! A host with nothing but Slack: store, outbox, doors, and a desk that keeps what it is asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use k8shawk::services::clock::Clock;
use k8shawk::services::commands::{Act, Commands, OfVersion, Script};
use k8shawk::services::http_server::HttpServer;
use k8shawk::services::outbox::Outbox;
use k8shawk::services::slack::api::{self, Api, Pace, Rates, Token};
use k8shawk::services::slack::follow::Following;
use k8shawk::services::slack::http::{Configured, Door, router};
use k8shawk::services::slack::inbox::Inbox;
use k8shawk::services::slack::payload::Press;
use k8shawk::services::slack::signature::Verifier;
use k8shawk::services::slack::socket::Socket;
use k8shawk::services::slack::{Options, SINK, Slack};
use k8shawk::services::speech::Speech;
use k8shawk::services::store::{Store, StoreError};
use k8shawk::services::telemetry::Telemetry;
use k8shawk_core::Installation;
use k8shawk_core::approval::Person;
use k8shawk_core::point::Point;
use k8shawk_core::record::{Record, State};
use k8shawk_sandbox::Status;
pub use k8shawk_tests::slack_server::click::{click, form, signed};
use k8shawk_tests::slack_server::gallery::waiting;
use k8shawk_tests::slack_server::{SECRET, SlackServer};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Approves every caller, once, or asks the desk behind it.
pub struct Clerk {
    store: Arc<Store>,
    pub acts: Mutex<Vec<(Person, Act)>>,
    /// The desk of a host with all its stages.
    pub behind: OnceLock<Arc<dyn Commands>>,
}

impl Commands for Clerk {
    fn act(&self, who: &Person, act: &Act) -> Result<String, String> {
        self.acts.lock().unwrap().push((who.clone(), act.clone()));
        if let Some(desk) = self.behind.get() {
            return desk.act(who, act);
        }
        let next = match act {
            Act::Approve { .. } => State::Approved,
            Act::Dismiss { .. } => State::Dismissed,
            Act::Undo { .. } => return Ok("proposed".to_owned()),
        };
        let note = match act {
            Act::Dismiss { reason, .. } => format!("dismissed by {who}: {reason}"),
            _ => format!("approved by {who}"),
        };
        self.store
            .modify(act.incident(), |r| {
                if r.state != State::Waiting {
                    return Err(Refusal(format!("it is already {}", r.state.as_str())));
                }
                r.step_by(1, next, note, who);
                Ok("done".to_owned())
            })
            .map_err(|Refusal(why)| why)
    }

    fn script(&self, record: &Record) -> Option<Script> {
        let text = format!("Something is wrong with {}.", record.incident.owner.name);
        let language = "english".to_owned();
        Some(Script { text, language })
    }

    fn version(&self, _: &Person, _: &OfVersion) -> Result<String, String> {
        Err("nobody decides of versions here".to_owned())
    }

    fn plugins(&self) -> Vec<Status> {
        vec![Status {
            id: "triage".to_owned(),
            version: "0.1.0".to_owned(),
            point: Point::Triage,
            digest: "0".repeat(64),
            called: None,
            waiting: None,
        }]
    }

    fn status(&self) -> String {
        "watching".to_owned()
    }
}

struct Refusal(String);

impl From<StoreError> for Refusal {
    fn from(fault: StoreError) -> Refusal {
        Refusal(fault.to_string())
    }
}

/// Everything that one test uses.
pub struct World {
    pub server: SlackServer,
    pub store: Arc<Store>,
    pub outbox: Arc<Outbox>,
    pub slack: Arc<Slack>,
    pub clerk: Arc<Clerk>,
    pub clock: Clock,
    pub http: String,
    pub installation: Installation,
    commands: AtomicUsize,
    inbox: Inbox,
    api: Api,
    stop: CancellationToken,
}

pub fn rates() -> Rates {
    let short = Duration::from_millis(1);
    Rates {
        post: short,
        edit: short,
        other: Duration::ZERO,
    }
}

impl World {
    pub async fn new(approvers: &[&str]) -> World {
        let store = Arc::new(Store::in_memory().unwrap());
        World::over(SlackServer::start().await.unwrap(), store, approvers, None).await
    }

    pub async fn over(
        server: SlackServer,
        store: Arc<Store>,
        approvers: &[&str],
        speech: Option<Arc<Speech>>,
    ) -> World {
        World::of("prod", server, store, approvers, speech).await
    }

    /// The host of a cluster.
    pub async fn of(
        cluster: &str,
        server: SlackServer,
        store: Arc<Store>,
        approvers: &[&str],
        speech: Option<Arc<Speech>>,
    ) -> World {
        let installation = Installation::of(cluster, None, &store.birth().unwrap());
        let clock = Clock::default();
        let pace = Pace::new(rates());
        let api = Api::new(
            api::http().unwrap(),
            &server.url(),
            Token::new("xoxb-1"),
            pace,
        );
        let outbox = Arc::new(Outbox::of(SINK, store.clone(), clock.clone()));
        let options = Options {
            installation: installation.clone(),
            channel: "C0123".to_owned(),
            approvers: approvers.iter().map(|a| (*a).to_owned()).collect(),
            expires_after: 1_800_000,
        };
        let slack = Arc::new(Slack::new(
            api.clone(),
            store.clone(),
            outbox.clone(),
            clock.clone(),
            options,
            speech,
        ));
        let clerk = Arc::new(Clerk {
            store: store.clone(),
            acts: Mutex::default(),
            behind: OnceLock::new(),
        });
        let stop = CancellationToken::new();
        let following = Arc::new(Following {
            slack: slack.clone(),
            commands: clerk.clone(),
        });
        let (at, to, until) = (outbox.clone(), following.clone(), stop.clone());
        tokio::spawn(async move { at.follow(to, until).await });
        let (inbox, receiver) = Inbox::new();
        tokio::spawn(slack.clone().serve(receiver, clerk.clone(), stop.clone()));
        let (running, to, until) = (outbox.clone(), following, stop.clone());
        tokio::spawn(async move { running.run(to, until).await });
        let door = Arc::new(Door {
            verifier: Some(Verifier::new(SECRET)),
            inbox: inbox.clone(),
            clock: clock.clone(),
            configured: Configured::default(),
        });
        let listening = HttpServer::bind([127, 0, 0, 1].into(), 0).await.unwrap();
        let http = format!("http://{}", listening.address());
        let until = stop.clone();
        tokio::spawn(async move {
            let (routes, telemetry) = (router(door), Telemetry::default());
            listening.serve(routes, telemetry, until).await;
        });
        World {
            server,
            store,
            outbox,
            slack,
            clerk,
            clock,
            http,
            installation,
            commands: AtomicUsize::new(0),
            inbox,
            api,
            stop,
        }
    }

    /// Connect by Socket Mode.
    pub async fn socket(&self) {
        let api = self.api.with(Token::new("xapp-1"));
        let socket = Socket::new(api, self.inbox.clone()).unwrap();
        let until = self.stop.clone();
        tokio::spawn(async move { socket.run(until).await });
        self.until(|| self.server.connections() > 0).await;
    }

    /// Store an incident that waits, and tell Slack.
    pub fn open(&self, name: &str) -> Record {
        let record = self
            .store
            .insert(waiting(name, self.clock.now()), &[])
            .unwrap();
        self.store
            .modify(&record.incident.id.0, |_| Ok::<_, StoreError>(()))
            .unwrap();
        self.slack.changed(&record).unwrap();
        record
    }

    /// Take a step of an incident, and tell Slack.
    pub fn step(&self, id: &str, change: impl FnOnce(&mut Record)) {
        let record = self
            .store
            .modify(id, |r| {
                change(r);
                Ok::<_, StoreError>(r.clone())
            })
            .unwrap();
        self.slack.changed(&record).unwrap();
    }

    /// Wait until nothing is left to send.
    pub async fn settled(&self) {
        self.until(|| self.outbox.waiting().unwrap() == 0).await;
    }

    /// Wait for something.
    pub async fn until(&self, what: impl Fn() -> bool) {
        for _ in 0..3000 {
            if what() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it did not happen within 30 s");
    }

    /// Let whatever was received be worked on.
    pub async fn quiet(&self) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.settled().await;
    }

    /// The value that the Approve button of an incident carries now.
    pub fn approve_value(&self, id: &str) -> String {
        let record = self.store.get(id).unwrap();
        let press = Press::Approve {
            incident: id.to_owned(),
            shown: record.question().unwrap(),
        };
        press.value(&self.installation)
    }

    /// The value that another button of an incident carries.
    pub fn value(&self, action: &str, id: &str) -> String {
        let incident = id.to_owned();
        let press = match action {
            "approve" => return self.approve_value(id),
            "dismiss" => Press::Dismiss { incident },
            "evidence" => Press::Evidence { incident },
            "undo" => Press::Undo { incident },
            _ => Press::Mute {
                what: incident,
                minutes: 60,
            },
        };
        press.value(&self.installation)
    }

    /// Post a slash command.
    pub async fn command(&self, user: &str, text: &str) -> u16 {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("command", "/k8shawk");
        form.append_pair("text", text);
        form.append_pair("user_id", user);
        form.append_pair("channel_id", "C0123");
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        form.append_pair("trigger_id", &format!("1.2.{number}"));
        form.append_pair("response_url", &self.server.response_url(user));
        self.post("/slack/commands", &form.finish()).await
    }

    /// Post an event.
    pub async fn event(&self, id: &str, event: Value) -> u16 {
        let event = json!({"type": "event_callback", "event_id": id, "event": event});
        self.post("/slack/events", &event.to_string()).await
    }

    pub fn click(&self, user: &str, action: &str, value: &str) -> Value {
        let ts = self
            .server
            .seen()
            .heads()
            .first()
            .map_or("1.1".to_owned(), |m| m.ts.clone());
        click(user, action, value, &ts, &self.server.response_url(user))
    }

    /// Post a signed body; returns the status.
    pub async fn post(&self, path: &str, body: &str) -> u16 {
        let (stamp, signature) = signed(body, self.clock.now() / 1000);
        self.post_as(path, body, &stamp, &signature).await
    }

    pub async fn post_as(&self, path: &str, body: &str, stamp: &str, signature: &str) -> u16 {
        let request = self.api.client().post(format!("{}{path}", self.http));
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", stamp)
            .header("x-slack-signature", signature)
            .body(body.to_owned());
        request.send().await.unwrap().status().as_u16()
    }

    pub fn acts(&self) -> usize {
        self.clerk.acts.lock().unwrap().len()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
        self.server.stop();
    }
}
