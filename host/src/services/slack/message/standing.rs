//! Where an incident stands, in words for people.

use k8shawk_core::decision::Candidate;
use k8shawk_core::policy::Ruling;
use k8shawk_core::record::{Record, State};

use super::Look;
use crate::services::slack::text::{inline, moment, person};

/// Where an incident stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// An emoji, for the eye.
    pub mark: &'static str,
    /// One word.
    pub state: &'static str,
    /// A sentence in Slack's marks.
    pub words: String,
    /// The same without marks, for notifications.
    pub brief: String,
}

/// The candidate that can be approved now.
pub fn may_approve<'r>(record: &'r Record, look: Look<'_>) -> Option<&'r Candidate> {
    let candidate = record.decision.as_ref()?.first()?;
    let asked = record.asked_at?;
    let open = record.state == State::Waiting && look.now <= asked + look.expires_after;
    (open && !matches!(candidate.ruling, Ruling::Denied(_))).then_some(candidate)
}

/// Where this incident stands.
pub fn standing(record: &Record, look: Look<'_>) -> Standing {
    let mark = mark(record.state);
    let state = record.state.as_str();
    let of = |state, words: String, brief: &str| Standing {
        mark,
        state,
        words,
        brief: brief.to_owned(),
    };
    match record.state {
        State::Open => of(state, "*Being looked at.*".to_owned(), "Being looked at."),
        State::Investigated | State::Decided => of(
            state,
            "*Being looked at again.* The fix may change.".to_owned(),
            "Being looked at again.",
        ),
        State::Waiting => waiting(record, look),
        State::NeedsHuman if record.is_undecided() => of(
            state,
            "*Needs a person.* Whether a fix is safe is not known.".to_owned(),
            "Needs a person: whether a fix is safe is not known.",
        ),
        State::NeedsHuman => of(
            state,
            "*Needs a person.* No fix is safe.".to_owned(),
            "Needs a person: no fix is safe.",
        ),
        State::Approved => of(
            state,
            format!("*Approved by {}.* About to apply.", approvers(record)),
            "Approved.",
        ),
        State::Executing => of(
            state,
            format!("*Applying the fix*, approved by {}.", approvers(record)),
            "Applying the fix.",
        ),
        State::Applied => of(state, checking(record), "Applied, being checked."),
        State::Recovered => of(
            state,
            format!(
                "*Recovered* after the fix that {} approved.",
                approvers(record)
            ),
            "Recovered.",
        ),
        State::Partly => of(
            state,
            format!("*Partly recovered.* {}", health(record)),
            "Partly recovered.",
        ),
        State::Unchanged => of(
            state,
            format!("*Unchanged by the fix.* {}", health(record)),
            "Unchanged by the fix.",
        ),
        State::Worse => of(
            state,
            format!("*Worse than before the fix.* {}", health(record)),
            "Worse than before the fix.",
        ),
        State::NotKnown => of(
            state,
            noted(record, "The outcome is not known"),
            "The outcome is not known.",
        ),
        State::Failed => of(state, noted(record, "Failed"), "The fix failed."),
        State::Dismissed => of(state, dismissed(record), "Dismissed."),
        State::Cleared => of(
            state,
            noted(record, "Cleared by itself"),
            "Cleared by itself.",
        ),
        State::Merged => of(state, merged(record), "Part of another incident."),
    }
}

fn mark(state: State) -> &'static str {
    match state {
        State::Open | State::Investigated | State::Decided => ":mag:",
        State::Waiting => ":raised_hand:",
        State::NeedsHuman => ":bust_in_silhouette:",
        State::Approved | State::Executing => ":gear:",
        State::Applied => ":stopwatch:",
        State::Recovered | State::Cleared => ":white_check_mark:",
        State::Partly | State::Unchanged | State::NotKnown => ":warning:",
        State::Worse | State::Failed => ":x:",
        State::Dismissed => ":no_entry_sign:",
        State::Merged => ":link:",
    }
}

fn waiting(record: &Record, look: Look<'_>) -> Standing {
    let mark = mark(State::Waiting);
    let until = record.asked_at.unwrap_or_default() + look.expires_after;
    if look.now > until {
        return Standing {
            mark: ":hourglass:",
            state: "expired",
            words: "*The question expired.* The incident is looked at again.".to_owned(),
            brief: "The question expired.".to_owned(),
        };
    }
    let mut words = format!("*Waits for approval* until {}.", moment(until));
    if !record.votes.is_empty() {
        let missing = record
            .history
            .last()
            .and_then(|s| s.note.split_once("not enough yet: "))
            .map(|(_, missing)| inline(missing, 400));
        words.push_str(&format!(" {} said yes", voters(record)));
        match missing {
            Some(missing) => words.push_str(&format!("; {missing}.")),
            None => words.push('.'),
        }
    }
    Standing {
        mark,
        state: "waiting",
        words,
        brief: "Waits for approval.".to_owned(),
    }
}

fn listed(names: &[String]) -> String {
    let mut shown: Vec<String> = Vec::new();
    for name in names.iter().map(|n| person(n)) {
        if !shown.contains(&name) {
            shown.push(name);
        }
    }
    match shown.as_slice() {
        [] => "nobody".to_owned(),
        all => all.join(", "),
    }
}

fn voters(record: &Record) -> String {
    let names: Vec<String> = record
        .votes
        .iter()
        .map(|v| v.approver.name.clone())
        .collect();
    listed(&names)
}

/// Who approved what was applied; a policy where no person did.
pub(super) fn approvers(record: &Record) -> String {
    match &record.execution {
        Some(execution) => listed(&execution.approvers),
        None if record.votes.is_empty() => "policy (auto)".to_owned(),
        None => voters(record),
    }
}

fn checking(record: &Record) -> String {
    format!(
        "*Applied*, approved by {}. {}",
        approvers(record),
        health(record)
    )
}

/// How many are good, before and now.
pub(super) fn health(record: &Record) -> String {
    let Some(recovery) = &record.recovery else {
        return "It is being checked.".to_owned();
    };
    let before = recovery.before;
    match recovery.last {
        None => format!(
            "Before the fix {} of {} were good.",
            before.good, before.wanted
        ),
        Some(now) => format!(
            "{} of {} are good; before the fix {} of {} were.",
            now.good, now.wanted, before.good, before.wanted
        ),
    }
}

/// The last step's note after a word of ours.
fn noted(record: &Record, word: &str) -> String {
    let note = record
        .history
        .iter()
        .rev()
        .find(|s| s.state == record.state);
    match note.map(|s| inline(&s.note, 600)).filter(|n| !n.is_empty()) {
        Some(note) => format!("*{word}.* {note}"),
        None => format!("*{word}.*"),
    }
}

/// `dismissed by NAME: reason`, with the name as a mention where it is one.
fn dismissed(record: &Record) -> String {
    let step = record
        .history
        .iter()
        .rev()
        .find(|s| s.state == State::Dismissed);
    let note = step.map_or("", |s| s.note.as_str());
    let Some(rest) = note.strip_prefix("dismissed by ") else {
        return noted(record, "Dismissed");
    };
    match rest.split_once(": ") {
        Some((who, reason)) => format!("*Dismissed by {}:* {}", person(who), inline(reason, 600)),
        None => format!("*Dismissed by {}.*", person(rest)),
    }
}

fn merged(record: &Record) -> String {
    match &record.merged_into {
        Some(other) => format!("*Part of {}.*", inline(other, 40)),
        None => "*Part of another incident.*".to_owned(),
    }
}
