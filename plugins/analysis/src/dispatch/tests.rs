use k8shawk_sdk::analysis::Severity;
use k8shawk_sdk::facts;
use serde_json::{Value, json};

use crate::samples::*;
use crate::testing::{Bundle, ago, incident};

fn hpa(status: Value) -> Value {
    let hpa = json!({ "spec": {
        "scaleTargetRef": { "kind": "Deployment", "name": "web" }, "minReplicas": 1, "maxReplicas": 4,
        "metrics": [{ "resource": { "name": "cpu", "target": { "averageUtilization": 50 } } }],
    }, "status": status });
    with(object("HorizontalPodAutoscaler", "web"), hpa)
}

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({ "conditions": [{ "type": kind, "status": status, "reason": reason, "message": message }] })
}

fn at_max(utilisation: i64) -> Value {
    let status = json!({ "currentReplicas": 4,
        "currentMetrics": [{ "resource": { "name": "cpu", "current": { "averageUtilization": utilisation } } }] });
    let limited = condition(
        "ScalingLimited",
        "True",
        "TooManyReplicas",
        "the desired count is above the maximum",
    );
    hpa(with(status, limited))
}

#[rstest::rstest]
#[case::no_metrics(hpa(condition("ScalingActive", "False", "FailedGetResourceMetric",
    "unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: not found")),
    "hpa-no-metrics", &["v1beta1.metrics.k8s.io", "not registered"])]
#[case::requests(hpa(condition("ScalingActive", "False", "FailedGetResourceMetric",
    "missing request for cpu in container app of Pod web-r1-a")),
    "hpa-requests-missing", &["cpu", "container app"])]
#[case::at_max(at_max(90), "hpa-at-max", &["maxReplicas 4", "90"])]
fn autoscalers(#[case] hpa: Value, #[case] class: &str, #[case] words: &[&str]) {
    let bundle = healthy_app(nodes(), "web").with(hpa);
    assert_cause(
        &finding(&bundle, "HorizontalPodAutoscaler", "web"),
        class,
        words,
    );
}

#[test]
fn an_autoscaler_without_a_target_names_the_nearest() {
    let bundle = healthy_app(nodes(), "wbe").with(hpa(json!({})));
    let found = finding(&bundle, "HorizontalPodAutoscaler", "web");
    assert_cause(
        &found,
        "hpa-target-missing",
        &["Deployment shop/web", "\"wbe\""],
    );
}

#[test]
fn the_maximum_follows_the_metric() {
    let bundle = healthy_app(nodes(), "web").with(at_max(70));
    let found = finding(&bundle, "HorizontalPodAutoscaler", "web");
    assert_eq!(value(&found, facts::SUGGESTED_MAX), "6");
    assert_eq!(found.severity, Severity::Low);
}

#[rstest::rstest]
#[case::enough(at_max(50))]
#[case::zero(hpa(condition("ScalingActive", "False", "ScalingDisabled", "scaling is disabled")))]
#[case::fine(hpa(json!({ "currentReplicas": 1 })))]
fn harmless_autoscalers(#[case] hpa: Value) {
    healthy(
        &healthy_app(nodes(), "web").with(hpa),
        "HorizontalPodAutoscaler",
        "web",
    );
}

fn budget(rule: Value, status: Value) -> Value {
    let spec = with(
        json!({ "selector": { "matchLabels": { "app": "web" } } }),
        rule,
    );
    with(
        object("PodDisruptionBudget", "web"),
        json!({ "spec": spec, "status": status }),
    )
}

fn numbers(allowed: i64, expected: i64, healthy: i64, desired: i64) -> Value {
    json!({ "disruptionsAllowed": allowed, "expectedPods": expected, "currentHealthy": healthy, "desiredHealthy": desired })
}

#[rstest::rstest]
#[case::number(json!({ "minAvailable": 1 }), numbers(0, 1, 1, 1), "2")]
#[case::none(json!({ "maxUnavailable": 0 }), numbers(0, 1, 1, 1), "")]
#[case::share(json!({ "minAvailable": "100%" }), numbers(0, 1, 1, 1), "")]
fn budgets_that_block(#[case] rule: Value, #[case] status: Value, #[case] replicas: &str) {
    let bundle = healthy_app(nodes(), "web").with(budget(rule, status));
    let found = finding(&bundle, "PodDisruptionBudget", "web");
    assert_cause(&found, "pdb-blocks-eviction", &["disruptionsAllowed is 0"]);
    assert_eq!(value(&found, facts::SUGGESTED_REPLICAS), replicas);
}

#[rstest::rstest]
#[case::room(numbers(1, 2, 2, 1))]
#[case::no_pods(numbers(0, 0, 0, 0))]
#[case::still_starting(numbers(0, 1, 0, 1))]
fn harmless_budgets(#[case] status: Value) {
    let bundle = healthy_app(nodes(), "web").with(budget(json!({ "minAvailable": 1 }), status));
    healthy(&bundle, "PodDisruptionBudget", "web");
}

fn deleted(object: Value, since: i64, finalizers: Value) -> Value {
    with(
        object,
        json!({ "metadata": { "deletionTimestamp": ago(since), "finalizers": finalizers } }),
    )
}

#[test]
fn a_finalizer_is_named_with_its_absent_controller() {
    let settings = deleted(
        object("ConfigMap", "settings"),
        300,
        json!(["shop.invalid/backup"]),
    );
    let found = finding(&nodes().with(settings), "ConfigMap", "settings");
    assert_cause(
        &found,
        "stuck-deletion-finalizer",
        &[
            "shop.invalid/backup",
            "no Deployment in the cluster has a similar name",
        ],
    );
    assert_eq!(value(&found, facts::FINALIZER), "shop.invalid/backup");
}

#[test]
fn a_claim_in_use_keeps_its_finalizer() {
    let claim = deleted(
        object("PersistentVolumeClaim", "data"),
        300,
        json!(["kubernetes.io/pvc-protection"]),
    );
    let pod = with(
        lone_pod("db-0", "db"),
        json!({ "spec": { "volumes": [
        { "name": "d", "persistentVolumeClaim": { "claimName": "data" } }] } }),
    );
    let found = finding(
        &nodes().with(claim).with(pod),
        "PersistentVolumeClaim",
        "data",
    );
    assert_cause(
        &found,
        "stuck-deletion-finalizer",
        &["pvc-protection", "db-0"],
    );
    assert_eq!(value(&found, facts::FINALIZER), "");
}

#[test]
fn a_pod_on_a_node_that_is_gone_is_stale() {
    let pod = deleted(lone_pod("web-0", "web"), 300, json!([]));
    let found = finding(&Bundle::default().with(pod), "Pod", "web-0");
    assert_cause(&found, "stuck-deletion", &["n1", "no longer exists"]);
    assert_eq!(value(&found, facts::STALE_POD), "web-0");
}

#[test]
fn a_pod_of_a_healthy_workload_that_does_not_end_is_explained_itself() {
    let pod = deleted(ready_pod("web", 1, "z"), 300, json!(["shop.invalid/drain"]));
    let found = finding(&healthy_app(nodes(), "web").with(pod), "Pod", "web-r1-z");
    assert_cause(&found, "stuck-deletion-finalizer", &["shop.invalid/drain"]);
}

#[test]
fn a_pod_in_its_grace_period_is_harmless() {
    let pod = deleted(lone_pod("web-0", "web"), -20, json!([]));
    assert!(healthy(&nodes().with(pod), "Pod", "web-0").contains("grace period"));
}

fn ending_namespace(conditions: Value) -> Value {
    let namespace = json!({
        "metadata": { "deletionTimestamp": ago(300) },
        "status": { "phase": "Terminating", "conditions": conditions },
    });
    with(cluster_object("Namespace", "shop"), namespace)
}

#[test]
fn a_namespace_names_what_is_left_in_it() {
    let left = json!([{ "type": "NamespaceFinalizersRemaining", "status": "True",
        "message": "Some content in the namespace has finalizers remaining: shop.invalid/backup in 1 resource instances" }]);
    let bundle = nodes().with(ending_namespace(left)).with(deleted(
        object("ConfigMap", "settings"),
        300,
        json!(["shop.invalid/backup"]),
    ));
    let found = finding(&bundle, "Namespace", "shop");
    assert_cause(
        &found,
        "namespace-stuck",
        &["ConfigMap shop/settings", "shop.invalid/backup"],
    );
    assert_eq!(
        value(&found, facts::FINALIZER),
        "",
        "the object's own incident has it"
    );
    let object = finding(&bundle, "ConfigMap", "settings");
    assert_eq!(object.shared.unwrap().kind, "Namespace");
}

#[test]
fn a_namespace_waits_for_an_api_that_is_down() {
    let discovery = json!([{ "type": "NamespaceDeletionDiscoveryFailure", "status": "True",
        "message": "Discovery failed for some groups" }]);
    let bundle = nodes().with(ending_namespace(discovery)).with(api());
    let found = finding(&bundle, "Namespace", "shop");
    assert_cause(
        &found,
        "namespace-stuck",
        &["v1.metering.invalid", "MissingEndpoints"],
    );
    assert_eq!(found.shared.unwrap().kind, "APIService");
}

fn api() -> Value {
    with(
        cluster_object("APIService", "v1.metering.invalid"),
        json!({
            "spec": { "service": { "namespace": "shop", "name": "metering" } },
            "status": condition("Available", "False", "MissingEndpoints", "endpoints are missing"),
        }),
    )
}

#[test]
fn an_api_names_its_backend() {
    let bundle = nodes()
        .with(api())
        .with(service("metering", json!({ "app": "metering" })));
    let found = finding(&bundle, "APIService", "v1.metering.invalid");
    assert_cause(
        &found,
        "apiservice-unavailable",
        &["MissingEndpoints", "app=metering"],
    );
}

#[test]
fn a_certificate_that_holds_is_harmless() {
    let secret = json!({ "tls": { "notAfter": "2030-01-01T00:00:00Z" } });
    healthy(
        &nodes().with(with(object("Secret", "tls"), secret)),
        "Secret",
        "tls",
    );
}

#[test]
fn what_no_longer_exists_is_healthy() {
    let gone = incident(crate::json::named("Deployment", "shop", "web"));
    let bundle = nodes();
    let case = crate::dispatch::case(&gone, &bundle);
    let k8shawk_sdk::analysis::Conclusion::Healthy(why) = super::conclude(&case) else {
        panic!("findings");
    };
    assert!(why.contains("no longer exists"));
}

#[test]
fn two_services_that_depend_on_each_other_end() {
    let app = |name: &str, other: &str, bundle: Bundle| {
        bundle
            .with(deployment(name, 1, 0))
            .with(replica_set(name, 1, "app:1", 1, 0))
            .with(crashing(ready_pod(name, 1, "a"), 1))
            .with(service(name, json!({ "app": name })))
            .log(
                &format!("{name}-r1-a"),
                "app",
                true,
                &format!("dial tcp: connect to {other}:80: connection refused"),
            )
    };
    let bundle = app("b", "a", app("a", "b", nodes()));
    assert_eq!(
        finding(&bundle, "Deployment", "a").class,
        "dependency-unreachable"
    );
}

#[test]
fn an_unknown_kind_quotes_its_conditions() {
    let stranger = with(
        object("Widget", "w"),
        json!({
        "status": condition("Ready", "False", "Broken", "the spring is loose") }),
    );
    let found = finding(&nodes().with(stranger), "Widget", "w");
    assert_cause(&found, "undetermined", &["the spring is loose"]);
    assert!(found.confidence < 40);
}

#[test]
fn an_object_in_phase_failed_is_not_called_healthy_when_its_events_are_gone() {
    let status =
        json!({ "status": { "phase": "Failed", "message": "rpc error: volume is in use" } });
    let volume = with(object("PersistentVolume", "pv-1"), status);
    let found = finding(&Bundle::default().with(volume), "PersistentVolume", "pv-1");
    assert_cause(
        &found,
        "undetermined",
        &["phase Failed", "volume is in use"],
    );
}
