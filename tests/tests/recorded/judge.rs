//! What must hold whenever the host was killed: nothing that was known is lost, nothing is done
//! twice, and nothing is claimed that the API server's audit log does not show.

use k8shawk_core::record::State;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use k8shawk_tests::api_server::{Entry, Key, Verb};
use serde_json::Value;

use crate::host::Host;

/// What an incident's state says of its fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It was made.
    Done,
    /// It was not made.
    NotDone,
    /// Nobody can know yet, or ever.
    Open,
}

/// What is claimed in a state.
pub fn claim(state: &str) -> Claim {
    match state {
        "applied" | "recovered" | "partly" | "unchanged" | "worse" => Claim::Done,
        "executing" | "not-known" => Claim::Open,
        _ => Claim::NotDone,
    }
}

/// True where nothing more happens to an incident by itself.
pub fn is_at_rest(state: &str) -> bool {
    is_final(state) || state == "needs-human"
}

fn is_final(state: &str) -> bool {
    let ends = [
        "recovered",
        "partly",
        "unchanged",
        "worse",
        "failed",
        "not-known",
        "dismissed",
        "cleared",
        "merged",
    ];
    ends.contains(&state)
}

/// A text of an incident.
pub fn text<'i>(incident: &'i Value, pointer: &str) -> &'i str {
    incident
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The namespace that an incident is about.
pub fn namespace(incident: &Value) -> &str {
    text(incident, "/owner/namespace")
}

/// What was known at the last look.
#[derive(Debug, Default)]
pub struct Judge {
    /// Where relative paths of RCAs begin.
    pub directory: PathBuf,
    /// Incidents and their states.
    states: BTreeMap<String, String>,
    /// Incidents whose yes the host took.
    pub approved: BTreeSet<String>,
}

/// Operations and their claims, by namespace.
#[derive(Debug, Default)]
struct Account {
    before: usize,
    operations: usize,
    done: usize,
    open: usize,
    told: usize,
    of: Vec<String>,
}

impl Judge {
    /// A judge of one host, who knows nothing yet.
    pub fn of(host: &Host) -> Judge {
        Judge {
            directory: host.directory().to_owned(),
            ..Judge::default()
        }
    }

    /// Compare what the store says with what was known and with the audit log. A host that runs goes
    /// on in between: `before` is the log from before the store was read, `audit` the one from after.
    ///
    /// # Errors
    /// What does not hold.
    pub fn look(&mut self, before: &[Entry], incidents: &[Value], audit: &[Entry]) -> Result<()> {
        self.nothing_is_lost(incidents)?;
        let mut accounts: BTreeMap<String, Account> = BTreeMap::new();
        for entry in operations(audit) {
            let account = accounts.entry(entry.key.namespace.clone()).or_default();
            account.operations += 1;
        }
        for entry in operations(before) {
            let account = accounts.entry(entry.key.namespace.clone()).or_default();
            account.before += 1;
        }
        for incident in incidents {
            let account = accounts.entry(namespace(incident).to_owned()).or_default();
            let state = text(incident, "/state");
            account
                .of
                .push(format!("{} {state}", text(incident, "/id")));
            match claim(state) {
                Claim::Done => account.done += 1,
                Claim::Open => account.open += 1,
                Claim::NotDone => {}
            }
            account.told += usize::from(rca_claims(incident, &self.directory)?);
        }
        for (namespace, account) in &accounts {
            account.is_true(namespace, audit)?;
        }
        Ok(())
    }

    fn nothing_is_lost(&mut self, incidents: &[Value]) -> Result<()> {
        let now: BTreeMap<String, String> = incidents
            .iter()
            .map(|i| (text(i, "/id").to_owned(), text(i, "/state").to_owned()))
            .collect();
        for (id, before) in &self.states {
            let Some(state) = now.get(id) else {
                anyhow::bail!("lost: {id}, which was {before}");
            };
            ensure!(
                !is_final(before) || before == state,
                "{id} had ended as {before} and is {state}"
            );
        }
        for incident in incidents {
            let id = text(incident, "/id");
            let history = incident["history"].as_array();
            let notes = history
                .into_iter()
                .flatten()
                .map(|step| text(step, "/note"));
            let yes = notes
                .into_iter()
                .any(|note| note.starts_with("approved by"));
            ensure!(
                yes || !self.approved.contains(id),
                "lost: the approval of {id}: {incident}"
            );
        }
        self.states = now;
        Ok(())
    }
}

impl Account {
    fn is_true(&self, namespace: &str, audit: &[Entry]) -> Result<()> {
        let shown = || {
            let ours = audit.iter().filter(|e| e.key.namespace == namespace);
            let writes: Vec<String> = ours.map(|e| format!("{e:?}")).collect();
            format!(
                "{namespace}: {:?}\naudit log:\n{}",
                self.of,
                writes.join("\n")
            )
        };
        ensure!(
            self.before <= self.done + self.open,
            "done twice, or done and not known: {} operations, {} claimed, {} open; {}",
            self.operations,
            self.done,
            self.open,
            shown()
        );
        ensure!(
            self.done <= self.operations,
            "claimed and not done: {} operations, {} claimed; {}",
            self.operations,
            self.done,
            shown()
        );
        ensure!(
            self.told <= self.operations,
            "an RCA claims what was not done: {} operations, {} told; {}",
            self.operations,
            self.told,
            shown()
        );
        Ok(())
    }
}

/// The writes of the host that each are a fix. A Job that is made again is deleted and created, or
/// only created where somebody else took it away before.
pub fn operations(audit: &[Entry]) -> impl Iterator<Item = &Entry> {
    let mut deleted: BTreeMap<&Key, usize> = BTreeMap::new();
    audit.iter().filter(move |entry| {
        if entry.user != "host" {
            return false;
        }
        let before = deleted.entry(&entry.key).or_default();
        match entry.verb {
            Verb::Create if *before > 0 => {
                *before -= 1;
                false
            }
            Verb::Delete => {
                *before += 1;
                true
            }
            _ => true,
        }
    })
}

/// True where the RCA says that the fix was made.
fn rca_claims(incident: &Value, directory: &Path) -> Result<bool> {
    let path = text(incident, "/rca");
    if path.is_empty() {
        return Ok(false);
    }
    let rca = std::fs::read_to_string(directory.join(path)).with_context(|| path.to_owned())?;
    let Some(state) = told_state(&rca) else {
        anyhow::bail!("{path} names no state: {rca}");
    };
    Ok(claim(state) == Claim::Done)
}

/// The state in the head of an RCA, `**cluster, object: state.** id, ...`, by its name in the store.
fn told_state(rca: &str) -> Option<&str> {
    let line = rca.lines().find_map(|line| line.strip_prefix("**"))?;
    let (head, _) = line.split_once(".**")?;
    let (_, words) = head.rsplit_once(": ")?;
    let all = State::ALL.into_iter();
    all.filter(|state| state.words() == words)
        .map(State::as_str)
        .next()
}

/// What must hold beside that once everything has come to rest: every Job that was deleted to run
/// again is there, and every RCA tells the state that is stored.
///
/// # Errors
/// What does not hold.
pub fn at_the_end(incidents: &[Value], audit: &[Entry], directory: &Path) -> Result<()> {
    for incident in incidents {
        let state = text(incident, "/state");
        ensure!(
            is_at_rest(state),
            "{} is still {state}: {incident}",
            text(incident, "/id")
        );
        let path = text(incident, "/rca");
        if !path.is_empty() {
            let rca = std::fs::read_to_string(directory.join(path))?;
            // What is folded into another incident or goes away keeps the RCA that it had.
            let kept = matches!(state, "merged" | "cleared");
            ensure!(
                kept || told_state(&rca) == Some(state),
                "the RCA of {}, which is {state}: {rca}",
                text(incident, "/id")
            );
        }
        if text(incident, "/fix/action") == "retry-job" && claim(state) == Claim::Done {
            let of = |verb| {
                let ours = audit
                    .iter()
                    .filter(|e| e.key.namespace == namespace(incident));
                ours.filter(|e| e.verb == verb).count()
            };
            let (gone, made) = (of(Verb::Delete), of(Verb::Create));
            ensure!(
                gone <= made,
                "a Job was deleted and not made again: {incident}"
            );
        }
    }
    Ok(())
}
