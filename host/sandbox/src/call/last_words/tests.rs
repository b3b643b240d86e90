use rstest::rstest;

use super::*;

fn said(lines: &str) -> Option<Said> {
    let mut words = LastWords::default();
    lines.lines().for_each(|line| words.hear(line));
    words.said()
}

const NOTE: &str = "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace";

/// What the toolchains of `plugin new` wrote, word for word.
#[rstest]
#[case::javascript_throws(
    "\nthread '<unnamed>' (1) panicked at crates/runtime/src/interpreter.rs:51:31:\nFailed to call 'judge': Exception(Exception { message: Some(\"limit is not defined\"), stack: Some(\"    at judge (/build/policy.js:9:53)\\n\") })",
    "policy.js:9: limit is not defined"
)]
#[case::javascript_throws_a_text(
    "thread '<unnamed>' (1) panicked at crates/runtime/src/interpreter.rs:51:31:\nFailed to call 'judge': Value(String(Ok(\"just a \\\"text\\\"\")))",
    "just a \"text\""
)]
#[case::javascript_returns_an_unknown_case(
    "thread '<unnamed>' (1) panicked at crates/runtime/src/call.rs:283:18:\ninvalid variant: Exception(Exception { message: Some(\"unknown variant tag: grant\"), stack: Some(\"\") })",
    "invalid variant: unknown variant tag: grant"
)]
#[case::javascript_returns_nothing(
    "thread '<unnamed>' (1) panicked at crates/runtime/src/call.rs:283:18:\ninvalid variant: Error(FromJs { from: \"undefined\", to: \"variant\", message: None })",
    "undefined where variant is expected"
)]
#[case::javascript_returns_another_type(
    "thread '<unnamed>' (1) panicked at crates/runtime/src/call.rs:200:18:\nexpected string: FromJs { from: \"int\", to: \"string\", message: None }",
    "int where string is expected"
)]
#[case::javascript_throws_codes_of_a_terminal(
    "thread '<unnamed>' (1) panicked at crates/runtime/src/interpreter.rs:51:31:\nFailed to call 'judge': Exception(Exception { message: Some(\"\\u{1b}[2Jgone\\nand more\"), stack: Some(\"    at judge (/build/policy.js:9:53)\\n\") })",
    "policy.js:9: gone and more"
)]
#[case::python_raises(
    "Traceback (most recent call last):\n  File \"/0/policy.py\", line 30, in judge\n  File \"/0/policy.py\", line 12, in limit\nValueError: my own fault\n\nthread '<unnamed>' (1) panicked at runtime/src/lib.rs:1280:25:\nPython function threw an unexpected exception",
    "policy.py:12: ValueError: my own fault"
)]
#[case::python_returns_another_type(
    "thread '<unnamed>' (1) panicked at runtime/src/lib.rs:1494:89:\ncalled `Result::unwrap()` on an `Err` value: PyErr { type: <class 'TypeError'>, value: TypeError(\"'int' object\"), traceback: None }",
    "called `Result::unwrap()` on an `Err` value: PyErr { type: <class 'TypeError'>, value: TypeError(\"'int' object\"), traceback: None }"
)]
#[case::go_panics(
    "panic: my own fault\ngoroutine 1 [running]:\nwit_component/export_k8shawk_policy_policy.Judge({{0x28e028, 0x5}, ...)\n\twit_component/export_k8shawk_policy_policy/policy.go:23 +0x3c\nmain.wasm_export_k8shawk_policy_policy_judge(0x2d2000)\n\twit_component/wit_exports.go:91 +0x55",
    "policy.go:23: my own fault"
)]
#[case::go_waits_for_ever(
    "fatal error: all goroutines are asleep - deadlock!\ngoroutine 1 [chan receive]:\nexport.Judge(...)\n wit_component/export_k8shawk_policy_policy/policy.go:29 +0x30",
    "policy.go:29: all goroutines are asleep - deadlock!"
)]
#[case::rust_panics_and_a_hook_says_so(
    "panicked at src/lib.rs:9:5:\nno rule for a Job",
    "lib.rs:9: no rule for a Job"
)]
#[case::rust_panics(
    "thread '<unnamed>' panicked at src/lib.rs:9:5:\nno rule for a Job",
    "lib.rs:9: no rule for a Job"
)]
fn the_message_of_each_language_is_found(#[case] lines: &str, #[case] why: &str) {
    let lines = format!("a line before\n{lines}\n{NOTE}");
    assert_eq!(said(&lines), Some(Said::Why(why.to_owned())));
}

#[test]
fn what_is_no_report_is_shown_from_its_end() {
    assert_eq!(said("\n \n"), None);
    let wrote = Said::Wrote("two | three | four".to_owned());
    assert_eq!(said("one\ntwo\n\nthree\nfour\n"), Some(wrote));
}

#[test]
fn codes_of_a_terminal_and_secrets_are_no_part_of_it_and_its_length_is_bounded() {
    let Some(Said::Wrote(text)) =
        said("\u{1b}[2Jgone\rback token=ghp_0123456789abcdefghijABCDEFGHIJ012345")
    else {
        panic!("it wrote something")
    };
    assert!(text.contains("gone back"), "{text:?}");
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(!text.contains("ghp_"), "{text:?}");
    for line in ["x".repeat(1 << 20), "\u{e4}".repeat(1 << 20)] {
        let mut words = LastWords::default();
        (0..100).for_each(|_| words.hear(&line));
        let Some(Said::Wrote(text)) = words.said() else {
            panic!("it wrote something")
        };
        assert_eq!(text.chars().count(), SHOWN + 3);
    }
    // A report too.
    let long = format!("panic: {}", "y".repeat(10_000));
    let Some(Said::Why(text)) = said(&long) else {
        panic!("it is a report")
    };
    assert_eq!(text.chars().count(), SHOWN + 3);
}
