use rstest::rstest;
use serde_json::json;

use super::*;

fn rung(provider: Provider) -> RungSetup {
    RungSetup {
        provider,
        model: "m".into(),
        host: "h".into(),
        price: Default::default(),
        reasoning_names: false,
    }
}

fn received(status: u16, headers: &[(&str, &str)], body: &str) -> Received {
    let mut headers: Vec<_> = headers
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    headers.push(("content-type".into(), "application/json".into()));
    Received {
        status,
        headers,
        body: body.into(),
    }
}

fn turn(provider: Provider, body: Value) -> Result<Turn, Failure> {
    let ask = Body(String::new());
    read(
        &rung(provider),
        &ask,
        &received(200, &[], &body.to_string()),
    )
}

#[rstest]
#[case(json!({"choices": [{"message": {"content": null, "tool_calls": [{"function": {"name": "kubectl_get", "arguments": "{\"kind\":\"Pod\"}"}}]}}]}), 1, true)]
#[case(json!({"choices": [{"message": {"tool_calls": [{"id": "a", "function": {"name": "kubectl_get", "arguments": "{\""}}, {"id": "a", "function": {"name": "x:", "arguments": {}}}]}}], "new": 1}), 2, false)]
#[case(json!({"choices": [{"message": {"content": [{"type": "text", "text": "hm"}], "function_call": {"name": "kubectl_top", "arguments": ""}}}]}), 1, true)]
#[case(json!({"choices": [{"message": {"content": "no call"}}]}), 0, true)]
fn chat_answers_are_read_leniently(#[case] body: Value, #[case] calls: usize, #[case] good: bool) {
    let turn = turn(Provider::Groq, body).unwrap();
    assert_eq!(turn.calls.len(), calls);
    assert_eq!(turn.calls.first().is_none_or(|c| c.arguments.is_ok()), good);
    assert!(turn.usage.calls == 1 && turn.usage.tokens() > 0);
}

#[test]
fn blocks_of_a_message_are_read() {
    let turn = turn(Provider::Anthropic, json!({"content": [{"type": "thinking", "thinking": "x"}, {"type": "text", "text": "a"},
        {"type": "tool_use", "id": "t", "name": "kubectl_get", "input": {"kind": "Pod"}}],
        "usage": {"input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": 3}, "stop_reason": "max_tokens"}))
    .unwrap();
    assert_eq!(
        (turn.text.as_str(), turn.calls.len(), turn.cut),
        ("a", 1, true)
    );
    assert_eq!((turn.usage.input, turn.usage.output), (8, 7));
}

#[rstest]
#[case("<html>", "text/html")]
#[case("{\"choices\": [", "application/json")]
#[case("[]", "application/json")]
#[case("{\"choices\": []}", "application/json; charset=utf-8")]
fn what_is_no_answer_is_malformed(#[case] body: &str, #[case] kind: &str) {
    let headers = vec![("content-type".to_owned(), kind.to_owned())];
    let received = Received {
        status: 200,
        headers,
        body: body.into(),
    };
    let failure = read(&rung(Provider::Groq), &Body(String::new()), &received).unwrap_err();
    assert_eq!(failure.class(), "malformed");
}

#[rstest]
#[case(429, &[("retry-after", "2")], "{}", "rate-limited", Some(2000))]
#[case(429, &[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-remaining-requests", "9"), ("x-ratelimit-reset-tokens", "7.66s"), ("x-ratelimit-reset-requests", "1ms")], "{}", "rate-limited", Some(7660))]
#[case(429, &[], r#"{"error":{"message":"Rate limit reached: Limit 15000, Used 11972, Requested 4351. Please try again in 5.289s. See","code":"rate_limit_exceeded"}}"#, "rate-limited", Some(5289))]
#[case(429, &[], "slow down", "rate-limited", None)]
#[case(429, &[("retry-after", "9")], r#"{"error":{"message":"on tokens per minute (TPM): Limit 6000, Used 0, Requested 7351."}}"#, "too-large", None)]
#[case(413, &[], "", "too-large", None)]
#[case(400, &[], r#"{"error":{"message":"prompt is too long: 250000 tokens > 200000 maximum","type":"invalid_request_error"}}"#, "too-large", None)]
#[case(404, &[], r#"{"error":{"message":"The model `x` does not exist or you do not have access to it.","code":"model_not_found"}}"#, "retired", None)]
#[case(400, &[], r#"{"error":{"message":"The model `x` has been decommissioned","code":"model_decommissioned"}}"#, "retired", None)]
#[case(404, &[], r#"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#, "retired", None)]
#[case(400, &[], r#"{"error":{"message":"Failed to call a function.","code":"tool_use_failed","failed_generation":"<fn>"}}"#, "tool-use", None)]
#[case(401, &[], r#"{"error":{"message":"Incorrect API key provided"}}"#, "refused", None)]
#[case(529, &[], r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, "overloaded", None)]
#[case(503, &[], "Loading model", "overloaded", None)]
#[case(200, &[], r#"{"error":{"message":"odd"}}"#, "malformed", None)]
#[case(429, &[("date", "Thu, 26 Nov 2026 10:00:00 GMT"), ("retry-after", "Thu, 26 Nov 2026 10:00:07 GMT")], "{}", "rate-limited", Some(7000))]
#[case(429, &[("date", "Thu, 26 Nov 2026 10:00:00 GMT"), ("anthropic-ratelimit-tokens-remaining", "0"), ("anthropic-ratelimit-tokens-reset", "2026-11-26T10:00:03Z")], "{}", "rate-limited", Some(3000))]
#[case(429, &[("retry-after", "Thu, 26 Nov 2026 10:00:07 GMT")], "{}", "rate-limited", None)]
#[case(503, &[("retry-after", "3")], "{}", "overloaded", Some(3000))]
#[case(500, &[], "{}", "overloaded", None)]
#[case(302, &[], "", "rejected", None)]
fn refusals_have_a_class(
    #[case] status: u16,
    #[case] headers: &[(&str, &str)],
    #[case] body: &str,
    #[case] class: &str,
    #[case] wait: Option<u64>,
) {
    let failure = refusal(&received(status, headers, body));
    assert_eq!(failure.class(), class, "{failure}");
    assert_eq!(failure.retry_after_ms(), wait, "{failure}");
}

#[test]
fn a_key_in_a_refusal_is_not_repeated() {
    let failure = refusal(&received(
        401,
        &[],
        r#"{"error":{"message":"bad key sk-abcdefghijklmnop"}}"#,
    ));
    assert!(
        !failure.to_string().contains("abcdefghijklmnop"),
        "{failure}"
    );
}

#[test]
fn both_protocols_are_written_as_their_servers_want_them() {
    let mut egress = Egress::new("n", false);
    let call = Call {
        name: "kubectl_top".into(),
        arguments: Ok(json!({"pod": "p", "x": 1}).as_object().cloned().unwrap()),
    };
    let sent = sent(&call, "call_1".into(), &mut egress).unwrap();
    let result = ToolResult {
        id: "call_1".into(),
        text: egress.clean("5m"),
        error: false,
    };
    let messages = [
        Message::User(egress.clean("q")),
        Message::Assistant {
            text: egress.clean(""),
            calls: vec![sent],
        },
        Message::Results(vec![result]),
        Message::User(egress.clean("go on")),
    ];
    let system = egress.clean("s");
    let ask = Ask {
        system: &system,
        messages: &messages,
        answer_tokens: 9,
        temperature: 20,
    };
    let chat: Value = serde_json::from_str(body(&rung(Provider::Groq), &ask).as_str()).unwrap();
    assert_eq!(
        chat["messages"][2],
        json!({"role": "assistant", "content": "", "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "kubectl_top", "arguments": "{\"pod\":\"p\"}"}}]})
    );
    assert_eq!(
        chat["messages"][3],
        json!({"role": "tool", "tool_call_id": "call_1", "content": "5m"})
    );
    let other: Value =
        serde_json::from_str(body(&rung(Provider::Anthropic), &ask).as_str()).unwrap();
    assert_eq!(other["messages"].as_array().unwrap().len(), 3);
    assert_eq!(
        other["messages"][1]["content"][0]["input"],
        json!({"pod": "p"})
    );
    assert_eq!(
        other["messages"][2]["content"][1],
        json!({"type": "text", "text": "go on"})
    );
}
