use serde_json::json;

use super::*;

fn tools(metadata: Value) -> Vec<Tool> {
    Owned::of(&json!({"metadata": metadata})).tools
}

#[test]
fn helm_argo_flux_and_operators_are_known_by_their_signs() {
    let helm = tools(json!({
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"},
    }));
    assert_eq!(helm, [Tool::Helm("shop/web".to_owned())]);
    let argo = tools(json!({
        "annotations": {"argocd.argoproj.io/tracking-id": "web:apps/Deployment:shop/web"},
    }));
    assert_eq!(argo, [Tool::ArgoCd("web".to_owned())]);
    let flux = tools(json!({"labels": {
        "kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    }}));
    assert_eq!(
        flux,
        [Tool::Flux("Kustomization flux-system/apps".to_owned())]
    );
    let operator = tools(json!({"namespace": "db", "ownerReferences": [
        {"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "name": "pg", "controller": true},
    ]}));
    assert_eq!(
        operator,
        [Tool::Operator(
            "Cluster.postgresql.cnpg.io db/pg".to_owned()
        )]
    );
    let olm = tools(json!({"labels": {
        "olm.owner": "etcd.v1", "olm.owner.kind": "ClusterServiceVersion", "olm.owner.namespace": "ops",
    }}));
    let named = "ClusterServiceVersion.operators.coreos.com ops/etcd.v1";
    assert_eq!(olm, [Tool::Operator(named.to_owned())]);
    let other = tools(json!({"labels": {"app.kubernetes.io/managed-by": "terraform"}}));
    assert_eq!(other, [Tool::Other("terraform".to_owned())]);
}

#[test]
fn a_label_that_everybody_sets_is_no_sign_of_argo_without_its_field_manager() {
    let labels = json!({"app.kubernetes.io/instance": "web"});
    assert_eq!(tools(json!({"labels": labels})), []);
    let managed = json!({"labels": labels, "managedFields": [{"manager": "argocd-controller"}]});
    assert_eq!(tools(managed), [Tool::ArgoCd("web".to_owned())]);
}

#[test]
fn built_in_owners_are_no_operators_and_the_controller_goes_first() {
    let owned = Owned::of(
        &json!({"metadata": {"namespace": "shop", "ownerReferences": [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": "first"},
            {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "u", "controller": true},
        ]}}),
    );
    assert_eq!(owned.tools, []);
    let owner = owned.owner.unwrap();
    assert_eq!(owner.to_string(), "ReplicaSet shop/web-1");
    assert_eq!(owner.uid, "u");
    let of_node = Owned::of(
        &json!({"metadata": {"namespace": "kube-system", "ownerReferences": [
            {"apiVersion": "v1", "kind": "Node", "name": "n1"},
        ]}}),
    );
    assert_eq!(of_node.owner.unwrap().to_string(), "Node n1");
}

#[test]
fn a_custom_kind_with_the_name_of_a_built_in_one_is_not_read() {
    assert!(is_readable(&ObjectRef::new("v1", "Service", "a", "b")));
    assert!(!is_readable(&ObjectRef::new(
        "serving.knative.dev/v1",
        "Service",
        "a",
        "b"
    )));
    assert!(!is_readable(&ObjectRef::new(
        "argoproj.io/v1alpha1",
        "Rollout",
        "a",
        "b"
    )));
}

#[test]
fn fields_of_a_manager_are_the_paths_of_a_diff() {
    let owned = Owned::of(&json!({"metadata": {"managedFields": [{
        "manager": "kubectl-edit", "operation": "Update", "time": "2026-01-02T03:04:05Z",
        "fieldsV1": {
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}, "f:finalizers": {"v:\"x/y\"": {}}},
            "f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:containers": {
                "k:{\"name\":\"app\"}": {".": {}, "f:image": {}, "f:ports": {
                    "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}}}},
            }}}},
        },
    }]}}));
    let [manager] = &owned.managers[..] else {
        panic!("{owned:?}")
    };
    assert!(!manager.applies && manager.subresource.is_empty());
    assert_eq!(
        manager.fields,
        [
            "metadata.finalizers[x/y]",
            "metadata.labels.app",
            "spec.replicas",
            "spec.template.spec.containers[app].image",
            "spec.template.spec.containers[app].ports[80,TCP]",
        ]
    );
}

#[test]
fn more_fields_and_managers_than_anybody_reads_are_left_out() {
    let many: serde_json::Map<String, Value> =
        (0..1000).map(|n| (format!("f:x{n}"), json!({}))).collect();
    let entry = json!({"manager": "m", "fieldsV1": {"f:data": many}});
    let owned = Owned::of(&json!({"metadata": {"managedFields": vec![entry; 100]}}));
    assert_eq!(owned.managers.len(), MANAGERS);
    assert_eq!(owned.managers[0].fields.len(), FIELDS);
}
