//! What the plugins of a point answered, and who gave no answer.
//!
//! What is there can be read from any answers. What is *not* there, such as "nothing is broken
//! now", can be read from [`Complete`] ones alone, and those exist only where nobody failed and
//! every read was answered.

use k8shawk_core::decision::Unanswered;
use k8shawk_core::finding::{Conclusion, Finding};
use k8shawk_core::fix::Risk;
use k8shawk_core::policy::{Origin, Ruling, Verdict};
use k8shawk_sandbox::{CallError, CallRecord, Plan};

/// Answers of all plugins of a point.
#[derive(Debug)]
pub struct Answers<T> {
    given: Vec<(String, T)>,
    /// `plugin: reason` of each refused read.
    pub refusals: Vec<String>,
    unanswered: Vec<Unanswered>,
}

/// Answers of all plugins of a point, each with all that it wanted to read.
#[derive(Debug)]
pub struct Complete<'a, T> {
    given: &'a [(String, T)],
}

impl<T> Answers<T> {
    pub(super) fn new() -> Self {
        Answers {
            given: Vec::new(),
            refusals: Vec::new(),
            unanswered: Vec::new(),
        }
    }

    /// Take one plugin's answer.
    pub(super) fn take(&mut self, id: &str, result: Result<T, CallError>, record: &CallRecord) {
        for refusal in &record.refusals {
            let line = format!("{id}: {refusal}");
            if !self.refusals.contains(&line) {
                self.refusals.push(line);
            }
        }
        match (result, record.unanswered()) {
            (Ok(answer), None) => self.given.push((id.to_owned(), answer)),
            (Ok(answer), Some(why)) => {
                self.given.push((id.to_owned(), answer));
                self.miss(id, why.to_owned(), true);
            }
            (Err(error), _) => self.miss(id, error.to_string(), error.may_pass()),
        }
    }

    fn miss(&mut self, id: &str, why: String, may_pass: bool) {
        let who = id.to_owned();
        self.unanswered.push(Unanswered { who, why, may_pass });
    }

    /// Who gave no answer, or one without something that it wanted to read.
    pub fn unanswered(&self) -> &[Unanswered] {
        &self.unanswered
    }

    /// The answers as what everybody said.
    ///
    /// # Errors
    /// Who did not say all of it.
    pub fn complete(&self) -> Result<Complete<'_, T>, &[Unanswered]> {
        match self.unanswered.as_slice() {
            [] => Ok(Complete { given: &self.given }),
            unanswered => Err(unanswered),
        }
    }
}

impl Answers<Conclusion> {
    /// The causes that were found: each stands on its own evidence.
    pub fn findings(&self) -> Vec<Finding> {
        let found = self.given.iter().filter_map(|(_, answer)| match answer {
            Conclusion::Findings(findings) => Some(findings.iter().cloned()),
            Conclusion::Healthy(_) => None,
        });
        found.flatten().collect()
    }
}

impl Complete<'_, Conclusion> {
    /// Why nothing is broken now, where a plugin says so.
    pub fn healthy(&self) -> Option<&str> {
        self.given.iter().find_map(|(_, answer)| match answer {
            Conclusion::Healthy(why) => Some(why.as_str()),
            Conclusion::Findings(_) => None,
        })
    }
}

impl Answers<Plan> {
    /// What is proposed, and by which plugin.
    pub fn plans(&self) -> impl Iterator<Item = (&str, &Plan)> {
        self.given.iter().map(|(id, plan)| (id.as_str(), plan))
    }
}

impl Answers<Verdict> {
    /// What all policies together say, with the reads that they were refused. Who failed denies.
    ///
    /// # Errors
    /// [`Unanswered`] where a policy may answer later, and no other one denies.
    pub(super) fn ruling(
        mut self,
        risk: Risk,
        origin: &Origin,
    ) -> Result<(Ruling, Vec<String>), Unanswered> {
        for failed in self.unanswered.iter().filter(|u| !u.may_pass) {
            let verdict = Verdict::Deny(format!("the policy gave no answer: {}", failed.why));
            self.given.push((failed.who.clone(), verdict));
        }
        let waited = self.unanswered.iter().find(|u| u.may_pass);
        let of_others = |who: &str| !self.unanswered.iter().any(|u| u.may_pass && u.who == who);
        let denied = |(who, verdict): &(String, Verdict)| {
            matches!(verdict, Verdict::Deny(_)) && of_others(who)
        };
        match waited {
            Some(waited) if !self.given.iter().any(denied) => Err(waited.clone()),
            _ => Ok((Ruling::combine(&self.given, risk, origin), self.refusals)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
