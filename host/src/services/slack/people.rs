//! Who clicked, in the words in which authority is written: a user id, user groups, the domain
//! of an e-mail address. Looked up at Slack, and remembered for minutes.

mod member;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use k8shawk_core::approval::{Door, Person};
use slack_morphism::SlackUserId;
use slack_morphism::api::{
    SlackApiConversationsMembersRequest, SlackApiUserGroupsUsersListRequest,
};
use thiserror::Error;

use super::api::{Api, ApiError};
use super::morphism_gaps::UserInfo;
use super::text::is_group_id;
pub use member::{Outsider, Standing, Team};

/// How long an answer of Slack is believed.
const BELIEVED: Duration = Duration::from_secs(180);
/// Pages of members that are read.
const PAGES: usize = 20;

type Remembered<T> = Mutex<HashMap<String, (Instant, T)>>;

/// Why somebody is told nothing, and can do nothing.
#[derive(Debug, Error)]
pub enum Refusal {
    /// Slack does not say who they are: nothing may happen; they may try again.
    #[error("could not verify who you are ({0}). Try again.")]
    Unknown(#[from] ApiError),
    /// They are no full member of the workspace.
    #[error("only full members of this workspace can do that; {0}")]
    Outsider(#[from] Outsider),
    /// They are a member of the workspace, and of nothing that counts here.
    #[error("only members of the incident channel can do that")]
    Elsewhere,
}

/// A full member of the workspace who may read what is known of incidents, and ask for more. Only
/// [`People::insider`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insider {
    user: String,
    domain: Option<String>,
    called: Option<String>,
}

impl Insider {
    /// Their user id.
    pub fn user(&self) -> &str {
        &self.user
    }
}

/// Looks people up.
pub struct People {
    api: Api,
    groups: Remembered<Vec<String>>,
    channels: Remembered<Vec<String>>,
    standings: Remembered<Result<Standing, Outsider>>,
    team: Mutex<Option<Team>>,
}

fn known<T: Clone>(memory: &Remembered<T>, key: &str) -> Option<T> {
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    memory
        .get(key)
        .filter(|(at, _)| at.elapsed() < BELIEVED)
        .map(|(_, v)| v.clone())
}

fn learn<T>(memory: &Remembered<T>, key: &str, value: T) {
    let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    if memory.len() > 1000 {
        memory.retain(|_, (at, _)| at.elapsed() < BELIEVED);
    }
    memory.insert(key.to_owned(), (Instant::now(), value));
}

fn names(users: Vec<SlackUserId>) -> Vec<String> {
    users.into_iter().map(|user| user.0).collect()
}

impl People {
    /// With this client.
    pub fn new(api: Api) -> People {
        People {
            api,
            groups: Mutex::default(),
            channels: Mutex::default(),
            standings: Mutex::default(),
            team: Mutex::default(),
        }
    }

    /// Find out whether somebody may read: a full member of the workspace who is named, or is a
    /// member of the channel.
    ///
    /// # Errors
    /// [`Refusal`]; what Slack does not say is a refusal too.
    pub async fn insider(
        &self,
        user: &str,
        named: &[String],
        channel: &str,
    ) -> Result<Insider, Refusal> {
        let standing = self.standing(user).await??;
        let insider = Insider {
            user: user.to_owned(),
            domain: standing.domain,
            called: standing.called,
        };
        let person = self.person(&insider, named).await?;
        let is_named = named
            .iter()
            .any(|n| *n == person.name || person.groups.contains(n));
        if is_named || self.is_member(channel, user).await? {
            Ok(insider)
        } else {
            Err(Refusal::Elsewhere)
        }
    }

    /// The person, with those of the named groups and domains that they are in. Only what is named
    /// is looked up.
    ///
    /// # Errors
    /// [`ApiError`]: it is not known who they are, so nothing may happen.
    pub async fn person(&self, who: &Insider, named: &[String]) -> Result<Person, ApiError> {
        let mut person = Person::at(Door::Slack, &who.user);
        person.called.clone_from(&who.called);
        let mut wanted: Vec<&String> = named.iter().collect();
        wanted.sort();
        wanted.dedup();
        for group in wanted.iter().filter(|n| is_group_id(n)) {
            if self.members(group).await?.contains(&who.user) {
                person.groups.push((*group).clone());
            }
        }
        let is_theirs = |name: &&&String| {
            let named = name.strip_prefix('@');
            let both = who.domain.as_deref().zip(named);
            both.is_some_and(|(d, n)| n.eq_ignore_ascii_case(d))
        };
        let domains = wanted.iter().filter(is_theirs).map(|n| (*n).clone());
        person.groups.extend(domains);
        Ok(person)
    }

    async fn members(&self, group: &str) -> Result<Vec<String>, ApiError> {
        if let Some(known) = known(&self.groups, group) {
            return Ok(known);
        }
        let asked = SlackApiUserGroupsUsersListRequest::new(group.into());
        let session = self.api.session();
        let answer = session.usergroups_users_list(&asked).await;
        let members = match answer.map_err(ApiError::from) {
            Ok(answer) => names(answer.users),
            // A group that does not exist has no members.
            Err(error) if error.code() == "no_such_subteam" => Vec::new(),
            Err(error) => return Err(error),
        };
        learn(&self.groups, group, members.clone());
        Ok(members)
    }

    /// What somebody is in our own workspace.
    async fn standing(&self, user: &str) -> Result<Result<Standing, Outsider>, ApiError> {
        if let Some(known) = known(&self.standings, user) {
            return Ok(known);
        }
        let team = self.team().await?;
        let asked = [("user", Some(user))];
        let standing = match self.api.read::<UserInfo>("users.info", &asked).await {
            Ok(info) => member::standing(info.user.as_ref(), user, &team),
            Err(error) if matches!(error.code(), "user_not_found" | "user_not_visible") => {
                Err(Outsider::Unseen)
            }
            Err(error) => return Err(error),
        };
        learn(&self.standings, user, standing.clone());
        Ok(standing)
    }

    async fn team(&self) -> Result<Team, ApiError> {
        let known = self
            .team
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(team) = known {
            return Ok(team);
        }
        let team = Team::of(&self.api.test().await?)
            .ok_or_else(|| ApiError::Server("auth.test returned no workspace".to_owned()))?;
        *self.team.lock().unwrap_or_else(PoisonError::into_inner) = Some(team.clone());
        Ok(team)
    }

    /// True where the user is a member of the channel, and not one who only looks in.
    async fn is_member(&self, channel: &str, user: &str) -> Result<bool, ApiError> {
        if let Some(known) = known(&self.channels, channel)
            && known.iter().any(|m| m == user)
        {
            return Ok(true);
        }
        let mut members = Vec::new();
        let session = self.api.session();
        let mut asked = SlackApiConversationsMembersRequest::new()
            .with_channel(channel.into())
            .with_limit(1000);
        for _ in 0..PAGES {
            let page = session.conversations_members(&asked).await;
            let page = page.map_err(ApiError::from)?;
            members.extend(names(page.members));
            asked.cursor = page.response_metadata.and_then(|m| m.next_cursor);
            if asked.cursor.is_none() {
                break;
            }
        }
        let is = members.iter().any(|m| m == user);
        learn(&self.channels, channel, members);
        Ok(is)
    }
}
