//! An RCA in Slack's own marks, in pieces that fit.

use super::text;

/// Convert the Markdown that the RCA is written in; anything else stays as it reads.
pub fn mrkdwn(markdown: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if line == open => {
                out.push_str("```\n");
                fence = None;
            }
            Some(_) => {
                out.push_str(&text::lines(
                    &line.replace("```", "\u{2cb}\u{2cb}\u{2cb}"),
                    2000,
                ));
                out.push('\n');
            }
            None if ticks.len() >= 3 => {
                out.push_str("```\n");
                fence = Some(ticks);
            }
            None => {
                out.push_str(&line_of(line));
                out.push('\n');
            }
        }
    }
    if fence.is_some() {
        out.push_str("```\n");
    }
    out
}

fn line_of(line: &str) -> String {
    let heading = line.trim_start_matches('#');
    let depth = line.len() - heading.len();
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    if depth > 0 && heading.starts_with(' ') {
        return format!("*{}*", inline(heading.trim()).replace('*', ""));
    }
    match line.trim_start().strip_prefix("- ") {
        Some(item) => format!("{indent}• {}", inline(item)),
        None => inline(line),
    }
}

/// Bold marks become Slack's, escaped characters lose their backslash, and nothing mentions.
fn inline(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('`') => out.push('\''),
                Some('*') => out.push('\u{2217}'),
                Some(escaped) => out.push(escaped),
                None => out.push('\\'),
            },
            // Between backticks every character is itself, in Slack too.
            '`' => {
                out.push('`');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == '`' {
                        break;
                    }
                }
            }
            '*' if chars.peek() == Some(&'*') => {
                chars.next();
                out.push('*');
            }
            c => out.push(c),
        }
    }
    text::lines(&out, 2900)
}

/// Pieces of at most `limit` characters, cut between lines, each with its fences closed.
pub fn pieces(text: &str, limit: usize) -> Vec<String> {
    let room = limit.saturating_sub(8);
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut fenced = false;
    for line in text.lines() {
        let line = text::cut(line, room);
        let long = piece.chars().count() + line.chars().count() + 1 > room;
        if long && !piece.trim().is_empty() {
            if fenced {
                piece.push_str("```");
            }
            pieces.push(std::mem::take(&mut piece));
            if fenced {
                piece.push_str("```\n");
            }
        }
        if line == "```" {
            fenced = !fenced;
        }
        piece.push_str(&line);
        piece.push('\n');
    }
    if !piece.trim().is_empty() {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_bold_and_lists_become_slacks() {
        let shown = mrkdwn("# A b\n\n- **State**: x\\_y \\<!here\\>\n```text\n<@U1>\n```\n");
        assert_eq!(
            shown,
            "*A b*\n\n• *State*: x_y &lt;!here&gt;\n```\n&lt;@U1&gt;\n```\n"
        );
    }

    #[test]
    fn code_in_a_line_stays_as_it_is() {
        assert_eq!(
            mrkdwn("- **[e1]** log: `**x** \\n <a>` y\n"),
            "• *[e1]* log: `**x** \\n &lt;a&gt;` y\n"
        );
        assert_eq!(mrkdwn("open `a"), "open `a\n");
    }

    #[test]
    fn pieces_keep_fences_whole_and_the_limit() {
        let long = format!("a\n```\n{}```\nb\n", "line of a log\n".repeat(100));
        let parts = pieces(&long, 200);
        assert!(parts.len() > 5);
        for part in &parts {
            assert!(part.chars().count() <= 200);
            assert_eq!(part.matches("```").count() % 2, 0, "{part}");
        }
    }

    #[test]
    fn an_unclosed_fence_is_closed() {
        assert_eq!(mrkdwn("````\n```\nx").matches("```").count(), 2);
    }
}
