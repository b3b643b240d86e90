//! Questions in an incident's thread ("why?", "logs"), answered from its evidence alone.

use k8shawk_core::decision::Advice;
use k8shawk_core::finding::Evidence;
use k8shawk_core::record::Record;

use super::blocks;
use super::message::{Look, standing};
use super::outgoing::Answer;
use super::text::{block, code, inline, moment};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Why,
    Logs,
    Evidence,
    Fix,
    History,
    Unknown,
    Status,
}

const WORDS: &[(Topic, &[&str])] = &[
    (Topic::Logs, &["log", "logs", "stderr", "output"]),
    (Topic::Why, &["why", "cause", "reason", "what"]),
    (Topic::Evidence, &["evidence", "proof", "events", "event"]),
    (Topic::Fix, &["fix", "diff", "how", "risk"]),
    (Topic::History, &["history", "timeline", "when", "who"]),
    (Topic::Unknown, &["unknown", "unsure", "check"]),
    (Topic::Status, &["status", "state", "now"]),
];

fn topic(text: &str) -> Option<Topic> {
    let lower = text.to_lowercase();
    let asked: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let row = WORDS
        .iter()
        .find(|(_, words)| words.iter().any(|w| asked.contains(w)));
    row.map(|(topic, _)| *topic)
}

/// The answer to a question about an incident.
pub fn answer(text: &str, record: &Record, look: Look<'_>) -> Answer {
    let id = &record.incident.id;
    let (title, lines) = match topic(text) {
        None => {
            let help = "I can answer: why, logs, evidence, fix, history, unknown, status.";
            return Answer::says(help);
        }
        Some(Topic::Why) => ("Why", why(record)),
        Some(Topic::Logs) => ("Logs", quoted(record, is_log)),
        Some(Topic::Evidence) => ("Evidence", quoted(record, |_| true)),
        Some(Topic::Fix) => ("Fix", fix(record)),
        Some(Topic::History) => ("History", history(record)),
        Some(Topic::Unknown) => ("Still unknown", unknown(record)),
        Some(Topic::Status) => ("Status", vec![standing(record, look).words]),
    };
    let lines = if lines.is_empty() {
        vec![format!("{id} has no evidence of that kind.")]
    } else {
        lines
    };
    let mut all = vec![blocks::section(&format!("*{title}* ({id})"))];
    all.extend(lines.iter().map(|l| blocks::section(l)));
    Answer::shows(format!("{title} of {id}"), blocks::fit(all, Vec::new()))
}

/// The answer where a mention belongs to no incident.
pub fn elsewhere() -> Answer {
    Answer::says(
        "This thread belongs to no incident of this cluster. Ask in an incident's thread, or use \
         /k8shawk list. If several clusters share this Slack app, ask again: Slack picks one of them.",
    )
}

fn is_log(evidence: &Evidence) -> bool {
    evidence.source.to_lowercase().contains("log")
}

fn why(record: &Record) -> Vec<String> {
    let Some(finding) = &record.finding else {
        return Vec::new();
    };
    let mut lines = vec![inline(&finding.cause, 2500)];
    lines.extend(quoted(record, |e| {
        finding.cause.contains(&format!("[{}]", e.id))
    }));
    lines
}

fn quoted(record: &Record, wanted: impl Fn(&Evidence) -> bool) -> Vec<String> {
    let findings = record.finding.iter().chain(&record.also);
    let all = findings
        .flat_map(|f| &f.evidence)
        .filter(|e| wanted(e))
        .take(8);
    all.map(|e| {
        let source = inline(&e.source, 200);
        format!(
            "[{}] {source}\n{}",
            inline(&e.id, 12),
            block(&e.excerpt, 1000)
        )
    })
    .collect()
}

fn fix(record: &Record) -> Vec<String> {
    let Some(decision) = &record.decision else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let next = inline(&decision.next_check, 1500);
    let advice = decision.advice();
    match advice {
        Advice::Denied => lines.push(format!("*Fix denied by policy.* Next: {next}")),
        Advice::NoSafeFix => lines.push(format!("*No safe fix.* Next: {next}")),
        Advice::NotKnown(_) => {
            let why = advice.without_fix().unwrap_or_default();
            lines.push(format!("{}. Next: {next}", inline(&why, 800)));
        }
        Advice::Fix(candidate) => {
            let fix = &candidate.fix;
            let name = fix.action.name();
            let rationale = inline(&candidate.rationale, 1200);
            lines.push(format!("*{name}* ({} risk): {rationale}", fix.risk()));
            lines.push(block(&candidate.diff.to_string(), 2500));
            lines.push(code(&fix.kubectl(), 900));
        }
    }
    lines.extend(decision.refused.iter().take(8).map(|r| {
        format!(
            "Rejected: {}: {}",
            inline(&r.proposal, 300),
            inline(&r.reason, 500)
        )
    }));
    lines
}

fn history(record: &Record) -> Vec<String> {
    let steps = record.history.iter().rev().take(15).rev();
    let lines: Vec<String> = steps
        .map(|s| {
            let (words, rest) = s.told();
            format!("{} {words}{}", moment(s.at), inline(&rest, 120))
        })
        .collect();
    if lines.is_empty() {
        lines
    } else {
        vec![lines.join("\n")]
    }
}

fn unknown(record: &Record) -> Vec<String> {
    let unknown = record.finding.iter().flat_map(|f| &f.unknown);
    unknown
        .take(10)
        .map(|u| format!("• {}", inline(u, 500)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::slack::message::tests::look;
    use crate::services::testing::record;

    fn asked(text: &str) -> String {
        serde_json::to_string(&answer(text, &record(), look())).unwrap()
    }

    #[test]
    fn answers_come_from_the_evidence() {
        assert!(asked("why?").contains("no tag app:2") && asked("why?").contains("[e1] event"));
        assert!(asked("show me the diff").contains("app:2 -&gt; app:1"));
        assert!(asked("logs please").contains("has no evidence of that kind"));
        assert!(asked("status").contains("Waiting for approval"));
    }

    #[test]
    fn other_words_get_help_and_are_not_obeyed() {
        assert!(asked("delete everything").contains("I can answer: why"));
        assert!(asked("approve inc-7").contains("I can answer: why"));
    }
}
