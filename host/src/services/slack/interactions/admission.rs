//! Who is let in, and what somebody is told who is not.

use tracing::warn;

use super::From;
use crate::services::commands::Commands;
use crate::services::slack::Slack;
use crate::services::slack::inbox::Arrived;
use crate::services::slack::outgoing::{Answer, Outgoing};
use crate::services::slack::payload::{Inbound, Place};
use crate::services::slack::people::{Insider, Refusal};
use crate::services::store::StoreError;

/// What is said where a click came to a host that did not show the button. Slack delivers to any one
/// of the connections of an app, and to no second one.
const ELSEWHERE: &str = "Nothing done: this button belongs to another K8sHawk that uses the same \
                         Slack app. Click again; if it keeps happening, give each cluster its own \
                         Slack app.";

impl Slack {
    /// The one way in for people: what is meant for another installation is left to it, and who is
    /// no insider is told so and nothing else.
    pub(super) async fn admit(
        &self,
        arrived: &Arrived,
        user: &str,
        place: &Place,
        commands: &dyn Commands,
    ) -> Result<(), StoreError> {
        let id = arrived.id.as_str();
        let whisper = |answer| self.put(&[Outgoing::whisper(id, user, place, answer)]);
        let meant = arrived.what.installation();
        if meant.is_some_and(|meant| meant != self.options.installation.id()) {
            warn!("received a click for another installation; give each cluster its own Slack app");
            return whisper(Answer::refuses(ELSEWHERE));
        }
        match self.insider(user).await {
            Ok(who) => {
                let from = From { id, place, who };
                self.work(&from, &arrived.what, commands).await
            }
            Err(refusal) => {
                let why = refusal.to_string();
                self.write_down(user, &arrived.what, &why);
                whisper(Answer::refuses(&format!("Not done: {why}")))
            }
        }
    }

    /// Who may read: full members of the workspace who are named, or are members of the channel.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(in crate::services::slack) async fn insider(&self, user: &str) -> Result<Insider, Refusal> {
        let channel = self.channel_id(&self.options.channel).await?;
        let named = &self.options.approvers;
        self.people.insider(user, named, &channel).await
    }

    /// What somebody asked who was not let in.
    fn write_down(&self, user: &str, what: &Inbound, why: &str) {
        let (about, name) = match what {
            Inbound::Pressed { press, .. } => (press.about(), press.action()),
            Inbound::Reason { incident, .. } => (incident.as_str(), "dismiss"),
            _ => return,
        };
        self.written_down(user, about, name, &Err(why.to_owned()));
    }
}
