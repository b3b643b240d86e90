//! Cases of a triage plugin: a signal in, a judgement out.

mod summary;

use std::path::PathBuf;

use k8shawk_core::ObjectRef;
use k8shawk_core::severity::Severity;
use k8shawk_core::signal::{Judgement, ObjectSummary, Signal};
use k8shawk_sandbox::Plugin;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::difference::Differences;
use super::keys::Keys;
use super::object::Object;
use super::place::Place;
use super::recording::Recording;
use super::run::Tried;
use super::signal;

/// All keys, but those of every case.
pub(super) const KEYS: &[&[&str]] = &[OWN];
const OWN: &[&str] = &["bundle", "signal", "summary", "judgement"];

/// A case whose keys are read.
pub(super) struct Case {
    signal: Signal,
    summary: ObjectSummary,
    judgement: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    #[serde(default)]
    bundle: Option<PathBuf>,
    signal: signal::Given,
    #[serde(default)]
    summary: Option<summary::Given>,
    judgement: Expected,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    is: Word,
    /// A part of the sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<Object>,
}

/// Which judgement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Pass,
    Drop,
    Open,
}

impl Case {
    /// Read the keys of the point.
    ///
    /// # Errors
    /// A sentence with the key and what may stand there.
    pub(super) fn parse(mut keys: Keys, place: &Place<'_>) -> Result<Case, String> {
        let given: Given = keys.take(OWN)?;
        let judgement = given.judgement.checked()?;
        let (signal, summary) = match &given.bundle {
            Some(_) if given.summary.is_some() => {
                return Err("key \"bundle\": the summary comes from the recording".to_owned());
            }
            Some(path) => recorded(&Recording::read(place.directory, path)?, &given.signal)?,
            None => {
                let now_ms = place.now_ms.unwrap_or_default();
                let about = given.signal.object.clone().map(ObjectRef::from);
                let about = about.ok_or("key \"signal\": missing field `object`")?;
                let summary = given.summary.map(ObjectSummary::from).unwrap_or_default();
                (given.signal.signal(0, &about, now_ms), summary)
            }
        };
        Ok(Case {
            signal,
            summary,
            judgement,
        })
    }

    /// Ask the plugin.
    pub(super) fn run(&self, plugin: &Plugin) -> Tried {
        let called = plugin.triage(&self.signal, &self.summary);
        Tried::of(called, |judgement| self.judgement.compare(judgement))
    }
}

/// The one recorded signal that is meant.
fn recorded(
    recording: &Recording,
    meant: &signal::Given,
) -> Result<(Signal, ObjectSummary), String> {
    let all = recording.observations();
    let mut fit = all.iter().filter(|seen| meant.fits(&seen.signal));
    if let (Some(seen), None) = (fit.next(), fit.next()) {
        return Ok((seen.signal.clone(), seen.summary.clone()));
    }
    let shown = |s: &Signal| format!("{} of {}", s.reason, s.object);
    let mut there: Vec<String> = all.iter().map(|seen| shown(&seen.signal)).collect();
    there.sort();
    there.dedup();
    Err(format!(
        "key \"signal\": not one of the recorded signals fits, or several do; there are: {}",
        there.join(", ")
    ))
}

impl Expected {
    /// What no judgement of this word has cannot be wanted of it.
    fn checked(self) -> Result<Expected, String> {
        let opens = self.is == Word::Open;
        let stray = [
            ("why", self.why.is_some() && self.is == Word::Pass),
            ("severity", self.severity.is_some() && !opens),
            ("class", self.class.is_some() && !opens),
            ("shared", self.shared.is_some() && !opens),
        ];
        match stray.iter().find(|(_, given)| *given) {
            Some((key, _)) => Err(format!(
                "key \"judgement\": {} has no {key}",
                json!(self.is)
            )),
            None => Ok(self),
        }
    }

    fn compare(&self, judgement: &Judgement) -> Differences {
        let mut differences = Differences::default();
        if Word::of(judgement) != self.is {
            differences.other("judgement", self, answer(judgement));
            return differences;
        }
        match judgement {
            Judgement::Pass => {}
            Judgement::Drop(why) => differences.has("judgement.why", self.why.as_ref(), why),
            Judgement::Open(opening) => {
                differences.equal(
                    "judgement.severity",
                    self.severity.as_ref(),
                    &opening.severity,
                );
                differences.equal("judgement.class", self.class.as_ref(), &opening.class);
                differences.has("judgement.why", self.why.as_ref(), &opening.why);
                let shared = opening.shared.as_ref().map(Object::of);
                let want = self.shared.clone().map(Some);
                differences.equal("judgement.shared", want.as_ref(), &shared);
            }
        }
        differences
    }
}

/// A judgement in the form of a case.
fn answer(judgement: &Judgement) -> Value {
    let is = Word::of(judgement);
    match judgement {
        Judgement::Pass => json!({ "is": is }),
        Judgement::Drop(why) => json!({ "is": is, "why": why }),
        Judgement::Open(opening) => json!({
            "is": is,
            "severity": opening.severity,
            "class": opening.class,
            "why": opening.why,
            "shared": opening.shared.as_ref().map(Object::of),
        }),
    }
}

impl Word {
    fn of(judgement: &Judgement) -> Word {
        match judgement {
            Judgement::Pass => Word::Pass,
            Judgement::Drop(_) => Word::Drop,
            Judgement::Open(_) => Word::Open,
        }
    }
}
