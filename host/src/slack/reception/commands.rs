//! The slash command, worked on.

use tracing::warn;

use super::From;
use crate::desk::{Act, Desk};
use crate::slack::Slack;
use crate::slack::command::{self, Command};
use crate::slack::effect::Answer;
use crate::store::Asked;

impl Slack {
    pub(super) async fn command(&self, from: &From<'_>, text: &str, desk: &dyn Desk) -> Answer {
        let command = match Command::parse(text) {
            Ok(command) => command,
            Err(why) => return Answer::says(&why),
        };
        match command {
            Command::List { all } => match self.store.list(!all) {
                Ok(records) => command::list(&records, all, self.now()),
                Err(fault) => Answer::says(&fault.to_string()),
            },
            // A yes is for what was seen: the answer shows it, with the button.
            Command::Approve(id) | Command::Show(id) => match self.store.get(&id) {
                Ok(record) => command::show(&record, self.now()),
                Err(fault) => Answer::says(&fault.to_string()),
            },
            Command::Dismiss { id, reason } => {
                command::told(&self.act(from, &Act::Dismiss { id, reason }, desk).await)
            }
            Command::Mute { what, minutes } => {
                command::told(&self.mute(from, &what, minutes).await)
            }
            Command::Plugins => command::listing("Plugins", &desk.plugins()),
            Command::Status => command::listing("Status", &self.status(desk)),
            Command::Help => command::help(),
        }
    }

    fn status(&self, desk: &dyn Desk) -> String {
        let waiting = match self.outbox.waiting() {
            Ok(waiting) => format!("{waiting} messages wait to be sent"),
            Err(fault) => fault.to_string(),
        };
        format!("{}\n{waiting}", desk.status())
    }

    /// Whoever may approve may mute.
    async fn mute(&self, from: &From<'_>, what: &str, minutes: u32) -> Result<String, String> {
        let unknown = |e| format!("it cannot be found out who you are ({e}); try again");
        let approvers = &self.options.approvers;
        let person = self
            .people
            .person(from.user, approvers)
            .await
            .map_err(unknown)?;
        let named = |n: &String| *n == person.name || person.groups.contains(n);
        let may = match approvers.as_slice() {
            [] => {
                let channel = self
                    .channel_id(&self.options.channel)
                    .await
                    .map_err(unknown)?;
                self.people
                    .is_member(&channel, from.user)
                    .await
                    .map_err(unknown)?
            }
            all => all.iter().any(named),
        };
        let done = if may {
            let until = self.clock.now() + i64::from(minutes) * 60_000;
            let muted = self
                .store
                .mute(what, until, from.user)
                .map_err(|e| e.to_string());
            muted.map(|()| format!("Nothing in Slack about {what} for {minutes} min."))
        } else {
            Err("you are none of the approvers".to_owned())
        };
        let asked = Asked {
            at: self.clock.now(),
            door: "slack",
            person: from.user,
            incident: what,
            what: "mute",
            done: done.is_ok(),
            answer: done.as_ref().map_or_else(String::as_str, String::as_str),
        };
        if let Err(fault) = self.store.asked(&asked) {
            warn!(%fault, "what a person asked is not written down");
        }
        done
    }
}
