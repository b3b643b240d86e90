use k8shawk_sdk::facts;
use rstest::rstest;
use serde_json::json;

use super::*;

const REFERENCE: &str = "failed to pull and unpack image \"registry.example/shop/web:v2\": ";

#[rstest]
#[case::no_such_tag(
    "failed to resolve reference \"registry.example/shop/web:v2\": registry.example/shop/web:v2: not found",
    "image-not-found"
)]
#[case::manifest_unknown("manifest unknown: manifest unknown", "image-not-found")]
#[case::architecture(
    "no match for platform in manifest: not found",
    "image-wrong-architecture"
)]
#[case::rate_limit(
    "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit",
    "registry-rate-limited"
)]
#[case::unresolved(
    "failed to do request: Head \"https://registry.example/v2/\": dial tcp: lookup registry.example on 10.96.0.10:53: no such host",
    "registry-unreachable"
)]
#[case::untrusted(
    "tls: failed to verify certificate: x509: certificate signed by unknown authority",
    "registry-unreachable"
)]
#[case::silent("dial tcp 10.1.1.1:443: i/o timeout", "registry-unreachable")]
#[case::refused(
    "dial tcp 10.1.1.1:443: connect: connection refused",
    "registry-unreachable"
)]
#[case::plain_http(
    "http: server gave HTTP response to HTTPS client",
    "registry-unreachable"
)]
#[case::unauthorised(
    "unexpected status from HEAD request to https://registry.example/v2/: 401 Unauthorized",
    "registry-unauthorised"
)]
#[case::forbidden(
    "failed to authorize: failed to fetch oauth token: 403 Forbidden",
    "registry-unauthorised"
)]
#[case::private(
    "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
    "registry-unauthorised"
)]
fn tells_pull_errors_apart(#[case] error: &str, #[case] class: &str) {
    let message = format!(
        "Back-off pulling image \"registry.example/shop/web:v2\": ErrImagePull: {REFERENCE}{error}"
    );
    for pod in [
        waiting("ImagePullBackOff", &message),
        waiting("ErrImagePull", &format!("{REFERENCE}{error}")),
    ] {
        expect(
            &around(pod),
            class,
            &[
                "registry.example/shop/web:v2",
                "\"app\"",
                "registry is registry.example",
                "[e1]",
            ],
        );
    }
}

#[rstest]
#[case("403 Forbidden", "registry-unauthorised")]
#[case("401 Unauthorized", "registry-unauthorised")]
#[case("429 Too Many Requests", "registry-rate-limited")]
#[case("503 Service Unavailable", "registry-unreachable")]
fn quotes_the_answer_of_the_registry(#[case] status: &str, #[case] class: &str) {
    let error = format!(
        "{REFERENCE}failed to resolve reference \"registry.example/shop/web:v2\": pulling from host registry.example failed with status code [manifests v2]: {status}"
    );
    let named = format!(
        "(\"pulling from host registry.example failed with status code [manifests v2]: {status}\")"
    );
    expect(&around(waiting("ErrImagePull", &error)), class, &[&named]);
}

#[test]
fn reads_the_pull_error_from_the_event_where_the_status_has_none() {
    let pod = waiting(
        "ImagePullBackOff",
        "Back-off pulling image \"registry.example/shop/web:v2\"",
    );
    let bundle = around(pod).event("Pod", "web-1", "Failed", &format!("Failed to pull image \"registry.example/shop/web:v2\": {REFERENCE}registry.example/shop/web:v2: not found"), 4);
    let finding = expect(
        &bundle,
        "image-not-found",
        &["Revision 1 ran \"registry.example/shop/web:v1\""],
    );
    assert_eq!(
        fact(&finding, "suggested-image"),
        "registry.example/shop/web:v1"
    );
    assert_eq!(finding.owner.kind, "Deployment");
    assert_eq!(finding.owner.name, "web");
}

#[test]
fn a_registry_fault_is_shared_by_host() {
    let pod = waiting(
        "ErrImagePull",
        "dial tcp: lookup registry.example: no such host",
    );
    let shared = expect(&around(pod), "registry-unreachable", &[])
        .shared
        .expect("a shared cause");
    assert_eq!(
        (shared.kind.as_str(), shared.name.as_str()),
        ("Registry", "registry.example")
    );
}

#[rstest]
#[case::missing(
    None,
    "pull-secret-missing",
    "\"regcred\", which does not exist in namespace shop; the nearest existing name is \"reg-cred\""
)]
#[case::wrong_type(Some("Opaque"), "registry-unauthorised", "its type is \"Opaque\"")]
#[case::refused(
    Some("kubernetes.io/dockerconfigjson"),
    "registry-unauthorised",
    "\"regcred\", whose credentials the registry refuses"
)]
fn judges_the_pull_secret(#[case] kind: Option<&str>, #[case] class: &str, #[case] named: &str) {
    let pod = but(
        waiting("ErrImagePull", "401 Unauthorized"),
        &[("/spec/imagePullSecrets", json!([{"name": "regcred"}]))],
    );
    let secret = |name: &str, kind: &str| json!({"kind": "Secret", "metadata": {"name": name, "namespace": "shop"}, "type": kind, "keys": [".dockerconfigjson"]});
    let bundle = match kind {
        Some(kind) => around(pod).with(secret("regcred", kind)),
        None => around(pod).with(secret("reg-cred", "kubernetes.io/dockerconfigjson")),
    };
    expect(&bundle, class, &[named]);
}

#[rstest]
#[case(
    "InvalidImageName",
    "Failed to apply default image tag \"web::v2\": couldn't parse image name",
    "invalid-image-name"
)]
#[case(
    "ErrImageNeverPull",
    "Container image \"web:v2\" is not present with pull policy of Never",
    "image-never-pull"
)]
fn tells_refusals_of_the_kubelet_apart(
    #[case] reason: &str,
    #[case] message: &str,
    #[case] class: &str,
) {
    expect(
        &around(waiting(reason, message)),
        class,
        &["registry.example/shop/web:v2"],
    );
}

fn config(message: &str, field: &str, value: Value) -> Bundle {
    let pod = but(
        waiting("CreateContainerConfigError", message),
        &[(&format!("/spec/containers/0/{field}"), value)],
    );
    around(pod)
        .with(json!({"kind": "ConfigMap", "metadata": {"name": "app-config", "namespace": "shop"}, "data": {"LOG_LEVEL": "info"}}))
        .with(json!({"kind": "Secret", "metadata": {"name": "db-credentials", "namespace": "shop"}, "type": "Opaque", "keys": ["username", "password"]}))
}

#[rstest]
#[case::configmap("configmap \"app-confg\" not found", "envFrom", json!([{"configMapRef": {"name": "app-confg"}}]), "missing-configmap", "nearest existing name is \"app-config\"")]
#[case::secret("secret \"db-credential\" not found", "envFrom", json!([{"secretRef": {"name": "db-credential"}}]), "missing-secret", "nearest existing name is \"db-credentials\"")]
#[case::key("couldn't find key LOG_LEVL in ConfigMap shop/app-config", "env", json!([{"name": "LOG", "valueFrom": {"configMapKeyRef": {"name": "app-config", "key": "LOG_LEVL"}}}]), "missing-config-key", "nearest existing key is \"LOG_LEVEL\"")]
#[case::secret_key("couldn't find key pass in Secret shop/db-credentials", "env", json!([{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db-credentials", "key": "pass"}}}]), "missing-config-key", "\"pass\" of the Secret \"db-credentials\"")]
#[case::root("container has runAsNonRoot and image will run as root", "env", json!([]), "run-as-root-refused", "runs as root")]
fn names_the_missing_setting(
    #[case] message: &str,
    #[case] field: &str,
    #[case] value: Value,
    #[case] class: &str,
    #[case] named: &str,
) {
    expect(&config(message, field, value), class, &[named]);
}

#[test]
fn finds_the_missing_reference_without_any_message() {
    let bundle = config(
        "",
        "envFrom",
        json!([{"configMapRef": {"name": "app-confg"}}]),
    );
    let finding = expect(
        &bundle,
        "missing-configmap",
        &["spec.containers[app].envFrom[0].configMapRef"],
    );
    assert_eq!(finding.shared.expect("a shared cause").name, "app-confg");
}

#[test]
fn the_one_name_that_was_meant_is_a_fact() {
    let typo = json!([{"configMapRef": {"name": "app-confg"}}]);
    let bundle = || config("", "envFrom", typo.clone());
    let names = |bundle: &Bundle| {
        let finding = expect(bundle, "missing-configmap", &["app-confg"]);
        let keys = [facts::MISSING_KIND, facts::MISSING_NAME, facts::NEAR_NAME];
        keys.map(|key| fact(&finding, key).to_owned()).join(" ")
    };
    assert_eq!(names(&bundle()), "ConfigMap app-confg app-config");
    let two = json!({"kind": "ConfigMap", "metadata": {"name": "app-conf", "namespace": "shop"}});
    assert_eq!(names(&bundle().with(two)).trim(), "", "two names are near");
    let mut ran = bundle();
    for object in ran.objects.iter_mut().filter(|o| o["kind"] == "Deployment") {
        object["status"] = json!({"readyReplicas": 1});
    }
    assert_eq!(names(&ran).trim(), "", "the name was right once");
}

#[test]
fn an_unreadable_secret_is_not_called_missing() {
    let bundle = config(
        "",
        "envFrom",
        json!([{"secretRef": {"name": "db-credentials"}}]),
    )
    .denying("Secret");
    assert_eq!(expect(&bundle, "invalid-configuration", &[]).confidence, 60);
}

#[test]
fn an_optional_reference_is_no_cause() {
    let bundle = config(
        "container has runAsNonRoot and image will run as root",
        "envFrom",
        json!([{"configMapRef": {"name": "gone", "optional": true}}]),
    );
    expect(&bundle, "run-as-root-refused", &[]);
}
