//! The diff of a fix under a message: as much as fits, in whole lines.

use k8shawk_core::diff::Diff;
use slack_morphism::blocks::SlackBlock;

use crate::services::slack::blocks;
use crate::services::slack::text::{block, width};

/// Characters of one section.
const SECTION: usize = 2400;
/// Most sections.
const SECTIONS: usize = 2;

/// A diff as it is shown.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Sections of the message.
    pub(super) sections: Vec<SlackBlock>,
    /// Lines that found no room.
    pub(super) left_off: usize,
}

impl Changes {
    /// As much of a diff as fits.
    pub(super) fn of(diff: &Diff) -> Changes {
        let text = diff.to_string();
        let (mut parts, mut left_off) = (Vec::<String>::new(), 0);
        let mut room = 0;
        for line in text.lines() {
            let needed = width(line) + 1;
            if left_off > 0 || needed > SECTION {
                left_off += 1;
                continue;
            }
            if needed > room {
                if parts.len() == SECTIONS {
                    left_off += 1;
                    continue;
                }
                parts.push(String::new());
                room = SECTION;
            }
            room -= needed;
            if let Some(part) = parts.last_mut() {
                part.push_str(line);
                part.push('\n');
            }
        }
        let title = |at| match at {
            0 => "*Server-side dry run*\n",
            _ => "",
        };
        let section =
            |(at, part): (usize, &String)| format!("{}{}", title(at), block(part, SECTION + 10));
        let texts = parts.iter().enumerate().map(section);
        Changes {
            sections: texts.map(|text| blocks::section(&text)).collect(),
            left_off,
        }
    }

    /// True where a message with these blocks shows all of it.
    pub(super) fn are_whole_in(&self, blocks: &[SlackBlock]) -> bool {
        self.left_off == 0 && self.sections.iter().all(|s| blocks.contains(s))
    }
}

#[cfg(test)]
mod tests {
    use k8shawk_core::diff::Line;

    use super::*;

    fn diff(lines: usize, value: &str) -> Diff {
        let line = |number| Line {
            path: format!("spec.n{number}"),
            before: None,
            after: Some(value.to_owned()),
        };
        Diff {
            lines: (0..lines).map(line).collect(),
        }
    }

    #[test]
    fn lines_are_shown_whole_or_counted() {
        for (lines, value, left_off) in [(3, "x", 0), (200, "x", 0), (1, "", 0), (500, "x", 173)] {
            let changes = Changes::of(&diff(lines, value));
            assert_eq!(changes.left_off, left_off, "{lines}");
            let shown = serde_json::to_string(&changes.sections).unwrap();
            assert_eq!(shown.matches("spec.n").count() + left_off, lines);
            assert!(!shown.contains('…'));
        }
        // What grows by being escaped is counted as it is sent.
        let escaped = Changes::of(&diff(3, &"<&>".repeat(400)));
        assert_eq!(escaped.left_off, 3);
        let two = Changes::of(&diff(3, &"&".repeat(400)));
        assert_eq!((two.sections.len(), two.left_off), (2, 1));
    }
}
