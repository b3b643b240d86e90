//! Where incidents are reported, as it is configured: what `run` starts, and `check` judges.

use std::sync::Arc;

use k8shawk_core::config::Config;

use super::Misuse;
use crate::run::settings::Settings;
use crate::services::clock::Clock;
use crate::services::sinks::{self, Configured};
use crate::services::slack::service::{Access, Service};
use crate::services::speech::{Setup, Speech};
use crate::services::store::Store;

/// What people read of a sink: name and value of each row.
pub type Rows = Vec<(&'static str, String)>;

/// The sinks of a configuration, before anything is connected.
pub struct Planned {
    access: Access,
    speech: Option<Arc<Speech>>,
    voice: String,
    /// Those that only tell.
    pub telling: Vec<Box<dyn Configured>>,
}

/// Read what is configured.
///
/// # Errors
/// All that cannot work, a sentence each.
pub fn read(settings: &Settings) -> Result<Planned, Vec<String>> {
    let config = &settings.config;
    let secret = |name: &str| settings.secret(name).map_err(|fault| fault.to_string());
    let access = Access::read(secret);
    let voice = secret("SARVAM_API_KEY")
        .and_then(|key| Setup::choose(&config.voice, key, config.knowledge_base()));
    match (access, voice, sinks::configured(&secret)) {
        (Ok(access), Ok(voice), Ok(telling)) => {
            let (speech, voice) = match voice {
                Setup::Speaks(speech, said) => (Some(Arc::from(speech)), said),
                Setup::Silent(why) => (None, why),
            };
            Ok(Planned {
                access,
                speech,
                voice,
                telling,
            })
        }
        (access, voice, telling) => {
            let mut faults = telling.err().unwrap_or_default();
            faults.extend([access.err(), voice.err()].into_iter().flatten());
            Err(faults)
        }
    }
}

impl Planned {
    /// The sinks that are configured and can work, for people.
    pub fn rows(&self, config: &Config) -> Rows {
        let mut rows = self.slack_rows(config);
        let telling = self.telling.iter();
        rows.extend(telling.map(|sink| (sink.name(), sink.leads_to())));
        rows
    }

    /// The variables that Slack is not used without, where something of it is configured.
    pub fn missing(&self, config: &Config) -> Option<String> {
        let configured = self.access.configured(config);
        let missing = configured.missing();
        let is_unused = !configured.is_empty() && !missing.is_empty();
        is_unused.then(|| missing.join(", "))
    }

    fn slack_rows(&self, config: &Config) -> Rows {
        let configured = self.access.configured(config);
        if configured.is_empty() {
            return vec![("slack", "not configured".to_owned())];
        }
        if self.missing(config).is_some() {
            return Vec::new();
        }
        let channel = config.slack.channel.as_deref().unwrap_or_default();
        let approvers = config.approvers_in_slack();
        let who = if approvers.is_empty() {
            let warning = "WARNING: every member of the channel, for low and medium risk; nobody \
                           for high risk (set SLACK_APPROVERS)";
            warning.to_owned()
        } else {
            approvers.join(", ")
        };
        vec![
            ("slack", format!("{channel}, {}", configured.transport())),
            ("in slack", who),
            ("voice", self.voice.clone()),
        ]
    }

    /// Slack, put together.
    ///
    /// # Errors
    /// There is no HTTP client.
    pub fn slack(
        &self,
        config: &Config,
        store: Arc<Store>,
        clock: Clock,
    ) -> anyhow::Result<Service> {
        let speech = self.speech.clone();
        let service = Service::new(&self.access, config, store, clock, speech);
        Ok(service.map_err(Misuse)?)
    }
}
