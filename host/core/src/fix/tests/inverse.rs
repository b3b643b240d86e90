//! The fix that takes a fix back.

use serde_json::json;

use super::*;
use crate::diff::Line;

fn fix(action: &str, kind: &str, parameters: &[(&str, &str)]) -> Fix {
    let parameters: Vec<_> = parameters
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Fix::parse(
        action,
        ObjectRef::new("apps/v1", kind, "shop", "web"),
        &parameters,
    )
    .unwrap()
}

fn diff(path: &str, before: Option<&str>) -> Diff {
    Diff {
        lines: vec![Line {
            path: path.to_owned(),
            before: before.map(str::to_owned),
            after: Some("x".to_owned()),
        }],
    }
}

fn sent() -> Operation {
    Operation::Replace {
        object: json!({"metadata": {"annotations": {"deployment.kubernetes.io/revision": "4"}}}),
    }
}

#[test]
fn leads_back_to_the_revision_and_the_selector_that_were_there() {
    let undo = fix("rollout-undo", "Deployment", &[("revision", "3")]);
    let back = undo.inverse(&Diff::default(), &sent()).unwrap();
    assert!(back.kubectl().ends_with("--to-revision=4"));
    let nowhere = Operation::Replace { object: json!({}) };
    assert_eq!(undo.inverse(&Diff::default(), &nowhere), None);
    let patch = fix(
        "patch-selector",
        "Service",
        &[("selector", "app=web,tier=a")],
    );
    let mut lines = diff("spec.selector.app", Some("wbe"));
    lines.lines.extend(diff("spec.selector.tier", None).lines);
    lines
        .lines
        .extend(diff("spec.selector.old", Some("x")).lines);
    let back = patch.inverse(&lines, &sent()).unwrap();
    assert_eq!(back.action.parameters()["selector"], "app=wbe,old=x");
}

#[test]
fn leads_back_to_what_was_there() {
    let scaled = fix("scale", "Deployment", &[("replicas", "5")]);
    let back = scaled
        .inverse(&diff("spec.replicas", Some("2")), &sent())
        .unwrap();
    assert_eq!(
        back.kubectl(),
        "kubectl -n shop scale deployment/web --replicas=2"
    );
    let set = fix(
        "set-image",
        "Deployment",
        &[("container", "app"), ("image", "a:2")],
    );
    let path = "spec.template.spec.containers[app].image";
    let back = set.inverse(&diff(path, Some("a:1")), &sent()).unwrap();
    assert_eq!(
        back.kubectl(),
        "kubectl -n shop set image deployment/web app=a:1"
    );
}

#[test]
fn there_is_none_where_nothing_is_known_of_before() {
    let set = fix(
        "set-image",
        "Deployment",
        &[("container", "app"), ("image", "a:2")],
    );
    let path = "spec.template.spec.containers[app].image";
    assert_eq!(set.inverse(&diff(path, None), &sent()), None);
    assert_eq!(set.inverse(&diff(path, Some("[redacted]")), &sent()), None);
    let memory = fix(
        "set-resources",
        "Deployment",
        &[("container", "app"), ("memory", "1Gi")],
    );
    assert_eq!(
        memory.inverse(&diff("spec.replicas", Some("1")), &sent()),
        None
    );
    assert_eq!(
        fix("delete-pod", "Pod", &[]).inverse(&Diff::default(), &sent()),
        None
    );
}
