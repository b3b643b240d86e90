//! Why it broke, with the evidence.

use std::fmt::Write;

use super::text::{inline, quoted};
use crate::finding::Finding;
use crate::record::Record;

/// Why: the cause, its evidence, and how sure that is.
pub(super) fn why(out: &mut String, record: &Record) {
    let Some(finding) = &record.finding else {
        return;
    };
    let _ = writeln!(out, "\n## Why\n\n{}\n", cause(finding));
    evidence(out, finding);
    for claim in &finding.unsupported {
        let _ = writeln!(out, "- Not backed by evidence: {}", inline(claim));
    }
    let _ = writeln!(
        out,
        "\nConfidence {} of 100, found by {}; class {}.",
        finding.confidence,
        inline(&record.answered_by),
        inline(record.class())
    );
    for why in record.consulted.iter().flat_map(|c| &c.why) {
        let _ = writeln!(out, "No answer from {}.", inline(why));
    }
    if record.consulted.as_ref().is_some_and(|c| c.contradicts) {
        let _ = writeln!(
            out,
            "A language model disagrees; its view is the first below."
        );
    }
    for other in &record.also {
        let title = inline(&other.title);
        let _ = writeln!(out, "\n### Also: {title}\n\n{}\n", cause(other));
        evidence(out, other);
    }
}

/// The cause, whose `[e1]` marks stay readable.
fn cause(finding: &Finding) -> String {
    let mut text = inline(&finding.cause);
    for evidence in &finding.evidence {
        text = text.replace(
            &format!("\\[{}\\]", evidence.id),
            &format!("[{}]", evidence.id),
        );
    }
    text
}

fn evidence(out: &mut String, finding: &Finding) {
    for e in &finding.evidence {
        let (source, excerpt) = (inline(&e.source), quoted(&e.excerpt));
        let _ = write!(out, "- **[{}]** {source}:{}", e.id, excerpt);
        if excerpt.is_empty() {
            out.push('\n');
        }
    }
}
