//! Who clicked, in the words in which authority is written: a user id, user groups, the domain
//! of an e-mail address. Looked up at Slack, and remembered for minutes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use k8shawk_core::approval::{Door, Person};
use serde_json::{Value, json};

use super::api::{Api, ApiError};
use super::text::is_group_id;

/// How long an answer of Slack is believed.
const BELIEVED: Duration = Duration::from_secs(180);
/// Pages of members that are read.
const PAGES: usize = 20;

type Remembered<T> = Mutex<HashMap<String, (Instant, T)>>;

/// Looks people up.
pub struct People {
    api: Api,
    groups: Remembered<Vec<String>>,
    channels: Remembered<Vec<String>>,
    domains: Remembered<Option<String>>,
    team: Mutex<Option<String>>,
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

fn names(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

impl People {
    /// With this client.
    pub fn new(api: Api) -> People {
        People {
            api,
            groups: Mutex::default(),
            channels: Mutex::default(),
            domains: Mutex::default(),
            team: Mutex::default(),
        }
    }

    /// The person behind a user id, with those of the named groups and domains that they are
    /// in. Only what is named is looked up.
    ///
    /// # Errors
    /// [`ApiError`]: it is not known who they are, so nothing may happen.
    pub async fn person(&self, user: &str, named: &[String]) -> Result<Person, ApiError> {
        let mut person = Person::at(Door::Slack, user);
        let mut wanted: Vec<&String> = named.iter().collect();
        wanted.sort();
        wanted.dedup();
        if named.iter().any(|n| n == user)
            && !wanted.iter().any(|n| is_group_id(n) || n.starts_with('@'))
        {
            return Ok(person);
        }
        for group in wanted.iter().filter(|n| is_group_id(n)) {
            if self.members(group).await?.iter().any(|m| m == user) {
                person.groups.push((*group).clone());
            }
        }
        if wanted.iter().any(|n| n.starts_with('@')) {
            let domain = self.domain(user).await?;
            let is = |n: &&&String| {
                let named = n.strip_prefix('@');
                domain
                    .as_deref()
                    .zip(named)
                    .is_some_and(|(d, n)| n.eq_ignore_ascii_case(d))
            };
            person
                .groups
                .extend(wanted.iter().filter(is).map(|n| (*n).clone()));
        }
        Ok(person)
    }

    async fn members(&self, group: &str) -> Result<Vec<String>, ApiError> {
        if let Some(known) = known(&self.groups, group) {
            return Ok(known);
        }
        let body = json!({"usergroup": group});
        let answer = self.api.call("usergroups.users.list", &body).await;
        let members = match answer {
            Ok(answer) => names(answer.get("users")),
            // A group that does not exist has no members.
            Err(error) if error.code() == "no_such_subteam" => Vec::new(),
            Err(error) => return Err(error),
        };
        learn(&self.groups, group, members.clone());
        Ok(members)
    }

    /// The domain of a confirmed address of a member of our own workspace.
    async fn domain(&self, user: &str) -> Result<Option<String>, ApiError> {
        if let Some(known) = known(&self.domains, user) {
            return Ok(known);
        }
        let team = self.team().await?;
        let answer = self.api.call("users.info", &json!({"user": user})).await?;
        let domain = answer.get("user").and_then(|u| domain_of(u, &team));
        learn(&self.domains, user, domain.clone());
        Ok(domain)
    }

    async fn team(&self) -> Result<String, ApiError> {
        let known = self
            .team
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(team) = known {
            return Ok(team);
        }
        let answer = self.api.call("auth.test", &json!({})).await?;
        let team = answer
            .get("team_id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        *self.team.lock().unwrap_or_else(PoisonError::into_inner) = Some(team.clone());
        Ok(team)
    }

    /// True where the user is a member of the channel, and not one who only looks in.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn is_member(&self, channel: &str, user: &str) -> Result<bool, ApiError> {
        if let Some(known) = known(&self.channels, channel)
            && known.iter().any(|m| m == user)
        {
            return Ok(true);
        }
        let mut members = Vec::new();
        let mut body = json!({"channel": channel, "limit": 1000});
        for _ in 0..PAGES {
            let answer = self.api.call("conversations.members", &body).await?;
            members.extend(names(answer.get("members")));
            let next = answer
                .pointer("/response_metadata/next_cursor")
                .and_then(Value::as_str);
            match (next.filter(|n| !n.is_empty()), body.as_object_mut()) {
                (Some(next), Some(map)) => map.insert("cursor".to_owned(), json!(next)),
                _ => break,
            };
        }
        let is = members.iter().any(|m| m == user);
        learn(&self.channels, channel, members);
        Ok(is)
    }
}

/// An address counts where the workspace vouches for it: no stranger, bot or leaver.
fn domain_of(user: &Value, team: &str) -> Option<String> {
    let flag = |name: &str| user.get(name) == Some(&Value::Bool(true));
    let theirs = user.get("team_id").and_then(Value::as_str);
    let unconfirmed = user.get("is_email_confirmed") == Some(&Value::Bool(false));
    if flag("deleted") || flag("is_bot") || flag("is_stranger") || unconfirmed {
        return None;
    }
    if theirs.is_some_and(|t| !team.is_empty() && t != team) {
        return None;
    }
    let email = user.pointer("/profile/email").and_then(Value::as_str)?;
    let (_, domain) = email.rsplit_once('@')?;
    Some(domain.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_the_workspace_vouches_for_count() {
        let user = |more: Value| {
            let mut user = json!({"team_id": "T1", "profile": {"email": "a@evil@Example.com"}});
            user.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            domain_of(&user, "T1")
        };
        assert_eq!(user(json!({})).as_deref(), Some("example.com"));
        for bad in [
            json!({"deleted": true}),
            json!({"is_bot": true}),
            json!({"is_stranger": true}),
            json!({"is_email_confirmed": false}),
            json!({"team_id": "T2"}),
            json!({"profile": {}}),
        ] {
            assert_eq!(user(bad.clone()), None, "{bad}");
        }
    }
}
