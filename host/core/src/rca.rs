//! The Markdown document that ends every incident.

use std::fmt::Write;

use crate::decision::Advice;
use crate::finding::Finding;
use crate::object::ObjectRef;
use crate::record::{Record, State};
use crate::redact::{Redacted, redact};

/// Time as people read it, in UTC.
pub fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
        .unwrap_or_else(|_| ms.to_string())
}

/// `YYYY-MM-DD/rca_<owner>_<timestamp>.<incident>.md`, from the incident's own data: the same after
/// a restart, and another one for an object of the same name that fails at the same moment. It is
/// made of nothing but letters, digits, `-`, `_` and `.`.
pub fn file_name(record: &Record) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '.' {
            c
        } else {
            '-'
        }
    };
    let name: String = record
        .incident
        .owner
        .name
        .chars()
        .take(80)
        .map(plain)
        .collect();
    let opened = jiff::Timestamp::from_millisecond(record.incident.opened_at).unwrap_or_default();
    format!(
        "{}/rca_{}_{}.{}.md",
        opened.strftime("%Y-%m-%d"),
        name.trim_matches('.'),
        opened.strftime("%Y%m%dT%H%M%S%3fZ"),
        record.incident.id
    )
}

/// True for a name in the directory of a day that [`file_name`] gives, or gave before it had the id.
pub fn is_file_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let parts = || {
        let rest = name.strip_prefix("rca_")?.strip_suffix(".md")?;
        let (owner, rest) = rest.split_once('_')?;
        Some((owner, rest.split_once('.').unwrap_or((rest, ""))))
    };
    parts().is_some_and(|(owner, (moment, id))| {
        owner.chars().all(plain) && is_moment(moment) && (id.is_empty() || id.starts_with("inc-"))
    })
}

/// `YYYYMMDDTHHMMSSmmmZ`.
fn is_moment(text: &str) -> bool {
    let fits = |(at, c): (usize, char)| match at {
        8 => c == 'T',
        18 => c == 'Z',
        _ => c.is_ascii_digit(),
    };
    text.len() == 19 && text.chars().enumerate().all(fits)
}

/// Text of the cluster, safe inside a line of Markdown. What is escaped first hides secrets from
/// their patterns, so it is redacted first.
fn inline(text: &str) -> String {
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

/// A block of foreign text, fenced longer than any fence in it.
fn fenced(text: &str) -> String {
    let text = redact(text);
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

/// Render the document of an incident of `cluster`. Writing to a `String` cannot fail, so its results
/// are dropped.
pub fn render(record: &Record, cluster: &str) -> Redacted {
    let mut out = String::new();
    summary(&mut out, record, cluster);
    if let Some(finding) = &record.finding {
        explain(&mut out, finding);
    }
    for other in &record.also {
        let _ = writeln!(
            out,
            "\n### Also: {}\n\n{}",
            inline(&other.title),
            cause(other)
        );
        evidence(&mut out, other);
    }
    timeline(&mut out, record);
    fix(&mut out, record);
    recovery(&mut out, record);
    unknown(&mut out, record);
    Redacted::of(&out)
}

fn summary(out: &mut String, record: &Record, cluster: &str) {
    let incident = &record.incident;
    let _ = writeln!(out, "# {}\n\n## Summary\n", inline(record.title()));
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(out, "- **{name}**: {value}");
    };
    row("Cluster", &inline(cluster));
    row("Incident", &incident.id.0);
    row("State", record.state.as_str());
    row("Severity", record.severity().as_str());
    row("Class", &inline(record.class()));
    row("Owner", &inline(&incident.owner.to_string()));
    row("Opened", &time(incident.opened_at));
    if let Some(finding) = &record.finding {
        row(
            "Confidence",
            &format!(
                "{} of 100, by {}",
                finding.confidence,
                inline(&record.answered_by)
            ),
        );
    }
    for why in record.consulted.iter().flat_map(|c| &c.why) {
        row("Not answered by", &inline(why));
    }
    let victims = record.victims();
    if !victims.is_empty() {
        row("Victims", &victims.len().to_string());
        list(out, &victims);
    }
}

fn list(out: &mut String, victims: &[ObjectRef]) {
    for victim in victims.iter().take(50) {
        let _ = writeln!(out, "  - {}", inline(&victim.to_string()));
    }
    if victims.len() > 50 {
        let _ = writeln!(out, "  - and {} more", victims.len() - 50);
    }
}

fn explain(out: &mut String, finding: &Finding) {
    let _ = writeln!(out, "\n## Cause\n\n{}", cause(finding));
    evidence(out, finding);
    if !finding.unsupported.is_empty() {
        let _ = writeln!(out, "\n### Unsupported claims\n");
        for claim in &finding.unsupported {
            let _ = writeln!(out, "- {}", inline(claim));
        }
    }
}

fn evidence(out: &mut String, finding: &Finding) {
    let _ = writeln!(out, "\n### Evidence\n");
    for e in &finding.evidence {
        let _ = writeln!(
            out,
            "**[{}]** {}\n\n{}",
            e.id,
            inline(&e.source),
            fenced(&e.excerpt)
        );
    }
}

fn timeline(out: &mut String, record: &Record) {
    let _ = writeln!(out, "\n## Timeline\n");
    let signals = record.incident.signals.iter().map(|s| {
        let what = format!(
            "{}: {} ({})",
            s.reason,
            s.object,
            first_line(&redact(&s.message))
        );
        (s.last_seen, what)
    });
    let steps = record
        .history
        .iter()
        .map(|s| (s.at, format!("{}: {}", s.state.as_str(), s.note)));
    let mut all: Vec<(i64, String)> = signals.chain(steps).collect();
    all.sort_by_key(|(at, _)| *at);
    for (at, what) in all {
        let _ = writeln!(out, "- {}: {}", time(at), inline(&what));
    }
}

fn first_line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect()
}

fn fix(out: &mut String, record: &Record) {
    let _ = writeln!(out, "\n## Fix\n");
    let Some(decision) = &record.decision else {
        let _ = writeln!(out, "Nothing was decided.");
        return;
    };
    let advice = decision.advice();
    match advice {
        Advice::NoSafeFix => {
            let next = inline(&decision.next_check);
            let _ = writeln!(out, "No safe fix. Next check: {next}");
        }
        Advice::NotKnown(_) => {
            let why = inline(&advice.without_fix().unwrap_or_default());
            let next = inline(&decision.next_check);
            let _ = writeln!(out, "Not known: {why}. Next check: {next}");
        }
        Advice::Fix(candidate) => {
            let action = candidate.fix.action.name();
            let target = inline(&candidate.fix.target.to_string());
            let proposer = candidate.proposer().map(|by| format!(", {}", inline(&by)));
            let _ = writeln!(
                out,
                "**{action}** on {target} (risk {}{}): {}\n\n{}",
                candidate.fix.risk(),
                proposer.unwrap_or_default(),
                inline(&candidate.rationale),
                fenced(&candidate.fix.kubectl())
            );
            let diff = format!("{}", candidate.diff);
            let _ = writeln!(out, "Server-side dry run:\n\n{}", fenced(&diff));
            let _ = writeln!(out, "Policy: {}.", inline(&candidate.ruling.summary()));
        }
    }
    if let Some(execution) = &record.execution {
        let _ = writeln!(
            out,
            "\nApproved by {}.",
            inline(&execution.approvers.join(", "))
        );
        if let Some(output) = &execution.output {
            let _ = writeln!(out, "Result: {}", inline(output));
        }
    }
    for refused in &decision.refused {
        let (what, why) = (inline(&refused.proposal), inline(&refused.reason));
        let _ = writeln!(out, "- Refused: {what}: {why}");
    }
}

fn recovery(out: &mut String, record: &Record) {
    let Some(recovery) = &record.recovery else {
        return;
    };
    let verdict = if record.state.is_final() {
        record.state.as_str()
    } else {
        "being checked"
    };
    let _ = writeln!(
        out,
        "\n## Recovery\n\n**{verdict}** after {} checks.",
        recovery.checks
    );
    if recovery.missed > 0 {
        let _ = writeln!(out, "{} more looks failed.", recovery.missed);
    }
    if record.state == State::NotKnown {
        let why = record.history.last().map_or("", |s| s.note.as_str());
        let _ = writeln!(out, "The outcome is {}.", inline(why));
    }
    let before = recovery.before;
    let _ = writeln!(
        out,
        "Before the fix {} of {} were good.",
        before.good, before.wanted
    );
    if let Some(last) = recovery.last {
        let _ = writeln!(
            out,
            "At the last check {} of {} were good.",
            last.good, last.wanted
        );
    }
    if record.state == State::Worse {
        let _ = writeln!(
            out,
            "It is worse than before: consider the inverse of the fix."
        );
    }
}

fn unknown(out: &mut String, record: &Record) {
    let _ = writeln!(out, "\n## What stays unknown\n");
    let unknown = record
        .finding
        .as_ref()
        .map_or(&[][..], |f| f.unknown.as_slice());
    for what in unknown {
        let _ = writeln!(out, "- {}", inline(what));
    }
    for refusal in &record.refusals {
        let _ = writeln!(out, "- Refused read: {}", inline(refusal));
    }
    if unknown.is_empty() && record.refusals.is_empty() {
        let _ = writeln!(out, "Nothing that the evidence leaves open.");
    }
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
    }

    #[test]
    fn a_secret_is_hidden_before_it_is_escaped() {
        for text in [
            "it said ghp_0123456789abcdefghijABCDEFGHIJ012345",
            "DB_PASS=ghp_01",
            "pass\u{200b}word: ghp_01",
        ] {
            let shown = inline(text);
            assert!(
                !shown.contains("ghp") && shown.contains("redacted"),
                "{shown}"
            );
            assert!(!fenced(text).contains("ghp"), "{text}");
        }
    }
}
