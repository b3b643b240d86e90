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
    /// Its words, as in every list.
    pub state: &'static str,
    /// A sentence in Slack's marks.
    pub words: String,
    /// The same without marks, for notifications.
    pub brief: String,
}

/// The candidate that can be approved now.
pub fn may_approve<'r>(record: &'r Record, look: Look<'_>) -> Option<&'r Candidate> {
    let candidate = record.candidate()?;
    let asked = record.asked_at?;
    let open = record.state == State::Waiting && look.now <= asked + look.expires_after;
    (open && !matches!(candidate.ruling, Ruling::Denied(_))).then_some(candidate)
}

/// Where this incident stands.
pub fn standing(record: &Record, look: Look<'_>) -> Standing {
    if record.state == State::Waiting {
        return waiting(record, look);
    }
    let (head, rest) = heading(record);
    let words = match record.state {
        State::Dismissed => dismissed(record, &head),
        State::Merged => merged(record),
        State::NotKnown | State::Failed | State::Cleared => noted(record, &head),
        _ => format!("*{head}*{rest}{}", detail(record)),
    };
    Standing {
        mark: mark(record.state),
        state: record.standing(),
        words,
        brief: format!("{head}{rest}."),
    }
}

/// What is said of a state in every message: the words of every other medium, with a capital for
/// the eye, and what belongs to them here.
fn heading(record: &Record) -> (String, &'static str) {
    let rest = match record.state {
        State::NeedsHuman if record.is_undecided() => ": could not determine whether a fix is safe",
        State::NeedsHuman if record.is_denied() => ": fix denied by policy",
        State::NeedsHuman => ": no safe fix",
        _ => "",
    };
    (capital(record.standing()), rest)
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// What follows in the message: who, and how many are healthy.
fn detail(record: &Record) -> String {
    match record.state {
        State::Investigated | State::Decided => ": the fix may change".to_owned(),
        State::Approved => format!(" by {}, applying next", approvers(record)),
        State::Executing => format!(", approved by {}", approvers(record)),
        State::Applied | State::Recovered | State::Partly | State::Unchanged | State::Worse => {
            format!(": {}", outcome(record))
        }
        _ => String::new(),
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
    let until = record.asked_at.unwrap_or_default() + look.expires_after;
    if look.now > until {
        return Standing {
            mark: ":hourglass:",
            state: "approval expired",
            words: "*Approval expired*: investigating again".to_owned(),
            brief: "Approval expired.".to_owned(),
        };
    }
    let (head, _) = heading(record);
    let mut words = format!("*{head}* until {}", moment(until));
    if !record.votes.is_empty() {
        words.push_str(&format!(". Approved by {}", voters(record)));
        let last = record.history.last();
        let missing = last.and_then(|s| s.note.split_once("not enough yet: "));
        if let Some((_, missing)) = missing {
            words.push_str(&format!("; {}", inline(missing, 400)));
        }
    }
    Standing {
        mark: mark(State::Waiting),
        state: record.standing(),
        words,
        brief: format!("{head}."),
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

/// What came of the fix, and who approved it.
fn outcome(record: &Record) -> String {
    format!("{}. Approved by {}", health(record), approvers(record))
}

/// How many are healthy, before and now.
fn health(record: &Record) -> String {
    match &record.recovery {
        None => "first check pending".to_owned(),
        Some(recovery) => recovery.to_string(),
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
        Some(note) => format!("*{word}*: {note}"),
        None => format!("*{word}*"),
    }
}

/// Who dismissed it and why: the step has `dismissed by NAME: reason`.
fn dismissed(record: &Record, head: &str) -> String {
    let mut steps = record.history.iter().rev();
    let step = steps.find(|s| s.state == State::Dismissed);
    let Some((step, by)) = step.and_then(|s| Some((s, s.by.as_ref()?))) else {
        return noted(record, head);
    };
    let prefix = format!("dismissed by {by}");
    let reason = step.note.strip_prefix(&prefix).unwrap_or_default();
    let reason = inline(reason.trim_start_matches(": "), 600);
    let by = person(&by.name);
    match reason.is_empty() {
        true => format!("*{head}* by {by}"),
        false => format!("*{head}* by {by}: {reason}"),
    }
}

fn merged(record: &Record) -> String {
    match &record.merged_into {
        Some(other) => format!("*Merged into {}*", inline(other, 40)),
        None => format!("*{}*", capital(record.standing())),
    }
}
