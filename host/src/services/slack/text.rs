//! The one door for text that goes to Slack: redacted, without control characters, escaped,
//! and cut to its limit.

use k8shawk_core::redact::redact;
use k8shawk_core::{ELLIPSIS, shorten};

/// Text without secrets and control characters; line ends stay.
pub fn clean(text: &str) -> String {
    redact(text).replace('\t', " ")
}

/// At most `limit` characters; where it is longer, an ellipsis says so.
pub fn cut(text: &str, limit: usize) -> String {
    shorten(text, limit).into_owned()
}

/// Escape what Slack reads as markup of mentions, links and entities. `limit` counts escaped
/// characters, and no entity is cut in two.
fn escape(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut room = limit;
    let mut left = text.chars().count();
    for c in text.chars() {
        let (piece, width) = match c {
            '&' => ("&amp;", 5),
            '<' => ("&lt;", 4),
            '>' => ("&gt;", 4),
            _ => ("", 1),
        };
        // One place is kept for the mark of the cut, except for the very last character.
        let reserve = usize::from(left > 1);
        if room < width + reserve {
            out.push(ELLIPSIS);
            return out;
        }
        room -= width;
        left -= 1;
        if piece.is_empty() {
            out.push(c)
        } else {
            out.push_str(piece)
        }
    }
    out
}

/// Foreign text inside a line of mrkdwn: no mention, no link, no bold, no code.
pub fn inline(text: &str, limit: usize) -> String {
    let flat: String = clean(text)
        .chars()
        .map(|c| match c {
            '\n' => ' ',
            // A mark of our own cannot be closed or opened by foreign text.
            '`' => '\'',
            '*' => '\u{2217}',
            '_' => '_',
            '~' => '\u{223c}',
            c => c,
        })
        .collect();
    escape(flat.trim(), limit)
}

/// Foreign text in which lines stay lines.
pub fn lines(text: &str, limit: usize) -> String {
    escape(clean(text).trim_end(), limit)
}

/// A line of foreign text as code: in it nothing but a backtick is a mark.
pub fn code(text: &str, limit: usize) -> String {
    let flat = clean(text).replace('\n', " ").replace('`', "'");
    let inner = escape(flat.trim(), limit.saturating_sub(2));
    if inner.is_empty() {
        String::new()
    } else {
        format!("`{inner}`")
    }
}

/// Foreign text as a code block; a fence in it is broken up.
pub fn block(text: &str, limit: usize) -> String {
    let safe = clean(text).replace("```", "\u{2cb}\u{2cb}\u{2cb}");
    format!("```{}```", escape(safe.trim_end(), limit.saturating_sub(6)))
}

/// Characters of a text once it is escaped.
pub fn width(text: &str) -> usize {
    escape(&clean(text), usize::MAX).chars().count()
}

/// Plain text of a button, a title or a notification: never markup, so not escaped.
pub fn plain(text: &str, limit: usize) -> String {
    let flat = clean(text).replace('\n', " ");
    cut(flat.trim(), limit)
}

/// A person: a Slack user id becomes a mention, any other name is foreign text.
pub fn person(name: &str) -> String {
    if is_user_id(name) {
        format!("<@{name}>")
    } else {
        inline(name, 80)
    }
}

/// The people whom a rule names, as the channel reads them: a mention of a user or a group.
pub fn named(name: &str) -> String {
    match name.strip_prefix('@') {
        _ if is_user_id(name) => format!("<@{name}>"),
        _ if is_group_id(name) => format!("<!subteam^{name}>"),
        Some(domain) => format!("anyone at {}", inline(domain, 80)),
        None => inline(name, 80),
    }
}

/// True for `U0123ABCD` and `W0123ABCD`.
pub fn is_user_id(name: &str) -> bool {
    is_id(name, "UW")
}

/// True for `S0123ABCD`, a user group.
pub fn is_group_id(name: &str) -> bool {
    is_id(name, "S")
}

/// True for an id of Slack with one of these first letters.
pub fn is_id(name: &str, first: &str) -> bool {
    name.len() >= 2
        && name.len() <= 32
        && name.starts_with(|c| first.contains(c))
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && name.chars().any(|c| c.is_ascii_digit())
}

/// A moment as each reader's own clock shows it.
pub fn moment(ms: i64) -> String {
    let fallback = k8shawk_core::rca::time(ms);
    format!(
        "<!date^{}^{{date_short_pretty}} {{time}}|{fallback}>",
        ms.div_euclid(1000)
    )
}

/// True for a timestamp: `1700000000.123456`.
pub(super) fn is_ts(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.len() <= 16 && t.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(a, b)| digits(a) && digits(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_cluster_mentions_nobody() {
        for text in [
            "<!channel> help",
            "<@U0123> <!here>",
            "<https://evil.example|click>",
        ] {
            let shown = inline(text, 300);
            assert!(!shown.contains('<') && !shown.contains('>'), "{shown}");
            assert!(!block(text, 300).contains('<'));
        }
        assert_eq!(inline("a & b", 30), "a &amp; b");
    }

    #[test]
    fn text_of_the_cluster_ends_no_mark_of_ours() {
        assert!(!inline("`a` *b*", 30).contains(['`', '*']));
        let shown = block("x\n```\n<!here>", 300);
        assert_eq!(shown.matches("```").count(), 2, "{shown}");
    }

    #[test]
    fn a_cut_never_splits_an_entity_and_keeps_the_limit() {
        for limit in 1..40 {
            let shown = inline(&"<&>".repeat(20), limit);
            assert!(shown.chars().count() <= limit, "{limit}: {shown}");
            let rest = shown
                .replace("&lt;", "")
                .replace("&gt;", "")
                .replace("&amp;", "");
            assert!(rest.is_empty() || rest == "…", "{shown}");
        }
        assert_eq!(inline("abc", 3), "abc");
        assert_eq!(inline("abcd", 3), "ab…");
    }

    #[test]
    fn secrets_do_not_leave() {
        assert!(!block("password=hunter2", 99).contains("hunter2"));
        assert!(!plain("Authorization: Bearer abcdef123456", 99).contains("abcdef"));
    }

    #[test]
    fn knows_ids_from_names() {
        assert!(is_user_id("U0123ABCD") && is_group_id("S0456") && !is_user_id("UMA"));
        assert!(!is_user_id("root") && !is_user_id("U<!channel>1"));
    }
}
