//! Official clients judge the recorded API server: kube-rs, and the real kubectl.

use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use k8shawk_tests::api_server::{ApiServer, Cure, Instance, Rates, Verb};
use k8shawk_tests::cluster::Kubectl;
use k8shawk_tests::recorded;
use kube::api::{
    Api, DeleteParams, EvictParams, ListParams, LogParams, Patch, PatchParams, PostParams,
    Preconditions, WatchEvent, WatchParams,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::watcher;
use kube::{Client, Config};
use serde_json::json;
use std::sync::Arc;

const NAMESPACE: &str = "shop";

fn served() -> (ApiServer, Arc<Instance>) {
    let server = ApiServer::start(1).unwrap();
    let bundle = recorded::read("app-panic-rollout").unwrap();
    let instance = server.add(&bundle, NAMESPACE, Cure::Heals).unwrap();
    (server, instance)
}

async fn client(server: &ApiServer) -> Client {
    let file = Kubeconfig::read_from(server.kubeconfig("kube-rs").unwrap()).unwrap();
    let mut config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// Code of a refusal; 0 of anything else.
fn code<T: std::fmt::Debug>(answer: Result<T, kube::Error>) -> u16 {
    match answer {
        Err(kube::Error::Api(status)) => status.code,
        _ => 0,
    }
}

fn in_time<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(30), work)
            .await
            .expect("it takes too long")
    })
}

#[test]
fn kube_rs_lists_in_pages_gets_and_reads_logs() {
    let (server, _) = served();
    in_time(async {
        let client = client(&server).await;
        assert_eq!(client.apiserver_version().await.unwrap().minor, "37");
        let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
        let all = pods.list(&ListParams::default()).await.unwrap();
        let first = pods.list(&ListParams::default().limit(1)).await.unwrap();
        assert_eq!((all.items.len(), first.items.len()), (2, 1));
        assert_eq!(first.metadata.remaining_item_count, Some(1));
        let rest = ListParams::default().continue_token(&first.metadata.continue_.unwrap());
        assert_eq!(pods.list(&rest).await.unwrap().items[0], all.items[1]);
        let name = all.items[0].metadata.name.clone().unwrap();
        assert_eq!(pods.get(&name).await.unwrap(), all.items[0]);
        assert_eq!(code(pods.get("nobody").await), 404);
        let last = LogParams {
            tail_lines: Some(1),
            ..LogParams::default()
        };
        let log = pods.logs(&name, &last).await.unwrap();
        assert_eq!(log.trim_end().lines().count(), 1, "{log:?}");
        let unknown = LogParams {
            container: Some("x".to_owned()),
            ..LogParams::default()
        };
        assert_eq!(code(pods.logs(&name, &unknown).await), 400);
        let events: Api<Event> = Api::namespaced(client.clone(), NAMESPACE);
        let of_pod = format!("involvedObject.kind=Pod,involvedObject.name={name},type!=Normal");
        let of_pod = events
            .list(&ListParams::default().fields(&of_pod))
            .await
            .unwrap();
        assert_eq!(of_pod.items.len(), 2);
        let nodes: Api<Node> = Api::all(client);
        assert!(nodes.get_opt("n1").await.unwrap().is_some());
    });
}

#[test]
fn a_write_is_bound_to_its_version_and_a_dry_run_changes_nothing() {
    let (server, instance) = served();
    in_time(async {
        let client = client(&server).await;
        let deployments: Api<Deployment> = Api::namespaced(client, NAMESPACE);
        let before = deployments.get("web").await.unwrap();
        let mut wanted = before.clone();
        wanted.spec.replicas = Some(5);
        let tried = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let answer = deployments.replace("web", &tried, &wanted).await.unwrap();
        assert_eq!(answer.spec, wanted.spec);
        assert_eq!(deployments.get("web").await.unwrap(), before);
        assert!(server.audit().is_empty());
        let sent = PostParams::default();
        let after = deployments.replace("web", &sent, &wanted).await.unwrap();
        assert_ne!(
            after.metadata.resource_version,
            before.metadata.resource_version
        );
        assert_eq!(
            after.metadata.generation,
            before.metadata.generation.map(|g| g + 1)
        );
        assert_eq!(code(deployments.replace("web", &sent, &wanted).await), 409);
        let patch = json!({"metadata": {"labels": {"seen": "yes"}}});
        let patched = deployments
            .patch("web", &PatchParams::default(), &Patch::Merge(&patch))
            .await
            .unwrap();
        assert_eq!(patched.metadata.labels.unwrap()["seen"], "yes");
        let (parameters, patch) = (PatchParams::default(), Patch::Strategic(&patch));
        let strategic = deployments.patch("web", &parameters, &patch);
        assert_eq!(code(strategic.await), 415);
        let verbs: Vec<Verb> = server.audit().iter().map(|e| e.verb).collect();
        assert_eq!(verbs, [Verb::Replace, Verb::Patch]);
        assert_eq!(Some(&server.audit()[0].key), instance.target.as_ref());
        assert_eq!(server.audit()[0].user, "kube-rs");
    });
}

#[test]
fn a_deletion_has_preconditions_and_takes_what_it_owned() {
    let (server, _) = served();
    in_time(async {
        let client = client(&server).await;
        let pods: Api<Pod> = Api::namespaced(client.clone(), NAMESPACE);
        let deployments: Api<Deployment> = Api::namespaced(client, NAMESPACE);
        let all = pods.list(&ListParams::default()).await.unwrap();
        let name = all.items[0].metadata.name.clone().unwrap();
        let of_another = DeleteParams {
            preconditions: Some(Preconditions {
                uid: Some("other".to_owned()),
                resource_version: None,
            }),
            ..DeleteParams::default()
        };
        assert_eq!(code(pods.delete(&name, &of_another).await), 409);
        let tried = DeleteParams {
            dry_run: true,
            ..DeleteParams::default()
        };
        pods.delete(&name, &tried).await.unwrap();
        pods.get(&name).await.unwrap();
        pods.evict(&name, &EvictParams::default()).await.unwrap();
        assert_eq!(code(pods.get(&name).await), 404);
        deployments
            .delete("web", &DeleteParams::default())
            .await
            .unwrap();
        assert!(
            pods.list(&ListParams::default())
                .await
                .unwrap()
                .items
                .is_empty()
        );
        let made = Deployment {
            metadata: kube::core::ObjectMeta {
                name: Some("web".to_owned()),
                ..Default::default()
            },
            ..Deployment::default()
        };
        let made = deployments
            .create(&PostParams::default(), &made)
            .await
            .unwrap();
        assert!(made.metadata.uid.is_some());
        let again = Deployment {
            metadata: kube::core::ObjectMeta {
                name: Some("web".to_owned()),
                ..Default::default()
            },
            ..Deployment::default()
        };
        assert_eq!(
            code(deployments.create(&PostParams::default(), &again).await),
            409
        );
    });
}

#[test]
fn a_watch_tells_what_happens_resumes_and_expires() {
    let (server, instance) = served();
    let target = instance.target.clone().unwrap();
    in_time(async {
        let client = client(&server).await;
        let deployments: Api<Deployment> = Api::namespaced(client, NAMESPACE);
        let listed = deployments.list(&ListParams::default()).await.unwrap();
        let from = listed.metadata.resource_version.unwrap();
        server.meddle(&target, |object| {
            object["spec"]["replicas"] = json!(7);
            Some(())
        });
        let watched = deployments
            .watch(&WatchParams::default(), &from)
            .await
            .unwrap();
        let mut watched = watched.boxed();
        let Some(Ok(WatchEvent::Modified(changed))) = watched.next().await else {
            panic!("the change is not told");
        };
        assert_eq!(changed.spec.replicas, Some(7));
        server.meddle(&target, |_| None);
        assert!(matches!(
            watched.next().await,
            Some(Ok(WatchEvent::Deleted(_)))
        ));
        server.compact();
        assert_eq!(
            code(
                deployments
                    .watch(&WatchParams::default(), &from)
                    .await
                    .map(|_| ())
            ),
            410
        );
    });
}

#[test]
fn the_watcher_of_kube_rs_survives_watches_that_are_cut() {
    let (server, instance) = served();
    let target = instance.target.clone().unwrap();
    server.weather().fail(Rates {
        watches: Some(50..200),
        ..Rates::default()
    });
    in_time(async {
        let client = client(&server).await;
        let deployments: Api<Deployment> = Api::namespaced(client, NAMESPACE);
        let mut stream = watcher::watcher(deployments, watcher::Config::default()).boxed();
        for round in 1..=10_i32 {
            server.meddle(&target, |object| {
                object["spec"]["replicas"] = json!(100 + round);
                Some(())
            });
            let told = async {
                loop {
                    let applied = match stream.next().await {
                        Some(Ok(watcher::Event::Apply(d) | watcher::Event::InitApply(d))) => d,
                        Some(_) => continue,
                        None => panic!("the stream ended"),
                    };
                    if applied.spec.replicas == Some(100 + round) {
                        return;
                    }
                }
            };
            told.await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
}

#[test]
fn faults_come_as_kube_rs_knows_them() {
    let (server, _) = served();
    in_time(async {
        let client = client(&server).await;
        let pods: Api<Pod> = Api::namespaced(client, NAMESPACE);
        let all = ListParams::default();
        server.weather().fail(Rates {
            busy: 1.0,
            ..Rates::default()
        });
        assert_eq!(code(pods.list(&all).await), 429);
        server.weather().fail(Rates {
            broken: 1.0,
            ..Rates::default()
        });
        assert_eq!(code(pods.list(&all).await), 500);
        server.weather().fail(Rates {
            lost: 1.0,
            ..Rates::default()
        });
        let name = "web-gone";
        let pod: Pod = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
        let sent = pods.create(&PostParams::default(), &pod).await;
        assert!(
            matches!(
                &sent,
                Err(kube::Error::HyperError(_) | kube::Error::Service(_))
            ),
            "{sent:?}"
        );
        server.weather().fail(Rates::default());
        pods.get(name).await.unwrap();
        assert!(!server.audit()[0].answered);
        server.weather().go_away(true);
        tokio::time::sleep(Duration::from_millis(200)).await;
        pods.list(&all).await.unwrap_err();
        server.weather().go_away(false);
        while pods.list(&all).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn kubectl_works_with_it() {
    let (server, _) = served();
    let kubeconfig = server.kubeconfig("kubectl").unwrap();
    let kubectl = Kubectl::of(&kubeconfig, &server.directory().join("kubectl-cache")).unwrap();
    let run = |arguments: &[&str]| kubectl.run(arguments).unwrap();
    assert!(run(&["version", "-o", "json"]).contains("v1.37.2"));
    assert!(run(&["api-resources"]).contains("deployments"));
    let pods = run(&["get", "pods", "-n", NAMESPACE, "-o", "name"]);
    assert_eq!(pods.lines().count(), 2, "{pods}");
    let pod = pods.lines().next().unwrap().trim_start_matches("pod/");
    let described = run(&["describe", "pod", pod, "-n", NAMESPACE]);
    assert!(described.contains("BackOff"), "{described}");
    assert!(!run(&["logs", pod, "-n", NAMESPACE, "--tail", "2"]).is_empty());
    run(&["label", "pod", pod, "-n", NAMESPACE, "seen=yes"]);
    let seen = run(&[
        "get", "pods", "-n", NAMESPACE, "-l", "seen=yes", "-o", "name",
    ]);
    assert_eq!(seen.trim(), format!("pod/{pod}"));
    run(&["delete", "pod", pod, "-n", NAMESPACE, "--dry-run=server"]);
    run(&["delete", "pod", pod, "-n", NAMESPACE, "--timeout=20s"]);
    assert!(kubectl.run(&["get", "pod", pod, "-n", NAMESPACE]).is_err());
    let verbs: Vec<Verb> = server.audit().iter().map(|e| e.verb).collect();
    assert_eq!(verbs, [Verb::Patch, Verb::Delete]);
}
