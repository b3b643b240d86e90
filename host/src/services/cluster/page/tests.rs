use k8shawk_core::kinds;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

fn page(kind: &str, items: Value) -> Page {
    let text = json!({"kind": "List", "metadata": {}, "items": items}).to_string();
    Page::parse(kinds::kind(kind).unwrap(), text).unwrap()
}

fn pods() -> Page {
    page(
        "Pod",
        json!([
            {"metadata": {"name": "a", "namespace": "shop", "labels": {"app": "web", "tier": "front"}}},
            {"metadata": {"name": "b", "namespace": "shop", "labels": {"app": "db"}}},
            {"metadata": {"name": "a\"b", "namespace": "other", "labels": null}},
            {"metadata": 7},
        ]),
    )
}

#[rstest]
#[case("", "", &["a", "b", "a\"b"])]
#[case("shop", "", &["a", "b"])]
#[case("shop", "app=web", &["a"])]
#[case("", "app==db", &["b"])]
#[case("", "app=web,tier=back", &[])]
#[case("", "tier", &["a"])]
#[case("none", "", &[])]
fn lists_by_namespace_and_labels(#[case] ns: &str, #[case] selector: &str, #[case] names: &[&str]) {
    let text = pods()
        .list(
            kinds::kind("Pod").unwrap(),
            ns,
            &Selector::parse(selector).unwrap(),
        )
        .into_text();
    let found: Vec<Value> = serde_json::from_str(&text).unwrap();
    let found: Vec<&str> = found
        .iter()
        .map(|o| o["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(found, names);
}

#[test]
fn finds_one_object_with_its_kind() {
    let kind = kinds::kind("Pod").unwrap();
    let text = served_object(kind, pods().object("shop", "b").unwrap()).unwrap();
    let object: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&object["kind"], &object["apiVersion"]),
        (&json!("Pod"), &json!("v1"))
    );
    assert!(pods().object("shop", "c").is_none());
}

#[test]
fn an_event_tells_what_it_is_about() {
    let events = page(
        "Event",
        json!([{"metadata": {"name": "e", "namespace": "shop"}, "type": "Warning",
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "a"}}]),
    );
    let expected = About {
        normal: false,
        kind: "Pod".into(),
        namespace: "shop".into(),
        name: "a".into(),
    };
    assert_eq!(events.items()[0].about, expected);
}

#[test]
fn a_page_of_secrets_holds_no_value() {
    let secrets = page(
        "Secret",
        json!([{"metadata": {"name": "s", "namespace": "shop"},
        "data": {"password": "aHVudGVyMg=="}}, "no object"]),
    );
    assert!(!secrets.body.contains("aHVudGVyMg"));
    let text = secrets.object("shop", "s").unwrap();
    assert!(text.contains("password"));
}

#[test]
fn no_list_is_no_page() {
    let kind = kinds::kind("Pod").unwrap();
    assert!(Page::parse(kind, "{".to_owned()).is_none());
    assert!(
        Page::parse(kind, json!({"items": null}).to_string())
            .unwrap()
            .items()
            .is_empty()
    );
    assert_eq!(Array::default().take(kind, "[]"), None);
}

#[test]
fn pages_make_one_array() {
    let kind = kinds::kind("Pod").unwrap();
    let page = |name: &str, rest: Value| {
        json!({"metadata": {"continue": rest}, "items": [{"metadata": {"name": name}}]}).to_string()
    };
    let mut array = Array::default();
    assert_eq!(
        array.take(kind, &page("a", json!("x"))),
        Some(Some("x".to_owned()))
    );
    assert_eq!(array.take(kind, &page("b", json!(""))), Some(None));
    let found: Vec<Value> = serde_json::from_str(&array.into_text()).unwrap();
    let names: Vec<&Value> = found.iter().map(|o| &o["metadata"]["name"]).collect();
    assert_eq!(names, ["a", "b"]);
    let mut none = Array::default();
    none.take(kind, &json!({"items": null}).to_string())
        .unwrap();
    assert_eq!(none.into_text(), "[]");
}
