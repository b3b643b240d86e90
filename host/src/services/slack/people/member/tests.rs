use rstest::rstest;
use serde_json::json;

use super::*;

/// A full member as `users.info` shows one.
fn member() -> Value {
    json!({"id": "U1", "team_id": "T1", "name": "ann", "deleted": false, "is_admin": false,
        "is_owner": false, "is_primary_owner": false, "is_restricted": false,
        "is_ultra_restricted": false, "is_bot": false, "is_app_user": false,
        "is_email_confirmed": true, "profile": {"email": "a@evil@Example.com"}})
}

fn found(answer: Value) -> Option<Team> {
    Team::of(&serde_json::from_value(answer).unwrap())
}

/// The member with other fields; null takes one away.
fn with(more: Value) -> Result<Standing, Outsider> {
    let mut user = member();
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => drop(user.as_object_mut().unwrap().remove(name)),
            value => user[name] = value.clone(),
        }
    }
    let team = found(json!({"team_id": "T1", "enterprise_id": null})).unwrap();
    standing(Some(&user), "U1", &team)
}

#[test]
fn a_full_member_is_one_and_has_a_confirmed_address() {
    assert_eq!(
        with(json!({})).unwrap().domain.as_deref(),
        Some("example.com")
    );
    assert!(with(json!({"is_admin": true, "is_app_user": true})).is_ok());
    for unconfirmed in [
        json!({"is_email_confirmed": false}),
        json!({"is_email_confirmed": null}),
        json!({"is_email_confirmed": "true"}),
        json!({"profile": {}}),
    ] {
        assert_eq!(with(unconfirmed).unwrap().domain, None);
    }
}

#[rstest]
#[case(json!({"deleted": true}), Outsider::Deactivated)]
#[case(json!({"is_forgotten": true}), Outsider::Deactivated)]
#[case(json!({"is_bot": true}), Outsider::Bot)]
#[case(json!({"is_workflow_bot": true}), Outsider::Bot)]
#[case(json!({"is_connector_bot": true}), Outsider::Bot)]
#[case(json!({"profile": {"bot_id": "B1"}}), Outsider::Bot)]
#[case(json!({"is_restricted": true}), Outsider::Guest)]
#[case(json!({"is_ultra_restricted": true}), Outsider::Guest)]
#[case(json!({"is_invited_user": true}), Outsider::Guest)]
#[case(json!({"is_stranger": true}), Outsider::Foreign)]
#[case(json!({"is_external": true}), Outsider::Foreign)]
#[case(json!({"team_id": "T2"}), Outsider::Foreign)]
#[case(json!({"team_id": "T2", "is_stranger": false}), Outsider::Foreign)]
#[case(json!({"enterprise_user": {"enterprise_id": "E2", "teams": ["T1"]}}), Outsider::Foreign)]
#[case(json!({"id": "U2"}), Outsider::Unseen)]
#[case(json!({"id": null}), Outsider::Unseen)]
fn everybody_else_is_an_outsider(#[case] more: Value, #[case] outsider: Outsider) {
    assert_eq!(with(more), Err(outsider));
}

#[rstest]
#[case("deleted")]
#[case("is_bot")]
#[case("is_restricted")]
#[case("is_ultra_restricted")]
fn a_flag_that_is_missing_or_of_another_form_counts_against_them(#[case] name: &'static str) {
    for value in [json!(null), json!(0), json!("false"), json!([])] {
        assert_eq!(with(json!({name: value})), Err(Outsider::Unsaid(name)));
    }
}

#[test]
fn an_answer_without_a_user_or_a_workspace_shows_nobody() {
    let team = found(json!({"team_id": "T1"})).unwrap();
    assert_eq!(standing(None, "U1", &team), Err(Outsider::Unseen));
    assert_eq!(
        standing(Some(&json!({})), "U1", &team),
        Err(Outsider::Unseen)
    );
    let unsaid = Outsider::Unsaid("your workspace");
    assert_eq!(with(json!({"team_id": null})), Err(unsaid));
    assert_eq!(found(json!({"team_id": ""})), None);
}

#[rstest]
#[case(json!({"team_id": "T1", "enterprise_user": {"enterprise_id": "E1", "teams": []}}), true)]
#[case(json!({"team_id": "T9", "enterprise_user": {"enterprise_id": "E1", "teams": ["T1"]}}), true)]
#[case(json!({"team_id": "T9", "enterprise_user": {"enterprise_id": "E1", "teams": ["T9"]}}), false)]
#[case(json!({"team_id": "T9", "enterprise_user": {"enterprise_id": "E2", "teams": ["T1"]}}), false)]
#[case(json!({"team_id": "T1", "enterprise_user": {"enterprise_id": "E2", "teams": ["T1"]}}), false)]
#[case(json!({"team_id": "T9"}), false)]
#[case(json!({"team_id": "T1"}), true)]
fn within_an_organisation_the_workspace_counts(#[case] user: Value, #[case] ours: bool) {
    let team = found(json!({"team_id": "T1", "enterprise_id": "E1"})).unwrap();
    assert_eq!(team.has(&user), ours);
}

#[test]
fn a_name_comes_from_the_profile_and_is_cut_and_plain() {
    let called = |profile: Value| with(json!({"profile": profile})).unwrap().called;
    let both = json!({"real_name": "Ann Example", "display_name": "ann"});
    assert_eq!(called(both).as_deref(), Some("Ann Example"));
    let shown = json!({"real_name": "", "display_name": "ann"});
    assert_eq!(called(shown).as_deref(), Some("ann"));
    for none in [
        json!({}),
        json!({"real_name": 7}),
        json!({"real_name": "\u{200b} \n"}),
    ] {
        assert_eq!(called(none), None);
    }
    let long = called(json!({"real_name": format!("a\n\u{202e}{}", "b".repeat(500))})).unwrap();
    assert!(
        long.starts_with("a b") && long.chars().count() <= 60,
        "{long}"
    );
}
