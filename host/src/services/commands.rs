//! What people may ask of a running host, whichever door they come through: the socket or Slack.
//!
//! The doors know this trait and no stage; [`front_desk`](crate::run::front_desk) hands what is asked
//! to the stages.

use k8shawk_core::approval::{Person, Question};
use k8shawk_core::record::Record;
use k8shawk_sandbox::Status;

use crate::services::store::VersionId;

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Yes to the fix of an incident.
    Approve {
        /// Incident.
        id: String,
        /// What was shown: a person who has not seen it cannot approve it.
        shown: Question,
    },
    /// No to it.
    Dismiss {
        /// Incident.
        id: String,
        /// Why, or empty.
        reason: String,
    },
    /// Propose the inverse of the fix that was applied.
    Undo {
        /// Incident.
        id: String,
    },
}

impl Act {
    /// Word for the record of what was asked.
    pub fn name(&self) -> &'static str {
        match self {
            Act::Approve { .. } => "approve",
            Act::Dismiss { .. } => "dismiss",
            Act::Undo { .. } => "undo",
        }
    }

    /// The incident.
    pub fn incident(&self) -> &str {
        match self {
            Act::Approve { id, .. } | Act::Dismiss { id, .. } | Act::Undo { id } => id,
        }
    }
}

/// What a person decides of the versions of a plugin. Anyone who can reach the socket may: they can
/// replace the plugin's files too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfVersion {
    /// A version that waits goes live.
    Accept(VersionId),
    /// The live version is taken back: the one before it decides again. By plugin.
    RollBack(String),
}

/// The stages, as the doors know them.
pub trait Commands: Send + Sync + 'static {
    /// Do it, or say in a sentence why not. Authority is judged here.
    ///
    /// # Errors
    /// Why it was not done, for the person.
    fn act(&self, who: &Person, act: &Act) -> Result<String, String>;

    /// Decide what becomes of a version of a plugin.
    ///
    /// # Errors
    /// Why it was not done, for the person.
    fn version(&self, who: &Person, act: &OfVersion) -> Result<String, String>;

    /// What to say aloud of an incident; none where nothing speaks.
    fn script(&self, record: &Record) -> Option<Script>;

    /// How the plugins are.
    fn plugins(&self) -> Vec<Status>;

    /// How the host is, one line each.
    fn status(&self) -> String;
}

/// Words to be spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What is said.
    pub text: String,
    /// `english`, `tamil` or `tanglish`.
    pub language: String,
}
