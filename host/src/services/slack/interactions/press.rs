//! A press of a button, worked on: what it does, and when it is refused.

use k8shawk_core::approval::Question;
use k8shawk_core::policy::Ruling;
use k8shawk_core::record::Record;
use slack_morphism::api::SlackApiViewsOpenRequest;
use slack_morphism::blocks::SlackView;
use tracing::warn;

use super::From;
use crate::services::commands::{Act, Commands};
use crate::services::slack::morphism_gaps::Answered;
use crate::services::slack::payload::Press;
use crate::services::slack::people::Refusal;
use crate::services::slack::{Slack, command, home};
use crate::services::store::StoreError;

impl Slack {
    pub(super) async fn pressed(
        &self,
        from: &From<'_>,
        press: &Press,
        trigger: &str,
        commands: &dyn Commands,
    ) -> Result<(), StoreError> {
        let done = match press.clone() {
            Press::Approve { incident, shown } => {
                let act = Act::Approve {
                    id: incident,
                    shown,
                };
                self.act(from, &act, commands).await
            }
            // Its message does not show that it is proposed elsewhere.
            Press::Undo { incident } => {
                let done = self.act(from, &Act::Undo { id: incident }, commands).await;
                return self.answer(from, command::told(&done));
            }
            Press::Mute { what, minutes } => {
                let done = self.mute(from, &what, minutes).await;
                return self.answer(from, command::told(&done));
            }
            Press::Dismiss { incident } => self.ask_reason(from, &incident, "", trigger).await,
            Press::Evidence { incident } => match self.store.get(&incident) {
                Ok(record) => {
                    self.open(trigger, home::evidence(&record, self.look()))
                        .await
                }
                Err(fault) => Err(fault.to_string()),
            },
        };
        self.explain(from, done)
    }

    /// Ask why an incident is dismissed; `proposed` stands in the field at first.
    pub(super) async fn ask_reason(
        &self,
        from: &From<'_>,
        incident: &str,
        proposed: &str,
        trigger: &str,
    ) -> Result<String, String> {
        let record = self.store.get(incident).map_err(|e| e.to_string())?;
        let view = home::reason(&record, from.place, proposed, self.look());
        self.open(trigger, view).await
    }

    /// A dialog must open within seconds: it does not go through the outbox.
    async fn open(&self, trigger: &str, view: SlackView) -> Result<String, String> {
        let asked = SlackApiViewsOpenRequest::new(trigger.into(), view);
        match self.api.write("views.open", &asked).await {
            Ok(Answered {}) => Ok(String::new()),
            Err(fault) => Err(format!("the dialog did not open ({fault}). Click again.")),
        }
    }

    /// Find out who it is, hand it on, write down what was asked and answered.
    pub(super) async fn act(
        &self,
        from: &From<'_>,
        act: &Act,
        commands: &dyn Commands,
    ) -> Result<String, String> {
        let done = self.try_act(from, act, commands).await;
        self.written_down(from.who.user(), act.incident(), act.name(), &done);
        if done.is_ok()
            && let Ok(record) = self.store.get(act.incident())
            && let Err(fault) = self.changed(&record)
        {
            warn!(%fault, "updating the message failed; retrying");
        }
        done
    }

    async fn try_act(
        &self,
        from: &From<'_>,
        act: &Act,
        commands: &dyn Commands,
    ) -> Result<String, String> {
        let record = self.store.get(act.incident()).map_err(|e| e.to_string())?;
        if let Act::Approve { shown, .. } = act {
            stands(&record, shown)?;
        }
        let mut named = self.options.approvers.clone();
        named.extend(named_by_policies(&record));
        let person = self.people.person(&from.who, &named).await;
        commands.act(&person.map_err(|e| Refusal::from(e).to_string())?, act)
    }
}

/// A click on an older question approves no newer one: said before anybody is looked up.
fn stands(record: &Record, shown: &Question) -> Result<(), String> {
    let candidate = record.candidate();
    match (candidate, record.asked_at) {
        (Some(candidate), Some(asked_at)) => {
            let stands = shown.stands(candidate, asked_at);
            stands.map_err(|e| e.to_string())
        }
        _ => Ok(()),
    }
}

fn named_by_policies(record: &Record) -> Vec<String> {
    let candidate = record.candidate();
    match candidate.map(|c| &c.ruling) {
        Some(Ruling::Approval(rules)) => rules
            .iter()
            .flat_map(|r| r.approvers.iter().cloned())
            .collect(),
        _ => Vec::new(),
    }
}
