//! How the client of `slack-morphism` reaches Slack: with our roots of trust, time-outs, bounds and
//! turns around each of its calls. What it sends is redacted here, for every caller.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use k8shawk_core::redact::RedactedJson;
use reqwest::{RequestBuilder, Response, Url};
use serde::Serialize;
use serde_json::{Map, Value, json};
use slack_morphism::multipart_form::FileMultipartData;
use slack_morphism::{
    ClientResult, SlackApiToken, SlackClientApiCallContext, SlackClientHttpConnector,
    SlackClientId, SlackClientSecret,
};

use super::error::ApiError;
use super::pace::Pace;
use crate::services::http_client;

/// Pause where Slack limits us and does not say for how long.
const PAUSE: Duration = Duration::from_secs(30);
/// Shortest and longest pause that is believed.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3600);
/// Largest answer that is read.
const MAX_ANSWER: usize = 4 << 20;

/// Name under which the scopes of a token stand beside an answer: Slack says them in a header only.
pub(super) const SCOPES: &str = "x-oauth-scopes";

/// The transport. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    http: reqwest::Client,
    /// Ends in `/`.
    base: String,
    pace: Pace,
}

/// Any answer that the client of the library can be given.
pub trait Parsed: for<'de> serde::Deserialize<'de> + Send {}
impl<T: for<'de> serde::Deserialize<'de> + Send> Parsed for T {}

impl Connector {
    pub(super) fn new(http: reqwest::Client, base: &str, pace: Pace) -> Connector {
        let base = format!("{}/", base.trim_end_matches('/'));
        Connector { http, base, pace }
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// True where `url` is on the host that this client talks to, or on Slack's own for answers.
    pub(super) fn trusts(&self, url: &Url) -> bool {
        let of = |url: &Url| {
            let host = url.host_str()?.to_owned();
            Some((url.scheme().to_owned(), host, url.port()))
        };
        let hooks = Some(("https".to_owned(), "hooks.slack.com".to_owned(), None));
        let origin = of(url);
        let base = Url::parse(&self.base).ok().and_then(|base| of(&base));
        origin.is_some() && (origin == hooks || origin == base)
    }

    /// A method of the Web API, once its turn has come: rates are kept for each method and channel.
    async fn method(
        &self,
        url: &Url,
        token: &SlackApiToken,
        channel: &str,
        body: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Value, ApiError> {
        let method = url.path_segments().and_then(Iterator::last);
        let method = method.unwrap_or_default();
        if let Some(after) = self.pace.left(method) {
            return Err(ApiError::Limited { after });
        }
        self.pace.turn(method, channel).await;
        let request = self.http.post(bare(url)).bearer_auth(&token.token_value.0);
        let sent = body(request).send().await;
        let answer = match sent {
            Ok(response) => read(response).await,
            Err(fault) => Err(ApiError::unreachable(&fault)),
        };
        if let Err(ApiError::Limited { after }) = &answer {
            self.pace.pause(method, *after);
        }
        answer
    }

    /// An address that Slack gave for one answer: it is no method, and never gets the token.
    async fn hook(&self, url: Url, body: &RedactedJson) -> Result<Value, ApiError> {
        if !self.trusts(&url) {
            return Err(ApiError::refused("untrusted_response_url", ""));
        }
        let response = with_json(self.http.post(url), body).send().await;
        let response = response.map_err(|e| ApiError::unreachable(&e))?;
        let status = response.status();
        match status.as_u16() {
            200..=299 => Ok(json!({})),
            429 => Err(limited(&response)),
            500..=599 => Err(ApiError::Server(format!("HTTP {status}"))),
            _ => Err(ApiError::refused("response_url_gone", "")),
        }
    }

    /// Bytes to a ticket of Slack: it never gets the token either.
    async fn bytes(&self, url: Url, kind: String, data: &[u8]) -> Result<Value, ApiError> {
        let request = self.http.post(url).header("content-type", kind);
        let sent = request.body(data.to_vec()).send().await;
        let status = sent.map_err(|e| ApiError::unreachable(&e))?.status();
        match status.is_success() {
            true => Ok(json!({})),
            false => Err(ApiError::Server(format!("upload returned HTTP {status}"))),
        }
    }
}

/// The address without what is asked: that travels in the body, so that no proxy writes it down.
fn bare(url: &Url) -> Url {
    let mut bare = url.clone();
    bare.set_query(None);
    bare
}

fn with_json(request: RequestBuilder, body: &RedactedJson) -> RequestBuilder {
    request
        .header("content-type", "application/json; charset=utf-8")
        .body(body.to_string())
}

fn with_form(request: RequestBuilder, body: &RedactedJson) -> RequestBuilder {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in body.value().as_object().into_iter().flatten() {
        form.append_pair(name, value.as_str().unwrap_or_default());
    }
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.finish())
}

fn channel(body: &RedactedJson) -> String {
    let channel = body.value().get("channel").and_then(Value::as_str);
    channel.unwrap_or_default().to_owned()
}

fn limited(response: &Response) -> ApiError {
    let asked = http_client::retry_after(response.headers());
    ApiError::Limited {
        after: asked.unwrap_or(PAUSE).clamp(SHORTEST, LONGEST),
    }
}

/// A bounded answer, where Slack says ok.
async fn read(mut response: Response) -> Result<Value, ApiError> {
    let status = response.status();
    if status.as_u16() == 429 {
        return Err(limited(&response));
    }
    if status.is_server_error() {
        return Err(ApiError::Server(format!("HTTP {status}")));
    }
    let scopes = response.headers().get(SCOPES);
    let scopes = scopes.and_then(|v| v.to_str().ok()).map(str::to_owned);
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|e| ApiError::unreachable(&e))?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER {
            return Err(ApiError::Server("response too large".to_owned()));
        }
    }
    let mut answer: Value = serde_json::from_slice(&bytes)
        .map_err(|_| ApiError::Server(format!("HTTP {status}, not JSON; check slack.api_url")))?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    if answer.get("ok") != Some(&Value::Bool(true)) {
        let code = text("error").unwrap_or("no_error_given");
        return Err(ApiError::refused(code, text("needed").unwrap_or_default()));
    }
    if let (Some(scopes), Some(map)) = (scopes, answer.as_object_mut()) {
        map.insert(SCOPES.to_owned(), Value::String(scopes));
    }
    Ok(answer)
}

fn decode<RS: Parsed>(answer: Result<Value, ApiError>) -> ClientResult<RS> {
    // Without its fault, which quotes what Slack said.
    let strange = |_| ApiError::Server("unexpected response".to_owned());
    Ok(serde_json::from_value(answer?).map_err(strange)?)
}

/// The ways of the library that nothing here takes.
fn unused<'a, RS: Parsed + 'a>() -> BoxFuture<'a, ClientResult<RS>> {
    futures::future::ready(Err(ApiError::refused("not_supported", "").into())).boxed()
}

impl SlackClientHttpConnector for Connector {
    fn create_method_uri_path(&self, method: &str) -> ClientResult<Url> {
        Ok(format!("{}{method}", self.base).parse()?)
    }

    fn http_get_uri<'a, RS>(
        &'a self,
        full_uri: Url,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: Parsed + 'a,
    {
        let Some(token) = context.token else {
            return unused();
        };
        async move {
            let asked = full_uri.query_pairs().into_owned();
            let asked: Map<_, _> = asked.map(|(k, v)| (k, Value::String(v))).collect();
            let body = RedactedJson::of(Value::Object(asked));
            let form = |request| with_form(request, &body);
            decode(self.method(&full_uri, token, &channel(&body), form).await)
        }
        .boxed()
    }

    fn http_post_uri<'a, RQ, RS>(
        &'a self,
        full_uri: Url,
        request_body: &'a RQ,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RQ: Serialize + Send + Sync,
        RS: Parsed + 'a,
    {
        async move {
            let body = serde_json::to_value(request_body)
                .map_err(|_| ApiError::refused("request_not_serialized", ""))?;
            let body = RedactedJson::of(body);
            decode(match context.token {
                Some(token) => {
                    let json = |request| with_json(request, &body);
                    self.method(&full_uri, token, &channel(&body), json).await
                }
                None => self.hook(full_uri, &body).await,
            })
        }
        .boxed()
    }

    fn http_post_uri_binary<'a, 'p, RS>(
        &'a self,
        full_uri: Url,
        content_type: String,
        data: &'a [u8],
        _: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: Parsed + 'a,
    {
        async move { decode(self.bytes(full_uri, content_type, data).await) }.boxed()
    }

    fn http_get_with_client_secret<'a, RS>(
        &'a self,
        _: Url,
        _: &'a SlackClientId,
        _: &'a SlackClientSecret,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: Parsed + 'a,
    {
        unused()
    }

    fn http_post_uri_multipart_form<'a, 'p, RS, PT, TS>(
        &'a self,
        _: Url,
        _: Option<FileMultipartData<'p>>,
        _: &'p PT,
        _: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: Parsed + 'a,
        PT: IntoIterator<Item = (&'p str, Option<TS>)> + Clone,
        TS: AsRef<str> + 'p + Send,
    {
        unused()
    }
}
