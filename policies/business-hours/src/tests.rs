//! The forms of the settings; what it answers is in `cases.toml`.

use super::*;
use k8shawk_sdk::policy::ObjectRef;
use rstest::rstest;

fn proposal() -> Proposal {
    Proposal {
        action: "delete-pod".to_owned(),
        target: ObjectRef {
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            uid: String::new(),
        },
        parameters: Vec::new(),
        rationale: String::new(),
    }
}

fn judged(hours: &str, risk: Risk, source: &Source, now: impl FnOnce() -> i64) -> Verdict {
    judge_with(Some(hours), &proposal(), risk, source, now)
}

#[rstest]
#[case("{}", "hours is not a list")]
#[case("nonsense", "hours is not JSON")]
#[case("[1]", "hours[0] is not a table")]
#[case("[{}]", "hours[0].from is missing")]
#[case(r#"[{"from": "09:00"}]"#, "hours[0].to is missing")]
#[case(r#"[{"from": "9:00", "to": "17:00"}]"#, "hours[0].from: \"9:00\"")]
#[case(r#"[{"from": "17:00", "to": "09:00"}]"#, "hours[0].to is not after")]
#[case(
    r#"[{"from": "09:00", "to": "17:00", "days": ["Someday"]}]"#,
    "days: \"Someday\""
)]
#[case(
    r#"[{"from": "09:00", "to": "17:00", "holidays": ["xmas"]}]"#,
    "holidays: \"xmas\""
)]
#[case(
    r#"[{"from": "09:00", "to": "17:00", "timezone": "Mars/Base"}]"#,
    "timezone: \"Mars/Base\""
)]
#[case(
    r#"[{"from": "09:00", "to": "17:00", "namespaces": ["Prod"]}]"#,
    "not a namespace pattern"
)]
#[case(
    r#"[{"from": "09:00", "to": "17:00", "zone": "UTC"}]"#,
    "hours[0].zone is not a known key"
)]
fn settings_that_do_not_parse_deny_and_name_the_key(#[case] hours: &str, #[case] key: &str) {
    let fix = Source::Plugin("fix".to_owned());
    match judged(hours, Risk::High, &fix, || 0) {
        Verdict::Deny(why) => assert!(why.contains(key), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn does_not_ask_for_the_time_where_it_cannot_matter() {
    let always = r#"[{"from": "00:00", "to": "24:00", "namespaces": ["dev-*"]}]"#;
    let fix = Source::Plugin("fix".to_owned());
    for (risk, source) in [
        (Risk::Low, &fix),
        (Risk::Medium, &fix),
        (Risk::Low, &Source::Model),
    ] {
        let verdict = judged(always, risk, source, || panic!("asked"));
        assert!(matches!(verdict, Verdict::Allow));
    }
}
