//! The messages that the chapter on troubleshooting quotes.

use k8shawk_tests::markdown::{holds, quoted};

use super::pages::one;
use super::sources;

/// How far two parts of a message may be apart in the code: what stands between is a placeholder.
const FAR: usize = 120;

/// Messages in the first column of tables that begin with a column of messages.
fn messages(text: &str) -> Vec<String> {
    let (mut found, mut table) = (Vec::new(), false);
    for line in text.lines() {
        let cell = line.split(" | ").next().unwrap_or(line);
        match line.starts_with('|') {
            false => table = false,
            true if line.starts_with("| message |") => table = true,
            true if table => found.extend(quoted(cell).map(str::to_owned)),
            true => {}
        }
    }
    found
}

#[test]
fn each_message_of_the_troubleshooting_chapter_is_in_the_code() {
    let (page, said) = (
        one("docs/src/troubleshooting.md".to_owned()),
        sources::said(),
    );
    let all = messages(&page.text);
    assert!(all.len() > 40, "{} messages", all.len());
    let missing: Vec<&String> = all.iter().filter(|m| !holds(&said, m, FAR)).collect();
    assert!(missing.is_empty(), "no code says: {missing:#?}");
}

#[test]
fn a_message_that_drifted_is_seen() {
    let said = r#"format!("the plugin exceeded its {limit:?} (limits.deadline_ms)")"#;
    assert!(holds(
        said,
        "the plugin exceeded its ... (limits.deadline_ms)",
        FAR
    ));
    for drifted in [
        "the plugin used all of its ... (limits.deadline_ms)",
        "the plugin exceeded its ... (deadline_ms)",
        "(limits.deadline_ms) ... the plugin exceeded its",
        "...",
    ] {
        assert!(!holds(said, drifted, FAR), "{drifted}");
    }
}
