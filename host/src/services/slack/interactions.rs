//! Works on what people did in Slack, after it was acknowledged.

mod admission;
mod press;
mod slash_command;

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::command;
use super::inbox::Arrived;
use super::outgoing::{Answer, Outgoing};
use super::payload::{Inbound, Place};
use super::people::Insider;
use super::posted::MessageId;
use super::{Slack, mention};
use crate::services::commands::{Act, Commands};
use crate::services::store::{Asked, Put, StoreError};

/// Things that are worked on at the same time.
const AT_ONCE: usize = 16;

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
            Some((user, None)) => self.put(&[Outgoing::home(user)]),
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
        self.put(&[Outgoing::whisper(from.id, user, from.place, answer)])
    }

    /// Only what was not done is explained: what was done shows in the message.
    fn explain(&self, from: &From<'_>, done: Result<String, String>) -> Result<(), StoreError> {
        if done.is_ok() {
            return Ok(());
        }
        self.answer(from, command::told(&done))
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
        self.put(&[Outgoing::reply(from.id, channel, thread, answer)])
    }
}
