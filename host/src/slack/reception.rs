//! Works on what people did in Slack, after it was acknowledged.

mod commands;

use std::sync::Arc;

use k8shawk_core::approval::{Person, Question};
use k8shawk_core::policy::Ruling;
use k8shawk_core::record::Record;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::command;
use super::effect::Effect;
use super::inbox::Arrived;
use super::message::Look;
use super::payload::{Inbound, Place, Press, Target};
use super::{Slack, home, mention};
use crate::desk::{Act, Desk};
use crate::store::{Asked, Put, StoreError};

/// Things that are worked on at the same time.
const AT_ONCE: usize = 16;

/// Where somebody did something, and under which id it is known.
struct From<'a> {
    id: &'a str,
    user: &'a str,
    place: &'a Place,
}

impl Slack {
    /// Work on what comes in until cancelled; what came in before that is finished.
    pub async fn serve(
        self: Arc<Self>,
        mut inbox: mpsc::Receiver<Arrived>,
        desk: Arc<dyn Desk>,
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
                    error!(%fault, "what a person did in Slack was not worked on to its end");
                }
            }
            let Ok(place) = places.clone().acquire_owned().await else {
                break;
            };
            let (slack, desk) = (self.clone(), desk.clone());
            working.spawn(async move {
                slack.receive(arrived, &*desk).await;
                drop(place);
            });
        }
        // What was acknowledged is worked on, also where it still waits.
        inbox.close();
        while let Ok(arrived) = inbox.try_recv() {
            let (slack, desk) = (self.clone(), desk.clone());
            working.spawn(async move { slack.receive(arrived, &*desk).await });
        }
        let finish = async { while working.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(3), finish).await;
    }

    /// Work on one thing. Its answers leave through the outbox.
    pub async fn receive(&self, arrived: Arrived, desk: &dyn Desk) {
        let id = arrived.id.as_str();
        let done = match &arrived.what {
            Inbound::Pressed {
                user,
                place,
                press,
                target,
                trigger,
            } => {
                let from = From { id, user, place };
                self.pressed(&from, *press, target, trigger, desk).await
            }
            Inbound::Reason {
                user,
                place,
                target,
                reason,
            } => {
                let act = Act::Dismiss {
                    id: target.incident.clone(),
                    reason: reason.clone(),
                };
                let from = From { id, user, place };
                let done = self.act(&from, &act, desk).await;
                self.explain(&from, done)
            }
            Inbound::Command { user, place, text } => {
                let answer = self.command(&From { id, user, place }, text, desk).await;
                self.put(&[Effect::whisper(id, user, place, answer)])
            }
            Inbound::Mention { place, text, .. } => self.mentioned(id, place, text),
            Inbound::Home { user } => self.put(&[Effect::home(user)]),
            Inbound::Revoked => {
                error!("the app was removed from Slack or its tokens were revoked");
                Ok(())
            }
        };
        if let Err(fault) = done {
            warn!(%fault, "what a person did in Slack could not be worked on");
        }
    }

    fn put(&self, puts: &[Put]) -> Result<(), StoreError> {
        self.outbox.put(puts)
    }

    fn now(&self) -> Look {
        Look {
            now: self.clock.now(),
            expires_after: self.options.expires_after,
        }
    }

    async fn pressed(
        &self,
        from: &From<'_>,
        press: Press,
        target: &Target,
        trigger: &str,
        desk: &dyn Desk,
    ) -> Result<(), StoreError> {
        let id = target.incident.clone();
        let done = match press {
            Press::Approve => match target.question() {
                Some(shown) => self.act(from, &Act::Approve { id, shown }, desk).await,
                None => Err("that button shows no fix; look at the message again".to_owned()),
            },
            // Its message does not show that it is proposed elsewhere.
            Press::Undo => {
                let answer = command::told(&self.act(from, &Act::Undo { id }, desk).await);
                return self.put(&[Effect::whisper(from.id, from.user, from.place, answer)]);
            }
            Press::Dismiss => self.open(trigger, home::reason(target, from.place)).await,
            Press::Details => match self.store.get(&id) {
                Ok(record) => self.open(trigger, home::details(&record, self.now())).await,
                Err(fault) => Err(fault.to_string()),
            },
        };
        self.explain(from, done)
    }

    /// A dialog must open within seconds: it does not go through the outbox.
    async fn open(&self, trigger: &str, view: Value) -> Result<String, String> {
        let body = json!({"trigger_id": trigger, "view": view});
        match self.api.call("views.open", &body).await {
            Ok(_) => Ok(String::new()),
            Err(fault) => Err(format!("the dialog did not open ({fault}); click again")),
        }
    }

    /// Only what was not done is explained: what was done shows in the message.
    fn explain(&self, from: &From<'_>, done: Result<String, String>) -> Result<(), StoreError> {
        if done.is_ok() {
            return Ok(());
        }
        let answer = command::told(&done);
        self.put(&[Effect::whisper(from.id, from.user, from.place, answer)])
    }

    /// Find out who it is, ask the desk, write down what was asked and answered.
    async fn act(&self, from: &From<'_>, act: &Act, desk: &dyn Desk) -> Result<String, String> {
        let done = self.try_act(from, act, desk).await;
        let answer = match &done {
            Ok(message) | Err(message) => message.as_str(),
        };
        let asked = Asked {
            at: self.clock.now(),
            door: "slack",
            person: from.user,
            incident: act.incident(),
            what: act.name(),
            done: done.is_ok(),
            answer,
        };
        if let Err(fault) = self.store.asked(&asked) {
            warn!(%fault, "what a person asked is not written down");
        }
        if done.is_ok()
            && let Ok(record) = self.store.get(act.incident())
            && let Err(fault) = self.changed(&record)
        {
            warn!(%fault, "the message follows later");
        }
        done
    }

    async fn try_act(&self, from: &From<'_>, act: &Act, desk: &dyn Desk) -> Result<String, String> {
        let record = self.store.get(act.incident()).map_err(|e| e.to_string())?;
        if let Act::Approve { shown, .. } = act {
            stands(&record, shown)?;
        }
        let person = self.person(from, &record).await?;
        desk.act(&person, act)
    }

    async fn person(&self, from: &From<'_>, record: &Record) -> Result<Person, String> {
        let unknown = |e| format!("it cannot be found out who you are ({e}); try again");
        let mut named = self.options.approvers.clone();
        named.extend(named_by_policies(record));
        let person = self
            .people
            .person(from.user, &named)
            .await
            .map_err(unknown)?;
        if self.options.approvers.is_empty() {
            let channel = self
                .channel_id(&self.options.channel)
                .await
                .map_err(unknown)?;
            let member = self
                .people
                .is_member(&channel, from.user)
                .await
                .map_err(unknown)?;
            if !member {
                return Err("only members of the channel may do that".to_owned());
            }
        }
        Ok(person)
    }

    fn mentioned(&self, id: &str, place: &Place, text: &str) -> Result<(), StoreError> {
        let Some(thread) = &place.thread else {
            return Ok(());
        };
        let known = self.store.incident_of_message(&place.channel, thread)?;
        let answer = match known {
            Some(incident) => mention::answer(text, &self.store.get(&incident)?, self.now()),
            None => mention::elsewhere(),
        };
        self.put(&[Effect::reply(id, &place.channel, thread, answer)])
    }
}

/// A click on an older question approves no newer one: said before anybody is looked up.
fn stands(record: &Record, shown: &Question) -> Result<(), String> {
    let candidate = record.decision.as_ref().and_then(|d| d.first());
    match (candidate, record.asked_at) {
        (Some(candidate), Some(asked_at)) => {
            let stands = shown.stands(candidate, asked_at);
            stands.map_err(|e| e.to_string())
        }
        _ => Ok(()),
    }
}

fn named_by_policies(record: &Record) -> Vec<String> {
    let candidate = record.decision.as_ref().and_then(|d| d.first());
    match candidate.map(|c| &c.ruling) {
        Some(Ruling::Approval(rules)) => rules
            .iter()
            .flat_map(|r| r.approvers.iter().cloned())
            .collect(),
        _ => Vec::new(),
    }
}
