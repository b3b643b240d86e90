use rstest::rstest;
use serde_json::json;

use super::*;

fn mounting(volume: Value, message: &str) -> Bundle {
    let pod = but(
        waiting("ContainerCreating", ""),
        &[("/spec/volumes", json!([volume]))],
    );
    let bundle = around(pod).with(json!({"kind": "ConfigMap", "metadata": {"name": "app-config", "namespace": "shop"}, "data": {"app.yaml": ""}}));
    if message.is_empty() {
        bundle
    } else {
        bundle.event("Pod", "web-1", "FailedMount", message, 6)
    }
}

#[rstest]
#[case::configmap(json!({"name": "cfg", "configMap": {"name": "app-conf"}}), "MountVolume.SetUp failed for volume \"cfg\" : configmap \"app-conf\" not found", "missing-configmap", "\"app-conf\"")]
#[case::no_event(json!({"name": "cfg", "configMap": {"name": "app-conf"}}), "", "missing-configmap", "nearest existing name is \"app-config\"")]
#[case::secret(json!({"name": "tls", "secret": {"secretName": "web-tls"}}), "MountVolume.SetUp failed for volume \"tls\" : secret \"web-tls\" not found", "missing-secret", "spec.volumes[tls].secret")]
#[case::key(json!({"name": "cfg", "configMap": {"name": "app-config", "items": [{"key": "app.yml", "path": "a"}]}}), "MountVolume.SetUp failed for volume \"cfg\" : references non-existent config key: app.yml", "missing-config-key", "\"app.yaml\"")]
#[case::host_path(json!({"name": "data", "hostPath": {"path": "/srv/data", "type": "Directory"}}), "MountVolume.SetUp failed for volume \"data\" : hostPath type check failed: /srv/data is not a directory", "volume-mount-failed", "/srv/data of type \"Directory\"")]
#[case::driver(json!({"name": "data", "csi": {"driver": "x.csi"}}), "MountVolume.SetUp failed for volume \"data\" : kubernetes.io/csi: driver name x.csi not found in the list of registered CSI drivers", "volume-mount-failed", "CSI driver does not run on the node")]
fn tells_why_a_volume_is_not_there(
    #[case] volume: Value,
    #[case] message: &str,
    #[case] class: &str,
    #[case] named: &str,
) {
    expect(&mounting(volume, message), class, &[named]);
}

#[test]
fn names_the_pod_that_holds_a_volume_on_a_lost_node() {
    let volume = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    let pod = but(
        waiting("ContainerCreating", ""),
        &[("/spec/volumes", volume.clone())],
    );
    let holder = but(
        web(),
        &[
            ("/metadata/name", json!("web-0")),
            ("/spec/nodeName", json!("node-b")),
            ("/spec/volumes", volume),
        ],
    );
    let lost = but(
        node("node-b"),
        &[(
            "/status/conditions",
            json!([{"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}]),
        )],
    );
    let bundle = around(pod)
        .with(holder)
        .with(lost)
        .with(json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"}, "spec": {"volumeName": "pv-1"}, "status": {"phase": "Bound"}}))
        .event("Pod", "web-1", "FailedAttachVolume", "Multi-Attach error for volume \"pv-1\" Volume is already exclusively attached to one node and can't be attached to another", 1);
    let finding = expect(
        &bundle,
        "volume-attach-failed",
        &[
            "Pod web-0 on node node-b holds it",
            "Node node-b is unreachable",
        ],
    );
    assert_eq!(fact(&finding, "stale-pod"), "web-0");
}

#[rstest]
#[case::network(
    "rpc error: failed to setup network for sandbox \"1\": plugin type=\"bridge\" failed (add): no IP addresses available in range set",
    "sandbox-failed",
    "no free IP address"
)]
#[case::runtime(
    "Failed to create pod sandbox: no runtime for \"gvisor\" is configured",
    "runtime-class-missing",
    "runtimeClassName is \"gvisor\""
)]
fn tells_sandbox_failures_apart(#[case] message: &str, #[case] class: &str, #[case] named: &str) {
    let pod = but(
        waiting("ContainerCreating", ""),
        &[("/spec/runtimeClassName", json!("gvisor"))],
    );
    expect(
        &around(pod).event("Pod", "web-1", "FailedCreatePodSandBox", message, 3),
        class,
        &[named],
    );
}
