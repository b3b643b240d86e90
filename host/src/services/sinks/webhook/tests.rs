use std::collections::VecDeque;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use k8shawk_core::record::State;
use rstest::rstest;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::services::testing::record;

const KEY: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// What a receiver got, and what it answers next; 200 after that.
#[derive(Default)]
struct Receiver {
    got: Mutex<Vec<(HeaderMap, Bytes)>>,
    answers: Mutex<VecDeque<Response>>,
}

async fn receive(
    Shared(receiver): Shared<Arc<Receiver>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    receiver.got.lock().unwrap().push((headers, body));
    let next = receiver.answers.lock().unwrap().pop_front();
    next.unwrap_or_else(|| StatusCode::OK.into_response())
}

/// The configuration of these two variables, each unset where it is empty.
fn read(url: &str, secret: &str) -> Result<Option<Box<dyn Configured>>, Vec<String>> {
    let set = |text: &str| (!text.is_empty()).then(|| SecretString::from(text));
    configured(&|name| {
        Ok(match name {
            URL => set(url),
            SECRET => set(secret),
            _ => None,
        })
    })
}

/// A receiver that the official library is the judge of.
struct World {
    receiver: Arc<Receiver>,
    url: String,
    store: Arc<Store>,
    clock: Clock,
}

impl World {
    async fn new(answers: Vec<Response>) -> World {
        let receiver = Arc::new(Receiver {
            answers: Mutex::new(answers.into()),
            ..Receiver::default()
        });
        let router = Router::new()
            .route("/{*path}", any(receive))
            .with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks/a", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        World {
            receiver,
            url,
            store: Arc::new(Store::in_memory().unwrap()),
            clock: Clock::default(),
        }
    }

    fn parts(&self) -> Parts {
        Parts {
            store: self.store.clone(),
            clock: self.clock.clone(),
            installation: Installation::of("prod", None, &self.store.birth().unwrap()),
        }
    }

    /// A host, until its token is cancelled.
    fn host(&self) -> CancellationToken {
        let receiver = read(&self.url, KEY).unwrap().unwrap();
        let (outbox, sink) = receiver.open(&self.parts());
        let stop = CancellationToken::new();
        let (following, to, until) = (outbox.clone(), sink.clone(), stop.clone());
        tokio::spawn(async move { following.follow(to, until).await });
        let until = stop.clone();
        tokio::spawn(async move { outbox.run(sink, until).await });
        stop
    }

    /// Wait for so many requests, with a clock that jumps over every pause.
    async fn got(&self, number: usize) -> Vec<(HeaderMap, Value)> {
        self.got_within(number, 3_600_000).await
    }

    /// Wait for so many requests, with a clock that stands still.
    async fn got_now(&self, number: usize) -> Vec<(HeaderMap, Value)> {
        self.got_within(number, 0).await
    }

    async fn got_within(&self, number: usize, jump: i64) -> Vec<(HeaderMap, Value)> {
        for _ in 0..1000 {
            if self.receiver.got.lock().unwrap().len() >= number {
                break;
            }
            if jump > 0 {
                self.clock.set(self.clock.now() + jump);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // One more than was wanted would be one too many.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let got = self.receiver.got.lock().unwrap();
        got.iter()
            .map(|(headers, body)| (headers.clone(), serde_json::from_slice(body).unwrap()))
            .collect()
    }

    fn ended(&self, id: &str, from: State, to: State) {
        let now = self.clock.now();
        let ended = self.store.advance(id, from, |r| r.step(now, to, ""));
        ended.unwrap();
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers[name].to_str().unwrap()
}

#[tokio::test]
async fn each_state_leaves_once_in_order_and_the_official_library_accepts_it() {
    let world = World::new(Vec::new()).await;
    let stop = world.host();
    let id = world.store.insert(record(), &[]).unwrap().incident.id.0;
    world.got_now(1).await;
    // What changes no state is nothing new.
    let same = |r: &mut Record| {
        r.last_seen += 1;
        Ok::<_, StoreError>(())
    };
    world.store.modify(&id, same).unwrap();
    world.ended(&id, State::Waiting, State::Dismissed);
    let got = world.got_now(2).await;
    stop.cancel();
    let kinds: Vec<&Value> = got.iter().map(|(_, body)| &body["type"]).collect();
    assert_eq!(kinds, ["incident.waiting", "incident.dismissed"]);
    assert_eq!(got[0].1["data"]["id"], id);
    assert_eq!(got[0].1["data"]["cluster"], "prod");
    assert_ne!(text(&got[0].0, "webhook-id"), text(&got[1].0, "webhook-id"));
    let judge = standardwebhooks::Webhook::new(KEY).unwrap();
    let other =
        standardwebhooks::Webhook::new("whsec_AAAAMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    let raw = world.receiver.got.lock().unwrap().clone();
    for (headers, body) in &raw {
        judge.verify(body, headers).unwrap();
        assert!(other.as_ref().unwrap().verify(body, headers).is_err());
        assert!(judge.verify(b"{}", headers).is_err());
    }
}

#[tokio::test]
async fn what_a_receiver_does_not_take_comes_again_with_the_same_id_and_after_a_restart_too() {
    let slow = (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "");
    let world = World::new(vec![
        StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        slow.into_response(),
        StatusCode::UNAUTHORIZED.into_response(),
    ])
    .await;
    let stop = world.host();
    world.store.insert(record(), &[]).unwrap();
    world.got(2).await;
    stop.cancel();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let stop = world.host();
    let got = world.got(4).await;
    stop.cancel();
    assert_eq!(got.len(), 4);
    let first = text(&got[0].0, "webhook-id");
    assert!(
        got.iter()
            .all(|(headers, _)| text(headers, "webhook-id") == first)
    );
    assert!(got.iter().all(|(_, body)| *body == got[0].1));
}

#[tokio::test]
async fn what_a_receiver_will_never_take_is_given_up_and_no_redirect_is_followed() {
    let to = HeaderValue::from_static("/elsewhere");
    let moved = (StatusCode::TEMPORARY_REDIRECT, [("location", to)], "");
    let world = World::new(vec![
        moved.into_response(),
        StatusCode::GONE.into_response(),
    ])
    .await;
    let stop = world.host();
    world.store.insert(record(), &[]).unwrap();
    let got = world.got(2).await;
    stop.cancel();
    assert_eq!(got.len(), 2, "the redirect is tried again where it was");
    assert_eq!(world.store.outbox_waiting().unwrap(), 0);
}

#[tokio::test]
async fn secrets_of_the_cluster_do_not_leave() {
    let world = World::new(Vec::new()).await;
    let mut leaking = record();
    leaking.finding.as_mut().unwrap().cause = "password=hunter2hunter2 is refused".into();
    let stop = world.host();
    world.store.insert(leaking, &[]).unwrap();
    world.got(1).await;
    stop.cancel();
    let got = world.receiver.got.lock().unwrap();
    let body = String::from_utf8_lossy(&got[0].1);
    assert!(
        !body.contains("hunter2") && body.contains("password"),
        "{body}"
    );
}

#[rstest]
#[case::plain_http("http://example.org/a", KEY, "https://")]
#[case::no_address("example.org", KEY, "https://")]
#[case::a_file("file:///etc/passwd", KEY, "https://")]
#[case::short("https://example.org/a", "whsec_YWJj", "24 to 64 bytes")]
#[case::no_prefix(
    "https://example.org/a",
    "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "whsec_"
)]
#[case::no_secret("https://example.org/a", "", "K8SHAWK_WEBHOOK_SECRET is not set")]
#[case::no_address_at_all("", KEY, "K8SHAWK_WEBHOOK_URL is not set")]
fn a_configuration_that_cannot_work_is_refused_without_showing_it(
    #[case] url: &str,
    #[case] secret: &str,
    #[case] says: &str,
) {
    let refused = read(url, secret).err().unwrap().join("; ");
    assert!(refused.contains(says), "{refused}");
    for set in [url, secret].iter().filter(|set| !set.is_empty()) {
        assert!(!refused.contains(*set), "{refused}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let refused = read("http://example.org/a", "whsec_YWJj").err().unwrap();
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(read("", "").unwrap().is_none());
}

#[test]
fn where_it_leads_is_told_without_what_may_be_a_secret() {
    let url = "https://me:pass@hooks.example.org:8443/services/T0/token?key=abc#x";
    let receiver = read(url, KEY).unwrap().unwrap();
    assert_eq!(receiver.leads_to(), "https://hooks.example.org:8443");
}
