//! A reference to what does not exist, changed to what was meant.

use rstest::rstest;
use serde_json::{Value, json};

use super::super::*;
use crate::diff::Diff;

fn fix(kind: &str, referred: &str, from: &str, to: &str) -> Result<Fix, FixError> {
    let target = ObjectRef::new("apps/v1", kind, "shop", "web");
    let pairs = [("kind", referred), ("from", from), ("to", to)];
    let owned = pairs.map(|(k, v)| (k.to_owned(), v.to_owned()));
    Fix::parse("patch-reference", target, &owned)
}

fn named(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

fn workload(spec: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7"},
        "spec": {"template": {"spec": spec}}})
}

fn replacement(fix: &Fix, current: &Value, existing: &str) -> Value {
    match fix.plan(current, &[named(existing)], "").unwrap() {
        Operation::Replace { object } => object,
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::environment("ConfigMap", json!({"containers": [{"name": "app", "envFrom": [{"configMapRef": {"name": "wrong"}}]}]}))]
#[case::key("Secret", json!({"initContainers": [{"name": "i", "env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "wrong", "key": "p"}}}]}]}))]
#[case::volume("Secret", json!({"volumes": [{"name": "v", "secret": {"secretName": "wrong"}}]}))]
#[case::projected("ConfigMap", json!({"volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "wrong"}}]}}]}))]
#[case::pull("Secret", json!({"imagePullSecrets": [{"name": "wrong"}]}))]
#[case::account("ServiceAccount", json!({"serviceAccountName": "wrong", "serviceAccount": "wrong"}))]
#[case::priority("PriorityClass", json!({"priorityClassName": "wrong"}))]
fn it_changes_the_name_and_leads_back(#[case] referred: &str, #[case] spec: Value) {
    let fix = fix("Deployment", referred, "wrong", "right").unwrap();
    let before = workload(&spec);
    let after = replacement(&fix, &before, "right");
    let expected = spec.to_string().replace("wrong", "right");
    assert_eq!(after["spec"]["template"]["spec"].to_string(), expected);
    let sent = Operation::Replace {
        object: after.clone(),
    };
    let diff = Diff::between(&before, &after);
    let back = fix.inverse(&diff, &sent).expect("a way back");
    assert_eq!(replacement(&back, &after, "wrong")["spec"], before["spec"]);
    let line = fix.kubectl();
    assert!(
        line.starts_with("kubectl -n shop ") && line.contains("right"),
        "{line}"
    );
}

#[test]
fn there_is_no_way_back_where_the_right_name_stood_elsewhere_before() {
    let spec = json!({"containers": [
        {"name": "a", "envFrom": [{"configMapRef": {"name": "right"}}]},
        {"name": "b", "envFrom": [{"configMapRef": {"name": "wrong"}}]}]});
    let fix = fix("Deployment", "ConfigMap", "wrong", "right").unwrap();
    let before = workload(&spec);
    let object = replacement(&fix, &before, "right");
    let diff = Diff::between(&before, &object);
    assert_eq!(fix.inverse(&diff, &Operation::Replace { object }), None);
}

#[rstest]
#[case::the_missing_one_came(&["right", "wrong"], false, "exists now")]
#[case::the_right_one_went(&[], false, "does not exist")]
#[case::it_may_be_missing(&["right"], true, "optional")]
fn it_is_refused_where_the_names_are_not_as_they_were(
    #[case] existing: &[&str],
    #[case] optional: bool,
    #[case] why: &str,
) {
    let spec = json!({"containers": [{"name": "app",
        "envFrom": [{"configMapRef": {"name": "wrong", "optional": optional}}]}]});
    let fix = fix("Deployment", "ConfigMap", "wrong", "right").unwrap();
    let names = vec!["wrong".to_owned(), "right".to_owned()];
    assert_eq!(fix.related(), Related::Named("ConfigMap", names));
    let existing: Vec<Value> = existing.iter().map(|name| named(name)).collect();
    let refused = fix.plan(&workload(&spec), &existing, "").unwrap_err();
    assert!(refused.to_string().contains(why), "{refused}");
}

#[test]
fn a_reference_that_is_not_there_is_no_fix() {
    let fix = fix("Deployment", "ConfigMap", "wrong", "right").unwrap();
    let spec = json!({"containers": [{"name": "app"}], "priorityClassName": "wrong"});
    let refused = fix
        .plan(&workload(&spec), &[named("right")], "")
        .unwrap_err();
    assert!(
        refused.to_string().contains("nothing references"),
        "{refused}"
    );
}

#[test]
fn a_claim_is_made_again_where_it_was_never_bound() {
    let fix = fix("PersistentVolumeClaim", "StorageClass", "fats", "fast").unwrap();
    let claim = json!({"metadata": {"name": "data", "uid": "u",
            "finalizers": ["kubernetes.io/pvc-protection"]},
        "spec": {"storageClassName": "fats"}, "status": {"phase": "Pending"}});
    let planned = fix.plan(&claim, &[named("fast")], "").unwrap();
    let Operation::Recreate { new, .. } = planned else {
        panic!("{planned:?}")
    };
    let expected = json!({"metadata": {"name": "data"}, "spec": {"storageClassName": "fast"}});
    assert_eq!(new, expected);
    let mut bound = claim;
    bound["status"]["phase"] = "Bound".into();
    bound["spec"]["volumeName"] = "pv-1".into();
    assert!(fix.plan(&bound, &[named("fast")], "").is_err());
}

#[test]
fn its_rights_are_those_of_its_target() {
    assert_eq!(writes("patch-reference", "Deployment"), [("update", "")]);
    let requests = [("delete", ""), ("create", "")];
    assert_eq!(writes("patch-reference", "PersistentVolumeClaim"), requests);
}

#[test]
fn no_secret_is_read_for_it() {
    let fix = fix("Deployment", "Secret", "wrong", "right").unwrap();
    assert_eq!(fix.related(), Related::Nothing);
    let is_secret = |(_, kind): &(&str, &str)| *kind == "Secret";
    assert!(!reads("patch-reference").iter().any(is_secret));
}

#[rstest]
#[case("Deployment", "Pod", "wrong", "right")]
#[case("Deployment", "ConfigMap", "same", "same")]
#[case("Pod", "ConfigMap", "wrong", "right")]
#[case("Secret", "ConfigMap", "wrong", "right")]
fn what_it_cannot_mean_does_not_parse(
    #[case] target: &str,
    #[case] referred: &str,
    #[case] from: &str,
    #[case] to: &str,
) {
    assert!(fix(target, referred, from, to).is_err());
}
