//! What one row of the fix table can ask for.

use crate::text;
use k8shawk_sdk::classes;
use k8shawk_sdk::fix::{Finding, Parameter};

/// Where the object to change is found.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// The nearest object of one of these kinds: the one at fault, its owner, what is shared.
    Kind(&'static [&'static str]),
    /// The object at fault, whatever its kind.
    Object,
    /// A cluster-scoped or namespaced object that a fact names; `namespace/name` is understood.
    Named {
        /// Kind.
        kind: &'static str,
        /// Fact with the name.
        fact: &'static str,
    },
}

/// A row: for which findings, and what is then proposed.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What to do: a name of the catalogue.
    pub action: &'static str,
    /// To what.
    pub target: Target,
    /// Runs of whole words of which the class must contain one; any class where empty.
    pub classes: &'static [&'static str],
    /// Runs of whole words of which the class must contain none.
    pub but: &'static [&'static str],
    /// Facts that must be there.
    pub needs: &'static [&'static str],
    /// Facts that must not be there.
    pub unless: &'static [&'static str],
    /// Parameter names with the facts that hold their values.
    pub parameters: &'static [(&'static str, &'static str)],
    /// One sentence; `{object}`, `{owner}`, `{target}` and `{name-of-a-fact}` are filled in.
    pub rationale: &'static str,
}

/// A row that does `action` to `target`.
pub const fn row(action: &'static str, target: Target) -> Row {
    Row {
        action,
        target,
        classes: &[],
        but: &[],
        needs: &[],
        unless: &[],
        parameters: &[],
        rationale: "",
    }
}

impl Row {
    /// Only for classes that contain one of these words.
    pub const fn classes(self, classes: &'static [&'static str]) -> Row {
        Row { classes, ..self }
    }

    /// Not for classes that contain one of these words.
    pub const fn but(self, but: &'static [&'static str]) -> Row {
        Row { but, ..self }
    }

    /// Only with these facts.
    pub const fn needs(self, needs: &'static [&'static str]) -> Row {
        Row { needs, ..self }
    }

    /// Not with any of these facts.
    pub const fn unless(self, unless: &'static [&'static str]) -> Row {
        Row { unless, ..self }
    }

    /// With these parameters; their facts must be there.
    pub const fn with(self, parameters: &'static [(&'static str, &'static str)]) -> Row {
        Row { parameters, ..self }
    }

    /// Why it helps.
    pub const fn because(self, rationale: &'static str) -> Row {
        Row { rationale, ..self }
    }

    /// True where the class fits and the facts are as the row wants them.
    pub fn applies(&self, finding: &Finding) -> bool {
        let says = |words: &[&str]| words.iter().any(|w| classes::says(&finding.class, w));
        let has = |key: &&str| text::fact(finding, key).is_some();
        (self.classes.is_empty() || says(self.classes))
            && !says(self.but)
            && self.needs.iter().all(has)
            && !self.unless.iter().any(has)
    }

    /// Values that a row never proposes, whatever the facts say.
    pub fn refuses(&self, parameters: &[Parameter]) -> bool {
        // The API server alone clears this one, when a namespace is empty.
        self.action == "remove-finalizer" && parameters.iter().any(|p| p.value == "kubernetes")
    }
}
