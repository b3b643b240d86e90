//! The fix, its diff and who may approve it; or what to do where no fix is safe.

use k8shawk_core::decision::{Advice, Candidate, Decision};
use k8shawk_core::fix::Risk;
use k8shawk_core::policy::{ApprovalRule, Origin, Ruling};
use k8shawk_core::record::{Record, State};
use slack_morphism::blocks::SlackBlock;

use super::Look;
use super::changes::Changes;
use crate::services::slack::blocks;
use crate::services::slack::text::{code, inline, named};

/// Characters of a command line that stands in the message; a longer one is in the thread too.
const COMMAND: usize = 600;

/// What is proposed; none where nothing is decided yet.
pub(super) fn blocks(record: &Record, look: Look<'_>, changes: &Changes) -> Vec<SlackBlock> {
    let Some(decision) = &record.decision else {
        return Vec::new();
    };
    match decision.first() {
        Some(candidate) => fix(record, candidate, look, changes),
        None => vec![blocks::section(&without_fix(record, decision))],
    }
}

fn without_fix(record: &Record, decision: &Decision) -> String {
    let next = inline(&decision.next_check, 1500);
    let why = match decision.advice() {
        // The line of the state says it.
        Advice::NoSafeFix | Advice::Denied
            if record.state == State::NeedsHuman && !next.is_empty() =>
        {
            return format!("*Next:* {next}");
        }
        Advice::Denied => "*Fix denied by policy.*".to_owned(),
        Advice::NoSafeFix | Advice::Fix(_) => "*No safe fix.*".to_owned(),
        Advice::NotKnown(unanswered) => {
            let mut all: Vec<String> = unanswered.iter().map(|u| inline(&u.why, 400)).collect();
            all.dedup();
            let all = all.into_iter().take(2).collect::<Vec<_>>().join("; ");
            format!("*Could not determine whether a fix is safe:* {all}.")
        }
    };
    match next.is_empty() {
        true => why,
        false => format!("{why}\n*Next:* {next}"),
    }
}

fn fix(
    record: &Record,
    candidate: &Candidate,
    look: Look<'_>,
    changes: &Changes,
) -> Vec<SlackBlock> {
    let open = !record.state.is_final();
    let rationale = inline(&candidate.rationale, 900);
    let mut all = vec![blocks::section(&format!(
        "*Fix* ({} risk): {rationale}\n{}",
        candidate.fix.risk(),
        code(&candidate.fix.kubectl(), COMMAND)
    ))];
    all.extend(changes.sections.iter().cloned());
    if changes.left_off > 0 {
        all.push(blocks::section(&too_long(record, changes.left_off, open)));
    }
    let mut small = Vec::new();
    if open {
        small.push(who(candidate, look));
    }
    small.extend(caution(record, candidate));
    small.extend(experience(candidate));
    if !small.is_empty() {
        all.push(blocks::context(&small));
    }
    all
}

fn too_long(record: &Record, left_off: usize, open: bool) -> String {
    let id = &record.incident.id;
    let fields = k8shawk_core::count(left_off, "more changed field");
    let where_to = match open {
        true => format!("run `k8shawk approve {id}` on a terminal to see and approve all"),
        false => "the RCA lists all".to_owned(),
    };
    format!("*{fields} not shown here*: {where_to}.")
}

/// Who may approve, as people of this channel read it.
fn who(candidate: &Candidate, look: Look<'_>) -> String {
    let rules = match &candidate.ruling {
        Ruling::Auto => return "A policy lets this run without approval".to_owned(),
        Ruling::Denied(why) => {
            // `policy: why`; which policy it is stands behind Evidence.
            let why = why
                .iter()
                .map(|w| w.split_once(": ").map_or(w.as_str(), |(_, w)| w));
            let why: Vec<String> = why.map(|w| inline(w, 300)).collect();
            return format!("*Blocked by policy:* {}", why.join("; "));
        }
        Ruling::Approval(rules) => rules,
    };
    if rules.is_empty() {
        let nobody = look.approvers.is_empty() && candidate.fix.risk() == Risk::High;
        return match nobody {
            true => "Nobody can approve this here: high risk needs named approvers \
                     (SLACK_APPROVERS)"
                .to_owned(),
            false => format!("{} may approve", of(&[], 1, look)),
        };
    }
    let rules: Vec<String> = rules.iter().take(5).map(|r| rule(r, look)).collect();
    rules.join("\n")
}

fn rule(rule: &ApprovalRule, look: Look<'_>) -> String {
    let whom = of(&rule.approvers, rule.count.max(1), look);
    let why = inline(&rule.why, 300);
    match why.is_empty() {
        true => format!("{whom} may approve"),
        false => format!("{whom} may approve: {why}"),
    }
}

/// `Any one of @sre`, `Two of @ann and @bob`, `Any member of this channel`.
fn of(approvers: &[String], count: u32, look: Look<'_>) -> String {
    let names = match approvers {
        [] => look.approvers,
        named => named,
    };
    let shown: Vec<String> = names.iter().take(10).map(|n| named(n)).collect();
    let more = match names.len().saturating_sub(shown.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let people = format!("{}{more}", shown.join(", "));
    match (count, shown.len()) {
        (1, 0) => "Any member of this channel".to_owned(),
        (n, 0) => format!("{} of this channel", k8shawk_core::count(n, "member")),
        (1, 1) => people,
        (1, _) => format!("Any of {people}"),
        (n, _) => format!("{n} of {people}"),
    }
}

/// What an approver should know about where the fix comes from.
fn caution(record: &Record, candidate: &Candidate) -> Vec<String> {
    let mut all = Vec::new();
    if candidate.origin == Some(Origin::Model) {
        all.push("Proposed by a language model: check it closely".to_owned());
    }
    if let Some(undo) = &record.undo {
        all.push(format!("Requested by {}", inline(&undo.by, 120)));
    }
    if record.consulted.as_ref().is_some_and(|c| c.contradicts) {
        all.push("A language model disagrees with this cause: see *Also* below".to_owned());
    }
    all
}

/// What became of this fix before.
fn experience(candidate: &Candidate) -> Option<String> {
    let words = candidate
        .ledger
        .iter()
        .map(|(verdict, times)| format!("{verdict} {times}x"));
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| inline(&format!("This fix before: {}", words.join(", ")), 300))
}
