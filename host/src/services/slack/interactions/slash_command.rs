//! The slash command, worked on: it reads, and shows the buttons of what changes something.

use k8shawk_core::count;
use k8shawk_core::record::Record;
use k8shawk_sandbox::Status;

use super::From;
use crate::services::commands::Commands;
use crate::services::slack::Slack;
use crate::services::slack::command::{self, Command, Named};
use crate::services::slack::message::Look;
use crate::services::slack::outgoing::Answer;
use crate::services::slack::people::Refusal;
use crate::services::store::StoreError;

/// Incidents that a list of all of them is made from: more than a message shows.
const NEWEST: u32 = 200;

/// How the plugins are, one line each.
fn plugins(commands: &dyn Commands) -> String {
    let all = commands.plugins();
    all.iter()
        .flat_map(Status::lines)
        .collect::<Vec<_>>()
        .join("\n")
}

impl Slack {
    /// The answer to a command; none where a dialog is the answer.
    pub(super) async fn command(
        &self,
        from: &From<'_>,
        text: &str,
        trigger: &str,
        commands: &dyn Commands,
    ) -> Option<Answer> {
        let command = match Command::parse(text) {
            Ok(command) => command,
            Err(why) => return Some(Answer::says(&why)),
        };
        let here = self.options.installation.cluster();
        if let Some(other) = command.cluster().filter(|named| *named != here) {
            return Some(command::elsewhere(other, self.look()));
        }
        Some(match command {
            Command::List { all } => match self.listed(all) {
                Ok(records) => command::list(&records, all, self.look()),
                Err(fault) => Answer::says(&fault.to_string()),
            },
            Command::Show(incident) => self.of(&incident, command::show),
            Command::Approve(incident) => self.of(&incident, command::ask),
            Command::Dismiss { incident, reason } => {
                let asked = self.ask_reason(from, &incident.id, &reason, trigger).await;
                return asked.err().map(|why| command::told(&Err(why)));
            }
            Command::Mute { what, minutes, .. } => self.may_mute(&what, minutes),
            Command::Plugins => command::listing("Plugins", &plugins(commands)),
            Command::Status => command::listing("Status", &self.status(commands)),
            Command::Help => command::help(),
        })
    }

    fn of(&self, incident: &Named, answer: impl Fn(&Record, Look<'_>) -> Answer) -> Answer {
        match self.store.get(&incident.id) {
            Ok(record) => answer(&record, self.look()),
            Err(fault) => Answer::says(&fault.to_string()),
        }
    }

    fn may_mute(&self, what: &str, minutes: u32) -> Answer {
        let record = self.store.get(what);
        let line = record.map(|r| command::line(&r, self.look()));
        command::may_mute(what, minutes, line.ok().as_deref(), self.look())
    }

    /// What is open; or the newest, ended ones among them, of which a message shows a few.
    fn listed(&self, all: bool) -> Result<Vec<Record>, StoreError> {
        match all {
            true => self.store.newest(NEWEST),
            false => self.store.list(true),
        }
    }

    fn status(&self, commands: &dyn Commands) -> String {
        let waiting = match self.outbox.waiting() {
            Ok(waiting) => format!("{} queued for Slack", count(waiting, "message")),
            Err(fault) => fault.to_string(),
        };
        format!("{}\n{waiting}", commands.status())
    }

    /// Approvers may mute.
    pub(super) async fn mute(
        &self,
        from: &From<'_>,
        what: &str,
        minutes: u32,
    ) -> Result<String, String> {
        let done = self.try_mute(from, what, minutes).await;
        self.written_down(from.who.user(), what, "mute", &done);
        done
    }

    async fn try_mute(&self, from: &From<'_>, what: &str, minutes: u32) -> Result<String, String> {
        let approvers = &self.options.approvers;
        let person = self.people.person(&from.who, approvers).await;
        let person = person.map_err(|e| Refusal::from(e).to_string())?;
        let named = |n: &String| *n == person.name || person.groups.contains(n);
        // Without names, members of the channel may, and an insider is one.
        if !approvers.is_empty() && !approvers.iter().any(named) {
            return Err("you are not an approver (SLACK_APPROVERS)".to_owned());
        }
        let until = self.clock.now() + i64::from(minutes) * 60_000;
        let muted = self.store.mute(what, until, from.who.user());
        muted.map_err(|e| e.to_string())?;
        Ok(format!("Muted {what} for {minutes} min."))
    }
}
