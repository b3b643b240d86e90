//! From a request to its answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use k8shawk_core::bundle::Log;
use serde_json::{Value, json};

use super::audit::Verb;
use super::objects::Key;
use super::path::{self, Addressed};
use super::query::Query;
use super::refusal::Refusal;
use super::weather::Fate;
use super::write::Write;
use super::{Shared, State, discovery, following};

/// Most bytes of a body.
const MOST: usize = 8 << 20;
/// How long a request that gets no answer is kept.
const SILENCE: Duration = Duration::from_secs(120);

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
pub(super) struct Cut;

pub(super) fn json_answer(code: u16, value: &Value) -> Response<Body> {
    let mut answer = Response::new(Body::from(value.to_string()));
    *answer.status_mut() = http::StatusCode::from_u16(code).unwrap_or_default();
    let json = http::HeaderValue::from_static("application/json");
    answer.headers_mut().insert("content-type", json);
    answer
}

/// Answer one request, or cut its connection.
pub(super) async fn serve(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let fate = shared.weather.next().await;
    match fate {
        Fate::Served | Fate::Lost => {}
        Fate::Busy | Fate::Throttled => return Ok(Refusal::busy(1).answer()),
        Fate::Broken => return Ok(Refusal::broken().answer()),
        Fate::Cut => return Err(Cut),
        Fate::Silent => {
            tokio::time::sleep(SILENCE).await;
            return Err(Cut);
        }
    }
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let writes = request.method() != Method::GET && !query.dry_run();
    let answered = fate == Fate::Served && !(writes && shared.weather.loses_write());
    let answer = match routed(&shared, request, answered).await {
        Ok(answer) => answer,
        Err(refusal) => refusal.answer(),
    };
    if answered { Ok(answer) } else { Err(Cut) }
}

async fn routed(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    answered: bool,
) -> Result<Response<Body>, Refusal> {
    let path = request.uri().path().to_owned();
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let header = |name: &str| {
        let value = request.headers().get(name);
        value
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let user = header("authorization")
        .trim_start_matches("Bearer ")
        .to_owned();
    let (method, media) = (request.method().clone(), header("content-type"));
    if let Some(answer) = discovery::answer(&path) {
        return Ok(json_answer(200, &answer));
    }
    if let Some(answer) = shared.state().usage_answer(&path) {
        return Ok(json_answer(200, &answer));
    }
    if method == Method::POST && path.starts_with("/apis/auth") {
        return reviewed(&user, body(request).await?);
    }
    let target = path::parse(&path).ok_or_else(Refusal::no_such_path)?;
    if method == Method::GET {
        return read(shared, target, &query);
    }
    let body = body(request).await?;
    let write = Write {
        user: &user,
        target: &target,
        dry_run: query.dry_run(),
        answered,
    };
    let (code, object) = shared.change(|state| written(state, &write, &method, &media, body))?;
    Ok(json_answer(code, &object))
}

/// JSON alone: nothing here needs the protobuf that kubectl sends for some kinds.
async fn body(request: Request<Incoming>) -> Result<Value, Refusal> {
    let media = request.headers().get("content-type");
    let media = media.and_then(|m| m.to_str().ok()).unwrap_or("json");
    if !media.contains("json") {
        return Err(Refusal::media_type(media));
    }
    let bytes = axum::body::to_bytes(Body::new(request.into_body()), MOST).await;
    let bytes = bytes.map_err(|e| Refusal::bad(e.to_string()))?;
    if bytes.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(&bytes).map_err(|e| Refusal::bad(e.to_string()))
}

/// Everybody may do everything here; who asks is whom the token names.
fn reviewed(user: &str, mut review: Value) -> Result<Response<Body>, Refusal> {
    review["status"] = match review["kind"].as_str() {
        Some("SelfSubjectReview") => json!({"userInfo": {"username": user}}),
        Some("SelfSubjectAccessReview") => json!({"allowed": true}),
        _ => return Err(Refusal::no_such_path()),
    };
    Ok(json_answer(201, &review))
}

fn read(shared: &Arc<Shared>, target: Addressed, query: &Query) -> Result<Response<Body>, Refusal> {
    if target.name.is_empty() && query.flag("watch") {
        return following::answer(shared, target, query);
    }
    let state = shared.state();
    if target.name.is_empty() {
        return Ok(json_answer(200, &state.list(&target, query)?));
    }
    let key = Key {
        kind: target.kind.kind,
        namespace: target.namespace,
        name: target.name,
    };
    let object = state.objects.get(&key);
    let object = object.ok_or_else(|| Refusal::missing(key.kind, &key.name))?;
    match target.part.as_str() {
        "" => Ok(json_answer(200, object)),
        "log" => state.log(&key, object, query).map(|text| {
            let mut answer = Response::new(Body::from(text));
            let plain = http::HeaderValue::from_static("text/plain");
            answer.headers_mut().insert("content-type", plain);
            answer
        }),
        _ => Err(Refusal::no_such_path()),
    }
}

fn written(
    state: &mut State,
    write: &Write<'_>,
    method: &Method,
    media: &str,
    body: Value,
) -> Result<(u16, Value), Refusal> {
    let target = write.target;
    match (method, target.name.as_str(), target.part.as_str()) {
        (&Method::POST, "", "") => state.create(write, body).map(|o| (201, o)),
        (&Method::PUT, name, "") if !name.is_empty() => {
            state.replace(write, body).map(|o| (200, o))
        }
        (&Method::PATCH, name, "") if !name.is_empty() => match media {
            "application/merge-patch+json" => state.patch(write, &body).map(|o| (200, o)),
            other => Err(Refusal::media_type(other)),
        },
        (&Method::DELETE, name, "") if !name.is_empty() => {
            state.delete(write, Verb::Delete, &body).map(|o| (200, o))
        }
        (&Method::POST, _, "eviction") if target.kind.kind == "Pod" => {
            state.delete(write, Verb::Evict, &body["deleteOptions"])?;
            Ok((
                201,
                json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201}),
            ))
        }
        _ => Err(Refusal::method()),
    }
}

impl State {
    /// The end of a recorded log.
    fn log(&self, pod: &Key, object: &Value, query: &Query) -> Result<String, Refusal> {
        let containers = object["spec"]["containers"].as_array();
        let container = match (query.text("container"), containers.map(Vec::as_slice)) {
            ("", Some([only])) => only["name"].as_str().unwrap_or_default(),
            ("", _) => return Err(Refusal::bad("a container name must be specified")),
            (named, _) => named,
        };
        let previous = query.flag("previous");
        let recorded = |log: &&Log| {
            log.namespace == pod.namespace
                && log.pod == pod.name
                && log.container == container
                && log.previous == previous
        };
        let log = self.logs.iter().find(recorded);
        let log = log.ok_or_else(|| {
            let why = format!(
                "container {container:?} in pod {:?} has no such log",
                pod.name
            );
            Refusal::bad(why)
        })?;
        let lines: Vec<&str> = log.text.split_inclusive('\n').collect();
        let wanted = query.number("tailLines").unwrap_or(u64::MAX);
        let skipped = lines
            .len()
            .saturating_sub(usize::try_from(wanted).unwrap_or(usize::MAX));
        let mut text = lines.get(skipped..).unwrap_or_default().concat();
        if let Some(most) = query.number("limitBytes") {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            text.truncate(text.floor_char_boundary(most.min(text.len())));
        }
        Ok(text)
    }

    /// What metrics.k8s.io would say, for namespaces with recorded usage.
    fn usage_answer(&self, path: &str) -> Option<Value> {
        let rest = path.strip_prefix("/apis/metrics.k8s.io/v1beta1/")?;
        let namespace = match rest {
            "pods" => "",
            one => one.strip_prefix("namespaces/")?.strip_suffix("/pods")?,
        };
        if self.usage.is_empty() {
            return None;
        }
        let of = |(within, usage): &(String, k8shawk_core::guard::Usage)| {
            json!({"metadata": {"name": usage.pod, "namespace": within}, "containers": [
                {"name": usage.container, "usage": {
                    "cpu": format!("{}m", usage.cpu_milli), "memory": usage.memory_bytes.to_string()}}]})
        };
        let wanted = self
            .usage
            .iter()
            .filter(|(n, _)| namespace.is_empty() || n == namespace);
        let items: Vec<Value> = wanted.map(of).collect();
        Some(
            json!({"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1",
            "metadata": {}, "items": items}),
        )
    }
}
