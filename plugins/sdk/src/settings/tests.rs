use super::*;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[case("*", "shop", true)]
#[case("*", "", true)]
#[case("prod-*", "prod-a", true)]
#[case("prod-*", "prod-", true)]
#[case("prod-*", "prod", false)]
#[case("prod-*", "", false)]
#[case("*-prod", "a-prod", true)]
#[case("*-prod", "a-prod-b", false)]
#[case("a*b*c", "a-b-c", true)]
#[case("a*b*c", "acb", false)]
#[case("ab*ba", "aba", false)]
#[case("shop", "shop", true)]
#[case("shop", "shops", false)]
#[case("*a*a*", "a", false)]
fn a_star_stands_for_any_text(#[case] pattern: &str, #[case] name: &str, #[case] fits: bool) {
    assert_eq!(Glob::parse("k", pattern).unwrap().matches(name), fits);
}

#[rstest]
#[case("")]
#[case("Prod")]
#[case("prod?")]
#[case("a b")]
fn a_pattern_that_no_namespace_can_fit_is_refused_with_its_key(#[case] pattern: &str) {
    let fault = Glob::parse("rules[0].namespaces", pattern).unwrap_err();
    assert!(fault.starts_with("rules[0].namespaces: "), "{fault}");
}

fn read(table: &Value) -> Result<String, String> {
    let mut fields = Fields::of("t".to_owned(), table)?;
    let (text, texts) = (fields.text("text")?, fields.texts("texts")?);
    let (flag, count) = (fields.flag("flag")?, fields.count("count")?);
    fields.end()?;
    Ok(format!("{text:?} {texts:?} {flag} {count:?}"))
}

#[rstest]
#[case(json!({}), "None None false None")]
#[case(json!({"text": " a ", "texts": ["b"], "flag": true, "count": 2}), "Some(\"a\") Some([\"b\"]) true Some(2)")]
fn keys_are_taken_by_their_type(#[case] table: Value, #[case] expected: &str) {
    assert_eq!(read(&table).unwrap(), expected);
}

#[rstest]
#[case(json!([]), "t is not a table")]
#[case(json!({"text": " "}), "t.text is not a string")]
#[case(json!({"text": 1}), "t.text is not a string")]
#[case(json!({"texts": "a"}), "t.texts is not a list of strings")]
#[case(json!({"texts": ["a", " "]}), "t.texts is not a list of strings")]
#[case(json!({"texts": []}), "t.texts is empty")]
#[case(json!({"flag": "yes"}), "t.flag is not true or false")]
#[case(json!({"count": 0}), "t.count is not a number from 1 to 100")]
#[case(json!({"count": 101}), "t.count is not a number from 1 to 100")]
#[case(json!({"txt": "a"}), "t.txt is not a known key")]
fn a_fault_names_the_key(#[case] table: Value, #[case] fault: &str) {
    assert_eq!(read(&table).unwrap_err(), fault);
}

#[test]
fn a_namespace_is_its_own_place() {
    let proposal = |kind: &str| Proposal {
        action: "scale".to_owned(),
        target: crate::policy::ObjectRef {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            uid: String::new(),
        },
        parameters: Vec::new(),
        rationale: String::new(),
    };
    assert_eq!(place(&proposal("Deployment")), "shop");
    assert_eq!(place(&proposal("Namespace")), "web");
}
