//! Slack's Web API: the client of `slack-morphism` over a transport of ours.

mod connector;
mod error;
mod pace;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use slack_morphism::api::SlackApiAppsConnectionOpenRequest;
use slack_morphism::{
    SlackApiToken, SlackApiTokenValue, SlackClient, SlackClientApiCallContext,
    SlackClientHttpConnector, SlackClientSession,
};

use super::morphism_gaps::{Answered, WhoAmI};
use crate::services::http_client;

pub use connector::{Connector, Parsed};
pub use error::{ApiError, Class};
pub use pace::{Pace, Rates};
pub use upload::Upload;

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// A token: never printed.
#[derive(Clone)]
pub struct Token(SlackApiToken);

impl Token {
    /// From the environment or a file.
    pub fn new(text: &str) -> Token {
        let value = SlackApiTokenValue(text.trim().to_owned());
        Token(SlackApiToken::new(value))
    }

    /// True where it begins as this kind of token does, such as `xoxb-`.
    pub fn begins(&self, prefix: &str) -> bool {
        self.0.token_value.0.starts_with(prefix)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A client with a token. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    client: Arc<SlackClient<Connector>>,
    token: Token,
}

/// The HTTP client that all calls to Slack share.
///
/// # Errors
/// A sentence, where the roots of trust cannot be read.
pub fn http() -> Result<reqwest::Client, String> {
    http_client::for_calls(PATIENCE)
}

impl Api {
    /// A client of the API at `base` (Slack's own is `https://slack.com/api/`).
    pub fn new(http: reqwest::Client, base: &str, token: Token, pace: Pace) -> Api {
        let connector = Connector::new(http, base, pace);
        Api {
            client: Arc::new(SlackClient::new(connector)),
            token,
        }
    }

    /// The same API with another token.
    pub fn with(&self, token: Token) -> Api {
        Api {
            token,
            ..self.clone()
        }
    }

    /// The shared HTTP client.
    pub fn client(&self) -> &reqwest::Client {
        self.client.http_api.connector.http()
    }

    /// The methods of the library, for those whose answers its types hold.
    pub fn session(&self) -> SlackClientSession<'_, Connector> {
        self.client.open_session(&self.token.0)
    }

    /// A method that reads, with an answer of ours: see [`morphism_gaps`](super::morphism_gaps).
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn read<RS: Parsed>(
        &self,
        method: &str,
        asked: &[(&str, Option<&str>)],
    ) -> Result<RS, ApiError> {
        let session = self.session();
        let read = session.http_session_api;
        Ok(read.http_get(method, &asked.to_vec(), None).await?)
    }

    /// A method that writes, with an answer of ours: see [`morphism_gaps`](super::morphism_gaps).
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn write<RQ, RS>(&self, method: &str, request: &RQ) -> Result<RS, ApiError>
    where
        RQ: Serialize + Send + Sync,
        RS: Parsed,
    {
        let session = self.session();
        let write = session.http_session_api;
        Ok(write.http_post(method, request, None).await?)
    }

    /// Who the token is, and its scopes.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn test(&self) -> Result<WhoAmI, ApiError> {
        self.read("auth.test", &[]).await
    }

    /// The address of a new connection of Socket Mode. It carries a ticket.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn open(&self) -> Result<reqwest::Url, ApiError> {
        let session = self.session();
        let asked = SlackApiAppsConnectionOpenRequest::new();
        let opened = session.apps_connections_open(&asked).await?;
        Ok(opened.url.0)
    }

    /// Post to an address that Slack gave for exactly this answer.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn respond<RQ>(&self, url: &str, request: &RQ) -> Result<(), ApiError>
    where
        RQ: Serialize + Send + Sync,
    {
        let untrusted = |_| ApiError::refused("untrusted_response_url", "");
        let url = reqwest::Url::parse(url).map_err(untrusted)?;
        let context = SlackClientApiCallContext {
            rate_control_params: None,
            token: None,
            tracing_span: &tracing::Span::none(),
            is_sensitive_url: true,
        };
        let connector = &self.client.http_api.connector;
        let Answered {} = connector.http_post_uri(url, request, context).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
