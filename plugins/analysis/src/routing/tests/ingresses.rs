use serde_json::{Value, json};

use crate::samples::*;
use crate::testing::{Bundle, ago};

fn ingress(name: &str, spec: Value) -> Value {
    let base = json!({ "spec": {
        "ingressClassName": "lb",
        "rules": [{ "host": "shop.invalid", "http": { "paths": [{
            "path": "/", "pathType": "Prefix",
            "backend": { "service": { "name": "web", "port": { "number": 80 } } },
        }] } }],
    } });
    with(with(object("Ingress", name), base), json!({ "spec": spec }))
}

fn backend(service: &str, port: Value) -> Value {
    json!({ "rules": [{ "host": "shop.invalid", "http": { "paths": [{
        "path": "/", "pathType": "Prefix",
        "backend": { "service": { "name": service, "port": port } },
    }] } }] })
}

fn cluster() -> Bundle {
    healthy_app(nodes(), "web")
        .with(service("web", json!({ "app": "web" })))
        .with(cluster_object("IngressClass", "lb"))
}

#[rstest::rstest]
#[case::class(json!({ "ingressClassName": "bl" }), "ingress-class-missing", &["\"bl\"", "lb"])]
#[case::service(backend("wbe", json!({ "number": 80 })), "ingress-service-missing", &["\"wbe\"", "\"web\""])]
#[case::port(backend("web", json!({ "number": 8080 })), "ingress-port-missing", &["8080", "web=80"])]
#[case::port_name(backend("web", json!({ "name": "https" })), "ingress-port-missing", &["\"https\"", "web=80"])]
#[case::secret(json!({ "tls": [{ "hosts": ["shop.invalid"], "secretName": "shop-tls" }] }), "ingress-tls-missing", &["shop-tls", "shop-tsl"])]
fn names_what_is_missing(#[case] spec: Value, #[case] class: &str, #[case] words: &[&str]) {
    let bundle = cluster()
        .with(ingress("shop", spec))
        .with(object("Secret", "shop-tsl"));
    let found = finding(&bundle, "Ingress", "shop");
    assert_cause(&found, class, words);
    assert_eq!(found.owner.name, "shop");
}

#[test]
fn an_expired_certificate_is_told_with_its_date() {
    let secret = json!({ "type": "kubernetes.io/tls", "keys": ["tls.crt", "tls.key"],
        "tls": { "notAfter": "2024-04-01T00:00:00Z" } });
    let bundle = cluster()
        .with(ingress(
            "shop",
            json!({ "tls": [{ "secretName": "shop-tls" }] }),
        ))
        .with(with(object("Secret", "shop-tls"), secret));
    for (kind, name) in [("Ingress", "shop"), ("Secret", "shop-tls")] {
        let found = finding(&bundle, kind, name);
        assert_cause(
            &found,
            "certificate-expired",
            &["shop-tls", "2024-04-01", "Ingress shop/shop"],
        );
        assert_eq!(found.owner.kind, "Ingress");
    }
}

#[test]
fn the_younger_of_two_routes_to_one_host_loses() {
    let other = ingress("old", backend("api", json!({ "number": 80 })));
    let other = with(
        other,
        json!({ "metadata": { "creationTimestamp": ago(7200) } }),
    );
    let bundle = cluster()
        .with(ingress("shop", json!({})))
        .with(other)
        .with(service("api", json!({})));
    let found = finding(&bundle, "Ingress", "shop");
    assert_cause(
        &found,
        "ingress-duplicate-host",
        &["shop.invalid/", "oldest wins, here Ingress shop/old"],
    );
}

#[test]
fn a_canary_is_no_duplicate() {
    let canary = with(
        ingress("canary", backend("api", json!({ "number": 80 }))),
        json!({
        "metadata": { "annotations": { "nginx.ingress.kubernetes.io/canary": "true" } } }),
    );
    let bundle = cluster().with(ingress("shop", json!({}))).with(canary);
    healthy(&bundle, "Ingress", "shop");
}

#[test]
fn the_service_behind_is_followed() {
    let bundle = cluster()
        .with(ingress("shop", backend("off", json!({ "number": 80 }))))
        .with(service("off", json!({ "app": "wbe" })));
    let found = finding(&bundle, "Ingress", "shop");
    assert_cause(
        &found,
        "service-selector-mismatch",
        &["shop.invalid/", "Service off"],
    );
}

#[test]
fn what_may_not_be_read_is_not_missing() {
    let bundle = cluster()
        .with(ingress(
            "shop",
            json!({ "tls": [{ "secretName": "shop-tls" }] }),
        ))
        .denying("Secret")
        .denying("IngressClass");
    healthy(&bundle, "Ingress", "shop");
}

#[test]
fn a_good_ingress_is_healthy() {
    healthy(
        &cluster().with(ingress("shop", json!({}))),
        "Ingress",
        "shop",
    );
}
