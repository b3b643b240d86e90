//! What was done about it, by whom and when, and what came of it.

use crate::count;
use std::fmt::Write;

use super::text::{clock, fenced, inline, quoted};
use crate::decision::{Advice, Candidate};
use crate::record::{Record, State};

/// The fix, and every step.
pub(super) fn done(out: &mut String, record: &Record) {
    let _ = writeln!(out, "\n## What was done\n");
    match record.advice() {
        None => {}
        Some(Advice::Fix(candidate)) => fix(out, record, candidate),
        Some(advice @ (Advice::NoSafeFix | Advice::Denied | Advice::NotKnown(_))) => {
            let why = advice.without_fix().unwrap_or_default();
            let _ = writeln!(out, "Nothing was changed: {}.\n", inline(&why));
        }
    }
    for step in &record.history {
        let at = clock(step.at, record.incident.opened_at);
        let (words, rest) = step.told();
        let _ = writeln!(out, "- {at} {words}{}", inline(&rest));
    }
    for refused in record.refused() {
        let (what, why) = (inline(&refused.proposal), inline(&refused.reason));
        let _ = writeln!(out, "- Rejected fix: {what}: {why}");
    }
    for refusal in &record.refusals {
        let _ = writeln!(out, "- Denied read: {}", inline(refusal));
    }
}

fn fix(out: &mut String, record: &Record, candidate: &Candidate) {
    let (fix, rationale) = (&candidate.fix, inline(&candidate.rationale));
    let proposer = candidate.proposer().map(|by| format!(", {}", inline(&by)));
    // What was sent may not have arrived: only the API server's yes makes it applied.
    let verb = match record.history.iter().any(|s| s.state == State::Applied) {
        true => "Applied",
        false => "Proposed",
    };
    let _ = writeln!(
        out,
        "{verb} **{}** on {} ({} risk{}): {rationale}\n\n{}",
        fix.action.name(),
        inline(&fix.target.to_string()),
        fix.risk(),
        proposer.unwrap_or_default(),
        fenced(&fix.kubectl())
    );
    let diff = candidate.diff.to_string();
    let _ = writeln!(out, "Diff (server-side dry run):\n\n{}", fenced(&diff));
    let _ = write!(out, "Policy: {}.", inline(&candidate.ruling.summary()));
    if let Some(execution) = &record.execution {
        let by = inline(&record.approvers().join(", "));
        let _ = write!(out, " Approved by {by}.");
        if let Some(output) = &execution.output {
            let _ = write!(out, " API server:{}", quoted(output).trim_end());
        }
    }
    let _ = writeln!(out, "\n");
}

/// What came of the fix.
pub(super) fn result(out: &mut String, record: &Record) {
    let Some(recovery) = &record.recovery else {
        return;
    };
    let state = match record.state.is_final() {
        true => record.standing(),
        false => "being verified",
    };
    let checks = count(recovery.checks, "health check");
    let _ = writeln!(out, "\n## Result\n\n**{state}**: {recovery} ({checks}).");
    if recovery.missed > 0 {
        let _ = writeln!(out, "{} failed.", count(recovery.missed, "more check"));
    }
    if record.state == State::NotKnown {
        let why = record.history.last().map_or("", |s| s.note.as_str());
        let _ = writeln!(out, "Reason: {}.", inline(why));
    }
}
