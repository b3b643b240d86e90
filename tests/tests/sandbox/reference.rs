//! The reference policy in six languages: all say what a native rule says, and each is replaced under load.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use k8shawk_core::fix::Risk;
use k8shawk_core::grant::{Grant, Limits};
use k8shawk_core::policy::{ApprovalRule, Origin, Verdict};
use k8shawk_core::redact::visible;
use k8shawk_core::{Incident, ObjectRef, Severity};
use k8shawk_sandbox::{CallContext, Engine, EngineOptions, Plugin, RawProposal, Source};
use k8shawk_tests::policies::{LANGUAGES, built, cache, sources, swapped};
use rstest::rstest;
use toml::Value;

use crate::workshop::{Nothing, dist, dossier, incident};

/// Inputs: so many tables of settings, and so many proposals under each.
const SETTINGS: usize = 40;
const PROPOSALS: usize = 25;
const SEED: u64 = 15_08;
/// Time for a call on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);
/// Swaps of each language, between two versions.
const SWAPS: usize = 200;

/// Texts that a language may read in its own way: numbers of other forms and scripts, ends of lines, what JSON
/// escapes, and characters of several units.
const STRANGE: [&str; 24] = [
    "",
    " ",
    "0",
    "007",
    "9",
    "10",
    "11",
    "12",
    "999999999",
    "1000000000",
    "99999999999999999999999",
    "1e1",
    "+11",
    "-11",
    "11.0",
    "0x0b",
    "11\n",
    "١٢",
    "１１",
    "\u{0}",
    "a\\\"b",
    "Zoë 🦅",
    "\u{2028}",
    "prod-\u{301}",
];

/// What the policy says, written a second time: `policies/README.md`.
fn oracle(settings: &toml::Table, incident: &Incident, proposal: &RawProposal) -> Verdict {
    let invalid = |key| {
        Verdict::Deny(format!(
            "the settings of the reference policy are invalid: {key}"
        ))
    };
    let limit = match settings.get("limit") {
        None => 10,
        Some(Value::Integer(limit @ 0..=999_999_999)) => *limit,
        Some(_) => return invalid("limit"),
    };
    let escaped = |c: char| c < ' ' || c == '"' || c == '\\';
    let approvers = match settings.get("approver") {
        None => Vec::new(),
        Some(Value::String(name)) if !name.is_empty() && !name.contains(escaped) => {
            vec![name.clone()]
        }
        Some(_) => return invalid("approver"),
    };
    let (action, namespace) = (&proposal.action, &proposal.target.namespace);
    if ["set-image", "rollout-undo"].contains(&action.as_str())
        && namespace.starts_with("prod-")
        && incident.severity < Severity::High
    {
        return Verdict::Deny(format!("{action} in {namespace} needs severity high"));
    }
    let above = |(name, value): &(String, String)| {
        let digits =
            !value.is_empty() && value.len() < 10 && value.bytes().all(|b| b.is_ascii_digit());
        name == "replicas" && (!digits || value.parse::<i64>().unwrap() > limit)
    };
    if action == "scale" && proposal.parameters.iter().any(above) {
        let why = format!("more than {limit} replicas");
        return Verdict::RequireApproval(ApprovalRule {
            approvers,
            count: 1,
            why,
        });
    }
    Verdict::Allow
}

/// The host takes what nobody sees out of the texts of a verdict.
fn shown(verdict: Verdict) -> Verdict {
    let line = |text: String| visible(&text).replace(['\n', '\t'], " ");
    match verdict {
        Verdict::Deny(why) => Verdict::Deny(line(why)),
        Verdict::RequireApproval(rule) => Verdict::RequireApproval(ApprovalRule {
            approvers: rule.approvers.into_iter().map(line).collect(),
            why: line(rule.why),
            ..rule
        }),
        other => other,
    }
}

fn strange(rng: &mut Rng) -> String {
    let text = |rng: &mut Rng| (*rng.choice(&STRANGE).unwrap()).to_owned();
    match rng.u8(..4) {
        0 => text(rng) + &text(rng),
        1 => (0..rng.usize(..12)).map(|_| rng.char(..)).collect(),
        _ => text(rng),
    }
}

/// Mostly settings as they are meant, and some of each other kind.
fn settings(rng: &mut Rng) -> toml::Table {
    let other = |rng: &mut Rng| match rng.u8(..6) {
        0 => Value::Integer(rng.i64(..)),
        1 => Value::Float(*rng.choice(&[0.0, 1e300, 11.5, f64::INFINITY]).unwrap()),
        2 => Value::Boolean(rng.bool()),
        3 => Value::Array(vec![Value::String(strange(rng))]),
        4 => Value::Table(toml::Table::new()),
        _ => Value::String(strange(rng)),
    };
    let mut table = toml::Table::new();
    match rng.u8(..8) {
        0 => drop(table.insert("limit".to_owned(), other(rng))),
        1..6 => drop(table.insert("limit".to_owned(), Value::Integer(rng.i64(0..20)))),
        _ => {}
    }
    match rng.u8(..8) {
        0 => drop(table.insert("approver".to_owned(), other(rng))),
        1 => drop(table.insert("approver".to_owned(), Value::String(strange(rng)))),
        2..6 => drop(table.insert("approver".to_owned(), Value::String("alice".to_owned()))),
        _ => {}
    }
    table
}

fn proposal(rng: &mut Rng) -> (Incident, RawProposal) {
    let severities = [
        Severity::Info,
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];
    let incident = Incident {
        severity: *rng.choice(&severities).unwrap(),
        ..incident()
    };
    let known = [
        "scale",
        "scale",
        "set-image",
        "rollout-undo",
        "rollout-restart",
        "set-image ",
    ];
    let action = if rng.u8(..8) == 0 {
        strange(rng)
    } else {
        (*rng.choice(&known).unwrap()).to_owned()
    };
    let namespaces = [
        "prod-",
        "prod-shop",
        "prod-shop",
        "prod",
        "Prod-shop",
        "shop",
        "a-prod-b",
    ];
    let namespace = if rng.u8(..6) == 0 {
        strange(rng)
    } else {
        (*rng.choice(&namespaces).unwrap()).to_owned()
    };
    let namespace = if rng.u8(..8) == 0 {
        format!("prod-{}", strange(rng))
    } else {
        namespace
    };
    let parameters = (0..rng.usize(..4)).map(|_| {
        let name = *rng
            .choice(&["replicas", "replicas", "image", "Replicas"])
            .unwrap();
        let value = if rng.bool() {
            rng.u8(..25).to_string()
        } else {
            strange(rng)
        };
        (name.to_owned(), value)
    });
    let proposal = RawProposal {
        action,
        parameters: parameters.collect(),
        target: ObjectRef::new("apps/v1", "Deployment", &namespace, &strange(rng)),
        rationale: strange(rng),
    };
    (incident, proposal)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_reference_policy_says_the_same_in_every_language(
    #[values("rust", "go", "c", "javascript", "typescript", "python")] language: &str,
) {
    let directory = built(&format!("reference-{language}")).unwrap();
    let cache = Some(cache().join("k8shawk/components"));
    let engine = Engine::new(&EngineOptions {
        cache,
        ..EngineOptions::default()
    })
    .unwrap();
    let source = Source::read(&directory, &directory).unwrap();
    let mut rng = Rng::with_seed(SEED);
    let (mut alike, mut answers) = (0, [0; 3]);
    for _ in 0..SETTINGS {
        let settings = settings(&mut rng);
        let grant = Arc::new(Grant {
            settings: settings.clone(),
            limits: Limits {
                deadline: PATIENCE,
                ..Limits::default()
            },
            ..Grant::default()
        });
        let source = Source {
            grant,
            ..source.clone()
        };
        let plugin = Plugin::prepare(&engine, &source).await.unwrap();
        for _ in 0..PROPOSALS {
            let (incident, proposal) = proposal(&mut rng);
            let expected = oracle(&settings, &incident, &proposal);
            let dossier = dossier(Origin::Plugin("fix".to_owned()));
            let context = CallContext {
                reader: Arc::new(Nothing),
                now_ms: 0,
            };
            let called = plugin
                .judge_proposal(&incident, &proposal, &dossier, Risk::Medium, context)
                .await;
            let said = called.result.unwrap();
            let expected = shown(expected);
            assert_eq!(
                said, expected,
                "{language}: {settings:?} {:?} {proposal:?}",
                incident.severity
            );
            answers[match expected {
                Verdict::Allow | Verdict::Auto => 0,
                Verdict::RequireApproval(_) => 1,
                Verdict::Deny(_) => 2,
            }] += 1;
            alike += 1;
        }
    }
    assert_eq!(alike, 1000);
    assert!(
        answers.iter().all(|count| *count >= 80),
        "the inputs are one-sided: {answers:?}"
    );
    println!("{language}: {alike} of 1000 alike; allowed, asked, denied: {answers:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn no_signal_is_lost_while_the_reference_policy_is_replaced(
    #[values("rust", "go", "c", "javascript", "typescript", "python")] language: &str,
) {
    let swapped = swapped(language, SWAPS, Duration::from_millis(5), &dist())
        .await
        .unwrap();
    println!(
        "{language}: {} signals in {SWAPS} swaps, slowest {:?}, compiled {:?}",
        swapped.signals,
        swapped.took.last(),
        swapped.compiled
    );
    assert_eq!(swapped.lost, 0);
    assert_eq!(swapped.took.len(), SWAPS - 1);
    assert!(swapped.signals >= SWAPS as u64);
}

#[test]
fn all_languages_have_the_same_cases() {
    let sources = sources().unwrap();
    let cases = LANGUAGES.map(|language| {
        let source = &sources[&format!("reference-{language}")];
        fs::read_to_string(source.join("cases.toml")).unwrap()
    });
    assert!(cases.iter().all(|text| *text == cases[0]));
}
