//! Slack and voice of the configuration, and `k8shawk slack`.

use std::sync::Arc;

use k8shawk_core::config::Config;
use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;

use super::{Misuse, SlackCommand};
use crate::run::settings::Settings;
use crate::services::clock::Clock;
use crate::services::slack::api::{self, Api, Pace, Rates};
use crate::services::slack::check::{Point, Subject, check};
use crate::services::slack::service::{Access, Service};
use crate::services::speech::Setup;
use crate::services::store::Store;
use crate::services::terminal::Terminal;

/// What people read of Slack and the voice at the start: name and value of each row.
pub type Rows = Vec<(&'static str, String)>;

/// Put Slack and the voice together, as they are configured.
pub fn start(
    settings: &Settings,
    store: Arc<Store>,
    clock: Clock,
) -> anyhow::Result<(Service, Rows)> {
    let config = &settings.config;
    let access = access(settings)?;
    let key = secret(settings, "SARVAM_API_KEY")?;
    let knowledge_base = config.knowledge_base();
    let setup = Setup::choose(&config.voice, key, knowledge_base).map_err(Misuse)?;
    let (speech, said) = match setup {
        Setup::Speaks(speech, said) => (Some(Arc::from(speech)), said),
        Setup::Silent(why) => (None, why),
    };
    let service = Service::new(&access, config, store, clock, speech).map_err(Misuse)?;
    let rows = rows(config, &service, said);
    Ok((service, rows))
}

fn rows(config: &Config, service: &Service, voice: String) -> Rows {
    let configured = service.configured();
    let missing = configured.missing();
    if configured.is_empty() {
        return vec![("slack", "not configured".to_owned())];
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return vec![("SLACK", format!("NOT USED: {missing} not set"))];
    }
    let channel = config.slack.channel.as_deref().unwrap_or_default();
    let approvers = config.approvers_in_slack();
    let who = if approvers.is_empty() {
        let warning = "WARNING: every member of the channel, for low and medium risk; nobody for \
                       high risk (set SLACK_APPROVERS)";
        warning.to_owned()
    } else {
        approvers.join(", ")
    };
    vec![
        ("slack", format!("{channel}, {}", configured.transport())),
        ("in slack", who),
        ("voice", voice),
    ]
}

fn secret(settings: &Settings, name: &str) -> anyhow::Result<Option<secrecy::SecretString>> {
    let found = settings.secret(name);
    found.map_err(|fault| Misuse(fault.to_string()).into())
}

fn access(settings: &Settings) -> anyhow::Result<Access> {
    Access::read(|name| secret(settings, name))
}

/// `k8shawk slack`.
pub async fn slack(settings: &Settings, command: SlackCommand) -> anyhow::Result<bool> {
    match command {
        SlackCommand::Check => tell(settings).await,
    }
}

/// Everything that lacks, each with what to do.
async fn tell(settings: &Settings) -> anyhow::Result<bool> {
    let config = &settings.config.slack;
    let access = access(settings)?;
    let bot = match &access.bot {
        Some(token) => {
            let http = api::http().map_err(Misuse)?;
            let pace = Pace::new(Rates::default());
            Some(Api::new(http, &config.api_url, token.clone(), pace))
        }
        None => None,
    };
    let subject = Subject {
        bot,
        bot_token: access.bot,
        app_token: access.app,
        signing_secret: access.signing.is_some(),
        channel: config.channel.clone(),
        approvers: settings.config.approvers_in_slack(),
    };
    let points = check(&subject).await;
    let terminal = Terminal::stdout();
    for point in &points {
        terminal.print(&line(point));
    }
    Ok(points.iter().all(|p| p.good))
}

/// A point as it is printed: our own words, and what Slack said without its secrets.
fn line(point: &Point) -> Redacted {
    let mark = if point.good { "ok     " } else { "MISSING" };
    redacted!("{}  {}: {}", mark, point.what, point.says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_in_full() {
        let point = Point {
            what: "bot token",
            good: false,
            says: "set SLACK_BOT_TOKEN".into(),
        };
        assert_eq!(
            line(&point).as_str(),
            "MISSING  bot token: set SLACK_BOT_TOKEN"
        );
    }
}
