//! `k8shawk slack`.

use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;

use super::{Misuse, SlackCommand};
use crate::run::settings::Settings;
use crate::services::slack::api::{self, Api, Pace, Rates};
use crate::services::slack::check::{Point, Subject, check};
use crate::services::slack::service::Access;
use crate::services::terminal::Terminal;

/// `k8shawk slack`.
pub async fn slack(settings: &Settings, command: SlackCommand) -> anyhow::Result<bool> {
    match command {
        SlackCommand::Check => tell(settings).await,
    }
}

/// Everything that is missing, each with what to do.
async fn tell(settings: &Settings) -> anyhow::Result<bool> {
    let config = &settings.config.slack;
    let secret = |name: &str| settings.secret(name);
    let access = Access::read(secret).map_err(|fault| Misuse(fault.to_string()))?;
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
