//! What a policy sees of a proposal beside the incident: who proposed it, what it is for, what it
//! would change, what earlier fixes did.

use k8shawk_core::diff::Diff;
use k8shawk_core::point::Point;
use k8shawk_core::policy::{Dossier, Run, Scope};

use crate::call::{Call, Told};
use crate::capability::{Capability, Definition, Own};
use crate::wit::imports::k8shawk::incident::types::Finding;
use crate::wit::imports::k8shawk::kubectl::types::ReadError;
use crate::wit::imports::k8shawk::policy::{diff, finding, ledger, origin};

/// The source of the proposal.
pub(super) const ORIGIN: Capability = Capability(&Definition {
    package: "policy",
    word: "origin",
    points: &[Point::Policy],
    verbs: &[],
    told: Some("gets the origin of a fix"),
    link: |linker| origin::add_to_linker::<_, Own>(linker, |call| call),
});

/// The finding of the proposal.
pub(super) const FINDING: Capability = Capability(&Definition {
    package: "policy",
    word: "finding",
    points: &[Point::Policy],
    verbs: &[],
    told: Some("gets the finding that a fix is for"),
    link: |linker| finding::add_to_linker::<_, Own>(linker, |call| call),
});

/// The dry-run diff of the proposal.
pub const DIFF: Capability = Capability(&Definition {
    package: "policy",
    word: "diff",
    points: &[Point::Policy],
    verbs: &[],
    told: Some("gets the dry-run diff of a fix, before people see it"),
    link: |linker| diff::add_to_linker::<_, Own>(linker, |call| call),
});

/// Earlier fixes.
pub const LEDGER: Capability = Capability(&Definition {
    package: "policy",
    word: "ledger",
    points: &[Point::Policy],
    verbs: &[],
    told: Some("gets earlier fixes: their targets, outcomes and approvers"),
    link: |linker| ledger::add_to_linker::<_, Own>(linker, |call| call),
});

impl Call {
    /// What is judged.
    ///
    /// # Errors
    /// The host did not say what is judged: its fault, which ends the call.
    fn dossier(&self) -> wasmtime::Result<&Dossier> {
        let judged = self.judged.as_ref().map(|judged| &*judged.dossier);
        judged.ok_or_else(|| wasmtime::Error::msg("nothing is judged in this call"))
    }

    /// Count an answer that the host has already: against the host calls and against the memory.
    fn show<T>(
        &mut self,
        bytes: usize,
        make: impl FnOnce(&Self) -> T,
    ) -> wasmtime::Result<Told<T>> {
        if !self.journal.charge(0)? {
            return Ok(Err(ReadError::Exhausted));
        }
        if !self.budget.admit(bytes) {
            return Ok(Err(ReadError::Unavailable(self.too_large())));
        }
        Ok(Ok(make(self)))
    }
}

impl origin::Host for Call {
    async fn get(&mut self) -> wasmtime::Result<origin::Source> {
        self.journal.charge(0)?;
        Ok((&self.dossier()?.origin).into())
    }
}

impl finding::Host for Call {
    async fn get(&mut self) -> wasmtime::Result<Finding> {
        self.journal.charge(0)?;
        Ok((&self.dossier()?.finding).into())
    }
}

impl diff::Host for Call {
    async fn get(&mut self) -> wasmtime::Result<Told<Vec<diff::Change>>> {
        let Some(diff) = self.dossier()?.diff.clone() else {
            return Ok(missing("no dry run was sent"));
        };
        self.show(size(&diff), |_| diff.lines.iter().map(Into::into).collect())
    }
}

impl ledger::Host for Call {
    async fn runs(&mut self, scope: ledger::Scope) -> wasmtime::Result<Told<Vec<ledger::Run>>> {
        let Some(judged) = self.judged.clone() else {
            return Ok(missing("nothing is judged in this call"));
        };
        let (action, target) = (&judged.action, &judged.target);
        let Some(runs) = judged.dossier.runs(scope.into(), action, target) else {
            return Ok(missing("the ledger was not read"));
        };
        let bytes = runs.iter().map(|run| weight(run)).sum();
        self.show(bytes, |_| runs.into_iter().map(Into::into).collect())
    }
}

fn missing<T>(why: &str) -> Told<T> {
    Err(ReadError::Unavailable(why.to_owned()))
}

fn size(diff: &Diff) -> usize {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let line = |l: &k8shawk_core::diff::Line| l.path.len() + length(&l.before) + length(&l.after);
    diff.lines.iter().map(line).sum()
}

fn weight(run: &Run) -> usize {
    let names: usize = run.approvers.iter().map(String::len).sum();
    let target = run.target.namespace.len() + run.target.name.len();
    size_of::<Run>() + run.action.len() + run.class.len() + target + names
}

impl From<ledger::Scope> for Scope {
    fn from(scope: ledger::Scope) -> Self {
        match scope {
            ledger::Scope::Object => Scope::Object,
            ledger::Scope::Namespace => Scope::Namespace,
            ledger::Scope::Class => Scope::Class,
            ledger::Scope::Every => Scope::Every,
        }
    }
}
