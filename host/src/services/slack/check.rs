//! What is missing before Slack works: for `k8shawk slack check`.

use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;

use super::api::{Api, ApiError, Token};
use super::morphism_gaps::ChannelInfo;
use super::text::is_id;

/// What is looked at.
pub struct Subject {
    /// Client with the bot token; none where none is set.
    pub bot: Option<Api>,
    /// The bot token itself, to see that it is one.
    pub bot_token: Option<Token>,
    /// The app-level token; none where Socket Mode is not used.
    pub app_token: Option<Token>,
    /// True where a signing secret is set.
    pub signing_secret: bool,
    /// Channel.
    pub channel: Option<String>,
    /// Who may approve.
    pub approvers: Vec<String>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// What, such as `bot token`.
    pub what: &'static str,
    /// True where it is as it should be.
    pub good: bool,
    /// What was found, or what to do.
    pub says: Redacted,
}

/// Scopes of the bot token, and what each is for.
pub const SCOPES: &[(&str, &str)] = &[
    ("app_mentions:read", "questions in a thread"),
    ("channels:history", "no duplicate posts after an outage"),
    ("channels:read", "the channel and its members"),
    ("chat:write", "messages"),
    ("commands", "/k8shawk"),
    ("files:read", "no duplicate uploads after an outage"),
    ("files:write", "spoken summaries and long documents"),
    ("groups:history", "channels:history for a private channel"),
    ("groups:read", "channels:read for a private channel"),
    ("usergroups:read", "user groups as approvers"),
    (
        "users:read",
        "telling workspace members from guests and bots",
    ),
    ("users:read.email", "e-mail domains as approvers"),
];

fn good(what: &'static str, says: impl Into<Redacted>) -> Point {
    Point {
        what,
        good: true,
        says: says.into(),
    }
}

fn bad(what: &'static str, says: impl Into<Redacted>) -> Point {
    Point {
        what,
        good: false,
        says: says.into(),
    }
}

/// Look at everything; nothing is posted.
pub async fn check(subject: &Subject) -> Vec<Point> {
    let mut points = Vec::new();
    match (&subject.bot, &subject.bot_token) {
        (Some(api), Some(token)) => {
            if !token.begins("xoxb-") {
                let says = "SLACK_BOT_TOKEN is not a bot token (xoxb-...). Copy it from OAuth & \
                            Permissions in the app's settings";
                points.push(bad("bot token", says));
            }
            bot(api, subject, &mut points).await;
        }
        _ => points.push(bad("bot token", "set SLACK_BOT_TOKEN to the xoxb- token of OAuth & Permissions in the app's settings (api.slack.com/apps); docs/src/slack.md has the steps")),
    }
    transport(subject, &mut points).await;
    if subject.approvers.is_empty() {
        let says = "SLACK_APPROVERS is not set: any member of the channel can approve low and \
                    medium risk, nobody can approve high risk";
        points.push(good("approvers", says));
    }
    points
}

async fn bot(api: &Api, subject: &Subject, points: &mut Vec<Point>) {
    match api.test().await {
        Ok(whoami) => {
            let line = |said: &Option<String>| Redacted::line(said.as_deref().unwrap_or("?"));
            let says = redacted!("{} in {}", line(&whoami.user), line(&whoami.team));
            points.push(good("bot token", says));
            points.extend(scope_points(&whoami.scopes(), &subject.approvers));
        }
        Err(fault) => return points.push(bad("bot token", told(&fault))),
    }
    match &subject.channel {
        None => points.push(bad("channel", "set SLACK_CHANNEL to the id of the channel")),
        Some(channel) => points.push(channel_point(api, channel).await),
    }
}

/// Missing scopes; none where Slack did not say which there are.
fn scope_points(scopes: &[&str], approvers: &[String]) -> Vec<Point> {
    if scopes.is_empty() {
        return Vec::new();
    }
    let needed = |scope: &str| match scope {
        "usergroups:read" => approvers.iter().any(|a| super::text::is_group_id(a)),
        "users:read.email" => approvers.iter().any(|a| a.starts_with('@')),
        _ => true,
    };
    let lacks: Vec<Point> = SCOPES
        .iter()
        .filter(|(scope, _)| needed(scope) && !scopes.contains(scope))
        .map(|(scope, what)| {
            let says = redacted!(
                "add the bot scope {} ({}) and reinstall the app",
                *scope,
                *what
            );
            bad("scope", says)
        })
        .collect();
    if lacks.is_empty() {
        vec![good("scopes", "complete")]
    } else {
        lacks
    }
}

async fn channel_point(api: &Api, channel: &str) -> Point {
    if !is_id(channel, "CG") {
        let says = redacted!(
            "{} is a name, which can change. Set SLACK_CHANNEL to the channel ID, at the bottom \
             of the channel's \"About\" tab",
            Redacted::line(channel)
        );
        return bad("channel", says);
    }
    let asked = [("channel", Some(channel))];
    let info = match api.read::<ChannelInfo>("conversations.info", &asked).await {
        Ok(info) => info.channel,
        Err(fault) if fault.code() == "channel_not_found" => {
            let says = redacted!(
                "{} does not exist, or is private and the bot is not in it: invite the bot",
                Redacted::line(channel)
            );
            return bad("channel", says);
        }
        Err(fault) => return bad("channel", told(&fault)),
    };
    let name = Redacted::line(info.name.as_deref().unwrap_or(channel));
    if info.is_archived {
        return bad("channel", redacted!("#{} is archived", name));
    }
    if !info.is_member {
        return bad(
            "channel",
            redacted!("invite the bot: /invite @K8sHawk in #{}", name),
        );
    }
    if info.is_ext_shared || info.is_pending_ext_shared {
        let says = redacted!(
            "#{} is shared with another organisation, which can read everything posted there: \
             use an internal channel",
            name
        );
        return bad("channel", says);
    }
    good("channel", redacted!("#{}", name))
}

async fn transport(subject: &Subject, points: &mut Vec<Point>) {
    match &subject.app_token {
        Some(token) if !token.begins("xapp-") => points.push(bad(
            "app token",
            "SLACK_APP_TOKEN is not an app-level token (xapp-...). Create one under Basic Information",
        )),
        Some(token) => {
            let Some(api) = &subject.bot else { return };
            points.push(match api.with(token.clone()).open().await {
                Ok(_) => good("socket mode", "connection opens"),
                Err(fault) => bad("socket mode", socket_fault(&fault)),
            });
        }
        None if subject.signing_secret => {
            let says = "no app token: Slack must reach this host; /slack/validate lists the URLs";
            points.push(good("http", says));
        }
        None => points.push(bad(
            "transport",
            "set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)",
        )),
    }
    if subject.signing_secret {
        points.push(good("signing secret", "set"));
    }
}

/// What Slack answered.
fn told(fault: &ApiError) -> Redacted {
    Redacted::line(&fault.to_string())
}

fn socket_fault(fault: &ApiError) -> Redacted {
    let said = told(fault);
    match fault.code() {
        "missing_scope" | "not_allowed_token_type" => {
            redacted!(
                "{}: add the scope connections:write to the app-level token",
                said
            )
        }
        "invalid_auth" | "not_authed" => {
            redacted!("{}: check that the token belongs to this app", said)
        }
        _ => redacted!(
            "{}: check that Socket Mode is on in the app's settings",
            said
        ),
    }
}
