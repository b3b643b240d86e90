//! What was recorded is read exactly as it is read live: the same bytes from an API server, from a
//! snapshot of it and from the recording, for every read of every recorded incident.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{self, StreamExt};
use k8shawk::services::clock::Clock;
use k8shawk::services::cluster::replay::Replay;
use k8shawk::services::cluster::{Cluster, LiveReader, Snapshot};
use k8shawk_core::bundle::{Bundle, NOT_RECORDED};
use k8shawk_core::config::Config;
use k8shawk_core::grant::Grant;
use k8shawk_core::guard::{Answer, Guard, Read, ReadError, Reader, Usage};
use k8shawk_core::kinds::KINDS;
use k8shawk_tests::api_server::ApiServer;
use serde_json::{Value, json};

/// Reads under way at a time: each waits for its answer.
const AT_ONCE: usize = 16;
/// Everything may be read.
const EVERYTHING: &str = "[[allow]]\nverbs = [\"get\", \"list\", \"describe\", \"logs\", \"top\", \
    \"events\"]\nkinds = [\"*\"]\nnamespaces = [\"*\"]\n";

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Every bundle that the tests have, each with its name.
fn bundles() -> Vec<(String, Bundle)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/incidents");
    let mut all: Vec<(String, Bundle)> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (name, Bundle::parse(&text).unwrap())
        })
        .collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    all
}

/// Every read that the first frame can answer, and some that find nothing.
fn reads(bundle: &Bundle) -> Vec<Read> {
    let frame = &bundle.frames[0];
    let namespace = bundle.subject.split('/').next().unwrap();
    let mut reads = Vec::new();
    for kind in KINDS {
        if frame.unreadable.iter().any(|k| k == kind.kind) || NOT_RECORDED.contains(&kind.kind) {
            continue;
        }
        let scope = if kind.namespaced { namespace } else { "" };
        let of_kind = frame
            .objects
            .iter()
            .filter(|o| text(o, "/kind") == kind.kind);
        let mut selectors = BTreeSet::from([String::new(), "nobody=here".to_owned()]);
        let mut names = BTreeSet::from(["nobody".to_owned()]);
        for object in of_kind.filter(|o| text(o, "/metadata/namespace") == scope) {
            names.insert(text(object, "/metadata/name").to_owned());
            for (key, value) in object["metadata"]["labels"]
                .as_object()
                .into_iter()
                .flatten()
            {
                selectors.insert(format!("{key}={}", value.as_str().unwrap()));
                selectors.insert(key.clone());
            }
        }
        let (kind, namespace) = (kind.kind.to_owned(), scope.to_owned());
        for selector in selectors {
            reads.push(Read::List {
                kind: kind.clone(),
                namespace: namespace.clone(),
                selector,
            });
        }
        reads.push(Read::Events {
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: String::new(),
        });
        for name in names {
            let (kind, namespace) = (kind.clone(), namespace.clone());
            reads.push(Read::Get {
                kind: kind.clone(),
                namespace: namespace.clone(),
                name: name.clone(),
            });
            reads.push(Read::Events {
                kind: kind.clone(),
                namespace: namespace.clone(),
                name: name.clone(),
            });
            reads.push(Read::Describe {
                kind,
                namespace,
                name,
            });
        }
    }
    for pod in frame.objects.iter().filter(|o| text(o, "/kind") == "Pod") {
        let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
        let named = containers.map(|c| text(c, "/name").to_owned());
        for container in named.chain([String::new(), "nobody".to_owned()]) {
            for (previous, lines) in [(false, 3), (true, 3), (false, 200), (true, 200)] {
                let pod = text(pod, "/metadata/name").to_owned();
                let (namespace, container) = (namespace.to_owned(), container.clone());
                reads.push(Read::Logs {
                    namespace,
                    pod,
                    container,
                    previous,
                    lines,
                });
            }
        }
        let (namespace, pod) = (namespace.to_owned(), text(pod, "/metadata/name").to_owned());
        reads.push(Read::Top { namespace, pod });
    }
    reads.push(Read::Top {
        namespace: namespace.to_owned(),
        pod: String::new(),
    });
    reads
}

/// What the corpus lacks: usage, events of the older and newer form, odd logs, annotations of
/// kubectl, a Secret.
fn with_oddities(mut bundle: Bundle) -> Bundle {
    let namespace = bundle.subject.split('/').next().unwrap().to_owned();
    let frame = &mut bundle.frames[0];
    let pods = frame.objects.iter().filter(|o| text(o, "/kind") == "Pod");
    let pod = pods
        .map(|p| text(p, "/metadata/name").to_owned())
        .next()
        .unwrap_or_default();
    frame.usage = Some(vec![Usage {
        pod: pod.clone(),
        container: "app".to_owned(),
        cpu_milli: 12,
        memory_bytes: 20 << 20,
    }]);
    for (at, (name, kind)) in [("a", "Normal"), ("b", "Warning"), ("c", "Normal")]
        .iter()
        .enumerate()
    {
        frame.events.push(json!({"metadata": {"name": name, "namespace": namespace}, "type": kind,
            "reason": "Odd", "message": format!("odd {at}"), "eventTime": "2026-11-22T20:00:00.123456Z",
            "series": {"count": 3 + at, "lastObservedTime": "2026-11-22T20:01:00.000001Z"},
            "reportingComponent": "", "source": {"component": "odd"},
            "involvedObject": {"kind": "Pod", "namespace": namespace, "name": pod}}));
    }
    frame.objects.push(
        json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "odd", "namespace": namespace, "labels": {"odd": ""},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
        "keys": ["a", "b"]}),
    );
    bundle
}

/// An answer, or the sort of what went wrong.
fn outcome(answer: Result<Answer, ReadError>) -> Result<Answer, std::mem::Discriminant<ReadError>> {
    answer.map_err(|error| std::mem::discriminant(&error))
}

async fn compare(name: &str, bundle: Bundle) -> usize {
    let server = ApiServer::start(0).unwrap();
    server.add_as_recorded(&bundle);
    let config = Config {
        kubeconfig: Some(server.kubeconfig("reader").unwrap()),
        ..Config::default()
    };
    let cluster = Cluster::connect(&config).await.unwrap();
    let at = bundle.frames[0].at;
    let namespace = bundle.subject.split('/').next().unwrap().to_owned();
    let live = LiveReader::new(cluster.clone()).with_clock(Clock::at(at));
    let snapshot = Snapshot::take(&cluster, Some(&namespace))
        .await
        .unwrap()
        .as_of(at);
    let reads = reads(&bundle);
    let replay = Replay::new(bundle);
    let recorded = replay.reader();
    let guard = Guard::new(Arc::new(Grant::parse(EVERYTHING).unwrap()));
    // A snapshot has a budget of requests for logs.
    let mut budget = 50;
    let mut affordable = |read: &Read| {
        let asks = matches!(read, Read::Logs { .. });
        budget -= i32::from(asks);
        !asks || budget > 0
    };
    let of_snapshot: Vec<bool> = reads.iter().map(&mut affordable).collect();
    let (guard, live, snapshot, recorded) = (&guard, &live, &snapshot, &*recorded);
    let asked = reads.iter().zip(of_snapshot);
    let compared = stream::iter(asked).map(|(read, of_snapshot)| async move {
        let by = async |reader: &dyn Reader| {
            outcome(reader.read(guard.permit(read.clone()).unwrap()).await)
        };
        let told = by(recorded).await;
        assert_eq!(told, by(live).await, "{name}: replay and live: {read:?}");
        if of_snapshot {
            assert_eq!(
                told,
                by(snapshot).await,
                "{name}: replay and snapshot: {read:?}"
            );
        }
    });
    compared.buffer_unordered(AT_ONCE).collect::<()>().await;
    reads.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn live_snapshot_and_replay_answer_with_the_same_bytes() {
    let mut compared = 0;
    for (at, (name, bundle)) in bundles().into_iter().enumerate() {
        let bundle = if at % 2 == 0 {
            with_oddities(bundle)
        } else {
            bundle
        };
        compared += compare(&name, bundle).await;
    }
    eprintln!("{compared} reads, each from an API server, a snapshot and a recording");
    assert!(compared > 1000);
}
