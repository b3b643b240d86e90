use k8shawk_sdk::facts;
use serde_json::{Value, json};

use crate::samples::*;
use crate::testing::Bundle;

fn to_port(target: Value) -> Value {
    with(
        service("web", json!({ "app": "web" })),
        json!({ "spec": { "ports": [{ "port": 80, "targetPort": target }] } }),
    )
}

#[rstest::rstest]
#[case::value(json!({ "app": "wbe" }), "app=web", "app=wbe")]
#[case::key(json!({ "ap": "web" }), "app=web", "ap=web")]
#[case::one_of_two(json!({ "app": "wbe", "pod-template-hash": "r1" }), "app=web,pod-template-hash=r1", "wbe")]
#[case::longer(json!({ "app": "web-frontend" }), "app=web", "web-frontend")]
fn a_near_selector_is_suggested(#[case] selector: Value, #[case] good: &str, #[case] bad: &str) {
    let bundle = healthy_app(nodes(), "web").with(service("web", selector));
    let found = finding(&bundle, "Service", "web");
    assert_cause(
        &found,
        "service-selector-mismatch",
        &[bad, good, "Deployment shop/web"],
    );
    assert_eq!(value(&found, facts::SUGGESTED_SELECTOR), good);
}

#[rstest::rstest]
#[case::value("api-frontend", json!({ "app": "web-frontend" }))]
#[case::other_tier("web", json!({ "app": "web", "pod-template-hash": "blue" }))]
fn another_workload_is_named_and_not_suggested(#[case] app: &str, #[case] selector: Value) {
    let bundle = healthy_app(nodes(), app).with(service("shop", selector));
    let found = finding(&bundle, "Service", "shop");
    assert_eq!(found.class, "service-selector-mismatch");
    assert_eq!(value(&found, facts::SUGGESTED_SELECTOR), "");
}

#[test]
fn two_workloads_as_near_give_no_suggestion() {
    let bundle = healthy_app(healthy_app(nodes(), "shop-a"), "shop-b")
        .with(service("shop", json!({ "app": "shop" })));
    let found = finding(&bundle, "Service", "shop");
    assert_cause(
        &found,
        "service-selector-mismatch",
        &["app=shop", "shop-a", "shop-b"],
    );
    assert_eq!(value(&found, facts::SUGGESTED_SELECTOR), "");
}

#[test]
fn a_stranger_is_not_suggested() {
    let bundle = healthy_app(nodes(), "web").with(service("search", json!({ "app": "search" })));
    let found = finding(&bundle, "Service", "search");
    assert_eq!(value(&found, facts::SUGGESTED_SELECTOR), "");
    assert_cause(&found, "service-selector-mismatch", &["app=search"]);
}

#[test]
fn unready_pods_are_the_cause_and_their_workload_is_shared() {
    let bundle = nodes()
        .with(deployment("web", 1, 0))
        .with(replica_set("web", 1, "app:1", 1, 0))
        .with(crashing(ready_pod("web", 1, "a"), 1))
        .with(service("web", json!({ "app": "web" })))
        .log("web-r1-a", "app", true, "panic: boom");
    let found = finding(&bundle, "Service", "web");
    assert_cause(
        &found,
        "service-no-ready-endpoints",
        &["application-error", "Deployment shop/web"],
    );
    assert_eq!(found.shared.unwrap().kind, "Deployment");
}

#[test]
fn pods_that_are_refused_are_the_cause() {
    let message =
        "Error creating: pods \"w\" is forbidden: no PriorityClass with name top was found";
    let bundle = nodes()
        .with(deployment("web", 1, 0))
        .with(with(
            replica_set("web", 1, "app:1", 1, 0),
            json!({ "status": { "replicas": 0 } }),
        ))
        .with(service("web", json!({ "app": "web" })))
        .event("ReplicaSet", "web-r1", "FailedCreate", message, 3);
    let found = finding(&bundle, "Service", "web");
    assert_cause(
        &found,
        "service-no-ready-endpoints",
        &["priority-class-missing"],
    );
}

#[rstest::rstest]
#[case::name(json!("http-web"), "http", &["http-web", "http=8080"])]
#[case::number(json!(8000), "8080", &["8000", "8080"])]
fn a_wrong_target_port_is_suggested(
    #[case] target: Value,
    #[case] good: &str,
    #[case] words: &[&str],
) {
    let bundle = healthy_app(nodes(), "web").with(to_port(target));
    let found = finding(&bundle, "Service", "web");
    assert_cause(&found, "service-target-port-mismatch", words);
    assert_eq!(value(&found, facts::SUGGESTED_TARGET_PORT), good);
    assert_eq!(value(&found, facts::PORT), "80");
}

fn ports(declared: Value) -> Bundle {
    let pod = with(
        ready_pod("web", 1, "a"),
        json!({ "spec": { "containers": [
        { "name": "app", "image": "app:1", "ports": declared }] } }),
    );
    nodes()
        .with(deployment("web", 1, 1))
        .with(replica_set("web", 1, "app:1", 1, 1))
        .with(pod)
}

#[test]
fn two_ports_that_fit_as_well_give_no_suggestion() {
    let two = json!([{ "name": "public", "containerPort": 8080 }, { "name": "admin", "containerPort": 8081 }]);
    let found = finding(&ports(two).with(to_port(json!("web"))), "Service", "web");
    assert_cause(&found, "service-target-port-mismatch", &["public", "admin"]);
    assert_eq!(value(&found, facts::SUGGESTED_TARGET_PORT), "");
}

#[rstest::rstest]
#[case::nothing_declared(json!([]), "hello")]
#[case::log_shows_it(json!([{ "containerPort": 9090 }]), "Listening on 0.0.0.0:8000")]
fn a_number_that_nobody_declares_is_only_a_hint(#[case] declared: Value, #[case] log: &str) {
    let bundle = ports(declared)
        .with(to_port(json!(8000)))
        .log("web-r1-a", "app", false, log);
    healthy(&bundle, "Service", "web");
}

#[test]
fn a_log_that_shows_another_port_is_enough() {
    let bundle = ports(json!([])).with(to_port(json!(8000))).log(
        "web-r1-a",
        "app",
        false,
        "Listening on :8080",
    );
    let found = finding(&bundle, "Service", "web");
    assert_eq!(value(&found, facts::SUGGESTED_TARGET_PORT), "8080");
}

#[rstest::rstest]
#[case::no_selector(service("web", json!({})), "no selector")]
#[case::external(with(service("web", json!({ "app": "x" })), json!({ "spec": { "type": "ExternalName" } })), "external host")]
#[case::fine(service("web", json!({ "app": "web" })), "1 of 1 pod behind")]
fn harmless_services(#[case] service: Value, #[case] why: &str) {
    let said = healthy(&healthy_app(nodes(), "web").with(service), "Service", "web");
    assert!(said.contains(why), "{said}");
}

#[test]
fn a_workload_at_zero_explains_an_empty_service() {
    let bundle = nodes()
        .with(deployment("web", 0, 0))
        .with(service("web", json!({ "app": "web" })));
    assert!(healthy(&bundle, "Service", "web").contains("scaled to zero"));
}
