//! What lacks before Slack works, exactly: for `k8shawk slack check`.

use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;

use super::api::{Api, ApiError, Token};
use super::beside::ChannelInfo;
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
    ("channels:history", "never posting twice after an outage"),
    ("channels:read", "finding the channel and its members"),
    ("chat:write", "messages"),
    ("commands", "/k8shawk"),
    ("files:read", "never uploading twice after an outage"),
    ("files:write", "spoken summaries and long documents"),
    ("groups:history", "the same in a private channel"),
    ("groups:read", "the same for a private channel"),
    ("usergroups:read", "approvers who are named as a user group"),
    (
        "users:read",
        "telling members of the workspace from guests and bots",
    ),
    (
        "users:read.email",
        "approvers who are named by their e-mail domain",
    ),
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
                let says = "SLACK_BOT_TOKEN is no bot token: it begins with xoxb-, \
                            see OAuth & Permissions in the app's settings";
                points.push(bad("bot token", says));
            }
            bot(api, subject, &mut points).await;
        }
        _ => points.push(bad("bot token", "set SLACK_BOT_TOKEN")),
    }
    transport(subject, &mut points).await;
    if subject.approvers.is_empty() {
        let says = "SLACK_APPROVERS is not set: every member of the channel may approve low and \
                    medium risk, and nobody high risk";
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

/// Scopes that lack; none where Slack did not say which there are.
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
                "add the bot scope {} ({}) and install the app again",
                *scope,
                *what
            );
            bad("scope", says)
        })
        .collect();
    if lacks.is_empty() {
        vec![good("scopes", "all are there")]
    } else {
        lacks
    }
}

async fn channel_point(api: &Api, channel: &str) -> Point {
    if !is_id(channel, "CG") {
        let says = redacted!(
            "{} is a name; set SLACK_CHANNEL to the channel's id, which stays when it is \
             renamed (open the channel's details, at the bottom)",
            Redacted::line(channel)
        );
        return bad("channel", says);
    }
    let asked = [("channel", Some(channel))];
    let info = match api.read::<ChannelInfo>("conversations.info", &asked).await {
        Ok(info) => info.channel,
        Err(fault) if fault.code() == "channel_not_found" => {
            let says = redacted!(
                "{} does not exist or is private: invite the bot to it",
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
            "#{} is shared with another organisation, whose people read all that is posted \
             there: choose a channel of your own",
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
            "SLACK_APP_TOKEN is no app-level token: it begins with xapp-, see Basic Information",
        )),
        Some(token) => {
            let Some(api) = &subject.bot else { return };
            points.push(match api.with(token.clone()).open().await {
                Ok(_) => good("socket mode", "a connection can be opened"),
                Err(fault) => bad("socket mode", socket_fault(&fault)),
            });
        }
        None if subject.signing_secret => {
            let says = "no app token: Slack must reach this host, see /slack/validate for the URLs";
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
                "{}: the app-level token needs the scope connections:write",
                said
            )
        }
        "invalid_auth" | "not_authed" => redacted!("{}: is it the token of this app?", said),
        _ => redacted!("{}: is Socket Mode enabled in the app's settings?", said),
    }
}
