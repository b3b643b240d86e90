//! Works on what people did in Slack, after it was acknowledged.

mod commands;

use std::sync::Arc;

use k8shawk_core::approval::Question;
use k8shawk_core::policy::Ruling;
use k8shawk_core::record::Record;
use slack_morphism::api::SlackApiViewsOpenRequest;
use slack_morphism::blocks::SlackView;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::beside::Answered;
use super::command;
use super::effect::{Answer, Effect};
use super::inbox::Arrived;
use super::payload::{Inbound, Place, Press};
use super::people::{Insider, Refusal};
use super::posted::MessageId;
use super::{Slack, home, mention};
use crate::services::commands::{Act, Commands};
use crate::services::store::{Asked, Put, StoreError};

/// Things that are worked on at the same time.
const AT_ONCE: usize = 16;

/// What is said where a click came to a host that did not show the button. Slack delivers to any one
/// of the connections of an app, and to no second one.
const ELSEWHERE: &str = "Nothing done: this button belongs to another K8sHawk that uses the same \
                         Slack app. Click again; if it keeps happening, give each cluster its own \
                         Slack app.";

/// Where something was done, and under which id it is known.
struct From<'a> {
    id: &'a str,
    place: &'a Place,
    who: Insider,
}

impl Slack {
    /// Work on what comes in until cancelled; what came in before that is finished.
    pub async fn serve(
        self: Arc<Self>,
        mut inbox: mpsc::Receiver<Arrived>,
        commands: Arc<dyn Commands>,
        stop: CancellationToken,
    ) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut working = JoinSet::new();
        loop {
            let arrived = tokio::select! {
                () = stop.cancelled() => break,
                arrived = inbox.recv() => match arrived {
                    Some(arrived) => arrived,
                    None => break,
                },
            };
            while let Some(ended) = working.try_join_next() {
                if let Err(fault) = ended {
                    error!(%fault, "handling a Slack action failed");
                }
            }
            let Ok(place) = places.clone().acquire_owned().await else {
                break;
            };
            let (slack, commands) = (self.clone(), commands.clone());
            working.spawn(async move {
                slack.receive(arrived, &*commands).await;
                drop(place);
            });
        }
        // What was acknowledged is worked on, also where it still waits.
        inbox.close();
        while let Ok(arrived) = inbox.try_recv() {
            let (slack, commands) = (self.clone(), commands.clone());
            working.spawn(async move { slack.receive(arrived, &*commands).await });
        }
        let finish = async { while working.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(3), finish).await;
    }

    /// Work on one thing. Its answers leave through the outbox.
    pub async fn receive(&self, arrived: Arrived, commands: &dyn Commands) {
        let done = match arrived.what.from() {
            // Whether they may see it is found out when it is shown.
            Some((user, None)) => self.put(&[Effect::home(user)]),
            Some((user, Some(place))) => self.admit(&arrived, user, place, commands).await,
            None => {
                error!("Slack app removed or tokens revoked; delivery paused, messages are queued");
                Ok(())
            }
        };
        if let Err(fault) = done {
            warn!(%fault, "handling a Slack action failed");
        }
    }

    /// The one way in for people: what is meant for another installation is left to it, and who is
    /// no insider is told so and nothing else.
    async fn admit(
        &self,
        arrived: &Arrived,
        user: &str,
        place: &Place,
        commands: &dyn Commands,
    ) -> Result<(), StoreError> {
        let id = arrived.id.as_str();
        let whisper = |answer| self.put(&[Effect::whisper(id, user, place, answer)]);
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

    async fn work(
        &self,
        from: &From<'_>,
        what: &Inbound,
        commands: &dyn Commands,
    ) -> Result<(), StoreError> {
        match what {
            Inbound::Pressed { press, trigger, .. } => {
                self.pressed(from, press, trigger, commands).await
            }
            Inbound::Reason {
                incident, reason, ..
            } => {
                let act = Act::Dismiss {
                    id: incident.clone(),
                    reason: reason.clone(),
                };
                let done = self.act(from, &act, commands).await;
                self.explain(from, done)
            }
            Inbound::Command { text, trigger, .. } => {
                match self.command(from, text, trigger, commands).await {
                    Some(answer) => self.answer(from, answer),
                    None => Ok(()),
                }
            }
            Inbound::Mention { text, .. } => self.mentioned(from, text),
            Inbound::Home { .. } | Inbound::Revoked => Ok(()),
        }
    }

    fn put(&self, puts: &[Put]) -> Result<(), StoreError> {
        self.outbox.put(puts)
    }

    fn answer(&self, from: &From<'_>, answer: Answer) -> Result<(), StoreError> {
        let user = from.who.user();
        self.put(&[Effect::whisper(from.id, user, from.place, answer)])
    }

    /// Who may read: full members of the workspace who are named, or are members of the channel.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(super) async fn insider(&self, user: &str) -> Result<Insider, Refusal> {
        let channel = self.channel_id(&self.options.channel).await?;
        let named = &self.options.approvers;
        self.people.insider(user, named, &channel).await
    }

    async fn pressed(
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
    async fn ask_reason(
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

    /// Only what was not done is explained: what was done shows in the message.
    fn explain(&self, from: &From<'_>, done: Result<String, String>) -> Result<(), StoreError> {
        if done.is_ok() {
            return Ok(());
        }
        self.answer(from, command::told(&done))
    }

    /// Find out who it is, ask the desk, write down what was asked and answered.
    async fn act(
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

    /// What somebody asked who was not let in.
    fn write_down(&self, user: &str, what: &Inbound, why: &str) {
        let (about, name) = match what {
            Inbound::Pressed { press, .. } => (press.about(), press.action()),
            Inbound::Reason { incident, .. } => (incident.as_str(), "dismiss"),
            _ => return,
        };
        self.written_down(user, about, name, &Err(why.to_owned()));
    }

    fn written_down(&self, user: &str, about: &str, what: &str, done: &Result<String, String>) {
        let asked = Asked {
            at: self.clock.now(),
            door: "slack",
            person: user,
            incident: about,
            what,
            done: done.is_ok(),
            answer: done.as_ref().map_or_else(String::as_str, String::as_str),
        };
        if let Err(fault) = self.store.asked(&asked) {
            warn!(%fault, "recording a Slack action failed");
        }
    }

    fn mentioned(&self, from: &From<'_>, text: &str) -> Result<(), StoreError> {
        let (channel, Some(thread)) = (&from.place.channel, &from.place.thread) else {
            return Ok(());
        };
        let message = MessageId {
            channel: channel.clone(),
            ts: thread.clone(),
        };
        let known = message.incident(&self.store)?;
        let answer = match known {
            Some(incident) => mention::answer(text, &self.store.get(&incident)?, self.look()),
            None => mention::elsewhere(),
        };
        self.put(&[Effect::reply(from.id, channel, thread, answer)])
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
