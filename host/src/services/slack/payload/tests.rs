use k8shawk_core::Installation;
use k8shawk_core::approval::Question;
use rstest::rstest;
use serde_json::json;

use super::*;

/// A click as Slack sends it.
pub(crate) fn click(action: &str, value: &str) -> Value {
    json!({"type": "block_actions", "team": null,
        "user": {"id": "U0123ABCD", "username": "u", "name": "u", "team_id": "T1"},
        "api_app_id": "A1", "token": "deprecated",
        "container": {"type": "message_attachment", "message_ts": "1548261231.000200",
            "channel_id": "C0123", "is_ephemeral": false, "attachment_id": 1},
        "trigger_id": "1.2.3", "enterprise": null, "is_enterprise_install": false,
        "channel": {"id": "C0123", "name": "g"},
        "message": {"type": "message", "ts": "1548261231.000200", "text": "t", "blocks": []},
        "state": {"values": {}}, "response_url": "https://hooks.slack.com/actions/T/1/x",
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value,
            "text": {"type": "plain_text", "text": "Go"}, "action_ts": "1548426417.840180"}]})
}

/// What a button of another installation than any of the tests carries.
const EVIDENCE: &str = r#"{"h":"0123456789abcdef","i":"inc-7"}"#;

#[test]
fn a_click_becomes_what_it_asks() {
    let Ok(Inbound::Pressed {
        user,
        place,
        installation,
        press,
        ..
    }) = interaction(&click("evidence", EVIDENCE))
    else {
        panic!("not understood");
    };
    let incident = "inc-7".to_owned();
    assert_eq!(
        (user.as_str(), press),
        ("U0123ABCD", Press::Evidence { incident })
    );
    assert_eq!(installation, "0123456789abcdef");
    assert_eq!(place.thread.as_deref(), Some("1548261231.000200"));
}

#[test]
fn an_answer_to_one_person_alone_has_no_thread() {
    let mut value = click("evidence", EVIDENCE);
    value["container"]["is_ephemeral"] = json!(true);
    let Ok(Inbound::Pressed { place, .. }) = interaction(&value) else {
        panic!("not understood");
    };
    assert_eq!(place.thread, None);
}

#[test]
fn a_button_brings_back_what_it_was_given() {
    let ours = Installation::of("prod", Some("uid"), "db");
    let incident = || "inc-7".to_owned();
    let shown = Question {
        digest: "0".repeat(64),
        asked_at: 5,
    };
    for press in [
        Press::Approve {
            incident: incident(),
            shown,
        },
        Press::Dismiss {
            incident: incident(),
        },
        Press::Evidence {
            incident: incident(),
        },
        Press::Undo {
            incident: incident(),
        },
        Press::Mute {
            what: "shop".into(),
            minutes: 60,
        },
    ] {
        let back = Press::parse(press.action(), &press.value(&ours)).unwrap();
        assert_eq!(back, (ours.id().to_owned(), press));
    }
}

#[rstest]
#[case("approve", r#"{"h":"0123456789abcdef","i":"inc-7"}"#)]
#[case("evidence", r#"{"i":"inc-7"}"#)]
#[case("evidence", r#"{"h":"","i":"inc-7"}"#)]
#[case("evidence", r#"{"h":"0123456789abcdeZ","i":"inc-7"}"#)]
#[case("evidence", r#"{"h":"0123456789abcdef","i":"inc-7","t":5}"#)]
#[case("mute", r#"{"h":"0123456789abcdef","i":"inc-7"}"#)]
#[case("mute", r#"{"h":"0123456789abcdef","m":"shop","t":0}"#)]
#[case("mute", r#"{"h":"0123456789abcdef","m":"<!here>","t":5}"#)]
#[case("exec", r#"{"h":"0123456789abcdef","i":"inc-7"}"#)]
fn what_no_button_of_ours_carries_asks_nothing(#[case] action: &str, #[case] value: &str) {
    assert_eq!(Press::parse(action, value), None);
}

#[test]
fn what_slack_does_not_send_is_refused() {
    let bad = |change: &dyn Fn(&mut Value)| {
        let mut value = click("evidence", EVIDENCE);
        change(&mut value);
        assert!(interaction(&value).is_err(), "{value}");
    };
    bad(&|v| v["user"]["id"] = json!("root"));
    bad(&|v| v["user"] = json!(null));
    bad(&|v| v["channel"]["id"] = json!("<!channel>"));
    bad(&|v| v["channel"] = json!(null));
    bad(&|v| v["actions"] = json!([]));
    bad(&|v| v["actions"][0]["action_id"] = json!("exec"));
    bad(&|v| v["actions"][0]["value"] = json!("inc-7"));
    bad(&|v| v["actions"][0]["value"] = json!(EVIDENCE.replace('}', ",\"x\":1}")));
    bad(&|v| v["actions"][0]["value"] = json!(EVIDENCE.replace("inc-7", "inc-7; rm")));
    bad(&|v| v["actions"][0]["value"] = json!(EVIDENCE.replace('}', ",\"d\":\"zz\"}")));
    bad(&|v| v["trigger_id"] = json!(null));
    bad(&|v| v["type"] = json!("new_thing"));
    bad(&|v| {
        let twice = v["actions"][0].clone();
        v["actions"].as_array_mut().unwrap().push(twice);
    });
}

#[test]
fn a_form_with_two_payloads_is_refused() {
    assert_eq!(
        form(b"payload=1&payload=2"),
        Err(ParseError::Form("a form of Slack"))
    );
    assert_eq!(
        interaction_form(b"payload=%7B"),
        Err(ParseError::Form("JSON"))
    );
    assert_eq!(interaction_form(b""), Err(ParseError::Field("payload")));
}

#[test]
fn the_modal_brings_back_where_it_was_opened() {
    let place = Place {
        channel: "C0123".into(),
        thread: Some("1.2".into()),
        response_url: None,
    };
    let ours = Installation::of("prod", None, "db");
    let private = private(&ours, "inc-7", &place);
    let value = json!({"type": "view_submission", "user": {"id": "U0123"},
        "view": {"callback_id": "dismiss", "private_metadata": private,
            "state": {"values": {"reason": {"text": {"type": "plain_text_input",
                "value": "known\u{1b}"}}}}}});
    let parsed = interaction(&value).unwrap();
    assert_eq!(
        parsed,
        Inbound::Reason {
            user: "U0123".into(),
            place,
            installation: ours.id().to_owned(),
            incident: "inc-7".into(),
            reason: "known".into(),
        }
    );
}

#[test]
fn a_mention_loses_our_name_and_bots_are_not_answered() {
    let mut value = json!({"type": "event_callback", "event_id": "Ev1", "event": {
        "type": "app_mention", "user": "U0123", "text": "<@U0BOT1> why?", "ts": "1.2",
        "thread_ts": "1.1", "channel": "C0123"}});
    let (parsed, id) = event(&value).unwrap();
    assert_eq!(id, "Ev1");
    assert!(
        matches!(parsed, Inbound::Mention { ref text, ref place, .. }
        if text == "why?" && place.thread.as_deref() == Some("1.1"))
    );
    value["event"]["bot_id"] = json!("B1");
    assert_eq!(event(&value), Err(ParseError::Unused("a post of a bot")));
}
