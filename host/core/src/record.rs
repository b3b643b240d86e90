//! An incident's whole life as it is stored: one record, one state, one history.

mod words;

use serde::{Deserialize, Serialize};

use crate::approval::{Person, Question, Vote};
use crate::decision::{Advice, Candidate, Decision, Refused};
use crate::finding::Finding;
use crate::fix::{Fix, Half, Operation};
use crate::incident::Incident;
use crate::llm::{Proposal, Usage};
use crate::object::ObjectRef;
use crate::recovery::{Recovery, Verdict};
use crate::severity::Severity;

/// Where an incident stands. Each arrow of the flow ends in one of these, and is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Triage opened it.
    Open,
    /// It has a finding.
    Investigated,
    /// It has a decision, and people have not been told yet.
    Decided,
    /// Approval was requested; it waits for it.
    Waiting,
    /// People were notified that no fix is safe; it waits for them.
    NeedsHuman,
    /// It has the approvals that it needs.
    Approved,
    /// The operation is about to be sent, or was sent and not yet acknowledged.
    Executing,
    /// The API server accepted the operation.
    Applied,
    /// The fix helped.
    Recovered,
    /// The fix helped in part.
    Partly,
    /// The fix changed nothing.
    Unchanged,
    /// It is worse than before.
    Worse,
    /// It is not known whether the fix was applied, or whether it helped.
    NotKnown,
    /// The operation was refused or failed.
    Failed,
    /// A person said no.
    Dismissed,
    /// It cleared by itself.
    Cleared,
    /// It is part of another incident.
    Merged,
}

impl State {
    /// The word in JSON, in metrics and in the store; people read [`State::words`].
    pub fn as_str(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Investigated => "investigated",
            State::Decided => "decided",
            State::Waiting => "waiting",
            State::NeedsHuman => "needs-human",
            State::Approved => "approved",
            State::Executing => "executing",
            State::Applied => "applied",
            State::Recovered => "recovered",
            State::Partly => "partly",
            State::Unchanged => "unchanged",
            State::Worse => "worse",
            State::NotKnown => "not-known",
            State::Failed => "failed",
            State::Dismissed => "dismissed",
            State::Cleared => "cleared",
            State::Merged => "merged",
        }
    }

    /// True where nothing more happens to it.
    pub fn is_final(self) -> bool {
        self.is_outcome() || matches!(self, State::Dismissed | State::Cleared | State::Merged)
    }

    /// True where it says how a fix ended: people may also dismiss an incident that was fixed before.
    pub fn is_outcome(self) -> bool {
        matches!(
            self,
            State::Recovered
                | State::Partly
                | State::Unchanged
                | State::Worse
                | State::NotKnown
                | State::Failed
        )
    }

    /// True where it waits for people.
    pub fn awaits_people(self) -> bool {
        matches!(self, State::Waiting | State::NeedsHuman)
    }
}

impl From<Verdict> for State {
    fn from(verdict: Verdict) -> State {
        match verdict {
            Verdict::Recovered => State::Recovered,
            Verdict::Partly => State::Partly,
            Verdict::Unchanged => State::Unchanged,
            Verdict::Worse => State::Worse,
        }
    }
}

/// A dismissed cause that was quiet for so long is a new one when it comes back: longer than the
/// longest back-off of a container, milliseconds.
pub const DISMISSED_FOR: i64 = 10 * 60_000;

/// One arrow that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// The state that it led to.
    pub state: State,
    /// What happened, in a sentence.
    pub note: String,
    /// The person who did it, without their groups; none where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
}

/// The operation that is or was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// The fix.
    pub fix: Fix,
    /// What is sent.
    pub operation: Operation,
    /// How far it got, where that takes two requests.
    #[serde(default)]
    pub half: Half,
    /// Who approved it.
    pub approvers: Vec<String>,
    /// Sent the first time, milliseconds since the Unix epoch.
    pub started_at: i64,
    /// What the API server answered.
    pub output: Option<String>,
}

/// What came of asking a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consulted {
    /// Why better models did not answer, as `model: why`.
    pub why: Vec<String>,
    /// True where the model contradicts strong evidence: both findings are shown.
    pub contradicts: bool,
    /// Its fix, as a value of the catalogue.
    pub proposal: Option<Proposal>,
    /// What patterns had found before, without a word of the model.
    #[serde(default)]
    pub before: Option<Finding>,
    /// Its fixes that are none.
    pub refused: Vec<Refused>,
    /// What was used.
    pub usage: Usage,
    /// Rounds that were begun.
    pub rounds: u32,
}

/// What an incident takes back that was made by a person, not by triage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The incident whose fix is taken back.
    pub of: String,
    /// The inverse.
    pub fix: Fix,
    /// Who asked for it.
    pub by: String,
}

/// An incident with everything that became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What the plugins are given.
    pub incident: Incident,
    /// Where it stands.
    pub state: State,
    /// Grouping key.
    pub key: String,
    /// Why triage opened it.
    pub why: String,
    /// The shared cause that triage read from the message.
    pub shared: Option<ObjectRef>,
    /// The cause.
    pub finding: Option<Finding>,
    /// Other causes that were found on the same owner.
    #[serde(default)]
    pub also: Vec<Finding>,
    /// How many of the incident's signals were known when it was last investigated.
    #[serde(default)]
    pub judged: usize,
    /// Who found it: `patterns`, or a model's name.
    pub answered_by: String,
    /// What came of asking a model; none where none was asked.
    #[serde(default)]
    pub consulted: Option<Consulted>,
    /// What models used of its budget, in all of its investigations.
    #[serde(default)]
    pub spent: Usage,
    /// What is decided.
    pub decision: Option<Decision>,
    /// When approval was requested.
    pub asked_at: Option<i64>,
    /// Yes-votes.
    #[serde(default)]
    pub votes: Vec<Vote>,
    /// The operation.
    pub execution: Option<Execution>,
    /// The checks after the operation.
    pub recovery: Option<Recovery>,
    /// Reads that the guard refused, as `plugin: what`.
    #[serde(default)]
    pub refusals: Vec<String>,
    /// The incident that this one became part of.
    pub merged_into: Option<String>,
    /// The fix of another incident that this one takes back.
    #[serde(default)]
    pub undo: Option<Undo>,
    /// The incident that takes the fix of this one back.
    #[serde(default)]
    pub undone_by: Option<String>,
    /// Path of the RCA.
    pub rca: Option<String>,
    /// The state that the RCA describes.
    #[serde(default)]
    pub documented: Option<State>,
    /// The arrows that were taken, oldest first.
    pub history: Vec<StateChange>,
    /// When its signals were last seen.
    pub last_seen: i64,
}

/// What matters of a record before it is changed, to those who see the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Where it stood.
    pub state: State,
    /// How many arrows were taken.
    pub steps: usize,
    /// When approval was requested.
    pub asked_at: Option<i64>,
    /// The state that the RCA described.
    pub documented: Option<State>,
}

impl Before {
    /// Of this record.
    pub fn of(record: &Record) -> Before {
        Before {
            state: record.state,
            steps: record.history.len(),
            asked_at: record.asked_at,
            documented: record.documented,
        }
    }
}

impl Record {
    /// An incident that nothing was done about yet; its history is empty.
    pub fn new(incident: Incident, why: String) -> Record {
        Record {
            last_seen: incident.opened_at,
            incident,
            state: State::Open,
            key: String::new(),
            why,
            shared: None,
            finding: None,
            also: Vec::new(),
            judged: 0,
            answered_by: String::new(),
            consulted: None,
            spent: Usage::default(),
            decision: None,
            asked_at: None,
            votes: Vec::new(),
            execution: None,
            recovery: None,
            refusals: Vec::new(),
            merged_into: None,
            undo: None,
            undone_by: None,
            rca: None,
            documented: None,
            history: Vec::new(),
        }
    }

    /// Who approved what was sent, with the names that people call them; what is no person, such as
    /// a policy, by its own.
    pub fn approvers(&self) -> Vec<String> {
        let voter = |name: &String| {
            let vote = self.votes.iter().find(|v| v.approver.name == *name);
            vote.map_or_else(|| name.clone(), |v| v.approver.to_string())
        };
        let sent = self.execution.iter().flat_map(|e| &e.approvers);
        sent.map(voter).collect()
    }

    /// The severity that people see: the finding's where there is one.
    pub fn severity(&self) -> Severity {
        self.finding
            .as_ref()
            .map_or(self.incident.severity, |f| f.severity)
    }

    /// The title that people see.
    pub fn title(&self) -> &str {
        self.finding
            .as_ref()
            .map_or(self.why.as_str(), |f| f.title.as_str())
    }

    /// The class that people see.
    pub fn class(&self) -> &str {
        self.finding
            .as_ref()
            .map_or(self.incident.class.as_str(), |f| f.class.as_str())
    }

    /// The cause that it shares with others: the finding's, else the one that triage read.
    pub fn shared_cause(&self) -> Option<&ObjectRef> {
        let found = self.finding.as_ref().and_then(|f| f.shared.as_ref());
        found.or(self.shared.as_ref())
    }

    /// True where nothing is left to do: it has ended, and that is written down where it has to
    /// be.
    pub fn is_done(&self) -> bool {
        let untold = matches!(self.state, State::Merged | State::Cleared);
        self.state.is_final() && (untold || self.documented == Some(self.state))
    }

    /// True where its cause or its fix is not known, and may be when the plugins are asked again.
    pub fn may_be_answered(&self) -> bool {
        let is_unknown = self.finding.as_ref().is_some_and(Finding::is_undetermined);
        is_unknown || self.decision.as_ref().is_some_and(Decision::may_change)
    }

    /// True where Kubernetes gives a reason that it had not given when the cause was looked for.
    pub fn has_news(&self) -> bool {
        let signals = &self.incident.signals;
        let (known, newer) = signals.split_at(self.judged.min(signals.len()));
        let told = |reason: &str| known.iter().any(|s| s.reason == reason);
        newer.iter().any(|s| !told(&s.reason))
    }

    /// The fix that people are asked about, with what was decided of it.
    pub fn candidate(&self) -> Option<&Candidate> {
        self.decision.as_ref()?.first()
    }

    /// The fix that people are asked about.
    pub fn fix(&self) -> Option<&Fix> {
        self.candidate().map(|candidate| &candidate.fix)
    }

    /// What people are asked now; none where nobody is asked.
    pub fn question(&self) -> Option<Question> {
        let candidate = self.candidate()?;
        let asked_at = self.asked_at.filter(|_| self.state == State::Waiting)?;
        Some(Question {
            digest: candidate.digest.clone(),
            asked_at,
        })
    }

    /// What follows from its decision; none where nothing is decided.
    pub fn advice(&self) -> Option<Advice<'_>> {
        self.decision.as_ref().map(Decision::advice)
    }

    /// True where no fix is known, and not because everybody said so.
    pub fn is_undecided(&self) -> bool {
        matches!(self.advice(), Some(Advice::NotKnown(_)))
    }

    /// True where a policy denied the only fixes.
    pub fn is_denied(&self) -> bool {
        matches!(self.advice(), Some(Advice::Denied))
    }

    /// What fix plugins are asked with, and true where it rests on what a model says. Where a model
    /// only explains what patterns found, plugins are asked with the words of the patterns.
    pub fn basis(&self) -> Option<(&Finding, bool)> {
        let finding = self.finding.as_ref()?;
        let Some(consulted) = &self.consulted else {
            return Some((finding, false));
        };
        match &consulted.before {
            Some(before) if before.is_same_cause(finding) => Some((before, false)),
            _ => Some((finding, true)),
        }
    }

    /// What patterns found, without a word of a model.
    pub fn by_patterns(&self) -> Option<&Finding> {
        match &self.consulted {
            Some(consulted) => consulted.before.as_ref(),
            None => self.finding.as_ref(),
        }
    }

    /// The fix that would take the applied fix back, where there is one.
    pub fn inverse(&self) -> Option<Fix> {
        let applied = match self.state {
            State::Recovered | State::Partly | State::Unchanged | State::Worse => true,
            State::NotKnown => self.history.iter().any(|s| s.state == State::Applied),
            _ => false,
        };
        let execution = self.execution.as_ref().filter(|_| applied)?;
        let candidates = &self.decision.as_ref()?.candidates;
        let candidate = candidates.iter().find(|c| c.fix == execution.fix)?;
        execution.fix.inverse(&candidate.diff, &execution.operation)
    }

    /// What outcomes are remembered under: the class and the kind of the owner.
    pub fn signature(&self) -> String {
        format!("{}/{}", self.class(), self.incident.owner.kind)
    }

    /// Everything that was refused.
    pub fn refused(&self) -> &[Refused] {
        self.decision.as_ref().map_or(&[], |d| d.refused.as_slice())
    }

    /// All victims: triage's and the finding's, each once.
    pub fn victims(&self) -> Vec<ObjectRef> {
        let mut all: Vec<ObjectRef> = Vec::new();
        let found = self.finding.iter().flat_map(|f| f.victims.iter());
        for victim in self.incident.victims.iter().chain(found) {
            if !all.iter().any(|v| v.same_object(victim)) {
                all.push(victim.clone());
            }
        }
        all
    }

    /// True where an object is the owner, or one of the victims known so far.
    pub fn is_member(&self, object: &ObjectRef) -> bool {
        let incident = &self.incident;
        incident.owner.same_object(object) || incident.victims.iter().any(|v| v.same_object(object))
    }

    /// Count an object among the victims, once.
    pub fn add_victim(&mut self, object: &ObjectRef) {
        if !self.is_member(object) {
            self.incident.victims.push(object.clone());
        }
    }

    /// When the last arrow was taken: the end, where it has ended.
    pub fn changed_at(&self) -> i64 {
        self.history
            .last()
            .map_or(self.incident.opened_at, |s| s.at)
    }

    /// True where a person said no to it, and its cause was not quiet for `window` since.
    pub fn is_dismissed_within(&self, window: i64, now: i64) -> bool {
        let seen = self.last_seen.max(self.changed_at());
        self.state == State::Dismissed && now - seen < window
    }

    /// Take an arrow.
    pub fn step(&mut self, at: i64, state: State, note: impl Into<String>) {
        self.state = state;
        self.history.push(StateChange {
            at,
            state,
            note: note.into(),
            by: None,
        });
    }

    /// Take an arrow that a person wanted.
    pub fn step_by(&mut self, at: i64, state: State, note: impl Into<String>, who: &Person) {
        self.step(at, state, note);
        if let Some(step) = self.history.last_mut() {
            step.by = Some(Person {
                groups: Vec::new(),
                ..who.clone()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(reasons: &[&str], judged: usize) -> Record {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "web"});
        let signal = |(number, reason): (usize, &&str)| {
            json!({"id": number.to_string(), "source": "event", "reason": reason, "object": object,
                "owner": object, "message": "", "count": 1, "first_seen": 0, "last_seen": 0, "reporter": ""})
        };
        let signals: Vec<_> = reasons.iter().enumerate().map(signal).collect();
        let incident = json!({"id": "inc-1", "class": "workload", "severity": "medium",
            "object": object, "owner": object, "signals": signals, "victims": [], "opened_at": 0});
        let incident = serde_json::from_value(incident).unwrap();
        Record {
            judged,
            ..Record::new(incident, String::new())
        }
    }

    #[test]
    fn only_a_new_reason_is_news() {
        assert!(!record(&["FailedMount"], 1).has_news());
        assert!(!record(&["FailedMount", "FailedMount"], 1).has_news());
        assert!(record(&["FailedMount", "Failed"], 1).has_news());
        assert!(!record(&["FailedMount", "Failed"], 2).has_news());
        assert!(!record(&[], 3).has_news());
    }
}
