use super::*;

const PULLED: &str =
    "Failed to pull image \"registry.example.com:5000/team/app:1\": failed to do request: ";

#[rstest]
#[case(
    "FailedMount",
    "MountVolume.SetUp failed for volume \"c\" : configmap \"app-config\" not found",
    "ConfigMap",
    "shop",
    "app-config"
)]
#[case(
    "Failed",
    "Error: configmap \\\"app-config\\\" not found",
    "ConfigMap",
    "shop",
    "app-config"
)]
#[case("Failed", "Error: secret \"db\" not found", "Secret", "shop", "db")]
#[case(
    "Failed",
    "Error: couldn't find key URL in ConfigMap shop/app-config",
    "ConfigMap",
    "shop",
    "app-config"
)]
#[case(
    "FailedCreate",
    "pods \"web-1\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2",
    "ResourceQuota",
    "shop",
    "small"
)]
#[case(
    "FailedCreate",
    "Internal error occurred: failed calling webhook \"check.example.com\": failed to call webhook: Post \"https://check.ops.svc:443/\": no endpoints",
    "Webhook",
    "",
    "check.example.com"
)]
#[case(
    "FailedCreate",
    "admission webhook \"check.example.com\" denied the request: secret \"x\" not found",
    "Webhook",
    "",
    "check.example.com"
)]
#[case(
    "FailedCreate",
    "pods \"web-\" is forbidden: error looking up service account shop/runner: serviceaccount \"runner\" not found",
    "ServiceAccount",
    "shop",
    "runner"
)]
#[case(
    "FailedScheduling",
    "0/1 nodes are available: persistentvolumeclaim \"data\" not found.",
    "PersistentVolumeClaim",
    "shop",
    "data"
)]
#[case(
    "ProvisioningFailed",
    "storageclass.storage.k8s.io \"fast\" not found",
    "StorageClass",
    "",
    "fast"
)]
#[case(
    "FailedMount",
    "driver name csi.example.com not found in the list of registered CSI drivers",
    "CSIDriver",
    "",
    "csi.example.com"
)]
fn names_the_object_behind_a_message(
    #[case] reason: &str,
    #[case] message: &str,
    #[case] kind: &str,
    #[case] namespace: &str,
    #[case] name: &str,
) {
    let shared = opened(&event("Pod", reason, message), &broken("Pending"))
        .shared
        .unwrap();
    assert_eq!(
        (
            shared.kind.as_str(),
            shared.namespace.as_str(),
            shared.name.as_str()
        ),
        (kind, namespace, name)
    );
}

#[rstest]
#[case("dial tcp: lookup registry.example.com: no such host")]
#[case("dial tcp 192.0.2.1:443: i/o timeout")]
#[case("x509: certificate signed by unknown authority")]
#[case("unexpected status: 429 Too Many Requests")]
#[case("http: server gave HTTP response to HTTPS client")]
fn names_a_registry_that_does_not_serve(#[case] answer: &str) {
    let message = format!("{PULLED}{answer}");
    let shared = opened(&event("Pod", "Failed", &message), &broken("Pending"))
        .shared
        .unwrap();
    assert_eq!(
        (shared.kind.as_str(), shared.name.as_str()),
        ("Registry", "registry.example.com:5000")
    );
}

#[rstest]
#[case("registry.example.com:5000/team/app:1: not found")]
#[case("pull access denied, repository does not exist or may require authorization")]
#[case("unexpected status from HEAD request: 401 Unauthorized")]
fn does_not_blame_a_registry_that_answers(#[case] answer: &str) {
    let message = format!("{PULLED}{answer}");
    assert!(
        opened(&event("Pod", "Failed", &message), &broken("Pending"))
            .shared
            .is_none()
    );
}

#[test]
fn takes_the_registry_from_the_container_where_the_message_names_no_image() {
    let mut summary = broken("Pending");
    summary.containers = vec![container("waiting", "ErrImagePull", 0)];
    let signal = status("Pod", "ErrImagePull", "rpc error: dial tcp: i/o timeout");
    assert_eq!(
        opened(&signal, &summary).shared.unwrap().name,
        "registry.example.com"
    );
}

#[rstest]
#[case("nginx:1.27", "docker.io")]
#[case("team/app", "docker.io")]
#[case("registry-1.docker.io/library/nginx", "docker.io")]
#[case("localhost/app:1", "localhost")]
#[case("ghcr.io/team/app@sha256:0", "ghcr.io")]
fn reads_the_registry_from_an_image(#[case] image: &str, #[case] host: &str) {
    assert_eq!(shared::registry_host(image), Some(host));
}

#[test]
fn a_node_is_shared_by_its_victims() {
    let shared = opened(&status("Node", "NotReady", ""), &broken(""))
        .shared
        .unwrap();
    assert_eq!(
        (shared.kind.as_str(), shared.name.as_str()),
        ("Node", "web")
    );
    let pod = event("Pod", "NodeNotReady", "node \"n1\" is not ready");
    assert_eq!(opened(&pod, &broken("Running")).shared.unwrap().name, "n1");
}

#[rstest]
#[case("configmap \"../../etc\" not found")]
#[case("configmap \"UPPER case\" not found")]
#[case("configmap \"x\" was found")]
#[case("exceeded quota: ")]
#[case("configmap ")]
#[case("couldn't find key A in Gadget shop/x")]
fn believes_no_name_outside_the_words_of_kubernetes(#[case] message: &str) {
    assert!(
        opened(&event("Pod", "FailedMount", message), &broken("Pending"))
            .shared
            .is_none()
    );
}
