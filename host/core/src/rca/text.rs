//! Foreign text in Markdown, and times.

use crate::redact::redact;

/// Time as people read it, in UTC.
pub fn time(ms: i64) -> String {
    written(ms, "%Y-%m-%d %H:%M:%S UTC")
}

/// The time of day of a moment on the same day as `day`, else its date too; in UTC.
pub(super) fn clock(ms: i64, day: i64) -> String {
    let date = |ms| written(ms, "%Y-%m-%d");
    match date(ms) == date(day) {
        true => written(ms, "%H:%M:%S"),
        false => written(ms, "%Y-%m-%d %H:%M:%S"),
    }
}

fn written(ms: i64, form: &str) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|t| t.strftime(form).to_string())
        .unwrap_or_else(|_| ms.to_string())
}

/// `45 s`, `12 min 5 s`, `3 h 5 min`.
pub(super) fn duration(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Text of the cluster, safe inside a line of Markdown. What is escaped first hides secrets from
/// their patterns, so it is redacted first.
pub(super) fn inline(text: &str) -> String {
    let text = redact(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '`' | '*' | '_' | '<' | '>' | '[' | ']' | '|' | '#' | '\\' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Characters of a quotation that stands inside a line.
const QUOTED: usize = 160;

/// A quotation behind its source: inside the line where it is short, else as a block below.
pub(super) fn quoted(text: &str) -> String {
    let text = redact(text);
    let text = text.trim();
    let short = text.chars().count() <= QUOTED && !text.contains(['\n', '\r', '`']);
    match (text.is_empty(), short) {
        (true, _) => String::new(),
        (_, true) => format!(" `{text}`\n"),
        (_, false) => format!("\n\n{}", fenced(text)),
    }
}

/// A block of foreign text, fenced longer than any fence in it.
pub(super) fn fenced(text: &str) -> String {
    let text = redact(text);
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_cluster_cannot_become_markup() {
        assert_eq!(
            inline("# x\n[a](http://b) `c`"),
            "\\# x \\[a\\](http://b) \\`c\\`"
        );
        assert!(fenced("```\nrm -rf").starts_with("````text\n"));
        assert_eq!(quoted("a <b>\u{202e}"), " `a <b>`\n");
        assert!(quoted("a `b`").contains("```text\na `b`\n```"));
        assert!(quoted("a\nb").contains("```text\na\nb\n```"));
    }

    #[test]
    fn a_secret_is_hidden_before_it_is_escaped() {
        for text in [
            "it said ghp_0123456789abcdefghijABCDEFGHIJ012345",
            "DB_PASS=ghp_01",
            "pass\u{200b}word: ghp_01",
        ] {
            for shown in [inline(text), quoted(text)] {
                assert!(
                    !shown.contains("ghp") && shown.contains("redacted"),
                    "{shown}"
                );
            }
            assert!(!fenced(text).contains("ghp"), "{text}");
        }
    }

    #[test]
    fn times_of_one_day_are_short() {
        let day = 1_790_000_000_000;
        assert_eq!(time(day), "2026-09-21 14:13:20 UTC");
        assert_eq!(clock(day + 1000, day), "14:13:21");
        assert_eq!(clock(day - 86_400_000, day), "2026-09-20 14:13:20");
        assert_eq!(duration(105_000), "1 min 45 s");
        assert_eq!(duration(11_100_000), "3 h 5 min");
        assert_eq!(duration(-1), "0 s");
    }
}
