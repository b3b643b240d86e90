//! Full members of our own workspace, and everybody else: what is not said in so many words counts
//! against them.

use serde_json::Value;
use thiserror::Error;

use crate::services::slack::morphism_gaps::WhoAmI;
use crate::services::slack::text::plain;

/// Why somebody is no full member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Outsider {
    /// Slack shows us nobody of this id.
    #[error("Slack does not list you here")]
    Unseen,
    /// The account was closed.
    #[error("your account is deactivated")]
    Deactivated,
    /// It is no human being.
    #[error("you are a bot")]
    Bot,
    /// A guest, of one channel or of several.
    #[error("you are a guest")]
    Guest,
    /// Somebody of another workspace, by Slack Connect.
    #[error("you belong to another workspace")]
    Foreign,
    /// Slack's answer lacks something that it says of every member, or says it in another form.
    #[error("Slack did not return {0} for you")]
    Unsaid(&'static str),
}

/// What counts of a full member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Domain of an address that the workspace confirmed, in lower case.
    pub domain: Option<String>,
    /// What people call them, as their profile has it; none where it has no name.
    pub called: Option<String>,
}

/// Our own workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    id: String,
    enterprise: Option<String>,
}

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.filter(|t| !t.is_empty())
}

impl Team {
    /// From the answer of `auth.test`; none where it does not name a workspace.
    pub fn of(answer: &WhoAmI) -> Option<Team> {
        let said = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        Some(Team {
            id: said(&answer.team_id)?,
            enterprise: said(&answer.enterprise_id),
        })
    }

    /// True where a user is ours: of this workspace, and of its organisation where it has one. A
    /// member of a workspace of an Enterprise Grid may be of another one first.
    fn has(&self, user: &Value) -> bool {
        let theirs = text(user, "/enterprise_user/enterprise_id");
        let teams = user.pointer("/enterprise_user/teams");
        let teams = teams.and_then(Value::as_array).into_iter().flatten();
        let listed = teams.filter_map(Value::as_str).any(|team| team == self.id);
        match (&self.enterprise, theirs) {
            (Some(ours), Some(theirs)) if ours == theirs => {
                listed || text(user, "/team_id") == Some(&self.id)
            }
            (_, None) => text(user, "/team_id") == Some(&self.id),
            (_, Some(_)) => false,
        }
    }
}

/// Flags that Slack sets for every account, and what each true one means.
const STATED: &[(&str, Outsider)] = &[
    ("deleted", Outsider::Deactivated),
    ("is_bot", Outsider::Bot),
    ("is_restricted", Outsider::Guest),
    ("is_ultra_restricted", Outsider::Guest),
];

/// Flags that Slack sets only where they are true, as far as it says. `is_app_user` is none: it is
/// true of a person who installed an app.
const REMARKED: &[(&str, Outsider)] = &[
    ("is_stranger", Outsider::Foreign),
    ("is_external", Outsider::Foreign),
    ("is_workflow_bot", Outsider::Bot),
    ("is_connector_bot", Outsider::Bot),
    ("is_invited_user", Outsider::Guest),
    ("is_forgotten", Outsider::Deactivated),
];

/// What the answer of `users.info` makes of a user.
///
/// # Errors
/// [`Outsider`].
pub(super) fn standing(user: Option<&Value>, id: &str, team: &Team) -> Result<Standing, Outsider> {
    let user = user.ok_or(Outsider::Unseen)?;
    if text(user, "/id") != Some(id) {
        return Err(Outsider::Unseen);
    }
    for &(name, outsider) in STATED {
        flag(user, name, Err(Outsider::Unsaid(name)), outsider)?;
    }
    for &(name, outsider) in REMARKED {
        flag(user, name, Ok(()), outsider)?;
    }
    if text(user, "/profile/bot_id").is_some() {
        return Err(Outsider::Bot);
    }
    if text(user, "/team_id").is_none() {
        return Err(Outsider::Unsaid("your workspace"));
    }
    if !team.has(user) {
        return Err(Outsider::Foreign);
    }
    Ok(Standing {
        domain: domain(user),
        called: called(user),
    })
}

/// A flag must be false; `missing` is what comes of one that is not there.
fn flag(
    user: &Value,
    name: &'static str,
    missing: Result<(), Outsider>,
    outsider: Outsider,
) -> Result<(), Outsider> {
    match user.get(name) {
        Some(Value::Bool(false)) => Ok(()),
        Some(Value::Bool(true)) => Err(outsider),
        None => missing,
        Some(_) => Err(Outsider::Unsaid(name)),
    }
}

/// Characters of a name that are kept.
const NAME: usize = 60;

/// The real name of a profile, else the name that is shown. Anybody writes what they like there:
/// it stands beside the id, and decides nothing.
fn called(user: &Value) -> Option<String> {
    let places = ["/profile/real_name", "/profile/display_name", "/real_name"];
    let names = places.iter().filter_map(|place| text(user, place));
    let mut names = names.map(|name| plain(name, NAME));
    names.find(|name| !name.is_empty())
}

/// An address counts where it is confirmed: anybody may write any address into a profile.
fn domain(user: &Value) -> Option<String> {
    if user.get("is_email_confirmed") != Some(&Value::Bool(true)) {
        return None;
    }
    let (_, domain) = text(user, "/profile/email")?.rsplit_once('@')?;
    Some(domain.to_lowercase())
}

#[cfg(test)]
mod tests;
