use rstest::rstest;
use serde_json::json;

use super::*;
use crate::redact::REDACTED;

fn shown(before: Value, after: Value) -> String {
    Diff::between(&before, &after).to_string()
}

fn pod(field: Value) -> Value {
    json!({"spec": {"template": {"spec": field}}})
}

#[test]
fn names_the_container_that_changes() {
    let before = json!({"spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b"}]},
        "status": 1});
    let after = json!({"spec": {"containers": [{"name": "a", "image": "x:2"}, {"name": "b"}]},
        "status": 2});
    assert_eq!(
        shown(before, after),
        "~ spec.containers[a].image: x:1 -> x:2"
    );
}

/// The fields that a redaction by name hid, and hashed alike.
#[rstest]
#[case(
    json!({"automountServiceAccountToken": false}), json!({"automountServiceAccountToken": true}),
    "~ spec.template.spec.automountServiceAccountToken: false -> true"
)]
#[case(
    json!({"containers": [{"name": "token-proxy", "image": "proxy:1"}]}),
    json!({"containers": [{"name": "token-proxy", "image": "evil:1"}]}),
    "~ spec.template.spec.containers[token-proxy].image: proxy:1 -> evil:1"
)]
#[case(
    json!({"volumes": [{"name": "credentials", "hostPath": {"path": "/var/a"}}]}),
    json!({"volumes": [{"name": "credentials", "hostPath": {"path": "/"}}]}),
    "~ spec.template.spec.volumes[credentials].hostPath.path: /var/a -> /"
)]
fn a_field_that_is_no_secret_is_shown(
    #[case] before: Value,
    #[case] after: Value,
    #[case] line: &str,
) {
    let diff = shown(pod(before), pod(after));
    assert_eq!(diff, line);
    assert_eq!(crate::redact::redact(&diff), line, "on its way out");
}

#[rstest]
#[case(
    pod(json!({"containers": [{"name": "a", "env": [{"name": "X", "value": "S1"}]}]})),
    pod(json!({"containers": [{"name": "a", "env": [{"name": "X", "value": "S2"}]}]}))
)]
#[case(pod(json!({})), pod(json!({"containers": [{"name": "a", "env": [{"name": "X", "value": "S1"}]}]})))]
#[case(
    pod(json!({"containers": [{"name": "a", "env": [{"name": "X", "value": "S1"}, {"name": "X", "value": "S2"}]}]})),
    pod(json!({"containers": [{"name": "a", "env": []}]}))
)]
#[case(pod(json!({"sidecar": {"env": {"X": "S1"}}})), pod(json!({"sidecar": {"env": {"X": "S2"}}})))]
#[case(json!({"data": {"a": "S1"}}), json!({"data": {"a": "S2"}}))]
#[case(json!({"kind": "Secret"}), json!({"kind": "Secret", "stringData": {"a": "S1"}}))]
#[case(
    pod(json!({"containers": [{"name": "a", "args": ["--token=S1SECRET"]}]})),
    pod(json!({"containers": [{"name": "a", "args": ["--token=S2SECRET"]}]}))
)]
fn the_environment_and_data_are_hidden_but_their_change_is_not(
    #[case] before: Value,
    #[case] after: Value,
) {
    let diff = shown(before, after);
    assert!(diff.contains(REDACTED), "{diff}");
    assert!(!diff.contains("S1") && !diff.contains("S2"), "{diff}");
}

#[test]
fn a_field_named_data_below_the_root_is_shown() {
    let diff = shown(
        json!({"spec": {"data": "a"}}),
        json!({"spec": {"data": "b"}}),
    );
    assert_eq!(diff, "~ spec.data: a -> b");
}

#[test]
fn another_order_of_the_same_items_is_a_change() {
    let list = |names: [&str; 2]| json!({"env": names.map(|n| json!({"name": n, "value": "v"}))});
    assert_eq!(
        shown(list(["A", "B"]), list(["B", "A"])),
        "~ env (order): A, B -> B, A"
    );
}

#[test]
fn an_empty_map_or_list_that_comes_is_a_change() {
    assert_eq!(
        shown(json!({}), json!({"a": {}, "b": []})),
        "+ a: {}\n+ b: []"
    );
}

#[test]
fn what_tells_nothing_stands_behind_what_does() {
    let pod = |value: &str, image: &str| {
        let env: Vec<_> = (0..30)
            .map(|n| json!({"name": format!("V{n:02}"), "value": value}))
            .collect();
        json!({"spec": {"containers": [{"name": "app", "env": env, "image": image}]}})
    };
    let diff = Diff::between(&pod("a", "app:2"), &pod("b", "app:1"));
    assert_eq!(diff.lines.len(), 31);
    assert_eq!(diff.lines[0].path, "spec.containers[app].image");
}
