//! One incident is one message: what it looks like in every state.
//!
//! A message is a pure function of the record and the time, so it can be made true again at any
//! moment: after an outage, a restart, or when a person deleted it.
//!
//! What an on-call engineer needs to decide, buttons included, stands in the message's own blocks.
//! Slack may fold what is behind the colour bar, so that holds only what backs the decision up.

mod background;
mod buttons;
mod changes;
mod headline;
mod proposal;
mod standing;

use k8shawk_core::Installation;
use k8shawk_core::Severity;
use k8shawk_core::record::Record;
use slack_morphism::blocks::SlackBlock;
use slack_morphism::{SlackMessageAttachment, SlackMessageContent};

use self::changes::Changes;
use super::blocks;

pub use buttons::fits_the_dialog;
pub use standing::{Standing, may_approve, standing};

/// What a message depends on beside the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look<'i> {
    /// Who this host is.
    pub installation: &'i Installation,
    /// Who may approve in Slack; empty: members of the channel.
    pub approvers: &'i [String],
    /// Milliseconds since the Unix epoch.
    pub now: i64,
    /// Milliseconds for which a question stands.
    pub expires_after: i64,
}

/// What is sent: text for notifications, blocks, and background behind a colour bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What a notification and a screen reader say: cluster, object, cause.
    pub text: String,
    /// What is sent alone where Slack refuses the blocks: the text, with standing and id.
    pub plain: String,
    /// Blocks; the last one holds the buttons of an incident.
    pub blocks: Vec<SlackBlock>,
    /// Colour of the bar, and the blocks behind it; none where there is no bar.
    pub behind: Option<(&'static str, Vec<SlackBlock>)>,
    /// True where it has the button that approves.
    pub asks: bool,
}

impl Message {
    /// What `chat.postMessage` and `chat.update` get.
    pub fn content(&self) -> SlackMessageContent {
        let content = SlackMessageContent::new()
            .with_text(self.text.clone())
            .with_blocks(self.blocks.clone());
        let Some((colour, blocks)) = &self.behind else {
            return content;
        };
        let bar = SlackMessageAttachment::new()
            .with_color((*colour).to_owned())
            .with_fallback(self.plain.clone())
            .with_blocks(blocks.clone());
        content.with_attachments(vec![bar])
    }
}

/// Colour of the bar.
pub fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Info | Severity::Low => "#36a64f",
        Severity::Medium => "#ffcc00",
        Severity::High => "#ff8c00",
        Severity::Critical => "#cc0000",
    }
}

/// The message of an incident.
pub fn render(record: &Record, look: Look<'_>) -> Message {
    let standing = standing(record, look);
    let mut body = vec![
        headline::section(record, look),
        blocks::section(&format!("{} {}", standing.mark, standing.words)),
        headline::cause(record),
    ];
    body.extend(headline::change(record));
    let first = record.candidate();
    let changes = first.map_or_else(Changes::default, |c| Changes::of(&c.diff));
    body.extend(proposal::blocks(record, look, &changes));
    // Nobody approves in a message that does not show all that changes.
    let with = |body, whole| blocks::fit(body, vec![buttons::row(record, look, whole)]);
    let asking = with(body.clone(), true);
    let whole = changes.are_whole_in(&asking);
    let blocks = if whole { asking } else { with(body, false) };
    let behind = blocks::fit_behind(background::blocks(record), &blocks);
    Message {
        asks: whole && may_approve(record, look).is_some(),
        text: headline::notification(record, look),
        plain: headline::plain(record, &standing, look),
        blocks,
        behind: Some((colour(record.severity()), behind)),
    }
}

/// True where people were notified: what went away, or became part of another incident,
/// before that has no message of its own.
pub fn is_told(record: &Record) -> bool {
    record.asked_at.is_some()
}

#[cfg(test)]
pub(crate) mod tests;
