//! What the operator configures of Slack. Tokens are no part of it.

/// Slack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackConfig {
    /// Channel of the incidents: an id, or `#name`.
    pub channel: Option<String>,
    /// Who may approve: user ids, user-group ids, `@domain`.
    pub approvers: Vec<String>,
    /// Where the Web API is; ends in `/api/`.
    pub api_url: String,
    /// Address under which Slack reaches this host.
    pub public_url: Option<String>,
}

impl Default for SlackConfig {
    fn default() -> Self {
        SlackConfig {
            channel: None,
            approvers: Vec::new(),
            api_url: "https://slack.com/api/".to_owned(),
            public_url: None,
        }
    }
}

fn is_id(text: &str, first: &str) -> bool {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    (2..=32).contains(&text.len())
        && text.starts_with(|c| first.contains(c))
        && text.chars().all(plain)
        && text.contains(|c: char| c.is_ascii_digit())
}

/// An approver, as Slack knows them.
pub(super) fn approver(text: &str) -> Result<String, String> {
    let domain = text.strip_prefix('@').filter(|d| is_domain(d));
    if domain.is_some() {
        return Ok(text.to_lowercase());
    }
    if is_id(text, "UWS") {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{text:?} is none of a user id (U0123ABCD), a user-group id (S0123ABCD), @example.com"
    ))
}

fn is_domain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    text.contains('.') && text.chars().all(plain) && text.split('.').all(|label| !label.is_empty())
}

/// A channel.
pub(super) fn channel(text: &str) -> Result<String, String> {
    let name = text.strip_prefix('#').unwrap_or(text);
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && !"<>&,#".contains(c);
    if !name.is_empty() && name.len() <= 80 && name.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is neither the id of a channel nor #name"))
    }
}
