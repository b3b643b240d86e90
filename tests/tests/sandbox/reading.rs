//! Reads go through the guard, and a refusal tells nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use k8shawk_core::ObjectRef;
use k8shawk_core::finding::Conclusion;
use k8shawk_core::fix::Risk;
use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading};
use k8shawk_core::policy::{Origin, Verdict};
use k8shawk_sandbox::{Blame, CallContext, CallError, RawProposal, Registry};
use serde_json::json;

use crate::workshop::{Guest, READS, Workshop, dossier, incident};

/// A cluster that counts its reads and answers after a while.
#[derive(Default)]
struct Cluster {
    reads: AtomicU32,
    delay: Duration,
    denies: bool,
    padding: usize,
}

impl Reader for Cluster {
    fn read(&self, permit: Permit) -> Reading<'_> {
        drop(permit.into_read());
        self.reads.fetch_add(1, Ordering::Relaxed);
        Box::pin(async {
            tokio::time::sleep(self.delay).await;
            if self.denies {
                Err(ReadError::Denied)
            } else {
                Ok(Answer::Text(format!("{{}}{}", " ".repeat(self.padding))))
            }
        })
    }
}

fn context(cluster: &Arc<Cluster>) -> CallContext {
    CallContext {
        reader: cluster.clone(),
        now_ms: 5,
    }
}

/// A Deployment with two revisions, and one of another Deployment with the same labels.
struct ReplicaSets;

impl Reader for ReplicaSets {
    fn read(&self, permit: Permit) -> Reading<'_> {
        let set = |owner: &str, number: &str, image: &str, pods: u32| {
            json!({
                "metadata": {
                    "annotations": {"deployment.kubernetes.io/revision": number},
                    "ownerReferences": [{"kind": "Deployment", "name": owner, "controller": true}],
                },
                "spec": {"template": {"spec": {"containers": [{"image": image}]}}},
                "status": {"replicas": pods, "readyReplicas": 1},
            })
        };
        let sets = json!([
            set("web", "6", "web:1", 0),
            set("web", "7", "web:2", 3),
            set("api", "9", "api:1", 1),
        ]);
        assert!(matches!(permit.into_read(), Read::List { kind, .. } if kind == "ReplicaSet"));
        Box::pin(async move { Ok(Answer::Text(sets.to_string())) })
    }
}

#[tokio::test]
async fn a_policy_knows_the_rollout_history_that_its_grant_lets_it_list() {
    let workshop = Workshop::new();
    let grant = READS.replace("[\"Pod\"]", "[\"ReplicaSet\"]");
    let policy = workshop.hostile(Guest::History, "history", &grant).await;
    let proposal = RawProposal {
        action: "rollout-undo".to_owned(),
        target: ObjectRef::new("apps/v1", "Deployment", "default", "web"),
        parameters: vec![("revision".to_owned(), "6".to_owned())],
        rationale: String::new(),
    };
    let dossier = dossier(Origin::Plugin("fix".to_owned()));
    let context = CallContext {
        reader: Arc::new(ReplicaSets),
        now_ms: 5,
    };
    let called = policy
        .judge_proposal(&incident(), &proposal, &dossier, Risk::Medium, context)
        .await;
    let told = "7 web:2 1/3, 6 web:1 1/0; ReadError::Denied".to_owned();
    assert_eq!(called.result, Ok(Verdict::Deny(told)));
    assert_eq!(called.record.reads.len(), 1);
    assert!(called.record.refusals[0].contains("list ReplicaSet"));
}

#[tokio::test]
async fn without_a_grant_for_its_read_a_capability_is_not_linked() {
    let workshop = Workshop::new();
    workshop.plugin("asks", Guest::History, Guest::History.component());
    let error = workshop.prepare("asks").await.err().unwrap().to_string();
    assert!(
        error.contains("policy/history") && error.contains("verbs = [\"list\"]"),
        "{error}"
    );
}

#[tokio::test]
async fn a_read_outside_the_grant_is_denied_recorded_and_tells_nothing() {
    let workshop = Workshop::new();
    let plugin = workshop
        .hostile(Guest::Analysis, "outside-grant", READS)
        .await;
    let cluster = Arc::new(Cluster::default());
    let called = plugin.analyse(&incident(), context(&cluster)).await;
    let Ok(Conclusion::Healthy(told)) = called.result else {
        panic!("{:?}", called.result)
    };
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told[0], told[1], "what exists differs from what does not");
    assert!(
        told[0].contains("Denied") && !told[0].contains("exists"),
        "{}",
        told[0]
    );
    assert!(told[3].contains("Invalid"), "{}", told[3]);
    assert_eq!(
        cluster.reads.load(Ordering::Relaxed),
        0,
        "a refused read reached the cluster"
    );
    assert_eq!(
        called.record.refusals.len(),
        6,
        "{:?}",
        called.record.refusals
    );
    assert!(called.record.reads.is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_cluster_looks_like_one_of_the_grant() {
    let workshop = Workshop::new();
    let plugin = workshop.hostile(Guest::Analysis, "read", READS).await;
    let cluster = Arc::new(Cluster {
        denies: true,
        ..Cluster::default()
    });
    let called = plugin.analyse(&incident(), context(&cluster)).await;
    let Ok(Conclusion::Healthy(told)) = called.result else {
        panic!("{:?}", called.result)
    };
    assert!(told.contains("Denied"), "{told}");
    assert_eq!(called.record.refusals.len(), 1);
    assert_eq!(called.record.reads.len(), 1, "a replay needs the answer");
}

#[tokio::test]
async fn a_flood_of_reads_is_exhausted_and_then_ended() {
    let workshop = Workshop::new();
    let plugin = workshop
        .hostile(Guest::Analysis, "host-call-flood", READS)
        .await;
    let cluster = Arc::new(Cluster::default());
    let called = plugin.analyse(&incident(), context(&cluster)).await;
    assert_eq!(called.result, Err(CallError::HostCalls { limit: 200 }));
    assert_eq!(
        cluster.reads.load(Ordering::Relaxed),
        199,
        "the setting was the first call"
    );
}

#[tokio::test]
async fn a_result_that_shares_its_bytes_a_thousand_times_is_refused() {
    let workshop = Workshop::new();
    let plugin = workshop.hostile(Guest::Analysis, "amplify", READS).await;
    let called = plugin
        .analyse(&incident(), context(&Arc::new(Cluster::default())))
        .await;
    assert_eq!(called.result, Err(CallError::Output { limit: 1 << 20 }));
}

#[tokio::test]
async fn a_slow_cluster_is_not_the_fault_of_the_plugin() {
    let workshop = Workshop::new();
    let grant = format!("[limits]\ndeadline_ms = 50\n{READS}");
    let plugin = workshop.hostile(Guest::Analysis, "read", &grant).await;
    let registry = Registry::new(2);
    registry.put(plugin).unwrap();
    let live = registry.get("read").unwrap();
    let slow = Arc::new(Cluster {
        delay: Duration::from_secs(60),
        ..Cluster::default()
    });
    for _ in 0..4 {
        let error = live
            .analyse(&incident(), context(&slow))
            .await
            .result
            .unwrap_err();
        assert_eq!(
            error,
            CallError::Waiting {
                limit: Duration::from_millis(50)
            }
        );
        assert_eq!(error.blame(), Blame::Host);
    }
    assert_eq!(live.quarantine(), None);
    assert_eq!(live.counts().host_faults, 4);
}

#[tokio::test(flavor = "current_thread")]
async fn a_loop_leaves_its_thread_to_other_tasks() {
    let workshop = Workshop::new();
    let grant = format!("[limits]\ndeadline_ms = 500\n{READS}");
    let plugin = workshop.hostile(Guest::Analysis, "loop", &grant).await;
    let begun = Instant::now();
    let other = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        begun.elapsed()
    };
    let cluster = Arc::new(Cluster::default());
    let incident = incident();
    let (called, other) = tokio::join!(plugin.analyse(&incident, context(&cluster)), other);
    assert_eq!(
        called.result,
        Err(CallError::Deadline {
            limit: Duration::from_millis(500)
        })
    );
    assert!(
        other < Duration::from_millis(400),
        "the other task waited {other:?}"
    );
}

#[tokio::test]
async fn a_cancelled_call_leaves_the_plugin_usable() {
    let workshop = Workshop::new();
    let plugin = workshop.hostile(Guest::Analysis, "read", READS).await;
    let slow = Arc::new(Cluster {
        delay: Duration::from_secs(60),
        ..Cluster::default()
    });
    let incident = incident();
    let call = plugin.analyse(&incident, context(&slow));
    assert!(
        tokio::time::timeout(Duration::from_millis(50), call)
            .await
            .is_err()
    );
    let called = plugin
        .analyse(&incident, context(&Arc::new(Cluster::default())))
        .await;
    assert!(called.result.is_ok(), "{:?}", called.result);
}

#[tokio::test]
async fn answers_beyond_the_memory_of_the_call_are_not_kept() {
    let workshop = Workshop::new();
    let plugin = workshop
        .hostile(Guest::Analysis, "host-call-flood", READS)
        .await;
    let large = Arc::new(Cluster {
        padding: 2 << 20,
        ..Cluster::default()
    });
    let called = plugin.analyse(&incident(), context(&large)).await;
    let kept = called
        .record
        .reads
        .iter()
        .filter(|(_, answer)| answer.is_ok())
        .count();
    assert_eq!(kept, 2, "answers of 2 MiB under a limit of 32 MiB");
    assert!(
        called
            .record
            .refusals
            .iter()
            .any(|r| r.contains("limits.memory_mib"))
    );
}
