use rstest::rstest;
use serde_json::json;

use super::*;

fn service(selector: Value) -> Value {
    json!({"kind": "Service", "apiVersion": "v1", "metadata": {"name": "db", "namespace": "shop"}, "spec": {"clusterIP": "10.96.1.7", "selector": selector, "ports": [{"port": 5432}]}})
}

fn database(ready: bool) -> Value {
    let condition = if ready { "True" } else { "False" };
    but(
        web(),
        &[
            ("/metadata/name", json!("db-0")),
            ("/metadata/labels", json!({"app": "db"})),
            ("/status/conditions/1/status", json!(condition)),
            ("/status/containerStatuses/0/ready", json!(ready)),
            (
                "/status/containerStatuses/0/state",
                if ready {
                    json!({"running": {}})
                } else {
                    json!({"waiting": {"reason": "CrashLoopBackOff"}})
                },
            ),
        ],
    )
}

#[rstest]
#[case::by_address("dial tcp 10.96.1.7:5432: connect: connection refused", json!({"app": "db"}), "db-0 (container app waits: CrashLoopBackOff)")]
#[case::by_name("connection to server at \"db\" (10.96.1.7), port 5432 failed: Connection refused", json!({"app": "db"}), "0 of 1 pod ready")]
#[case::by_url("cannot connect to postgres://u:p@db.shop.svc.cluster.local:5432/x: connection refused", json!({"app": "db"}), "Service shop/db has no ready endpoint")]
#[case::selects_nothing("connect ECONNREFUSED 10.96.1.7:5432", json!({"app": "dbb"}), "matches no pod")]
fn names_the_state_of_the_dependency(
    #[case] line: &str,
    #[case] selector: Value,
    #[case] named: &str,
) {
    let bundle = around(crashing(1, "Error"))
        .log("web-1", "app", true, line)
        .with(service(selector))
        .with(database(false));
    let finding = expect(&bundle, "dependency-unreachable", &[named]);
    let shared = finding.shared.expect("a shared cause");
    assert_eq!(
        (shared.kind.as_str(), shared.name.as_str()),
        ("Service", "db")
    );
}

#[rstest]
#[case(
    "dial tcp: lookup dbb on 10.96.0.10:53: no such host",
    "no Service \"dbb\" in namespace shop"
)]
#[case("Error: getaddrinfo ENOTFOUND data-base", "no Service \"data-base\"")]
#[case(
    "nginx: [emerg] host not found in upstream \"backend:8080\" in /etc/nginx/nginx.conf",
    "no Service \"backend\""
)]
#[case(
    "dial tcp: lookup api.partner.example: no such host",
    "api.partner.example is not a name of this cluster"
)]
#[case("dial tcp 127.0.0.1:6379: connect: connection refused", "its own pod")]
fn names_a_dependency_that_is_no_service(#[case] line: &str, #[case] named: &str) {
    let bundle = around(crashing(1, "Error"))
        .log("web-1", "app", true, line)
        .with(service(json!({"app": "db"})));
    expect(&bundle, "dependency-unreachable", &[named]);
}

#[test]
fn a_port_that_the_service_lacks_is_named() {
    let bundle = around(crashing(1, "Error"))
        .log("web-1", "app", true, "dial tcp 10.96.1.7:5433: i/o timeout")
        .with(service(json!({"app": "db"})))
        .with(database(true));
    expect(
        &bundle,
        "dependency-unreachable",
        &["serves port 5432, not 5433"],
    );
}

#[test]
fn cluster_names_that_do_not_resolve_are_the_fault_of_dns() {
    let coredns = but(
        database(false),
        &[
            ("/metadata/name", json!("coredns-1")),
            ("/metadata/namespace", json!("kube-system")),
            ("/metadata/labels", json!({"k8s-app": "kube-dns"})),
        ],
    );
    let bundle = around(crashing(1, "Error"))
        .log(
            "web-1",
            "app",
            true,
            "lookup db.shop.svc.cluster.local: no such host",
        )
        .with(service(json!({"app": "db"})))
        .with(coredns);
    let finding = expect(
        &bundle,
        "dns-broken",
        &["0 of 1 CoreDNS pod ready", "coredns-1"],
    );
    assert_eq!(finding.shared.expect("a shared cause").name, "coredns");
}
