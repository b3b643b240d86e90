//! The cases of `cases.toml`, and the forms of the settings.

use super::*;
use k8shawk_sdk::policy::ObjectRef;
use rstest::rstest;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    settings: toml::Table,
    risk: String,
    proposal: Input,
    verdict: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    action: String,
    kind: String,
    namespace: String,
    name: String,
}

#[derive(Deserialize, Debug)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
enum Expected {
    Allow,
    Auto,
    Deny { reason: String },
    RequireApproval { approvers: Vec<String>, count: u32 },
}

fn proposal(action: &str, kind: &str, namespace: &str, name: &str) -> Proposal {
    Proposal {
        action: action.into(),
        target: ObjectRef {
            api_version: "v1".into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
            uid: String::new(),
        },
        parameters: Vec::new(),
        rationale: "because".into(),
    }
}

/// As the host lends them.
fn catalogue() -> Vec<String> {
    ["delete-pod", "scale", "cordon", "uncordon"]
        .map(String::from)
        .to_vec()
}

fn risk(word: &str) -> Risk {
    match word {
        "low" => Risk::Low,
        "medium" => Risk::Medium,
        "high" => Risk::High,
        other => panic!("{other} is no risk"),
    }
}

fn fits(expected: &Expected, verdict: &Verdict) -> bool {
    match (expected, verdict) {
        (Expected::Allow, Verdict::Allow) | (Expected::Auto, Verdict::Auto) => true,
        (Expected::Deny { reason }, Verdict::Deny(why)) => why.contains(reason),
        (Expected::RequireApproval { approvers, count }, Verdict::RequireApproval(rule)) => {
            *approvers == rule.approvers && *count == rule.count && !rule.why.is_empty()
        }
        _ => false,
    }
}

#[test]
fn every_case_of_the_file_has_its_verdict() {
    let cases: Cases = toml::from_str(include_str!("../cases.toml")).unwrap();
    let mut wrong = Vec::new();
    for case in &cases.case {
        let json = |key: &str| {
            case.settings
                .get(key)
                .map(|v| serde_json::to_string(v).unwrap())
        };
        let input = &case.proposal;
        let proposal = proposal(&input.action, &input.kind, &input.namespace, &input.name);
        let (rules, protected) = (json("rules"), json("protected"));
        let verdict = judge_with(
            rules.as_deref(),
            protected.as_deref(),
            &catalogue(),
            &proposal,
            risk(&case.risk),
        );
        if !fits(&case.verdict, &verdict) {
            wrong.push(format!(
                "{}: {verdict:?}, not {:?}",
                case.name, case.verdict
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.case.len() >= 15);
}

#[rstest]
#[case("{}", "rules is not a list")]
#[case("nonsense", "rules is not JSON")]
#[case(r#"[1]"#, "rules[0] is not a table")]
#[case(r#"[{"auto": true}]"#, "rules[0].auto")]
#[case(r#"[{"auto": true, "risks": ["high"]}]"#, "high is never automatic")]
#[case(r#"[{"auto": "yes"}]"#, "rules[0].auto is not true or false")]
#[case(r#"[{"count": 0}]"#, "rules[0].count")]
#[case(r#"[{"count": -1}]"#, "rules[0].count")]
#[case(r#"[{"count": 1.5}]"#, "rules[0].count")]
#[case(r#"[{"count": 2, "deny": "no"}]"#, "exactly one")]
#[case(r#"[{"namespaces": ["a"]}]"#, "exactly one")]
#[case(
    r#"[{"allow": true}, {"count": 1, "approver": "x"}]"#,
    "rules[1].approver is not a known key"
)]
#[case(r#"[{"count": 1, "risks": ["severe"]}]"#, "\"severe\" is not known")]
#[case(r#"[{"count": 1, "actions": ["rm"]}]"#, "\"rm\" is not known")]
#[case(r#"[{"count": 1, "namespaces": []}]"#, "rules[0].namespaces is empty")]
#[case(r#"[{"count": 1, "namespaces": ["Prod"]}]"#, "not a namespace pattern")]
#[case(r#"[{"count": 1, "namespaces": "prod"}]"#, "not a list of strings")]
#[case(r#"[{"deny": ""}]"#, "rules[0].deny is not a string")]
#[case(r#"[{"allow": true, "why": "x"}]"#, "rules[0].why")]
#[case(r#"[{"approvers": [" "]}]"#, "rules[0].approvers")]
fn settings_that_do_not_parse_deny_and_name_the_key(#[case] rules: &str, #[case] key: &str) {
    let proposal = proposal("scale", "Deployment", "shop", "web");
    match judge_with(Some(rules), None, &catalogue(), &proposal, Risk::Low) {
        Verdict::Deny(why) => assert!(why.contains(key), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_approver_is_counted_once() {
    let rules = r#"[{"approvers": ["bob", "alice", "bob"], "count": 2}]"#;
    let settings = Settings::parse(Some(rules), None, &catalogue()).unwrap();
    let proposal = proposal("scale", "Deployment", "shop", "web");
    match judge(&settings, &proposal, Risk::Low) {
        Verdict::RequireApproval(rule) => assert_eq!(rule.approvers, ["alice", "bob"]),
        other => panic!("{other:?}"),
    }
}
