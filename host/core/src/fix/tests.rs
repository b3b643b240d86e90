mod inverse;
mod patch_reference;

use rstest::rstest;
use serde_json::{Value, json};

use super::*;

fn target(kind: &str) -> ObjectRef {
    ObjectRef::new("v1", kind, "shop", "web")
}

fn parse(action: &str, kind: &str, parameters: &[(&str, &str)]) -> Result<Fix, FixError> {
    let owned: Vec<_> = parameters
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Fix::parse(action, target(kind), &owned)
}

#[rstest]
#[case("exec", "Pod", &[])]
#[case("kubectl delete ns", "Namespace", &[])]
#[case("rollout-undo", "StatefulSet", &[("revision", "1")])]
#[case("rollout-undo", "Deployment", &[])]
#[case("rollout-undo", "Deployment", &[("revision", "-1")])]
#[case("scale", "Deployment", &[("replicas", "1"), ("force", "true")])]
#[case("set-image", "Deployment", &[("container", "app"), ("image", "a; rm -rf /")])]
#[case("set-resources", "Deployment", &[("container", "app")])]
#[case("set-resources", "Deployment", &[("container", "app"), ("memory", "lots")])]
#[case("patch-selector", "Service", &[("selector", "app")])]
#[case("patch-target-port", "Service", &[("port", "70000"), ("targetPort", "80")])]
#[case("raise-quota", "ResourceQuota", &[("resource", "pods"), ("value", "0")])]
fn refuses_what_is_not_in_the_catalogue(
    #[case] action: &str,
    #[case] kind: &str,
    #[case] parameters: &[(&str, &str)],
) {
    assert!(parse(action, kind, parameters).is_err());
}

#[test]
fn an_action_takes_the_parameters_that_it_names_and_no_others() {
    assert_eq!(parameters("set-resources"), ["container", "memory", "cpu"]);
    assert_eq!(parameters("patch-selector"), ["selector"]);
    assert!(parameters("delete-pod").is_empty() && parameters("exec").is_empty());
    for action in actions() {
        let kind = targets(action)[0].kind;
        // Values for which every action parses, by name.
        let value = |name: &str| match name {
            "memory" | "cpu" | "size" | "value" => "1Gi",
            "selector" => "app=web",
            "kind" => "ConfigMap",
            "revision" | "replicas" | "max" | "port" => "3",
            "finalizer" => "example.com/finalizer",
            "from" => "wep",
            _ => "web",
        };
        let names = parameters(action);
        let given: Vec<(&str, &str)> = names.iter().map(|name| (*name, value(name))).collect();
        let fix = parse(action, kind, &given).unwrap_or_else(|e| panic!("{e}"));
        let taken = fix.action.parameters();
        assert!(
            taken.keys().all(|name| names.contains(&name.as_str())),
            "{taken:?}"
        );
        let more = [given, vec![("another", "1")]].concat();
        let error = parse(action, kind, &more).unwrap_err().to_string();
        assert!(error.contains("unknown parameter \"another\""), "{error}");
    }
}

#[test]
fn a_fix_survives_a_round_trip_through_its_parameters() {
    let fix = parse(
        "set-resources",
        "Deployment",
        &[("container", "app"), ("memory", "64Mi")],
    );
    let fix = fix.unwrap();
    let parameters: Vec<_> = fix.action.parameters().into_iter().collect();
    assert_eq!(
        Fix::parse(fix.action.name(), target("Deployment"), &parameters),
        Ok(fix.clone())
    );
    assert_eq!(
        fix.kubectl(),
        "kubectl -n shop set resources deployment/web -c app --limits=memory=64Mi  # requests above it follow"
    );
}

fn deployment() -> Value {
    json!({
        "metadata": {"uid": "d", "name": "web", "resourceVersion": "7"},
        "spec": {"replicas": 2, "template": {"metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "app", "image": "app:2",
                "resources": {"requests": {"memory": "128Mi"}}}]}}}
    })
}

fn planned(fix: &Fix, current: &Value, related: &[Value]) -> Value {
    match fix.plan(current, related, "2026-01-01T00:00:00Z").unwrap() {
        Operation::Replace { object } => object,
        other => panic!("not a replacement: {other:?}"),
    }
}

#[test]
fn undo_takes_the_template_of_the_revision_without_its_hash() {
    let fix = parse("rollout-undo", "Deployment", &[("revision", "1")]).unwrap();
    let old = json!({
        "metadata": {"ownerReferences": [{"uid": "d"}],
            "annotations": {"deployment.kubernetes.io/revision": "1"}},
        "spec": {"template": {"metadata": {"labels": {"app": "web", "pod-template-hash": "x"}},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]}}}
    });
    let object = planned(&fix, &deployment(), std::slice::from_ref(&old));
    assert_eq!(
        object["spec"]["template"]["spec"]["containers"][0]["image"],
        "app:1"
    );
    assert_eq!(
        object["spec"]["template"]["metadata"]["labels"],
        json!({"app": "web"})
    );
    assert_eq!(object["metadata"]["resourceVersion"], "7");
    assert!(fix.plan(&deployment(), &[], "").is_err());
}

#[test]
fn a_lower_limit_pulls_the_request_down_with_it() {
    let fix = parse(
        "set-resources",
        "Deployment",
        &[("container", "app"), ("memory", "64Mi")],
    )
    .unwrap();
    let object = planned(&fix, &deployment(), &[]);
    let resources = &object["spec"]["template"]["spec"]["containers"][0]["resources"];
    assert_eq!(
        resources,
        &json!({"limits": {"memory": "64Mi"}, "requests": {"memory": "64Mi"}})
    );
}

#[test]
fn a_fix_that_changes_nothing_is_refused() {
    let fix = parse("scale", "Deployment", &[("replicas", "2")]).unwrap();
    assert!(
        fix.plan(&deployment(), &[], "")
            .unwrap_err()
            .to_string()
            .contains("already")
    );
}

#[test]
fn a_quota_is_never_lowered() {
    let quota = json!({"spec": {"hard": {"pods": "4"}}});
    let lower = parse(
        "raise-quota",
        "ResourceQuota",
        &[("resource", "pods"), ("value", "3")],
    );
    assert!(lower.unwrap().plan(&quota, &[], "").is_err());
    let raise = parse(
        "raise-quota",
        "ResourceQuota",
        &[("resource", "pods"), ("value", "5")],
    );
    assert_eq!(
        planned(&raise.unwrap(), &quota, &[])["spec"]["hard"]["pods"],
        "5"
    );
}

#[test]
fn a_bare_pod_is_not_deleted() {
    let fix = parse("delete-pod", "Pod", &[]).unwrap();
    assert!(
        fix.plan(
            &json!({"metadata": {}, "status": {"phase": "Running"}}),
            &[],
            ""
        )
        .is_err()
    );
}

#[test]
fn a_finalizer_is_removed_only_from_an_object_that_is_being_deleted() {
    let fix = parse(
        "remove-finalizer",
        "ConfigMap",
        &[("finalizer", "x.io/keep")],
    )
    .unwrap();
    let live = json!({"metadata": {"finalizers": ["x.io/keep"]}});
    assert!(fix.plan(&live, &[], "").is_err());
    let dying = json!({"metadata": {"finalizers": ["x.io/keep"], "deletionTimestamp": "t"}});
    assert_eq!(
        planned(&fix, &dying, &[])["metadata"]["finalizers"],
        json!([])
    );
}

#[test]
fn a_retried_job_brings_no_label_of_the_old_one() {
    let fix = parse("retry-job", "Job", &[]).unwrap();
    let job = json!({
        "metadata": {"name": "web", "uid": "j", "labels": {"controller-uid": "j", "team": "a"}},
        "spec": {"selector": {}, "template": {"metadata": {"labels": {"job-name": "web"}}}},
        "status": {"conditions": [{"type": "Failed", "status": "True"}]}
    });
    let Operation::Recreate { new, .. } = fix.plan(&job, &[], "").unwrap() else {
        panic!()
    };
    assert_eq!(
        new["metadata"],
        json!({"name": "web", "labels": {"team": "a"}})
    );
    assert_eq!(
        new["spec"],
        json!({"template": {"metadata": {"labels": {}}}})
    );
}

/// The requests that change something, as the one place that writes sends them.
fn requests(operation: &Operation) -> &'static [(&'static str, &'static str)] {
    match operation {
        Operation::Replace { .. } => &[("update", "")],
        Operation::Delete { .. } => &[("delete", "")],
        Operation::Evict { .. } => &[("create", "eviction")],
        Operation::Recreate { .. } => &[("delete", ""), ("create", "")],
    }
}

#[rstest]
#[case("delete-pod", "Pod", &[])]
#[case("evict-pod", "Pod", &[])]
#[case("delete-job", "Job", &[])]
#[case("retry-job", "Job", &[])]
#[case("rollout-restart", "Deployment", &[])]
#[case("scale", "Deployment", &[("replicas", "9")])]
#[case("cordon", "Node", &[])]
#[case("scale-hpa-max", "HorizontalPodAutoscaler", &[("max", "9")])]
fn the_rights_of_a_fix_are_for_what_it_sends(
    #[case] action: &str,
    #[case] kind: &str,
    #[case] parameters: &[(&str, &str)],
) {
    let current = json!({
        "metadata": {"name": "web", "uid": "u", "ownerReferences": [{"uid": "o"}]},
        "spec": {},
        "status": {"conditions": [{"type": "Failed", "status": "True"}]},
    });
    let fix = parse(action, kind, parameters).unwrap();
    let operation = fix.plan(&current, &[], "2026-01-01T00:00:00Z").unwrap();
    assert_eq!(writes(action, kind), requests(&operation));
    let line = fix.kubectl();
    let shows = |word: &str| line.contains(word);
    match operation {
        Operation::Replace { .. } => assert!(!shows("delete") && !shows("--force"), "{line}"),
        Operation::Delete { .. } => assert!(shows(" delete ") && !shows("--force"), "{line}"),
        Operation::Recreate { .. } => assert!(shows(" replace --force "), "{line}"),
        Operation::Evict { .. } => {
            assert!(shows("/namespaces/shop/pods/web/eviction"), "{line}");
            assert!(!shows("delete"), "it would bypass the budget: {line}");
        }
    }
}

#[rstest]
#[case("Secret")]
#[case("ClusterRoleBinding")]
#[case("ValidatingWebhookConfiguration")]
fn nothing_is_done_to_secrets_rights_and_webhooks(#[case] kind: &str) {
    let finalizer = [("finalizer", "x.io/keep")];
    assert!(parse("remove-finalizer", kind, &finalizer).is_err());
    assert!(parse("remove-finalizer", "ConfigMap", &finalizer).is_ok());
}

#[test]
fn an_entry_and_what_is_stored_of_its_action_have_one_name() {
    for entry in CATALOGUE {
        let stored = json!({"action": entry.name, "revision": 1, "replicas": 1, "container": "app",
            "image": "app:1", "selector": {}, "port": 80, "target_port": "http", "resource": "pods",
            "value": "1", "size": "1Gi", "max": 1, "finalizer": "x.io/keep", "kind": "ConfigMap", "from": "a", "to": "b"});
        let action: Action = serde_json::from_value(stored).unwrap();
        assert_eq!(action.name(), entry.name);
        assert_eq!(serde_json::to_value(&action).unwrap()["action"], entry.name);
    }
}

#[test]
fn the_documentation_tells_the_whole_catalogue() {
    let told = include_str!("../../../../docs/src/fixes.md");
    let rows: Vec<&str> = told
        .lines()
        .skip_while(|line| !line.starts_with("| action |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows, documented().collect::<Vec<_>>());
}
