use rstest::rstest;
use serde_json::{Value, json};

use super::{NOW, ago, inventory, label, merge, object, one, pod, reasons, reference, unready};
use crate::inventory::Inventory;

fn service(over: Value) -> Value {
    let mut made = object(
        "v1",
        "Service",
        "web",
        json!({"spec": {
        "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}),
    );
    merge(&mut made, over);
    made
}

fn workload(replicas: u32) -> Value {
    object(
        "apps/v1",
        "Deployment",
        "web",
        json!({
        "spec": {"replicas": replicas, "template": {"metadata": {"labels": {"app": "web"}}}},
        "status": {"availableReplicas": replicas}}),
    )
}

#[rstest]
#[case::fine(json!({}), &[])]
#[case::no_pod(json!({"spec": {"selector": {"app": "wep"}}}), &["Service/web NoEndpoints"])]
#[case::headless(json!({"spec": {"clusterIP": "None", "selector": {"app": "wep"}}}), &["Service/web NoEndpoints"])]
#[case::named_port(json!({"spec": {"ports": [{"port": 80, "targetPort": "http"}]}}), &[])]
#[case::wrong_name(json!({"spec": {"ports": [{"port": 80, "targetPort": "web"}]}}), &["Service/web TargetPortUnmatched"])]
#[case::wrong_number(json!({"spec": {"ports": [{"port": 80, "targetPort": 9090}]}}), &["Service/web TargetPortUnmatched"])]
#[case::own_port(json!({"spec": {"ports": [{"port": 80, "targetPort": null}]}}), &["Service/web TargetPortUnmatched"])]
#[case::no_selector(json!({"spec": {"selector": null}}), &[])]
#[case::external(json!({"spec": {"type": "ExternalName", "externalName": "example.com"}}), &[])]
fn follows_a_service_to_its_pods(#[case] over: Value, #[case] expected: &[&str]) {
    assert_eq!(reasons(&[service(over), pod(json!({}))]), expected);
}

#[test]
fn a_container_that_declares_no_port_may_serve_any_number() {
    let silent = pod(json!({"spec": {"containers": [{"name": "app"}]}}));
    assert!(reasons(&[service(json!({})), silent]).is_empty());
}

#[test]
fn sees_a_service_without_a_ready_pod() {
    let down = pod(json!({"status": {"conditions": unready(50)}}));
    let all = inventory(&[service(json!({})), down.clone()]).observe_all(NOW);
    let seen = all
        .iter()
        .find(|s| s.signal.reason == "NoReadyEndpoints")
        .unwrap();
    assert_eq!(seen.summary.lasting_seconds, 50);
    assert!(!seen.summary.ready);
    let published = service(json!({"spec": {"publishNotReadyAddresses": true}}));
    assert_eq!(reasons(&[published, down]), ["Pod/web NotReady"]);
}

#[test]
fn a_workload_explains_why_no_pod_is_there() {
    assert!(reasons(&[service(json!({})), workload(0)]).is_empty());
    assert_eq!(
        reasons(&[service(json!({})), workload(2)]),
        ["Service/web NoReadyEndpoints"]
    );
}

#[test]
fn nothing_is_missing_where_pods_cannot_be_read() {
    let mut blind = inventory(&[service(json!({}))]);
    blind.set_readable("Pod", false);
    assert!(blind.observe_all(NOW).is_empty());
    let mut elsewhere = inventory(&[service(json!({}))]);
    elsewhere.scope_to("other");
    assert!(elsewhere.observe_all(NOW).is_empty());
    let mut fresh = Inventory::unlisted();
    fresh.apply(&service(json!({})));
    assert!(fresh.observe_all(NOW).is_empty());
    fresh.replace_kind("Pod", "", &[]);
    assert_eq!(fresh.observe_all(NOW).len(), 1);
}

fn ingress(name: &str, over: Value) -> Value {
    let mut made = object(
        "networking.k8s.io/v1",
        "Ingress",
        name,
        json!({"spec": {
        "ingressClassName": "nginx", "tls": [{"secretName": "cert"}],
        "rules": [{"host": "shop.example", "http": {"paths": [{"path": "/", "pathType": "Prefix",
            "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}}),
    );
    merge(&mut made, over);
    made
}

fn surroundings() -> Vec<Value> {
    vec![
        service(json!({})),
        pod(json!({})),
        object("networking.k8s.io/v1", "IngressClass", "nginx", json!({})),
        object(
            "v1",
            "Secret",
            "cert",
            json!({"tls": {"notAfter": ago(-86_400)}}),
        ),
    ]
}

fn backend(name: &str, port: Value) -> Value {
    json!({"spec": {"rules": [{"host": "shop.example", "http": {"paths": [{"path": "/",
        "backend": {"service": {"name": name, "port": port}}}]}}]}})
}

#[rstest]
#[case::fine(json!({}), &[])]
#[case::port_by_name(backend("web", json!({"name": "http"})), &[])]
#[case::no_service(backend("wep", json!({"number": 80})), &["Ingress/main BackendMissing"])]
#[case::no_port(backend("web", json!({"number": 81})), &["Ingress/main BackendMissing"])]
#[case::no_port_name(backend("web", json!({"name": "https"})), &["Ingress/main BackendMissing"])]
#[case::default_backend(json!({"spec": {"defaultBackend": {"service": {"name": "gone", "port": {"number": 80}}}}}),
    &["Ingress/main BackendMissing"])]
#[case::class(json!({"spec": {"ingressClassName": "ngins"}}), &["Ingress/main ClassMissing"])]
#[case::no_class(json!({"spec": {"ingressClassName": null}}), &[])]
#[case::secret(json!({"spec": {"tls": [{"secretName": "cret"}]}}), &["Ingress/main TlsSecretMissing"])]
#[case::default_certificate(json!({"spec": {"tls": [{"hosts": ["shop.example"]}]}}), &[])]
fn holds_an_ingress_to_what_it_names(#[case] over: Value, #[case] expected: &[&str]) {
    let mut all = surroundings();
    all.push(ingress("main", over));
    assert_eq!(reasons(&all), expected);
}

#[rstest]
#[case::same(json!({}), &["Ingress/twin DuplicateRule"])]
#[case::canary(json!({"metadata": {"annotations": {"nginx.ingress.kubernetes.io/canary": "true"}}}), &[])]
#[case::other_host(json!({"spec": {"rules": [{"host": "b.example"}]}}), &[])]
fn the_younger_of_two_rules_is_the_duplicate(#[case] over: Value, #[case] expected: &[&str]) {
    let mut all = surroundings();
    all.push(ingress("main", json!({})));
    let mut twin = ingress("twin", json!({"metadata": {"creationTimestamp": ago(60)}}));
    merge(&mut twin, over);
    all.push(twin);
    assert_eq!(reasons(&all), expected);
}

#[test]
fn sees_a_certificate_that_expired_and_who_uses_it() {
    let mut all = surroundings();
    all.push(ingress("main", json!({})));
    all.push(object(
        "v1",
        "Secret",
        "cert",
        json!({"tls": {"notAfter": ago(120)}}),
    ));
    let seen = one(&all);
    assert_eq!(
        (seen.signal.reason.as_str(), seen.summary.lasting_seconds),
        ("CertificateExpired", 120)
    );
    assert!(seen.signal.message.contains("Ingress shop/main"));
}

fn webhook(policy: &str) -> Value {
    object(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "guard",
        json!({
        "webhooks": [{"name": "v.example.com", "failurePolicy": policy,
                      "clientConfig": {"service": {"namespace": "shop", "name": "web"}}}]}),
    )
}

#[test]
fn a_webhook_is_down_with_its_backend() {
    let label_of = |objects: &[Value]| {
        let all = inventory(objects).observe_all(NOW);
        all.iter()
            .filter(|s| s.signal.reason == "BackendDown")
            .map(label)
            .collect::<Vec<_>>()
    };
    let down = ["ValidatingWebhookConfiguration/guard BackendDown"];
    assert_eq!(label_of(&[webhook("Fail")]), down);
    assert_eq!(label_of(&[webhook("Fail"), service(json!({}))]), down);
    assert!(label_of(&[webhook("Fail"), service(json!({})), pod(json!({}))]).is_empty());
    assert!(label_of(&[webhook("Ignore")]).is_empty());
}

#[test]
fn a_pod_moves_its_service_and_what_stands_behind() {
    let mut all = surroundings();
    all.extend([ingress("main", json!({})), webhook("Fail")]);
    let held = inventory(&all);
    let names = |kind: &str| -> Vec<String> {
        let name = if kind == "Pod" || kind == "Service" {
            "web"
        } else {
            "cert"
        };
        held.dependants(&reference(kind, name))
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(
        names("Pod"),
        ["ValidatingWebhookConfiguration guard", "Service shop/web"]
    );
    assert_eq!(
        names("Service"),
        ["ValidatingWebhookConfiguration guard", "Ingress shop/main"]
    );
    assert_eq!(names("Secret"), ["Ingress shop/main"]);
    let gone = reference("Pod", "gone");
    assert!(held.dependants(&gone).iter().any(|o| o.kind == "Service"));
}
