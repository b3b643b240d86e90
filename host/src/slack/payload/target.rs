//! What a button carries: an incident, and the question that was shown with it.

use k8shawk_core::approval::Question;
use serde::{Deserialize, Serialize};

use super::{Place, is_ts};
use crate::slack::text::is_id;

/// An incident, with the question that the person saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// `inc-17`.
    #[serde(rename = "i")]
    pub incident: String,
    /// Digest of the diff; none where nothing is approved.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    /// When it was asked.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    asked_at: Option<i64>,
}

/// What the modal carries: a submission does not say where it was opened from.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Carried {
    i: String,
    #[serde(default)]
    c: String,
    #[serde(default)]
    t: Option<String>,
}

fn is_incident(text: &str) -> bool {
    let digits = text.strip_prefix("inc-");
    digits.is_some_and(|d| (1..=18).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl Target {
    /// An incident.
    pub fn of(incident: &str) -> Target {
        Target {
            incident: incident.to_owned(),
            digest: None,
            asked_at: None,
        }
    }

    /// An incident with the question that is shown.
    pub fn shown(incident: &str, question: &Question) -> Target {
        Target {
            incident: incident.to_owned(),
            digest: Some(question.digest.clone()),
            asked_at: Some(question.asked_at),
        }
    }

    /// The question that was shown; none where nothing was asked.
    pub fn question(&self) -> Option<Question> {
        Some(Question {
            digest: self.digest.clone()?,
            asked_at: self.asked_at?,
        })
    }

    /// As a button carries it.
    pub fn value(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What a button carried; none where it is none of ours.
    pub fn parse(text: &str) -> Option<Target> {
        let target: Target = serde_json::from_str(text).ok()?;
        let whole = is_incident(&target.incident)
            && target.digest.as_deref().is_none_or(is_digest)
            && target.digest.is_some() == target.asked_at.is_some();
        whole.then_some(target)
    }

    /// As a modal carries it.
    pub fn private(&self, place: &Place) -> String {
        let carried = Carried {
            i: self.incident.clone(),
            c: place.channel.clone(),
            t: place.thread.clone(),
        };
        serde_json::to_string(&carried).unwrap_or_default()
    }

    /// What a modal carried.
    pub fn from_modal(text: &str) -> Option<(Target, Place)> {
        let carried: Carried = serde_json::from_str(text).ok()?;
        let whole = is_incident(&carried.i)
            && (carried.c.is_empty() || is_id(&carried.c, "CDG"))
            && carried.t.as_deref().is_none_or(is_ts);
        whole.then(|| {
            let place = Place {
                channel: carried.c,
                thread: carried.t,
                response_url: None,
            };
            (Target::of(&carried.i), place)
        })
    }
}
