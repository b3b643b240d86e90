//! What the real `kubectl describe` says of a recorded pod, and its recorded logs: what somebody
//! would send who sends everything. The recording answers kubectl as an API server would.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;
use k8shawk_core::bundle::{Frame, Log};
use k8shawk_core::kinds::{KINDS, Kind};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::Subject;
use super::rounds::tokens;
use crate::cluster::Kubectl;

/// What is served.
type Shared = Arc<Mutex<Frame>>;

/// Tokens of each incident's raw description and logs.
pub fn measure(runtime: &Runtime, subjects: &[Subject]) -> Result<Vec<f64>> {
    let served: Shared = Arc::default();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let shared = served.clone();
    let router = Router::new().fallback(move |uri: Uri| {
        let shared = shared.clone();
        async move { respond(&shared, &uri) }
    });
    let serving = runtime.spawn(async move { axum::serve(listener, router).await });
    let directory = tempfile::tempdir()?;
    let kubectl = kubectl(address, directory.path())?;
    let mut all = Vec::new();
    for subject in subjects {
        let pod = &subject.record.incident.object;
        let frame = &subject.frame;
        *served.lock().unwrap_or_else(PoisonError::into_inner) = frame.clone();
        let told = kubectl.run(&["describe", "pod", &pod.name, "-n", &pod.namespace])?;
        let mine = |log: &&Log| log.namespace == pod.namespace && log.pod == pod.name;
        let logs = frame.logs.iter().filter(mine).filter(|log| !log.previous);
        all.push(tokens(
            told.len() + logs.map(|log| log.text.len()).sum::<usize>(),
        ));
    }
    serving.abort();
    Ok(all)
}

fn kubectl(address: SocketAddr, directory: &Path) -> Result<Kubectl> {
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "recorded",
        "clusters": [{"name": "recorded", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "recorded", "context": {"cluster": "recorded", "user": "nobody"}}],
    });
    let file = directory.join("kubeconfig");
    std::fs::write(&file, config.to_string())?;
    Kubectl::of(&file, &directory.join("cache"))
}

fn respond(served: &Shared, uri: &Uri) -> impl IntoResponse + use<> {
    let served = served.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = answer(&served, uri);
    let status = match answer {
        Some(_) => StatusCode::OK,
        None => StatusCode::NOT_FOUND,
    };
    let none = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404,
        "reason": "NotFound", "message": "not recorded"});
    let body = answer.unwrap_or(none).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body)
}

fn answer(served: &Frame, uri: &Uri) -> Option<Value> {
    let path: Vec<&str> = uri.path().split('/').filter(|p| !p.is_empty()).collect();
    match path.as_slice() {
        ["api"] => Some(json!({"kind": "APIVersions", "versions": ["v1"]})),
        ["apis"] => Some(groups()),
        ["api", version] => Some(resources("", version)),
        ["apis", group, version] => Some(resources(group, version)),
        ["api", "v1", rest @ ..] => serve(served, "", rest, uri),
        ["apis", group, _, rest @ ..] => serve(served, group, rest, uri),
        _ => None,
    }
}

fn groups() -> Value {
    let mut groups: Vec<(&str, &str)> = KINDS.iter().map(|k| (k.group, k.version)).collect();
    groups.retain(|(group, _)| !group.is_empty());
    groups.sort_unstable();
    groups.dedup_by_key(|(group, _)| *group);
    let groups: Vec<Value> = groups
        .iter()
        .map(|(group, version)| {
            let served = json!({"groupVersion": format!("{group}/{version}"), "version": version});
            json!({"name": group, "versions": [served], "preferredVersion": served})
        })
        .collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn resources(group: &str, version: &str) -> Value {
    let of = |k: &&Kind| k.group == group && k.version == version;
    let all: Vec<Value> = KINDS
        .iter()
        .filter(of)
        .map(|k| {
            json!({"name": k.plural, "singularName": k.kind.to_lowercase(), "kind": k.kind,
                "namespaced": k.namespaced, "verbs": ["get", "list"]})
        })
        .collect();
    let served = match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": served, "resources": all})
}

fn serve(served: &Frame, group: &str, rest: &[&str], uri: &Uri) -> Option<Value> {
    let (namespace, plural, name) = match rest {
        ["namespaces", namespace, plural, name] => (*namespace, *plural, Some(*name)),
        ["namespaces", namespace, plural] => (*namespace, *plural, None),
        [plural, name] => ("", *plural, Some(*name)),
        [plural] => ("", *plural, None),
        _ => return None,
    };
    let kind = KINDS
        .iter()
        .find(|k| k.group == group && k.plural == plural)?;
    let mine = |o: &&Value| {
        o["kind"] == kind.kind && (namespace.is_empty() || o["metadata"]["namespace"] == namespace)
    };
    if let Some(name) = name {
        let mut found = served.objects.iter().filter(mine);
        return found.find(|o| o["metadata"]["name"] == name).cloned();
    }
    let query = uri.query().unwrap_or_default();
    let items: Vec<Value> = match kind.kind {
        "Event" => served
            .events
            .iter()
            .filter(|e| involves(e, query))
            .cloned()
            .collect(),
        _ => served.objects.iter().filter(mine).cloned().collect(),
    };
    let list = format!("{}List", kind.kind);
    Some(json!({"kind": list, "apiVersion": kind.api_version(), "metadata": {}, "items": items}))
}

/// `fieldSelector=involvedObject.name=web,...`
fn involves(event: &Value, query: &str) -> bool {
    let selector = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "fieldSelector");
    let Some((_, selector)) = selector else {
        return true;
    };
    selector.split(',').all(|pair| match pair.split_once('=') {
        Some(("involvedObject.name", name)) => event["involvedObject"]["name"] == name,
        Some(("involvedObject.kind", kind)) => event["involvedObject"]["kind"] == kind,
        _ => true,
    })
}
