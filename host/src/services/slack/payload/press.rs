//! What a button asks, and what it and a modal carry: always with the installation that showed it.

use k8shawk_core::Installation;
use k8shawk_core::approval::Question;
use serde::{Deserialize, Serialize};

use super::Place;
use crate::services::slack::text::is_id;
use crate::services::slack::text::is_ts;

/// Longest time in which nothing is said of something, in minutes.
pub const MUTE: u32 = 7 * 24 * 60;

/// What a button asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Press {
    /// Yes to the fix that was shown.
    Approve {
        /// Incident, such as `inc-17`.
        incident: String,
        /// What stood beside the button.
        shown: Question,
    },
    /// Open the modal that asks for a reason.
    Dismiss {
        /// Incident.
        incident: String,
    },
    /// Show all evidence.
    Evidence {
        /// Incident.
        incident: String,
    },
    /// Take the fix back.
    Undo {
        /// Incident.
        incident: String,
    },
    /// Nothing in Slack about something for a while.
    Mute {
        /// Incident or namespace.
        what: String,
        /// How long, 1 to [`MUTE`].
        minutes: u32,
    },
}

/// The value of a button, as JSON. Nothing in it is secret.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Carried {
    /// Installation.
    h: String,
    /// Incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    i: Option<String>,
    /// Digest of the diff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    d: Option<String>,
    /// When it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    a: Option<i64>,
    /// What is muted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    m: Option<String>,
    /// Minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    t: Option<u32>,
}

/// What the modal carries: a submission does not say where it was opened from.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    h: String,
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

/// True for the form of a namespace's name.
pub fn is_namespace(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.len() < 64 && text.chars().all(fits)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl Press {
    /// Name of the action, which Slack gives back with the value.
    pub fn action(&self) -> &'static str {
        match self {
            Press::Approve { .. } => "approve",
            Press::Dismiss { .. } => "dismiss",
            Press::Evidence { .. } => "evidence",
            Press::Undo { .. } => "undo",
            Press::Mute { .. } => "mute",
        }
    }

    /// What it is about: an incident, or what is muted.
    pub fn about(&self) -> &str {
        match self {
            Press::Approve { incident, .. }
            | Press::Dismiss { incident }
            | Press::Evidence { incident }
            | Press::Undo { incident } => incident,
            Press::Mute { what, .. } => what,
        }
    }

    /// What a button of this installation carries.
    pub fn value(&self, installation: &Installation) -> String {
        let about = Some(self.about().to_owned());
        let mut carried = Carried {
            h: installation.id().to_owned(),
            i: about.clone(),
            d: None,
            a: None,
            m: None,
            t: None,
        };
        match self {
            Press::Approve { shown, .. } => {
                carried.d = Some(shown.digest.clone());
                carried.a = Some(shown.asked_at);
            }
            Press::Mute { minutes, .. } => {
                carried.i = None;
                carried.m = about;
                carried.t = Some(*minutes);
            }
            Press::Dismiss { .. } | Press::Evidence { .. } | Press::Undo { .. } => {}
        }
        serde_json::to_string(&carried).unwrap_or_default()
    }

    /// The installation that showed a button, and what the button asks; none where it is no button
    /// of K8sHawk.
    pub fn parse(action: &str, value: &str) -> Option<(String, Press)> {
        let Carried { h, i, d, a, m, t } = serde_json::from_str(value).ok()?;
        let press = match (action, i, d, a, m, t) {
            ("approve", Some(incident), Some(digest), Some(asked_at), None, None)
                if is_digest(&digest) =>
            {
                let shown = Question { digest, asked_at };
                Press::Approve { incident, shown }
            }
            ("dismiss", Some(incident), None, None, None, None) => Press::Dismiss { incident },
            ("evidence", Some(incident), None, None, None, None) => Press::Evidence { incident },
            ("undo", Some(incident), None, None, None, None) => Press::Undo { incident },
            ("mute", None, None, None, Some(what), Some(minutes))
                if (1..=MUTE).contains(&minutes) && is_namespace(&what) =>
            {
                Press::Mute { what, minutes }
            }
            _ => return None,
        };
        let named = matches!(press, Press::Mute { .. }) || is_incident(press.about());
        (named && Installation::is_id(&h)).then_some((h, press))
    }
}

/// What the modal for a reason carries.
pub fn private(installation: &Installation, incident: &str, place: &Place) -> String {
    let asked = Asked {
        h: installation.id().to_owned(),
        i: incident.to_owned(),
        c: place.channel.clone(),
        t: place.thread.clone(),
    };
    serde_json::to_string(&asked).unwrap_or_default()
}

/// What a modal carried: installation, incident, and where it was opened from.
pub(super) fn from_private(text: &str) -> Option<(String, String, Place)> {
    let asked: Asked = serde_json::from_str(text).ok()?;
    let whole = Installation::is_id(&asked.h)
        && is_incident(&asked.i)
        && (asked.c.is_empty() || is_id(&asked.c, "CDG"))
        && asked.t.as_deref().is_none_or(is_ts);
    let place = Place {
        channel: asked.c,
        thread: asked.t,
        response_url: None,
    };
    whole.then_some((asked.h, asked.i, place))
}
