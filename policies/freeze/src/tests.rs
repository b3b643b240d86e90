//! The cases of `cases.toml`, the forms of the settings, and the calendar.

use super::*;
use k8shawk_sdk::calendar as time;
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
    now: String,
    risk: String,
    proposal: Input,
    verdict: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[expect(
        dead_code,
        reason = "a freeze does not ask what is done; the form is every policy's"
    )]
    action: String,
    kind: String,
    namespace: String,
    name: String,
}

#[derive(Deserialize, Debug)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
enum Expected {
    Allow,
    Deny { reason: String },
}

fn proposal(kind: &str, namespace: &str, name: &str) -> Proposal {
    Proposal {
        action: "scale".into(),
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

fn risk(word: &str) -> Risk {
    match word {
        "low" => Risk::Low,
        "medium" => Risk::Medium,
        "high" => Risk::High,
        other => panic!("{other} is no risk"),
    }
}

#[test]
fn every_case_of_the_file_has_its_verdict() {
    let cases: Cases = toml::from_str(include_str!("../cases.toml")).unwrap();
    let mut wrong = Vec::new();
    for case in &cases.case {
        let windows = case
            .settings
            .get("windows")
            .map(|w| serde_json::to_string(w).unwrap());
        let input = &case.proposal;
        let proposal = proposal(&input.kind, &input.namespace, &input.name);
        let now = time::rfc3339(&case.now).unwrap();
        let verdict = judge_with(windows.as_deref(), &proposal, risk(&case.risk), || now);
        let fits = match (&case.verdict, &verdict) {
            (Expected::Allow, Verdict::Allow) => true,
            (Expected::Deny { reason }, Verdict::Deny(why)) => why.contains(reason),
            _ => false,
        };
        if !fits {
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
#[case("{}", "windows is not a list")]
#[case("nonsense", "windows is not JSON")]
#[case("[1]", "windows[0] is not a table")]
#[case("[{}]", "windows[0] needs start and end")]
#[case(r#"[{"start": "Fri 16:00"}]"#, "windows[0] needs both start and end")]
#[case(
    r#"[{"start": "Friday 16:00", "end": "Mon 08:00"}]"#,
    "windows[0].start"
)]
#[case(r#"[{"start": "Fri 16:00", "end": "Mon 25:00"}]"#, "windows[0].end")]
#[case(
    r#"[{"start": "Fri 16:00", "end": "Fri 16:00"}]"#,
    "ends when it starts"
)]
#[case(
    r#"[{"start": "Fri 16:00", "end": "Mon 08:00", "timezone": "Europe/Berlinn"}]"#,
    "windows[0].timezone: \"Europe/Berlinn\""
)]
#[case(
    r#"[{"start": "Fri 16:00", "end": "Mon 08:00", "timezone": "+25:00"}]"#,
    "windows[0].timezone"
)]
#[case(r#"[{"days": []}]"#, "windows[0].days is empty")]
#[case(r#"[{"days": ["02-30"]}]"#, "windows[0].days: \"02-30\"")]
#[case(r#"[{"days": ["2027-02-29"]}]"#, "windows[0].days: \"2027-02-29\"")]
#[case(r#"[{"days": ["24.12."]}]"#, "windows[0].days: \"24.12.\"")]
#[case(
    r#"[{"days": ["12-24"], "start": "Fri 16:00", "end": "Mon 08:00"}]"#,
    "is not a known key"
)]
#[case(r#"[{"from": "2026-12-24", "to": "2027-01-02"}]"#, "windows[0].from")]
#[case(
    r#"[{"from": "2027-01-02T00:00:00Z", "to": "2026-12-24T00:00:00Z"}]"#,
    "ends before it starts"
)]
#[case(r#"[{"from": "2026-12-24T00:00:00Z"}]"#, "from and to")]
#[case(
    r#"[{"start": "Fri 16:00", "end": "Mon 08:00", "from": "2026-12-24T00:00:00Z"}]"#,
    "windows[0].from is not a known key"
)]
#[case(
    r#"[{"from": "2026-12-24T00:00:00Z", "to": "2027-01-02T00:00:00Z", "timezone": "UTC"}]"#,
    "windows[0].timezone is not a known key"
)]
#[case(
    r#"[{"start": "Fri 16:00", "end": "Mon 08:00", "risks": ["severe"]}]"#,
    "\"severe\" is not known"
)]
#[case(
    r#"[{"start": "Fri 16:00", "end": "Mon 08:00", "namespace": "x"}]"#,
    "windows[0].namespace is not a known key"
)]
fn settings_that_do_not_parse_deny_and_name_the_key(#[case] windows: &str, #[case] key: &str) {
    match judge_with(
        Some(windows),
        &proposal("Pod", "shop", "web"),
        Risk::Low,
        || 0,
    ) {
        Verdict::Deny(why) => assert!(why.contains(key), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case("1970-01-01T00:00:00Z", Some(0))]
#[case("2026-11-22T19:00:00Z", Some(1_795_374_000_000))]
#[case("2026-11-23T00:30:00+05:30", Some(1_795_374_000_000))]
#[case("2024-02-29T12:00:00Z", Some(1_709_208_000_000))]
#[case("1969-12-31T23:59:59Z", Some(-1000))]
#[case("2026-11-22T19:00:00.500Z", Some(1_795_374_000_000))]
#[case("2026-02-29T12:00:00Z", None)]
#[case("2026-13-01T12:00:00Z", None)]
#[case("2026-11-22T19:00:00", None)]
#[case("2026-11-22T19:00Z", None)]
#[case("tomorrow", None)]
fn reads_rfc_3339(#[case] text: &str, #[case] expected: Option<i64>) {
    assert_eq!(time::rfc3339(text), expected);
}

#[rstest]
#[case("1970-01-01T00:00:00Z", "Thu 00:00")]
#[case("2026-11-22T19:00:00Z", "Sun 19:00")]
#[case("2026-11-23T00:00:00Z", "Mon 00:00")]
#[case("1969-12-31T23:00:00Z", "Wed 23:00")]
fn knows_the_day_of_the_week(#[case] date: &str, #[case] weekly: &str) {
    let now = time::Zone::utc().at(time::rfc3339(date).unwrap());
    let minute = now.unwrap().minute_of_week();
    assert_eq!(minute, time::weekly(weekly).unwrap());
}

#[test]
fn does_not_ask_for_the_time_where_no_window_covers_the_fix() {
    let windows =
        window::parse(r#"[{"start": "Mon 00:00", "end": "Sun 24:00", "namespaces": ["prod"]}]"#);
    assert!(windows.is_err(), "a whole week ends when it starts");
    let windows =
        window::parse(r#"[{"start": "Mon 00:00", "end": "Sun 23:59", "namespaces": ["prod"]}]"#)
            .unwrap();
    let verdict = judge(
        &windows,
        &proposal("Pod", "shop", "web"),
        Risk::High,
        || panic!("asked"),
    );
    assert!(matches!(verdict, Verdict::Allow));
}
