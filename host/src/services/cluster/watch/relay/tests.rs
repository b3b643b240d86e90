//! Against an API server that speaks HTTP: where a watch resumes after a fault, and how many lists
//! an outage causes.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures::stream;
use rstest::rstest;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::services::cluster::testing;
use crate::services::cluster::watch::watch;
use k8shawk_core::inventory::{self, EVERY_KIND};

/// How a watch is answered.
#[derive(Clone)]
enum Watched {
    /// Changes, and then nothing more.
    Stays(Vec<Value>),
    /// Changes, and then its end.
    Ends(Vec<Value>),
    /// Changes, and then the connection breaks.
    Breaks(Vec<Value>),
    /// It is not opened.
    Refused(u16),
}

type Answers = dyn Fn(&Asked) -> Watched + Send + Sync;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    resource: String,
    watch: bool,
    version: String,
    /// How often this was asked before.
    before: usize,
}

#[derive(Clone)]
struct Api {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Answers>,
    listing: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    takes: Duration,
}

impl Api {
    fn new(answers: impl Fn(&Asked) -> Watched + Send + Sync + 'static) -> Api {
        Api {
            asked: Arc::default(),
            answers: Arc::new(answers),
            listing: Arc::default(),
            most: Arc::default(),
            takes: Duration::ZERO,
        }
    }

    fn of_pods(&self) -> Vec<(bool, String)> {
        let asked = self.asked.lock().unwrap();
        let pods = asked.iter().filter(|a| a.resource == "pods");
        pods.map(|a| (a.watch, a.version.clone())).collect()
    }

    /// Begin to follow.
    async fn follow(&self, room: usize) -> Following {
        let router = Router::new().fallback(serve).with_state(self.clone());
        let cluster = testing::cluster(router).await;
        let (sender, changes) = mpsc::channel(room);
        let (drops, stop) = (Arc::new(Drops::default()), CancellationToken::new());
        let guard = stop.clone().drop_guard();
        let of = drops.clone();
        tokio::spawn(async move { watch(&cluster, None, sender, of, stop).await });
        Following {
            changes,
            drops,
            _guard: guard,
        }
    }
}

async fn serve(State(api): State<Api>, uri: Uri, RawQuery(query): RawQuery) -> Response {
    let query: HashMap<String, String> =
        form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let mut asked = Asked {
        resource: uri.path().rsplit('/').next().unwrap().to_owned(),
        watch: query.contains_key("watch"),
        version: query.get("resourceVersion").cloned().unwrap_or_default(),
        before: 0,
    };
    {
        let mut all = api.asked.lock().unwrap();
        let same = |a: &&Asked| (&a.resource, a.watch) == (&asked.resource, asked.watch);
        asked.before = all.iter().filter(same).count();
        all.push(asked.clone());
    }
    match asked.watch {
        true => watched((api.answers)(&asked)),
        false => {
            let now = api.listing.fetch_add(1, Ordering::SeqCst) + 1;
            api.most.fetch_max(now, Ordering::SeqCst);
            tokio::time::sleep(api.takes).await;
            api.listing.fetch_sub(1, Ordering::SeqCst);
            let list = json!({"metadata": {"resourceVersion": "10"}, "items": []});
            list.to_string().into_response()
        }
    }
}

fn watched(watched: Watched) -> Response {
    let lines = |changes: Vec<Value>| {
        let lines = changes
            .into_iter()
            .map(|c| Ok(Bytes::from(format!("{c}\n"))));
        stream::iter(lines.collect::<Vec<Result<Bytes, std::io::Error>>>())
    };
    match watched {
        Watched::Stays(all) => Body::from_stream(lines(all).chain(stream::pending())),
        Watched::Ends(all) => Body::from_stream(lines(all)),
        Watched::Breaks(all) => {
            let broken = stream::once(async {
                // What was said before has left by then.
                tokio::time::sleep(Duration::from_millis(200)).await;
                Err(std::io::Error::other("broken"))
            });
            Body::from_stream(lines(all).chain(broken))
        }
        Watched::Refused(code) => {
            return (StatusCode::from_u16(code).unwrap(), "no").into_response();
        }
    }
    .into_response()
}

fn pod(version: u32) -> Value {
    let name = format!("web-{version}");
    let metadata = json!({"name": name, "namespace": "shop", "uid": name, "resourceVersion": version.to_string()});
    json!({"type": "ADDED", "object": {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}})
}

fn failed(code: u16) -> Value {
    json!({"type": "ERROR", "object": {"kind": "Status", "code": code, "message": "no"}})
}

struct Following {
    changes: mpsc::Receiver<Change>,
    drops: Arc<Drops>,
    _guard: tokio_util::sync::DropGuard,
}

impl Following {
    /// The next change that fits.
    async fn until(&mut self, fits: impl Fn(&Change) -> bool) -> Change {
        let next = async {
            loop {
                let change = self.changes.recv().await.unwrap();
                if fits(&change) {
                    return change;
                }
            }
        };
        let patience = Duration::from_secs(20);
        tokio::time::timeout(patience, next).await.unwrap()
    }

    async fn pod(&mut self, version: u32) {
        let name = format!("web-{version}");
        let wanted = |c: &Change| matches!(c, Change::Applied(p) if p.reference().name == name);
        self.until(wanted).await;
    }
}

#[rstest]
#[case::the_server_ends_it(Watched::Ends(vec![pod(11)]))]
#[case::the_connection_breaks(Watched::Breaks(vec![pod(11)]))]
#[case::an_error_in_the_watch(Watched::Ends(vec![pod(11), failed(500)]))]
#[case::overload_in_the_watch(Watched::Ends(vec![pod(11), failed(429)]))]
#[tokio::test]
async fn a_watch_goes_on_from_where_it_ended(#[case] first: Watched) {
    let api = Api::new(move |asked| match (asked.resource.as_str(), asked.before) {
        ("pods", 0) => first.clone(),
        ("pods", 1) => Watched::Refused(503),
        ("pods", _) => Watched::Stays(vec![pod(12)]),
        _ => Watched::Stays(Vec::new()),
    });
    let mut following = api.follow(1000).await;
    following.pod(11).await;
    following.pod(12).await;
    let watch = |version: &str| (true, version.to_owned());
    let expected = [
        (false, String::new()),
        watch("10"),
        watch("11"),
        watch("11"),
    ];
    assert_eq!(api.of_pods(), expected);
}

#[rstest]
#[case::at_once(Watched::Refused(410))]
#[case::in_the_watch(Watched::Ends(vec![failed(410)]))]
#[tokio::test]
async fn a_version_that_is_too_old_is_listed_again(#[case] first: Watched) {
    let api = Api::new(move |asked| match (asked.resource.as_str(), asked.before) {
        ("pods", 0) => first.clone(),
        ("pods", _) => Watched::Stays(vec![pod(12)]),
        _ => Watched::Stays(Vec::new()),
    });
    let mut following = api.follow(1000).await;
    following.pod(12).await;
    let lists = api.of_pods().iter().filter(|(watch, _)| !watch).count();
    assert_eq!(lists, 2);
}

#[tokio::test]
async fn after_an_outage_no_kind_is_listed_again_and_the_gap_ends() {
    let api = Api::new(|asked| match asked.before {
        0 => Watched::Ends(vec![failed(503)]),
        _ => Watched::Stays(Vec::new()),
    });
    let mut following = api.follow(1000).await;
    let every = |c: &Change| c.kind() == EVERY_KIND;
    let gap = following.until(every).await;
    assert!(matches!(gap, Change::Gap { .. }), "{gap:?}");
    let restored = following.until(every).await;
    assert!(matches!(restored, Change::Restored { .. }), "{restored:?}");
    let asked = api.asked.lock().unwrap().clone();
    let lists = asked.iter().filter(|a| !a.watch).count();
    assert_eq!(lists, inventory::watched().len(), "{asked:?}");
}

#[tokio::test]
async fn kinds_that_fell_behind_in_an_outage_are_no_gaps_of_their_own() {
    let api = Api::new(|asked| match asked.before {
        0 => Watched::Ends(vec![failed(503)]),
        1 => Watched::Ends(vec![failed(410)]),
        _ => Watched::Stays(vec![pod(12)]),
    });
    let mut following = api.follow(1000).await;
    let told = |c: &Change| matches!(c, Change::Gap { .. } | Change::Restored { .. });
    for _ in 0..2 {
        let change = following.until(told).await;
        assert_eq!(change.kind(), EVERY_KIND, "{change:?}");
    }
    following
        .until(|c| {
            assert!(!told(c), "{c:?}");
            matches!(c, Change::Applied(_))
        })
        .await;
}

#[tokio::test]
async fn few_kinds_are_listed_at_the_same_time() {
    let mut api = Api::new(|asked| match asked.before {
        0 => Watched::Refused(410),
        _ => Watched::Stays(vec![pod(11)]),
    });
    api.takes = Duration::from_millis(50);
    let mut following = api.follow(1000).await;
    following
        .until(|c| matches!(c, Change::Restored { kind } if kind == "Pod"))
        .await;
    let most = api.most.load(Ordering::SeqCst);
    assert!((1..=LISTS).contains(&most), "{most} lists at the same time");
}

#[tokio::test]
async fn a_dropped_change_is_asked_for_again_without_a_list() {
    let api = Api::new(|asked| match asked.resource.as_str() {
        "pods" => {
            let from: u32 = asked.version.parse().unwrap();
            Watched::Stays((from + 1..=50).map(pod).collect())
        }
        _ => Watched::Stays(Vec::new()),
    });
    let mut following = api.follow(8).await;
    // Nobody takes anything for a while.
    let is_pod = |c: &Change| matches!(c, Change::Applied(_));
    following.until(is_pod).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    following.pod(50).await;
    assert!(following.drops.by_kind()["Pod"] > 0);
    let lists = api.of_pods().iter().filter(|(watch, _)| !watch).count();
    assert_eq!(lists, 1);
}

#[tokio::test]
async fn a_kind_of_which_changes_were_lost_is_listed_again() {
    let api = Api::new(|_| Watched::Stays(Vec::new()));
    let mut following = api.follow(1000).await;
    let listed = |c: &Change| matches!(c, Change::Listed { kind, .. } if kind == "Pod");
    following.until(listed).await;
    following.drops.lose("Pod");
    following.until(listed).await;
    assert_eq!(following.drops.by_kind()["Pod"], 1);
}
