use k8shawk_core::approval::{Door, Person, Vote};
use k8shawk_core::decision::Decision;
use k8shawk_core::fix::Fix;
use k8shawk_core::policy::Ruling;
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
        approvers: &[],
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
        "*prod · Deployment shop/web* · inc-7",
        "web cannot pull app:2",
        "no tag app:2",
        "Failed to pull image",
        "*Fix* (medium risk)",
        "`kubectl -n shop set image deployment/web app=app:1`",
        "[app].image\\n- app:2\\n+ app:1",
        "95 % confidence",
        "*Waiting for approval* until <!date^1700001801^",
        "Any member of this channel may approve",
        "recovered 3x",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // What only we call so stands behind Evidence.
    for part in ["image-not-found", "patterns", "set-image", "plugin"] {
        assert!(!text.contains(part), "{part}: {text}");
        let all = json!(crate::services::slack::home::evidence(&record(), look())).to_string();
        assert!(part == "plugin" || all.contains(part), "{part}: {all}");
    }
    assert_eq!(buttons_of(&record()), ["approve", "dismiss", "evidence"]);
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
    assert_eq!(buttons_of(&r), ["dismiss", "evidence"]);
    assert!(shown(&r).contains("Approval expired"));
}

#[rstest]
#[case(State::Approved, "*Approved* by <@U0123ABCD>")]
#[case(State::Executing, "Applying the fix")]
#[case(
    State::Applied,
    "verifying*: 2 of 2 healthy; before the fix: 0 of 2 healthy. Approved by <@U0123ABCD>"
)]
#[case(
    State::Recovered,
    "*Recovered*: 2 of 2 healthy; before the fix: 0 of 2 healthy. Approved by <@U0123ABCD>"
)]
#[case(State::Worse, "Worse after the fix")]
#[case(State::Unchanged, "Fix did not help")]
#[case(State::Partly, "Partly recovered")]
#[case(State::NotKnown, "*Outcome unknown*: checked")]
#[case(State::Failed, "*Fix failed*: checked")]
fn every_state_after_the_approval_says_so(#[case] state: State, #[case] says: &str) {
    let r = applied(state);
    let text = shown(&r);
    assert!(text.contains(says), "{text}");
    assert_eq!(buttons_of(&r), ["evidence"]);
}

#[test]
fn a_dismissal_names_the_person_and_quotes_the_reason() {
    let mut r = record();
    let mut ann = Person::at(Door::Slack, "U0123ABCD");
    ann.called = Some("Ann *Example*".to_owned());
    let note = format!("dismissed by {ann}: known <!channel>");
    r.step_by(1, State::Dismissed, note, &ann);
    let text = shown(&r);
    assert!(
        text.contains("*Dismissed* by <@U0123ABCD>: known &lt;!channel&gt;"),
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
        text.contains("Approved by <@U0123ABCD>; another person must approve too"),
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
    assert!(shown(&r).contains("*Needs a person*: no safe fix"));
    assert!(shown(&r).contains("*Next:* look at the node"));
    assert_eq!(buttons_of(&r), ["dismiss", "evidence"]);
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
        text.contains("*120 other objects affected.*") && text.contains("and 110 more"),
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
    assert_eq!(buttons_of(&r), ["approve", "dismiss", "evidence"]);
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
    assert_eq!(buttons_of(&r), ["dismiss", "evidence"]);
    let text = json!(message.content()).to_string();
    assert!(
        text.contains("more changed fields not shown here"),
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
fn a_notification_says_cluster_object_and_cause_in_150_characters() {
    let message = render(&record(), look());
    assert_eq!(
        message.text,
        "[prod] Deployment shop/web: web cannot pull app:2"
    );
    assert_eq!(
        message.plain,
        "[prod] Deployment shop/web: web cannot pull app:2 (high, inc-7). Waiting for approval. \
         Try /k8shawk show inc-7."
    );
    let mut r = record();
    let long = "a < b & `c` \u{1F525} ".repeat(50);
    r.finding.as_mut().unwrap().title = long.clone();
    r.incident.owner.name = long;
    let cluster = "arn:aws:eks:eu-central-1:123456789012:cluster/production-with-a-long-name";
    let installation = Installation::of(cluster, None, "database");
    let look = Look {
        installation: &installation,
        ..look()
    };
    let text = render(&r, look).text;
    assert!(text.chars().count() <= 150, "{text}");
    assert!(
        text.starts_with("[arn:aws:eks") && text.contains(": a &lt; b"),
        "{text}"
    );
}

/// The dialog of Approve.
fn dialog(record: &Record) -> String {
    let message = render(record, look());
    let row = json!(message.blocks.last().unwrap());
    row["elements"][0]["confirm"]["text"]["text"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn the_dialog_has_the_exact_command_or_says_where_it_is() {
    use crate::services::slack::thread::posts;
    let mut r = record();
    assert_eq!(
        dialog(&r),
        "kubectl -n shop set image deployment/web app=app:1"
    );
    assert!(
        posts(&r, ours())
            .iter()
            .all(|p| !p.key.starts_with("command/"))
    );
    let image = format!("registry.example/{}:1", "a".repeat(400));
    let candidate = &mut r.decision.as_mut().unwrap().candidates[0];
    candidate.fix = Fix::parse(
        "set-image",
        candidate.fix.target.clone(),
        &[("container", "app"), ("image", &image)].map(|(k, v)| (k.to_owned(), v.to_owned())),
    )
    .unwrap();
    let said = dialog(&r);
    assert!(
        said.contains("too long for this dialog") && said.contains("thread"),
        "{said}"
    );
    let posts = posts(&r, ours());
    let post = posts
        .iter()
        .find(|p| p.key == "command/1700000001000")
        .unwrap();
    let post = json!(post.content.message()).to_string();
    assert!(
        post.contains(&format!("app={image}")) && post.contains("app:2 -&gt; app:1"),
        "{post}"
    );
}

#[test]
fn who_may_approve_is_said_as_people_read_it() {
    use k8shawk_core::policy::ApprovalRule;
    let rule = |approvers: &[&str], count, why: &str| ApprovalRule {
        approvers: approvers.iter().map(|a| (*a).to_owned()).collect(),
        count,
        why: why.to_owned(),
    };
    let configured = ["U0001".to_owned(), "@example.com".to_owned()];
    for (rules, approvers, says) in [
        (vec![], &[][..], "Any member of this channel may approve"),
        (
            vec![],
            &configured[..],
            "Any of <@U0001>, anyone at example.com may approve",
        ),
        (
            vec![rule(&["S0456"], 1, "shop is in production")],
            &[][..],
            "<!subteam^S0456> may approve: shop is in production",
        ),
        (
            vec![rule(&["U0001", "U0002", "U0003"], 2, "four eyes")],
            &[][..],
            "2 of <@U0001>, <@U0002>, <@U0003> may approve: four eyes",
        ),
        (
            vec![rule(&[], 2, "four eyes")],
            &[][..],
            "2 members of this channel may approve",
        ),
        (
            vec![rule(&["<!here>"], 1, "x")],
            &[][..],
            "&lt;!here&gt; may approve: x",
        ),
    ] {
        let mut r = record();
        r.decision.as_mut().unwrap().candidates[0].ruling = Ruling::Approval(rules);
        let look = Look {
            approvers,
            ..look()
        };
        let text = json!(render(&r, look).content()).to_string();
        assert!(text.contains(says), "{says}: {text}");
    }
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
            .contains("approved by <@U0123ABCD>")
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
            .contains("*Undo proposed* as inc-9")
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
                body.contains("*prod · ") || body.contains("Cluster *prod*"),
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
