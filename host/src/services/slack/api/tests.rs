//! The client of the library over our transport, against a listener that keeps what it is sent.

use slack_morphism::api::{SlackApiFilesUploadViaUrlRequest, SlackApiUserGroupsUsersListRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::services::slack::morphism_gaps::UserInfo;

/// A server that answers every request with this, and what it was sent.
async fn server(answer: &str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/api", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 65_536];
        let mut length = stream.read(&mut heard).await.unwrap();
        // The body may come apart from the head.
        let more = stream.read(&mut heard[length..]);
        length += tokio::time::timeout(Duration::from_millis(100), more)
            .await
            .map_or(0, Result::unwrap);
        let _ = stream.write_all(answer.as_bytes()).await;
        String::from_utf8_lossy(&heard[..length]).into_owned()
    });
    (base, heard)
}

fn said(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn api(base: &str) -> Api {
    let pace = Pace::new(Rates::default());
    Api::new(http().unwrap(), base, Token::new("xoxb-secret"), pace)
}

#[tokio::test]
async fn what_a_read_asks_is_in_the_body_and_never_in_the_address() {
    let (base, heard) = server(&said(r#"{"ok":true,"user":{}}"#)).await;
    let asked = [("user", Some("U0123")), ("cursor", None)];
    let _: UserInfo = api(&base).read("users.info", &asked).await.unwrap();
    let heard = heard.await.unwrap();
    assert!(heard.starts_with("POST /api/users.info HTTP"), "{heard}");
    assert!(heard.ends_with("\r\n\r\nuser=U0123"), "{heard}");
    assert!(heard.contains("Bearer xoxb-secret"), "{heard}");
}

#[tokio::test]
async fn what_is_written_is_redacted_whoever_wrote_it() {
    let (base, heard) = server(&said(r#"{"ok":true}"#)).await;
    let secret = "AKIAIOSFODNN7EXAMPLE";
    let body = serde_json::json!({"text": format!("key {secret}")});
    let Answered {} = api(&base).write("chat.update", &body).await.unwrap();
    let heard = heard.await.unwrap();
    assert!(heard.contains("key ") && !heard.contains(secret), "{heard}");
}

#[tokio::test]
async fn bytes_go_to_their_ticket_without_the_token() {
    let (base, heard) = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK").await;
    let url = format!("{base}/upload/1").parse().unwrap();
    let ticket = slack_morphism::SlackFileUploadUrl(url);
    let request = SlackApiFilesUploadViaUrlRequest::new(ticket, b"abc".to_vec(), "a/b".into());
    let api = api(&base);
    api.session().files_upload_via_url(&request).await.unwrap();
    let heard = heard.await.unwrap();
    assert!(heard.ends_with("abc") && !heard.contains("xoxb"), "{heard}");
}

#[tokio::test]
async fn an_answer_goes_to_slack_alone_and_without_the_token() {
    let (base, heard) = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let api = api(&base);
    let body = serde_json::json!({"text": "t"});
    for elsewhere in ["https://evil.example/", "http://127.0.0.1:1/", "no address"] {
        let refused = api.respond(elsewhere, &body).await.unwrap_err();
        assert_eq!(refused.code(), "untrusted_response_url", "{elsewhere}");
    }
    let ours = format!("{base}/actions/U1");
    api.respond(&ours, &body).await.unwrap();
    let heard = heard.await.unwrap();
    assert!(heard.starts_with("POST /api/actions/U1 ") && !heard.contains("xoxb"));
}

#[tokio::test]
async fn what_slack_says_comes_back_as_an_error_of_ours() {
    let refusal = r#"{"ok":false,"error":"missing_scope","needed":"usergroups:read"}"#;
    let limited = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
    let strange = said(r#"{"ok":true,"users":"all of them, xoxb-other"}"#);
    let huge = said(&"x".repeat(5 << 20));
    for (answer, says) in [
        (
            said(refusal),
            "Slack returned missing_scope, needs usergroups:read",
        ),
        (limited.to_owned(), "rate limited by Slack, retry in 7 s"),
        (strange, "Slack error: unexpected response"),
        (huge, "Slack error: response too large"),
        (
            said("<html>"),
            "Slack error: HTTP 200 OK, not JSON; check slack.api_url",
        ),
    ] {
        let (base, _heard) = server(&answer).await;
        let asked = SlackApiUserGroupsUsersListRequest::new("S1".into());
        let api = api(&base);
        let session = api.session();
        let error = session.usergroups_users_list(&asked).await.unwrap_err();
        let error = ApiError::from(error);
        assert!(error.to_string().starts_with(says), "{error}");
        assert!(!format!("{error:?}").contains("xoxb"), "{error:?}");
    }
    let nowhere = api("no address").test().await.unwrap_err();
    assert!(matches!(nowhere, ApiError::Unreachable(_)), "{nowhere}");
}
