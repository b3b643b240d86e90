//! What backs the decision up, behind the colour bar: why, other causes, victims, evidence.

use k8shawk_core::record::Record;
use slack_morphism::blocks::SlackBlock;

use crate::services::slack::blocks;
use crate::services::slack::text::{code, inline, moment};

/// Evidence shown in the message; the rest is behind the button Evidence.
const EVIDENCE: usize = 5;
/// Names of victims that are shown.
const VICTIMS: usize = 10;

/// The blocks, the most telling first: what does not fit is cut from the end.
pub(super) fn blocks(record: &Record) -> Vec<SlackBlock> {
    let mut all = Vec::new();
    if let Some(finding) = &record.finding {
        let cause = inline(&finding.cause, 1200);
        all.push(blocks::section(&format!("*Why*\n{cause}")));
    }
    all.extend(victims(record));
    all.extend(evidence(record));
    all.extend(also(record));
    all.push(facts(record));
    all
}

fn also(record: &Record) -> Option<SlackBlock> {
    let titles: Vec<String> = record
        .also
        .iter()
        .take(5)
        .map(|f| format!("• {}", inline(&f.title, 300)))
        .collect();
    (!titles.is_empty()).then(|| blocks::section(&format!("*Also*\n{}", titles.join("\n"))))
}

fn victims(record: &Record) -> Option<SlackBlock> {
    let all = record.victims();
    if all.is_empty() {
        return None;
    }
    let names: Vec<String> = all
        .iter()
        .take(VICTIMS)
        .map(|v| code(&v.to_string(), 120))
        .collect();
    let more = match all.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(blocks::section(&format!(
        "*Affected ({})*\n{}{more}",
        all.len(),
        names.join(", ")
    )))
}

fn evidence(record: &Record) -> Option<SlackBlock> {
    let finding = record.finding.as_ref()?;
    // What changed stands above.
    let evidence = finding.evidence.iter();
    let evidence = evidence.filter(|e| Some(*e) != finding.change());
    let mut lines: Vec<String> = evidence
        .clone()
        .take(EVIDENCE)
        .map(|e| {
            let excerpt = code(&e.excerpt, 300);
            format!(
                "[{}] {}: {excerpt}",
                inline(&e.id, 12),
                inline(&e.source, 160)
            )
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let more = evidence.count().saturating_sub(EVIDENCE);
    if more > 0 {
        lines.push(format!("{more} more: press *Evidence*"));
    }
    Some(blocks::section(&format!(
        "*Evidence*\n{}",
        lines.join("\n")
    )))
}

/// Severity, confidence, and since when.
fn facts(record: &Record) -> SlackBlock {
    let mut small = vec![format!("{} severity", record.severity().as_str())];
    if let Some(finding) = &record.finding {
        small.push(format!("{} % confidence", finding.confidence));
    }
    let opened = moment(record.incident.opened_at);
    let seen = record.incident.signals.iter();
    let seen = seen.fold(0_u32, |all, s| all.saturating_add(s.count));
    small.push(match seen {
        0 | 1 => format!("since {opened}"),
        seen => format!("since {opened}, seen {seen}x"),
    });
    blocks::context(&small)
}
