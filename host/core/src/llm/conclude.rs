//! From a diagnosis to findings: what is believed of it, and what stands beside it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::claims::Claims;
use super::command::fix_of_line;
use super::diagnosis::{Diagnosis, ProposedFix};
use super::prompt::{Case, Noted};
use crate::decision::Refused;
use crate::finding::{Evidence, Finding};
use crate::fix::Fix;
use crate::object::ObjectRef;
use crate::redact::redact;
use crate::shorten;

/// A pattern's finding of this confidence is not replaced by a model that says otherwise.
pub const STRONG: u8 = 80;
/// The class of a cause that is none of ours.
pub const OTHER: &str = "other";
/// Longest excerpt of a piece of evidence.
const EXCERPT: usize = 600;

/// A fix that a model proposes, parsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The fix.
    pub fix: Fix,
    /// Why it helps, in the model's words.
    pub rationale: String,
}

/// What becomes of a diagnosis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concluded {
    /// Findings, the first one is the answer; the others stand beside it.
    pub findings: Vec<Finding>,
    /// True where the first finding is the model's, or holds claims of it.
    pub by_model: bool,
    /// True where the model contradicts strong evidence.
    pub contradicts: bool,
    /// Its fix.
    pub proposal: Option<Proposal>,
    /// Its fix, where it is none.
    pub refused: Option<Refused>,
}

/// Judge a diagnosis by the evidence. `seen` are the objects that the model was shown.
///
/// # Errors
/// What the model has to be told: no sentence cites evidence that exists.
pub fn conclude(
    case: &Case<'_>,
    diagnosis: &Diagnosis,
    notes: &[Noted],
    seen: &[ObjectRef],
) -> Result<Concluded, String> {
    let known: BTreeSet<String> = notes.iter().map(|n| n.id.clone()).collect();
    let claims = Claims::of(&redact(&diagnosis.cause), &known);
    if claims.supported.is_empty() {
        let ids: Vec<&str> = known.iter().map(String::as_str).collect();
        return Err(format!(
            "no sentence of the cause cites evidence; the ids are {}",
            ids.join(", ")
        ));
    }
    let (proposal, refused) = fix(case, diagnosis, seen);
    let best = case.findings.first();
    let contradicts = best.is_some_and(|best| differs(best, diagnosis));
    let strong = best.is_some_and(|best| best.confidence >= STRONG);
    let mut others: Vec<Finding> = case.findings.iter().skip(1).cloned().collect();
    let (findings, by_model) = match best {
        Some(best) if strong && contradicts => {
            let model = model_finding(case, diagnosis, &claims, notes, seen);
            let mut findings = vec![best.clone(), model];
            findings.append(&mut others);
            (findings, false)
        }
        Some(best) if strong => {
            let (finding, added) = deepened(best, &claims, notes, diagnosis);
            others.insert(0, finding);
            (others, added)
        }
        _ => {
            let mut findings = vec![model_finding(case, diagnosis, &claims, notes, seen)];
            findings.extend(case.findings.iter().cloned());
            (findings, true)
        }
    };
    // A model that is outvoted by evidence does not decide what is done.
    let proposal = proposal.filter(|_| by_model || !contradicts);
    Ok(Concluded {
        findings,
        by_model,
        contradicts: strong && contradicts,
        proposal,
        refused,
    })
}

/// Another class, or another object that is not of the same owner.
fn differs(finding: &Finding, diagnosis: &Diagnosis) -> bool {
    let other_class = !diagnosis.class.is_empty() && diagnosis.class != finding.class;
    let other_object = diagnosis.object.as_ref().is_some_and(|object| {
        let known = [&finding.object, &finding.owner];
        let shared = finding.shared.iter().chain(&finding.victims);
        !known
            .into_iter()
            .chain(shared)
            .any(|o| o.same_object(object))
            && !belongs(object, &finding.owner)
    });
    other_class || other_object
}

/// True for a pod or ReplicaSet that carries the name of its owner.
fn belongs(object: &ObjectRef, owner: &ObjectRef) -> bool {
    matches!(object.kind.as_str(), "Pod" | "ReplicaSet" | "Job")
        && object.namespace == owner.namespace
        && object.name.starts_with(&format!("{}-", owner.name))
}

/// The pattern's finding with the model's claims that rest on further evidence.
fn deepened(
    best: &Finding,
    claims: &Claims,
    notes: &[Noted],
    diagnosis: &Diagnosis,
) -> (Finding, bool) {
    let mut finding = best.clone();
    let own: BTreeSet<&String> = best.evidence.iter().map(|e| &e.id).collect();
    let new: Vec<&String> = claims
        .supported
        .iter()
        .filter(|claim| {
            let cites = |id: &&String| claim.contains(&format!("[{id}]"));
            claims
                .cited
                .iter()
                .filter(cites)
                .any(|id| !own.contains(id))
        })
        .collect();
    let more = evidence_of(notes, diagnosis, |id| {
        !own.contains(id) && new.iter().any(|claim| claim.contains(&format!("[{id}]")))
    });
    for claim in &new {
        finding.cause.push(' ');
        finding.cause.push_str(claim);
    }
    finding.evidence.extend(more);
    finding
        .unsupported
        .extend(claims.unsupported.iter().cloned());
    (finding, !new.is_empty())
}

/// The model's own finding.
fn model_finding(
    case: &Case<'_>,
    diagnosis: &Diagnosis,
    claims: &Claims,
    notes: &[Noted],
    seen: &[ObjectRef],
) -> Finding {
    let best = case.findings.first();
    let class = class(case, diagnosis);
    let same = best.filter(|b| b.class == class);
    let object = diagnosis
        .object
        .as_ref()
        .and_then(|object| seen.iter().find(|s| s.same_object(object)))
        .or(best.map(|b| &b.object))
        .unwrap_or(&case.incident.object);
    let evidence = evidence_of(notes, diagnosis, |id| claims.cited.contains(id));
    let summary = redact(&diagnosis.summary);
    let mut unknown = same.map(|b| b.unknown.clone()).unwrap_or_default();
    if matches!(diagnosis.fix, ProposedFix::None) && !diagnosis.description.is_empty() {
        unknown.push(shorten(&redact(&diagnosis.description), 500).into_owned());
    }
    Finding {
        class,
        title: if summary.is_empty() {
            format!("{}: {}", case.incident.owner, redact(&diagnosis.reason))
        } else {
            summary
        },
        cause: claims.supported.join(" "),
        confidence: confidence(claims, notes, diagnosis),
        severity: diagnosis.severity.unwrap_or(case.incident.severity),
        object: object.clone(),
        owner: best.map_or(&case.incident.owner, |b| &b.owner).clone(),
        evidence,
        unknown,
        unsupported: claims.unsupported.clone(),
        facts: same.map(|b| b.facts.clone()).unwrap_or_default(),
        victims: best.map(|b| b.victims.clone()).unwrap_or_default(),
        shared: same.and_then(|b| b.shared.clone()),
    }
}

/// One of our classes, or the class of causes that are none of them.
fn class(case: &Case<'_>, diagnosis: &Diagnosis) -> String {
    let ours = case.findings.iter().map(|f| f.class.as_str());
    ours.chain(case.classes.iter().copied())
        .find(|class| *class == diagnosis.class)
        .unwrap_or(OTHER)
        .to_owned()
}

/// More where quotes are real, less where claims rest on nothing. Never as much as a strong
/// pattern.
fn confidence(claims: &Claims, notes: &[Noted], diagnosis: &Diagnosis) -> u8 {
    let quoted = diagnosis
        .evidence
        .iter()
        .filter_map(|cited| Some((cited, notes.iter().find(|n| n.id == cited.id)?)))
        .any(|(cited, note)| holds(&note.text, &cited.quote));
    let loose = claims.unsupported.len();
    match (quoted, loose) {
        (true, 0) => 75,
        (false, 0) => 60,
        (_, loose) if loose <= claims.supported.len() => 50,
        _ => 30,
    }
}

/// True where the quote stands in the text, whatever the white space.
fn holds(text: &str, quote: &str) -> bool {
    let flat = |t: &str| {
        t.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
    };
    let quote = flat(quote.trim_matches(['"', '\'', '…', '.', ' ']));
    quote.len() >= 6 && flat(text).contains(&quote)
}

/// The evidence of the wanted ids, in their order; a quote that is real is its excerpt.
fn evidence_of(
    notes: &[Noted],
    diagnosis: &Diagnosis,
    wanted: impl Fn(&String) -> bool,
) -> Vec<Evidence> {
    let chosen = notes.iter().filter(|n| wanted(&n.id));
    chosen
        .map(|note| {
            let quote = diagnosis
                .evidence
                .iter()
                .filter(|cited| cited.id == note.id)
                .map(|cited| cited.quote.as_str())
                .find(|quote| holds(&note.text, quote));
            Evidence {
                id: note.id.clone(),
                source: note.source.clone(),
                excerpt: shorten(&redact(quote.unwrap_or(&note.text)), EXCERPT).into_owned(),
            }
        })
        .collect()
}

/// The fix as a value of the catalogue, on an object that the model has seen; else the refusal.
fn fix(
    case: &Case<'_>,
    diagnosis: &Diagnosis,
    seen: &[ObjectRef],
) -> (Option<Proposal>, Option<Refused>) {
    let (said, parsed) = match &diagnosis.fix {
        ProposedFix::None => return (None, None),
        ProposedFix::Line(line) => (line.clone(), fix_of_line(line, case.namespace())),
        ProposedFix::Typed {
            action,
            target,
            parameters,
        } => {
            let pairs: Vec<String> = parameters.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let target = target
                .clone()
                .unwrap_or_else(|| case.incident.owner.clone());
            let said = format!("{action} {target} {}", pairs.join(" "));
            let parsed = Fix::parse(action, target, parameters).map_err(|e| e.to_string());
            (said, parsed)
        }
    };
    let seen = |fix: &Fix| seen.iter().any(|s| s.same_object(&fix.target));
    match parsed {
        Ok(fix) if seen(&fix) => {
            let rationale = shorten(&redact(&diagnosis.description), 1000).into_owned();
            (Some(Proposal { fix, rationale }), None)
        }
        Ok(fix) => (
            None,
            Some(refused(
                &said,
                &format!("the model has not seen {}", fix.target),
            )),
        ),
        Err(why) => (None, Some(refused(&said, &why))),
    }
}

fn refused(said: &str, reason: &str) -> Refused {
    // Redacted while its line ends are still there: they show where a secret is.
    let said = redact(said);
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    Refused {
        proposal: shorten(&redact(&line), 300).into_owned(),
        reason: format!("model: {}", shorten(&redact(reason), 300)),
        by_policy: false,
    }
}

#[cfg(test)]
mod tests;
