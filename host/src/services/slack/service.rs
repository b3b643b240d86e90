//! Slack as a running host has it: tokens of the environment, the parts that they make, and the
//! tasks that run.

use std::sync::Arc;

use axum::Router;
use k8shawk_core::Installation;
use k8shawk_core::config::Config;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;

use super::api::{self, Api, Pace, Rates, Token};
use super::follow::Following;
use super::http::{self, Configured, Door};
use super::inbox::{Arrived, Inbox};
use super::signature::Verifier;
use super::socket::Socket;
use super::{Options, SINK, Slack};
use crate::services::clock::Clock;
use crate::services::commands::Commands;
use crate::services::outbox::Outbox;
use crate::services::sinks::Sinks;
use crate::services::speech::Speech;
use crate::services::store::Store;
use crate::services::tasks::{Supervisor, Task};

/// The secrets of Slack.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// `SLACK_BOT_TOKEN`.
    pub bot: Option<Token>,
    /// `SLACK_APP_TOKEN`.
    pub app: Option<Token>,
    /// `SLACK_SIGNING_SECRET`.
    pub signing: Option<SecretString>,
}

impl Access {
    /// From a source of secrets, by their names.
    ///
    /// # Errors
    /// What the source says.
    pub fn read<E>(secret: impl Fn(&str) -> Result<Option<SecretString>, E>) -> Result<Access, E> {
        let token = |name: &str| -> Result<Option<Token>, E> {
            Ok(secret(name)?.map(|s| Token::new(s.expose_secret())))
        };
        Ok(Access {
            bot: token("SLACK_BOT_TOKEN")?,
            app: token("SLACK_APP_TOKEN")?,
            signing: secret("SLACK_SIGNING_SECRET")?,
        })
    }

    /// What is set, and what is missing.
    pub fn configured(&self, config: &Config) -> Configured {
        Configured {
            bot_token: self.bot.is_some(),
            app_token: self.app.is_some(),
            signing_secret: self.signing.is_some(),
            channel: config.slack.channel.is_some(),
            public_url: config.slack.public_url.clone(),
        }
    }
}

/// What Slack is made of once it is known which installation this is.
struct Prepared {
    api: Api,
    channel: String,
    approvers: Vec<String>,
    expires_after: i64,
    speech: Option<Arc<Speech>>,
}

/// Slack, put together and not running yet.
pub struct Service {
    prepared: Option<Prepared>,
    clock: Clock,
    outbox: Arc<Outbox>,
    store: Arc<Store>,
    socket: Option<Socket>,
    arrived: mpsc::Receiver<Arrived>,
    door: Arc<Door>,
}

impl Service {
    /// Put it together; where something that is needed lacks, only `/slack/validate` is there.
    ///
    /// # Errors
    /// A sentence, where there is no HTTP client.
    pub fn new(
        access: &Access,
        config: &Config,
        store: Arc<Store>,
        clock: Clock,
        speech: Option<Arc<Speech>>,
    ) -> Result<Service, String> {
        let outbox = Arc::new(Outbox::of(SINK, store.clone(), clock.clone()));
        let (inbox, arrived) = Inbox::new();
        let configured = access.configured(config);
        let used = configured.missing().is_empty();
        let (mut prepared, mut socket) = (None, None);
        if let (true, Some(bot), Some(channel)) = (used, &access.bot, &config.slack.channel) {
            let pace = Pace::new(Rates::default());
            let api = Api::new(api::http()?, &config.slack.api_url, bot.clone(), pace);
            if let Some(app) = &access.app {
                socket = Some(Socket::new(api.with(app.clone()), inbox.clone())?);
            }
            let expires = config.approval_expires.as_millis();
            prepared = Some(Prepared {
                api,
                channel: channel.clone(),
                approvers: config.approvers_in_slack(),
                expires_after: i64::try_from(expires).unwrap_or(i64::MAX),
                speech,
            });
        }
        let signing = access.signing.as_ref().filter(|_| prepared.is_some());
        let door = Arc::new(Door {
            verifier: signing.map(|s| Verifier::new(s.expose_secret())),
            inbox,
            clock: clock.clone(),
            configured,
        });
        Ok(Service {
            prepared,
            clock,
            outbox,
            store,
            socket,
            arrived,
            door,
        })
    }

    /// The routes.
    pub fn router(&self) -> Router {
        http::router(self.door.clone())
    }

    /// Receive as this installation until the host stops, and be one of its sinks.
    pub fn start(
        self,
        installation: Installation,
        commands: &Arc<dyn Commands>,
        sinks: &mut Sinks,
        supervisor: &Supervisor,
    ) {
        let Some(prepared) = self.prepared else {
            return;
        };
        let options = Options {
            installation,
            channel: prepared.channel,
            approvers: prepared.approvers,
            expires_after: prepared.expires_after,
        };
        let (store, outbox) = (self.store.clone(), self.outbox.clone());
        let (api, speech) = (prepared.api, prepared.speech);
        let slack = Slack::new(api, store, outbox, self.clock, options, speech);
        let slack = Arc::new(slack);
        let stop = supervisor.stop();
        let following = Following {
            slack: slack.clone(),
            commands: commands.clone(),
        };
        sinks.add(self.outbox, Arc::new(following));
        // What was acknowledged is in this channel: there is no second one.
        let inbox = slack.serve(self.arrived, commands.clone(), stop.clone());
        supervisor.vital(Task::SlackInbox, inbox);
        if let Some(socket) = self.socket.map(Arc::new) {
            let until = stop.clone();
            supervisor.keep(Task::SlackSocket, move || {
                let (socket, until) = (socket.clone(), until.clone());
                async move { socket.run(until).await }
            });
        }
    }
}
