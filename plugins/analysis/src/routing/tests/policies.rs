use k8shawk_sdk::analysis::Severity;
use k8shawk_sdk::facts;
use serde_json::{Value, json};

use crate::routing::policy_match::{Direction, End, Port, allows};
use crate::samples::*;
use crate::testing::Bundle;

/// `api` crashes as it cannot reach `db`, which is healthy.
fn unreachable(policies: &[Value]) -> Bundle {
    let bundle = healthy_app(nodes(), "db")
        .with(with(
            service("db", json!({ "app": "db" })),
            json!({ "spec": { "ports": [{ "port": 5432, "targetPort": 8080 }] } }),
        ))
        .with(deployment("api", 1, 0))
        .with(replica_set("api", 1, "app:1", 1, 0))
        .with(crashing(ready_pod("api", 1, "a"), 1))
        .log(
            "api-r1-a",
            "app",
            true,
            "connect to db:5432: connection timed out",
        );
    policies.iter().cloned().fold(bundle, Bundle::with)
}

fn policy(name: &str, spec: Value) -> Value {
    with(object("NetworkPolicy", name), json!({ "spec": spec }))
}

#[rstest::rstest]
#[case::egress(json!({ "podSelector": { "matchLabels": { "app": "api" } }, "policyTypes": ["Egress"] }), "egress")]
#[case::ingress(json!({ "podSelector": { "matchLabels": { "app": "db" } }, "policyTypes": ["Ingress"],
    "ingress": [{ "from": [{ "podSelector": { "matchLabels": { "app": "admin" } } }] }] }), "ingress")]
#[case::port(json!({ "podSelector": {}, "policyTypes": ["Egress"],
    "egress": [{ "ports": [{ "port": 5432 }] }] }), "egress")]
fn names_the_policy_and_the_direction(#[case] spec: Value, #[case] direction: &str) {
    let found = finding(&unreachable(&[policy("wall", spec)]), "Deployment", "api");
    assert_cause(
        &found,
        "network-policy-isolates",
        &["wall", direction, "8080"],
    );
    assert_eq!(found.owner.name, "api");
}

#[rstest::rstest]
#[case::none(json!({ "podSelector": { "matchLabels": { "app": "other" } }, "policyTypes": ["Egress"] }))]
#[case::open(json!({ "podSelector": {}, "policyTypes": ["Egress"], "egress": [{}] }))]
#[case::target_port(json!({ "podSelector": {}, "policyTypes": ["Egress"], "egress": [{ "ports": [{ "port": "http" }] }] }))]
#[case::range(json!({ "podSelector": {}, "policyTypes": ["Egress"], "egress": [{ "ports": [{ "port": 8000, "endPort": 9000 }] }] }))]
fn a_policy_that_lets_it_through_is_not_blamed(#[case] spec: Value) {
    let found = finding(&unreachable(&[policy("wall", spec)]), "Deployment", "api");
    assert_eq!(found.class, "dependency-unreachable");
}

#[test]
fn policies_add_up() {
    let deny = policy(
        "deny",
        json!({ "podSelector": {}, "policyTypes": ["Egress"] }),
    );
    let open = policy(
        "open",
        json!({ "podSelector": {}, "policyTypes": ["Egress"],
        "egress": [{ "to": [{ "podSelector": { "matchLabels": { "app": "db" } } }] }] }),
    );
    let found = finding(&unreachable(&[deny, open]), "Deployment", "api");
    assert_eq!(found.class, "dependency-unreachable");
}

#[test]
fn a_default_deny_by_itself_is_no_fault() {
    let bundle = healthy_app(nodes(), "web").with(policy(
        "deny",
        json!({ "podSelector": {}, "policyTypes": ["Ingress"] }),
    ));
    healthy(&bundle, "NetworkPolicy", "deny");
}

#[rstest::rstest]
#[case("10.1.2.3", true)]
#[case("10.9.0.1", false)]
#[case("192.168.0.1", false)]
fn blocks_of_addresses_are_read(#[case] ip: &str, #[case] open: bool) {
    let policy = policy(
        "p",
        json!({ "egress": [{ "to": [{ "ipBlock": { "cidr": "10.0.0.0/8", "except": ["10.9.0.0/16"] } }] }] }),
    );
    let bundle = nodes().with(policy.clone());
    let port = Port {
        number: Some(443),
        protocol: "TCP",
    };
    let allowed = bundle.about("NetworkPolicy", "p", |case, policy| {
        allows(
            case,
            policy,
            Direction::Egress,
            &End::Outside(Some(ip)),
            port,
        )
    });
    assert_eq!(allowed, open);
}

fn core_dns(object: Value) -> Value {
    let labels = json!({ "labels": { "k8s-app": "kube-dns" }, "namespace": "kube-system" });
    with(object, json!({ "metadata": labels }))
}

fn kube_system(object: Value) -> Value {
    with(
        object,
        json!({ "metadata": { "namespace": "kube-system" } }),
    )
}

#[test]
fn the_dns_server_at_zero_is_broken() {
    let bundle = nodes()
        .with(kube_system(deployment("coredns", 0, 0)))
        .with(kube_system(service(
            "kube-dns",
            json!({ "k8s-app": "kube-dns" }),
        )));
    let found = finding(&bundle, "Deployment", "coredns");
    assert_cause(&found, "dns-broken", &["0 replicas"]);
    assert_eq!(found.severity, Severity::Critical);
    assert_eq!(value(&found, facts::SCALED_TO_ZERO), "kube-system/coredns");
    assert_eq!(value(&found, facts::SUGGESTED_REPLICAS), "2");
}

#[test]
fn a_victim_of_the_dns_server_at_zero_hands_on_what_brings_it_back() {
    let bundle = nodes()
        .with(kube_system(deployment("coredns", 0, 0)))
        .with(kube_system(service(
            "kube-dns",
            json!({ "k8s-app": "kube-dns" }),
        )))
        .with(service("db", json!({ "app": "db" })))
        .with(deployment("web", 1, 0))
        .with(replica_set("web", 1, "app:1", 1, 0))
        .with(crashing(ready_pod("web", 1, "a"), 1))
        .log(
            "web-r1-a",
            "app",
            true,
            "lookup db.shop.svc.cluster.local: no such host",
        );
    let found = finding(&bundle, "Deployment", "web");
    assert_cause(&found, "dns-broken", &["coredns is scaled to zero"]);
    assert_eq!(value(&found, facts::SCALED_TO_ZERO), "kube-system/coredns");
    assert_eq!(value(&found, facts::SUGGESTED_REPLICAS), "2");
}

#[test]
fn a_dns_server_that_crashes_is_broken_for_its_own_cause() {
    let bundle = nodes()
        .with(kube_system(deployment("coredns", 1, 0)))
        .with(kube_system(replica_set("coredns", 1, "app:1", 1, 0)))
        .with(core_dns(crashing(ready_pod("coredns", 1, "a"), 1)))
        .log(
            "coredns-r1-a",
            "app",
            true,
            "plugin/forward: unknown directive in Corefile",
        );
    let found = finding(&bundle, "Deployment", "coredns");
    assert_cause(&found, "dns-broken", &["Corefile", "application-error"]);
    assert_eq!(
        value(&found, facts::RESTART),
        "",
        "a restart does not fix a Corefile"
    );
}
