//! Proposals per finding, and the next check of every class.

use super::*;
use k8shawk_sdk::facts::*;
use k8shawk_sdk::fix::{Fact, ObjectRef, Severity};
use rstest::rstest;
use serde_json::{Value, json};

fn object(kind: &str, name: &str) -> ObjectRef {
    let namespace = if kind == "Node" { "" } else { "shop" };
    ObjectRef {
        api_version: "v1".into(),
        kind: kind.into(),
        namespace: namespace.into(),
        name: name.into(),
        uid: "u1".into(),
    }
}

fn finding(class: &str, guilty: &str, owner: &str, facts: &[(&str, &str)]) -> Finding {
    Finding {
        class: class.into(),
        title: "it fails".into(),
        cause: "It fails [e1].".into(),
        confidence: 90,
        severity: Severity::Medium,
        object: object(guilty, "web-1"),
        owner: object(owner, "web"),
        evidence: Vec::new(),
        unknown: Vec::new(),
        facts: facts
            .iter()
            .map(|(k, v)| Fact {
                key: (*k).into(),
                value: (*v).into(),
            })
            .collect(),
        victims: Vec::new(),
        shared: None,
    }
}

fn incident(finding: &Finding) -> Incident {
    Incident {
        id: "i1".into(),
        class: "workload".into(),
        severity: Severity::Medium,
        object: finding.object.clone(),
        owner: finding.owner.clone(),
        signals: Vec::new(),
        victims: Vec::new(),
        opened_at: 0,
        now: 0,
    }
}

fn plan(finding: &Finding) -> Vec<Proposal> {
    propose(&incident(finding), finding, &Nothing).proposals
}

fn line(proposal: &Proposal) -> String {
    let values: Vec<_> = proposal
        .parameters
        .iter()
        .map(|p| format!("{}={}", p.name, p.value))
        .collect();
    let target = &proposal.target;
    format!(
        "{} {}/{} {}",
        proposal.action,
        target.kind,
        target.name,
        values.join(" ")
    )
}

#[rstest]
#[case("image-not-found", "Pod", "Deployment", &[(GOOD_REVISION, "3")], "rollout-undo Deployment/web revision=3")]
#[case("command-not-found", "Pod", "Deployment", &[(GOOD_REVISION, "3")], "rollout-undo Deployment/web revision=3")]
#[case("application-error", "Pod", "Deployment", &[(GOOD_REVISION, "3")], "rollout-undo Deployment/web revision=3")]
#[case("liveness-probe-kills", "Pod", "Deployment", &[(GOOD_REVISION, "3")], "rollout-undo Deployment/web revision=3")]
#[case("invalid-image-name", "Pod", "StatefulSet", &[(CONTAINER, "app"), (SUGGESTED_IMAGE, "a:1")], "set-image StatefulSet/web container=app image=a:1")]
#[case("out-of-memory", "Pod", "Deployment", &[(CONTAINER, "app"), (SUGGESTED_MEMORY, "256Mi")], "set-resources Deployment/web container=app memory=256Mi")]
#[case("cpu-starvation", "Pod", "DaemonSet", &[(CONTAINER, "app"), (SUGGESTED_CPU, "500m")], "set-resources DaemonSet/web container=app cpu=500m")]
#[case("selector-mismatch", "Service", "Service", &[(SUGGESTED_SELECTOR, "app=web")], "patch-selector Service/web-1 selector=app=web")]
#[case("target-port", "Service", "Service", &[(PORT, "80"), (SUGGESTED_TARGET_PORT, "http")], "patch-target-port Service/web-1 port=80 targetPort=http")]
#[case("unschedulable", "Pod", "Deployment", &[(CORDONED, "by alice"), (NODE, "n1")], "uncordon Node/n1 ")]
#[case("unschedulable", "Pod", "Deployment", &[(SUGGESTED_REPLICAS, "2")], "scale Deployment/web replicas=2")]
#[case("disruption-blocked", "PodDisruptionBudget", "Deployment", &[(SUGGESTED_REPLICAS, "3")], "scale Deployment/web replicas=3")]
#[case("quota-exceeded", "ResourceQuota", "Deployment", &[(QUOTA_RESOURCE, "pods"), (SUGGESTED_QUOTA, "6")], "raise-quota ResourceQuota/web-1 resource=pods value=6")]
#[case("job-failed", "Job", "Job", &[(RETRYABLE, "the quota has room again")], "retry-job Job/web-1 ")]
#[case("cronjob-blocked", "CronJob", "CronJob", &[(BLOCKING_JOB, "nightly-1")], "delete-job Job/nightly-1 ")]
#[case("volume-full", "PersistentVolumeClaim", "Deployment", &[(SUGGESTED_SIZE, "20Gi")], "expand-pvc PersistentVolumeClaim/web-1 size=20Gi")]
#[case("hpa-at-maximum", "HorizontalPodAutoscaler", "Deployment", &[(SUGGESTED_MAX, "8")], "scale-hpa-max HorizontalPodAutoscaler/web-1 max=8")]
#[case("dns-broken", "Pod", "Deployment", &[(RESTART, "kube-system/coredns")], "rollout-restart Deployment/coredns ")]
#[case("dns-broken", "Pod", "Deployment", &[(SCALED_TO_ZERO, "kube-system/coredns"), (SUGGESTED_REPLICAS, "2")], "scale Deployment/coredns replicas=2")]
#[case("registry-unreachable", "Pod", "Deployment", &[(GOOD_REVISION, "3")], "rollout-undo Deployment/web revision=3")]
#[case("evicted", "Pod", "Deployment", &[(STALE_POD, "web-1")], "delete-pod Pod/web-1 ")]
#[case("node-not-ready", "Node", "Node", &[], "cordon Node/web-1 ")]
#[case("missing-configmap", "Pod", "Deployment", &[(MISSING_KIND, "ConfigMap"), (MISSING_NAME, "web-confg"), (NEAR_NAME, "web-config")], "patch-reference Deployment/web kind=ConfigMap from=web-confg to=web-config")]
#[case("pvc-no-storage-class", "Pod", "Deployment", &[(MISSING_KIND, "StorageClass"), (MISSING_NAME, "fats"), (NEAR_NAME, "fast"), (CLAIM, "data")], "patch-reference PersistentVolumeClaim/data kind=StorageClass from=fats to=fast")]
#[case("node-not-ready", "Pod", "Deployment", &[(NODE, "n1")], "cordon Node/n1 ")]
#[case("stuck-deletion", "ConfigMap", "ConfigMap", &[(FINALIZER, "example.com/guard")], "remove-finalizer ConfigMap/web-1 finalizer=example.com/guard")]
fn proposes_the_safe_fix_of_a_class(
    #[case] class: &str,
    #[case] guilty: &str,
    #[case] owner: &str,
    #[case] facts: &[(&str, &str)],
    #[case] expected: &str,
) {
    let proposals = plan(&finding(class, guilty, owner, facts));
    let lines: Vec<_> = proposals.iter().map(line).collect();
    assert_eq!(lines, [expected]);
    let rationale = &proposals[0].rationale;
    assert!(
        rationale.ends_with('.') && !rationale.contains(['{', '}']),
        "{rationale}"
    );
    assert!(!rationale.contains("unknown"), "{rationale}");
}

#[rstest]
#[case::no_facts("image-not-found", "Pod", "Deployment", &[])]
#[case::undo_needs_a_deployment("application-error", "Pod", "StatefulSet", &[(GOOD_REVISION, "3")])]
#[case::registry_is_down("registry-unreachable", "Pod", "Deployment", &[(CONTAINER, "app"), (SUGGESTED_IMAGE, "a:1")])]
#[case::eviction("evicted-node-pressure", "Pod", "Deployment", &[(GOOD_REVISION, "3")])]
#[case::kubelet_that_refuses_one_pod("kubelet-admission-refused", "Pod", "Deployment", &[(NODE, "n1")])]
#[case::dependency_is_down("dependency-unreachable", "Pod", "Deployment", &[(GOOD_REVISION, "3")])]
#[case::webhook_is_down("webhook-down", "Pod", "Deployment", &[(GOOD_REVISION, "3")])]
#[case::memory_without_container("out-of-memory", "Pod", "Deployment", &[(SUGGESTED_MEMORY, "1Gi")])]
#[case::memory_of_a_bare_pod("out-of-memory", "Pod", "Pod", &[(CONTAINER, "app"), (SUGGESTED_MEMORY, "1Gi")])]
#[case::no_name_is_near("missing-configmap", "Pod", "Deployment", &[(MISSING_KIND, "ConfigMap"), (MISSING_NAME, "web-confg")])]
#[case::empty_value("quota-exceeded", "ResourceQuota", "Deployment", &[(QUOTA_RESOURCE, "pods"), (SUGGESTED_QUOTA, " ")])]
#[case::replicas_without_shortage("application-error", "Pod", "Deployment", &[(SUGGESTED_REPLICAS, "2")])]
#[case::job_that_would_fail_again("job-failed", "Job", "Job", &[])]
#[case::finalizer_of_the_api_server("namespace-stuck", "Namespace", "Namespace", &[(FINALIZER, "kubernetes")])]
#[case::node_is_cordoned_already("node-not-ready", "Node", "Node", &[(CORDONED, "by alice")])]
fn proposes_nothing_where_nothing_is_safe(
    #[case] class: &str,
    #[case] guilty: &str,
    #[case] owner: &str,
    #[case] facts: &[(&str, &str)],
) {
    let proposals = plan(&finding(class, guilty, owner, facts));
    assert!(
        proposals.is_empty(),
        "{:?}",
        proposals.iter().map(line).collect::<Vec<_>>()
    );
}

#[test]
fn prefers_the_undo_to_a_guessed_image() {
    let facts = [
        (GOOD_REVISION, "3"),
        (CONTAINER, "app"),
        (SUGGESTED_IMAGE, "a:1"),
    ];
    let proposals = plan(&finding("image-not-found", "Pod", "Deployment", &facts));
    assert_eq!(
        proposals
            .iter()
            .map(|p| p.action.as_str())
            .collect::<Vec<_>>(),
        ["rollout-undo"]
    );
}

#[test]
fn offers_more_memory_before_the_undo_and_a_quota_before_fewer_replicas() {
    let facts = [
        (GOOD_REVISION, "3"),
        (CONTAINER, "app"),
        (SUGGESTED_MEMORY, "1Gi"),
    ];
    let memory = plan(&finding("out-of-memory", "Pod", "Deployment", &facts));
    let facts = [
        (QUOTA_RESOURCE, "pods"),
        (SUGGESTED_QUOTA, "6"),
        (SUGGESTED_REPLICAS, "2"),
    ];
    let quota = plan(&finding(
        "quota-exceeded",
        "ResourceQuota",
        "Deployment",
        &facts,
    ));
    let actions = |p: &[Proposal]| p.iter().map(|p| p.action.clone()).collect::<Vec<_>>();
    assert_eq!(actions(&memory), ["set-resources", "rollout-undo"]);
    assert_eq!(actions(&quota), ["raise-quota", "scale"]);
}

#[test]
fn finds_the_claim_and_the_quota_behind_a_pod() {
    let mut full = finding(
        "volume-full",
        "Pod",
        "Deployment",
        &[(SUGGESTED_SIZE, "2Gi")],
    );
    full.shared = Some(object("PersistentVolumeClaim", "data"));
    assert_eq!(plan(&full)[0].target.name, "data");
}

struct Cluster(Value);

impl Reader for Cluster {
    fn get(&self, _object: &ObjectRef) -> Option<Value> {
        Some(self.0.clone())
    }
}

#[rstest]
#[case("hpa-at-maximum", "HorizontalPodAutoscaler", &[(SUGGESTED_MAX, "8")], json!({"spec": {"maxReplicas": 8}}), 0)]
#[case("hpa-at-maximum", "HorizontalPodAutoscaler", &[(SUGGESTED_MAX, "8")], json!({"spec": {"maxReplicas": 4}}), 1)]
#[case("hpa-at-maximum", "HorizontalPodAutoscaler", &[(SUGGESTED_MAX, "8")], json!("not an object"), 1)]
#[case("quota-exceeded", "ResourceQuota", &[(QUOTA_RESOURCE, "pods"), (SUGGESTED_QUOTA, "6")], json!({"spec": {"hard": {"pods": "6"}}}), 0)]
#[case("quota-exceeded", "ResourceQuota", &[(QUOTA_RESOURCE, "pods"), (SUGGESTED_QUOTA, "6")], json!({"spec": {"hard": {"pods": "2"}}}), 1)]
#[case("unschedulable", "Pod", &[(CORDONED, "by alice"), (NODE, "n1")], json!({"spec": {}}), 0)]
#[case("unschedulable", "Pod", &[(CORDONED, "by alice"), (NODE, "n1")], json!({"spec": {"unschedulable": true}}), 1)]
fn proposes_no_change_that_somebody_made_already(
    #[case] class: &str,
    #[case] guilty: &str,
    #[case] facts: &[(&str, &str)],
    #[case] live: Value,
    #[case] expected: usize,
) {
    let finding = finding(class, guilty, "Deployment", facts);
    let plan = propose(&incident(&finding), &finding, &Cluster(live));
    assert_eq!(plan.proposals.len(), expected);
}

#[test]
fn every_class_has_a_next_check_that_is_more_than_describe() {
    for (word, _) in checks::all() {
        let check = checks::next(&finding(word, "Pod", "Deployment", &[]));
        assert!(check.len() > 60 && check.ends_with('.'), "{word}: {check}");
        assert!(
            !check.contains("describe") && !check.contains(['{', '}']),
            "{word}: {check}"
        );
    }
}

#[test]
fn an_unheard_of_class_still_names_whom_to_ask() {
    let check = checks::next(&finding("zzz", "Pod", "Deployment", &[]));
    assert!(check.contains("Deployment shop/web"), "{check}");
}

#[rstest]
#[case("registry-unreachable", "curl")]
#[case("registry-unauthorised", "docker-registry")]
#[case("webhook-down", "do not delete the webhook")]
#[case("missing-configmap", "renamed")]
#[case("rbac-denied", "auth can-i")]
#[case("certificate-expired", "renew")]
#[case("node-not-ready", "journalctl")]
fn the_next_check_fits_its_class(#[case] class: &str, #[case] word: &str) {
    let check = checks::next(&finding(class, "Pod", "Deployment", &[]));
    assert!(check.contains(word), "{check}");
}
