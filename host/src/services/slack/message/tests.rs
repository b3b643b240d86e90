use k8shawk_core::approval::{Person, Vote};
use k8shawk_core::record::State;
use k8shawk_core::{Evidence, ObjectRef};
use rstest::rstest;
use serde_json::json;
use std::sync::LazyLock;

use super::*;
use crate::services::slack::payload::Press;
use crate::services::testing::{applied, record};

/// The installation of the tests, on the cluster `prod`.
pub(crate) fn ours() -> &'static Installation {
    static OURS: LazyLock<Installation> =
        LazyLock::new(|| Installation::of("prod", Some("uid"), "database"));
    &OURS
}

pub(crate) fn look() -> Look<'static> {
    Look {
        now: 1_700_000_060_000,
        expires_after: 1_800_000,
        installation: ours(),
    }
}

fn shown(record: &Record) -> String {
    json!(render(record, look()).content()).to_string()
}

fn buttons_of(record: &Record) -> Vec<String> {
    let message = render(record, look());
    let row = json!(message.blocks.last().unwrap());
    row["elements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["action_id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_waiting_incident_shows_what_is_asked() {
    let text = shown(&record());
    for part in [
        "#ff8c00",
        "Deployment shop/web",
        "no tag app:2",
        "Failed to pull image",
        "set-image",
        "Risk *medium*",
        "app:2 -&gt; app:1",
        "Answered by patterns, confidence 95",
        "Waits for approval",
        "one approval",
        "1 other proposal was refused",
        "recovered 3x",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(buttons_of(&record()), ["approve", "dismiss", "details"]);
}

#[test]
fn the_button_is_bound_to_the_diff_that_is_shown() {
    let r = record();
    let message = render(&r, look());
    let value = json!(message.blocks.last().unwrap())["elements"][0]["value"]
        .as_str()
        .unwrap()
        .to_owned();
    let (installation, press) = Press::parse("approve", &value).unwrap();
    assert_eq!(installation, ours().id());
    let Press::Approve { incident, shown } = press else {
        panic!("{press:?}");
    };
    assert_eq!(incident, "inc-7");
    let candidate = &r.decision.unwrap().candidates[0];
    assert_eq!(shown.stands(candidate, r.asked_at.unwrap()), Ok(()));
}

#[test]
fn an_expired_question_cannot_be_approved() {
    let mut r = record();
    r.asked_at = Some(0);
    assert_eq!(buttons_of(&r), ["dismiss", "details"]);
    assert!(shown(&r).contains("The question expired"));
}

#[rstest]
#[case(State::Approved, "Approved by <@U0123ABCD>")]
#[case(State::Executing, "Applying the fix")]
#[case(State::Applied, "2 of 2 are good; before the fix 0 of 2 were")]
#[case(
    State::Recovered,
    "Recovered* after the fix that <@U0123ABCD> approved"
)]
#[case(State::Worse, "Worse than before")]
#[case(State::Unchanged, "Unchanged by the fix")]
#[case(State::Partly, "Partly recovered")]
#[case(State::NotKnown, "*The outcome is not known.* checked")]
#[case(State::Failed, "*Failed.* checked")]
fn every_state_after_the_approval_says_so(#[case] state: State, #[case] says: &str) {
    let r = applied(state);
    let text = shown(&r);
    assert!(text.contains(says), "{text}");
    assert_eq!(buttons_of(&r), ["details"]);
}

#[test]
fn a_dismissal_names_the_person_and_quotes_the_reason() {
    let mut r = record();
    r.step(
        1,
        State::Dismissed,
        "dismissed by U0123ABCD: known <!channel>",
    );
    let text = shown(&r);
    assert!(
        text.contains("Dismissed by <@U0123ABCD>:* known &lt;!channel&gt;"),
        "{text}"
    );
}

#[test]
fn half_of_two_approvals_is_told() {
    let mut r = record();
    r.votes.push(Vote {
        approver: Person::named("U0123ABCD"),
        at: 1,
        digest: "d".into(),
    });
    let note = "approved by U0123ABCD; not enough yet: another person must approve too (four eyes)";
    r.step(1, State::Waiting, note);
    let text = shown(&r);
    assert!(
        text.contains("<@U0123ABCD> said yes; another person must approve too"),
        "{text}"
    );
}

#[test]
fn no_safe_fix_shows_the_next_check_and_no_approval() {
    let mut r = record();
    r.state = State::NeedsHuman;
    r.decision = Some(Decision {
        next_check: "look at the node".into(),
        ..Decision::default()
    });
    assert!(shown(&r).contains("No safe fix.* Next check: look at the node"));
    assert_eq!(buttons_of(&r), ["dismiss", "details"]);
}

#[test]
fn a_storm_is_one_message_with_its_victims() {
    let mut r = record();
    for i in 0..120 {
        let name = format!("app-{i}");
        r.incident
            .victims
            .push(ObjectRef::new("apps/v1", "Deployment", "shop", &name));
    }
    let text = shown(&r);
    assert!(
        text.contains("One cause, 120 victims") && text.contains("and 110 more"),
        "{text}"
    );
}

#[test]
fn the_largest_incident_fits_and_keeps_its_buttons() {
    let mut r = record();
    let long = "<!channel> & `x` \u{1F525} ".repeat(2000);
    let finding = r.finding.as_mut().unwrap();
    finding.title = long.clone();
    finding.cause = long.clone();
    finding.evidence = (0..60)
        .map(|i| Evidence {
            id: format!("e{i}"),
            source: long.clone(),
            excerpt: long.clone(),
        })
        .collect();
    let other = finding.clone();
    r.also = vec![other; 20];
    r.why = long.clone();
    r.answered_by = long.clone();
    let candidate = &mut r.decision.as_mut().unwrap().candidates[0];
    candidate.rationale = long.clone();
    let first = candidate.diff.lines[0].clone();
    candidate.diff.lines = vec![first; 60];
    let message = render(&r, look());
    assert!(message.text.chars().count() < 4000);
    let total = json!(message.content()).to_string();
    assert!(
        !total.contains("<!channel>") && total.chars().count() < 16_000,
        "{}",
        total.len()
    );
    assert_eq!(buttons_of(&r), ["approve", "dismiss", "details"]);
    for block in &message.blocks {
        let block = json!(block);
        let text = block["text"]["text"].as_str().unwrap_or_default();
        assert!(text.chars().count() <= 3000);
    }
}

#[test]
fn nobody_approves_where_not_all_that_changes_is_shown() {
    let mut r = record();
    let candidate = &mut r.decision.as_mut().unwrap().candidates[0];
    let first = candidate.diff.lines[0].clone();
    candidate.diff.lines = vec![first; 100];
    let message = render(&r, look());
    assert!(!message.asks);
    assert_eq!(buttons_of(&r), ["dismiss", "details"]);
    let text = json!(message.content()).to_string();
    assert!(
        text.contains("more changed fields do not fit here"),
        "{text}"
    );
    assert!(text.contains("k8shawk approve inc-7"), "{text}");
    let asked = crate::services::slack::command::ask(&r, look());
    assert!(
        json!(asked.content(ours()))
            .to_string()
            .contains("more than fits here")
    );
}

#[test]
fn a_screen_reader_is_told_cluster_severity_title_and_standing() {
    let text = render(&record(), look()).text;
    assert_eq!(
        text,
        "[prod] HIGH inc-7: web cannot pull app:2 (Deployment shop/web). Waits for approval."
    );
}

#[test]
fn the_thread_gets_each_post_once_and_undo_where_there_is_an_inverse() {
    use crate::services::slack::thread::posts;
    let asked: Vec<String> = posts(&record(), ours())
        .into_iter()
        .map(|p| p.key)
        .collect();
    assert_eq!(asked, ["rca/asked"]);
    let worse = posts(&applied(State::Worse), ours());
    let keys: Vec<&str> = worse.iter().map(|p| p.key.as_str()).collect();
    let at = "1700000010000";
    assert_eq!(
        keys,
        [
            "rca/asked",
            &format!("applying/{at}"),
            &format!("output/{at}"),
            "verdict/worse",
            "rca/worse"
        ]
    );
    let verdict = json!(worse[3].content.message()).to_string();
    assert!(
        verdict.contains("\"undo\"") && verdict.contains("app=app:2"),
        "{verdict}"
    );
    assert!(
        json!(worse[1].content.message())
            .to_string()
            .contains("Approved by <@U0123ABCD>")
    );
}

#[test]
fn a_long_rca_is_a_file() {
    use crate::services::slack::thread::{Content, posts};
    let mut r = record();
    r.finding.as_mut().unwrap().evidence[0].excerpt = "line\n".repeat(5000);
    assert!(
        matches!(&posts(&r, ours())[0].content, Content::File { name, .. } if name.starts_with("rca_web"))
    );
}

#[test]
fn a_void_question_and_an_undo_are_told_in_the_thread() {
    use crate::services::slack::thread::posts;
    let mut r = record();
    r.step(5, State::Waiting, "approval requested");
    r.step(
        6,
        State::Open,
        "the approval request expired: checking again",
    );
    r.step(7, State::Investigated, "found again");
    r.step(8, State::Waiting, "approval requested");
    r.step(9, State::Approved, "approved by U0123ABCD");
    r.step(10, State::Investigated, "the target changed: approval void");
    let keys: Vec<String> = posts(&r, ours()).into_iter().map(|p| p.key).collect();
    assert_eq!(keys, ["rca/asked", "void/6", "void/10"]);
    let mut undone = applied(State::Worse);
    undone.undone_by = Some("inc-9".to_owned());
    let all = posts(&undone, ours());
    let last = all.last().unwrap();
    assert_eq!(last.key, "undo/inc-9");
    assert!(
        json!(last.content.message())
            .to_string()
            .contains("inc-9 proposes")
    );
}

#[test]
fn every_message_names_its_cluster_and_every_button_its_installation() {
    use crate::services::slack::thread::{Content, posts};
    for state in [
        State::Waiting,
        State::Recovered,
        State::Worse,
        State::Failed,
    ] {
        let mut r = applied(state);
        r.undone_by = Some("inc-9".to_owned());
        let mut bodies = vec![json!(render(&r, look()).content())];
        for post in posts(&r, ours()) {
            assert!(!matches!(post.content, Content::File { .. }));
            bodies.extend(post.content.message().map(|m| json!(m)));
        }
        for body in bodies {
            let text = body["text"].as_str().unwrap();
            assert!(text.starts_with("[prod] "), "{text}");
            let body = body.to_string();
            assert!(
                body.contains("Cluster*\\nprod") || body.contains("Cluster *prod*"),
                "{body}"
            );
            let buttons = body.matches("\"action_id\"").count();
            let owned = body.matches(ours().id()).count();
            assert_eq!(buttons, owned, "{body}");
        }
    }
}

#[test]
fn what_went_away_before_people_were_asked_has_no_message() {
    let mut r = record();
    r.asked_at = None;
    r.step(5, State::Cleared, "it went away");
    assert!(!is_told(&r));
    r.asked_at = Some(4);
    assert!(is_told(&r));
}
