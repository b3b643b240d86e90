//! What a policy can see of a proposal, beside the incident.

use serde::{Deserialize, Serialize};

use crate::diff::Diff;
use crate::finding::Finding;
use crate::object::ObjectRef;
use crate::policy::Origin;

/// Earlier fixes of one scope that a policy sees.
pub const MOST_RUNS: usize = 64;

/// What a policy can see of a proposal, beside the incident: each policy of the proposal the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// Who proposed the fix.
    pub origin: Origin,
    /// What it is for.
    pub finding: Finding,
    /// What the API server said that it would change; none where no dry run was sent.
    pub diff: Option<Diff>,
    /// Earlier fixes, the newest first, with the [`MOST_RUNS`] newest of every scope; none where
    /// the ledger was not read.
    pub ledger: Option<Vec<Run>>,
}

/// One fix that was sent, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Incident that it was for.
    pub incident: String,
    /// When it ended, milliseconds since the Unix epoch.
    pub at: i64,
    /// Name of its action.
    pub action: String,
    /// What it changed, without a uid.
    pub target: ObjectRef,
    /// Failure class of its finding.
    pub class: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The people who approved it; empty where policies released it.
    pub approvers: Vec<String>,
}

/// How the fix of an incident ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything is well.
    Recovered,
    /// Better than before, and not well.
    Partly,
    /// No better than before.
    Unchanged,
    /// Worse than before.
    Worse,
    /// The API server refused it.
    Failed,
    /// Nobody knows if it was applied, or what it did.
    NotKnown,
}

impl Outcome {
    /// The outcome by the word of its [`State`](crate::record::State); one that says nothing of the
    /// fix is not known.
    pub fn of(state: &str) -> Outcome {
        match state {
            "recovered" => Outcome::Recovered,
            "partly" => Outcome::Partly,
            "unchanged" => Outcome::Unchanged,
            "worse" => Outcome::Worse,
            "failed" => Outcome::Failed,
            _ => Outcome::NotKnown,
        }
    }
}

/// Which earlier fixes a policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The same action on the same object.
    Object,
    /// The same action on objects of the same namespace.
    Namespace,
    /// The same action for findings of the same class.
    Class,
    /// Any action on any object.
    Every,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 4] = [Scope::Object, Scope::Namespace, Scope::Class, Scope::Every];

    /// True where an earlier fix belongs to it, seen from an action on a target for a class.
    pub fn holds(self, run: &Run, action: &str, target: &ObjectRef, class: &str) -> bool {
        let same_action = run.action == action;
        match self {
            Scope::Object => same_action && run.target.same_object(target),
            Scope::Namespace => same_action && run.target.namespace == target.namespace,
            Scope::Class => same_action && run.class == class,
            Scope::Every => true,
        }
    }
}

impl Dossier {
    /// The newest [`MOST_RUNS`] earlier fixes of a scope, seen from a proposal; none where the
    /// ledger was not read.
    pub fn runs(&self, scope: Scope, action: &str, target: &ObjectRef) -> Option<Vec<&Run>> {
        let class = &self.finding.class;
        let ledger = self.ledger.as_ref()?.iter();
        let held = ledger.filter(|run| scope.holds(run, action, target, class));
        Some(held.take(MOST_RUNS).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(action: &str, namespace: &str, name: &str, class: &str) -> Run {
        Run {
            incident: "inc-1".to_owned(),
            at: 1,
            action: action.to_owned(),
            target: ObjectRef::of("Pod", namespace, name),
            class: class.to_owned(),
            outcome: Outcome::Recovered,
            approvers: Vec::new(),
        }
    }

    #[test]
    fn each_scope_holds_what_it_says() {
        let target = ObjectRef::of("Pod", "shop", "web");
        let holds = |run: &Run| {
            Scope::ALL.map(|scope| scope.holds(run, "delete-pod", &target, "crash-loop"))
        };
        let all = run("delete-pod", "shop", "web", "crash-loop");
        assert_eq!(holds(&all), [true, true, true, true]);
        let other_object = run("delete-pod", "shop", "api", "oom");
        assert_eq!(holds(&other_object), [false, true, false, true]);
        let other_namespace = run("delete-pod", "bank", "web", "crash-loop");
        assert_eq!(holds(&other_namespace), [false, false, true, true]);
        let other_action = run("evict-pod", "shop", "web", "crash-loop");
        assert_eq!(holds(&other_action), [false, false, false, true]);
    }

    #[test]
    fn an_outcome_is_the_state_in_which_a_fix_ends() {
        assert_eq!(Outcome::of("partly"), Outcome::Partly);
        assert_eq!(Outcome::of("not-known"), Outcome::NotKnown);
        assert_eq!(Outcome::of("dismissed"), Outcome::NotKnown);
    }
}
