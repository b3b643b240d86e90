//! How a state is said to people: one table for tables, messages, documents and histories.

use super::{Record, State, StateChange};

impl State {
    /// The words that people read, without a capital; [`State::as_str`] is for programs.
    pub fn words(self) -> &'static str {
        match self {
            State::Open => "investigating",
            State::Investigated => "investigated",
            State::Decided => "decided",
            State::Waiting => "waiting for approval",
            State::NeedsHuman => "needs a person",
            State::Approved => "approved",
            State::Executing => "applying the fix",
            State::Applied => "fix applied, verifying",
            State::Recovered => "recovered",
            State::Partly => "partly recovered",
            State::Unchanged => "fix did not help",
            State::Worse => "worse after the fix",
            State::NotKnown => "outcome unknown",
            State::Failed => "fix failed",
            State::Dismissed => "dismissed",
            State::Cleared => "cleared without a fix",
            State::Merged => "merged into another incident",
        }
    }

    /// Every state, in the order of an incident's life.
    pub const ALL: [State; 17] = [
        State::Open,
        State::Investigated,
        State::Decided,
        State::Waiting,
        State::NeedsHuman,
        State::Approved,
        State::Executing,
        State::Applied,
        State::Recovered,
        State::Partly,
        State::Unchanged,
        State::Worse,
        State::NotKnown,
        State::Failed,
        State::Dismissed,
        State::Cleared,
        State::Merged,
    ];
}

impl Record {
    /// Where it stands, in words: those of its state, and `investigating again` where approval
    /// was requested before.
    pub fn standing(&self) -> &'static str {
        match self.state {
            State::Open | State::Investigated | State::Decided if self.asked_at.is_some() => {
                "investigating again"
            }
            state => state.words(),
        }
    }
}

impl StateChange {
    /// The words of the state it led to, and what follows them: `applied`, `: it was accepted`, or
    /// `approved`, ` by Ann`, where the note itself begins with the words.
    pub fn told(&self) -> (&'static str, String) {
        let words = self.state.words();
        match self.note.strip_prefix(words) {
            Some(rest) => (words, rest.to_owned()),
            None => (words, format!(": {}", self.note)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_states_are_said_alike_and_none_as_programs_write_it() {
        let mut words = State::ALL.map(State::words).to_vec();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), State::ALL.len());
        assert!(words.iter().all(|words| !words.contains('-')), "{words:?}");
    }

    #[test]
    fn a_note_that_begins_with_the_words_is_not_said_twice() {
        let told = |state, note: &str| {
            let note = note.to_owned();
            let step = StateChange {
                at: 0,
                state,
                note,
                by: None,
            };
            let (words, rest) = step.told();
            format!("{words}{rest}")
        };
        assert_eq!(told(State::Approved, "approved by Ann"), "approved by Ann");
        assert_eq!(
            told(State::Executing, "sending: scale on Deployment a/b"),
            "applying the fix: sending: scale on Deployment a/b"
        );
    }
}
