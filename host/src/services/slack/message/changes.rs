//! The diff of a fix under a message: as much as fits, in whole fields.

use k8shawk_core::diff::{Diff, Line};
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
    /// Fields that found no room.
    pub(super) left_off: usize,
}

/// A changed field, its values below each other: on a phone a line is short.
fn field(line: &Line) -> String {
    let mut text = format!("{}\n", line.path);
    for (sign, value) in [('-', &line.before), ('+', &line.after)] {
        for part in value.iter().flat_map(|v| v.lines()) {
            text.push_str(&format!("{sign} {part}\n"));
        }
    }
    text
}

impl Changes {
    /// As much of a diff as fits.
    pub(super) fn of(diff: &Diff) -> Changes {
        let (mut parts, mut left_off) = (Vec::<String>::new(), 0);
        let mut room = 0;
        for field in diff.lines.iter().map(field) {
            let needed = width(&field) + 1;
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
                part.push_str(&field);
            }
        }
        let title = |at| match at {
            0 => "*Diff* (server-side dry run)\n",
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
    fn fields_are_shown_whole_or_counted() {
        for (lines, value, all) in [
            (3, "x", true),
            (200, "x", true),
            (1, "", true),
            (500, "x", false),
        ] {
            let changes = Changes::of(&diff(lines, value));
            assert_eq!(changes.left_off == 0, all, "{lines}: {}", changes.left_off);
            let shown = serde_json::to_string(&changes.sections).unwrap();
            assert_eq!(shown.matches("spec.n").count() + changes.left_off, lines);
            assert!(!shown.contains('…'));
        }
        // What grows by being escaped is counted as it is sent.
        let escaped = Changes::of(&diff(3, &"<&>".repeat(400)));
        assert_eq!(escaped.left_off, 3);
        let two = Changes::of(&diff(3, &"&".repeat(400)));
        assert_eq!((two.sections.len(), two.left_off), (2, 1));
    }

    #[test]
    fn a_field_stands_above_its_values() {
        let diff = Diff::whole("spec.replicas", Some("2"), Some("3\n4"));
        let shown = serde_json::to_string(&Changes::of(&diff).sections).unwrap();
        assert!(
            shown.contains("spec.replicas\\n- 2\\n+ 3\\n+ 4```"),
            "{shown}"
        );
    }
}
