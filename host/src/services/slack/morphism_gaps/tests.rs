//! What Slack sends, beside what the library makes of it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use slack_morphism::api::*;

use super::*;

fn fits<T: DeserializeOwned>(value: &Value) -> bool {
    T::deserialize(value).is_ok()
}

/// What somebody else posted: its metadata is of any form.
fn page() -> Value {
    json!({"ok": true, "has_more": true, "response_metadata": {"next_cursor": "c2"},
        "messages": [
            {"type": "message", "ts": "1.1", "text": "t", "metadata": {"event_type": "deploy",
                "event_payload": {"commits": [1, 2], "nested": {"a": null}}}},
            {"type": "message", "ts": "1.2", "text": "t", "metadata": {"event_type": "k8shawk_effect",
                "event_payload": {"key": "0123456789abcdef/message/inc-7/0"}}}]})
}

#[test]
fn a_page_of_messages_is_read_whatever_others_put_into_theirs() {
    assert!(!fits::<SlackApiConversationsHistoryResponse>(&page()));
    assert!(!fits::<SlackApiConversationsRepliesResponse>(&page()));
    let read = Messages::deserialize(page()).unwrap();
    let key = read.messages[1].metadata.pointer("/event_payload/key");
    assert_eq!(key, Some(&json!("0123456789abcdef/message/inc-7/0")));
    assert_eq!(next(read.response_metadata).as_deref(), Some("c2"));
    let last = json!({"messages": [], "response_metadata": {"next_cursor": ""}});
    assert_eq!(
        next(Messages::deserialize(last).unwrap().response_metadata),
        None
    );
}

#[test]
fn a_post_that_was_accepted_is_accepted_whatever_comes_back_with_it() {
    let answer = json!({"ok": true, "channel": "C1", "ts": "1.1", "message": {"text": "t",
        "attachments": [{"id": 1, "fields": null, "blocks": null, "mrkdwn_in": "text"}]}});
    assert!(!fits::<SlackApiChatPostMessageResponse>(&answer));
    assert!(!fits::<SlackApiChatUpdateResponse>(&answer));
    let accepted = Accepted::deserialize(answer).unwrap();
    assert_eq!(
        (accepted.channel.0, accepted.ts.0),
        ("C1".into(), "1.1".into())
    );
}

#[test]
fn the_organisation_and_the_scopes_of_a_token_are_read() {
    let answer = json!({"ok": true, "url": "https://w.slack.com/", "team": "W", "user": "k8shawk",
        "team_id": "T1", "user_id": "U1", "enterprise_id": "E1", "x-oauth-scopes": "chat:write, commands"});
    let typed = SlackApiAuthTestResponse::deserialize(&answer).unwrap();
    assert_eq!(
        serde_json::to_value(typed).unwrap().get("enterprise_id"),
        None
    );
    let whoami = WhoAmI::deserialize(answer).unwrap();
    assert_eq!(whoami.enterprise_id.as_deref(), Some("E1"));
    assert_eq!(whoami.scopes(), ["chat:write", "commands"]);
}

#[test]
fn a_channel_says_who_else_reads_it() {
    let channel = json!({"id": "C1", "name": "incidents", "created": 1, "is_member": true, "is_ext_shared": true});
    let typed = slack_morphism::SlackChannelInfo::deserialize(&channel).unwrap();
    assert_eq!(
        serde_json::to_value(typed).unwrap().get("is_ext_shared"),
        None
    );
    let read = Channel::deserialize(channel).unwrap();
    assert!(read.is_ext_shared && read.is_member && !read.is_archived);
    let listed = json!({"ok": true, "channels": [{"id": "C1", "name": "incidents"}]});
    assert!(!fits::<SlackApiConversationsListResponse>(&listed));
    assert_eq!(Channels::deserialize(listed).unwrap().channels.len(), 1);
}

#[test]
fn a_file_says_where_it_is_shared() {
    let answer =
        json!({"ok": true, "file": {"id": "F1", "shares": {"public": {"C1": [{"ts": "1.1"}]}}}});
    let typed = SlackApiFilesInfoResponse::deserialize(&answer).unwrap();
    assert_eq!(
        serde_json::to_value(typed.file).unwrap().get("shares"),
        None
    );
    let read = FileInfo::deserialize(answer).unwrap();
    assert!(read.file.shares["public"].get("C1").is_some());
}

#[test]
fn a_user_says_all_that_makes_an_outsider() {
    let answer = json!({"ok": true, "user": {"id": "U1", "is_workflow_bot": true, "is_external": true,
        "is_email_confirmed": true}});
    let typed = SlackApiUsersInfoResponse::deserialize(&answer).unwrap();
    let typed = serde_json::to_value(typed.user).unwrap();
    for flag in ["is_workflow_bot", "is_external", "is_email_confirmed"] {
        assert_eq!(typed.get(flag), None, "{flag}");
    }
    assert_eq!(
        UserInfo::deserialize(&answer).unwrap().user,
        answer.get("user").cloned()
    );
}

#[test]
fn a_click_is_read_where_the_library_fails() {
    use crate::services::slack::payload::tests::click;
    use slack_morphism::events::SlackInteractionEvent;
    let whole = |change: &dyn Fn(&mut Value)| {
        let mut value = click("evidence", "v");
        value["team"] = json!({"id": "T1", "domain": "d"});
        change(&mut value);
        value
    };
    assert!(fits::<SlackInteractionEvent>(&whole(&|_| {})));
    for change in [
        &(|v: &mut Value| v["team"] = json!(null)) as &dyn Fn(&mut Value),
        &|v| v["container"]["type"] = json!("canvas"),
        &|v| {
            v["message"]["metadata"] =
                json!({"event_type": "t", "event_payload": {"nested": {"a": 1}}});
        },
    ] {
        let value = whole(change);
        assert!(!fits::<SlackInteractionEvent>(&value), "{value}");
        assert!(interaction(&value).is_ok(), "{value}");
    }
}

#[test]
fn a_mention_by_a_bot_is_told_from_one_by_a_person() {
    use slack_morphism::events::{SlackAppMentionEvent, SlackEventCallbackBody};
    let mention = |more: Value| {
        let mut event = json!({"type": "app_mention", "user": "U1", "channel": "C1", "text": "why?",
            "ts": "1.2", "metadata": {"event_type": "t", "event_payload": {"n": 1}}});
        event
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"type": "event_callback", "event_id": "Ev1", "event": event})
    };
    let person = mention(json!({}));
    assert!(
        !fits::<SlackAppMentionEvent>(&person["event"]),
        "its metadata is more than strings"
    );
    assert!(
        matches!(event(&person), Ok((SlackEventCallbackBody::AppMention(_), id)) if id == "Ev1")
    );
    for of_bot in [json!({"bot_id": "B1"}), json!({"subtype": "bot_message"})] {
        let mut of_bot = mention(of_bot);
        assert!(event(&of_bot).is_err());
        // The library does not tell.
        of_bot["event"]["metadata"] = json!(null);
        let typed = SlackAppMentionEvent::deserialize(&of_bot["event"]).unwrap();
        let typed = serde_json::to_value(typed).unwrap();
        assert!(typed.get("bot_id").is_none() && typed.get("subtype").is_none());
    }
}
