//! `k8shawk record`: an incident bundle from a cluster.

use super::output::complain;
use k8shawk_core::count;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8shawk_core::bundle::{Bundle, DryRun, FORMAT, Frame, Log, NOT_RECORDED, Recorded};
use k8shawk_core::grant::Grant;
use k8shawk_core::guard::{Answer, Guard, MAX_LOG_LINES, Read, ReadError, Reader};
use k8shawk_core::redact::{REDACTED, is_secret_name, redact};
use k8shawk_core::{kinds, rca};
use serde_json::Value;

use super::{Misuse, Record, Unusable};
use crate::run::load;
use crate::run::scan;
use crate::run::settings::Settings;
use crate::services::Services;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::dry_run::try_fix;
use crate::services::cluster::{Cluster, Snapshot};
use crate::services::llm::Llm;

/// Time between two looks while following.
const PAUSE: Duration = Duration::from_secs(2);
/// Everything may be recorded; Secrets come without their values as always.
const EVERYTHING: &str = "[[allow]]\nverbs = [\"get\", \"list\", \"logs\", \"top\"]\nkinds = [\"*\"]\nnamespaces = [\"*\"]\n";

/// Record the namespace of a subject.
pub async fn record(settings: Settings, args: Record) -> anyhow::Result<bool> {
    let parts: Vec<&str> = args.subject.split('/').collect();
    let &[namespace, kind, name] = parts.as_slice() else {
        let why = format!(
            "{:?} is not Namespace/Kind/name, such as shop/Deployment/web",
            args.subject
        );
        return Err(Misuse(why).into());
    };
    if kinds::kind(kind).is_none() {
        return Err(Misuse(format!("{kind:?} is not a kind such as Deployment")).into());
    }
    let model = match args.model {
        true => super::model::wanted(&settings)?,
        false => None,
    };
    let config = &settings.config;
    let cluster = Cluster::connect(config).await?;
    let snapshot = Arc::new(Snapshot::take(&cluster, Some(namespace)).await?);
    super::scan::there(&snapshot, namespace)?;
    let first = frame(&snapshot, namespace).await?;
    let (dry_runs, conversations) =
        investigated(&settings, model, &cluster, snapshot, namespace).await?;
    let mut bundle = Bundle {
        format: FORMAT,
        title: format!("{kind} {name}"),
        subject: args.subject.clone(),
        kubernetes: cluster.version().to_owned(),
        dry_runs,
        conversations,
        frames: vec![first],
    };
    let path = args
        .file
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{name}.json")));
    write(&path, &bundle)?;
    let until = Instant::now() + Duration::from_secs(args.follow);
    while Instant::now() < until {
        tokio::time::sleep(PAUSE).await;
        let snapshot = Arc::new(Snapshot::take(&cluster, Some(namespace)).await?);
        let next = frame(&snapshot, namespace).await?;
        if bundle
            .frames
            .last()
            .is_some_and(|last| last.objects != next.objects)
        {
            bundle.frames.push(next);
            keep_telling(&mut bundle.frames);
            write(&path, &bundle)?;
        }
    }
    complain!(
        "{}: {}, {}",
        path.display(),
        count(bundle.frames.len(), "frame"),
        count(bundle.dry_runs.len(), "dry run")
    );
    Ok(true)
}

/// The first frame and the newest: what lies between repeats itself.
fn keep_telling(frames: &mut Vec<Frame>) {
    while frames.len() > 2 {
        frames.remove(1);
    }
}

fn write(path: &Path, bundle: &Bundle) -> anyhow::Result<()> {
    let text = serde_json::to_string(bundle)?;
    crate::services::private_files::write(path, format!("{text}\n").as_bytes())
        .map_err(|e| Unusable::fault(path, e))
}

async fn read(reader: &dyn Reader, guard: &Guard, read: Read) -> Result<Answer, ReadError> {
    match guard.permit(read) {
        Ok(permit) => reader.read(permit).await,
        Err(refusal) => Err(ReadError::Unavailable(refusal.to_string())),
    }
}

async fn frame(snapshot: &Snapshot, namespace: &str) -> anyhow::Result<Frame> {
    let guard = Guard::new(Arc::new(Grant::parse(EVERYTHING)?));
    let mut frame = Frame {
        at: snapshot.taken_at(),
        ..Frame::default()
    };
    for kind in kinds::KINDS
        .iter()
        // Events have a place of their own.
        .filter(|k| k.kind != "Event" && !NOT_RECORDED.contains(&k.kind))
    {
        let scope = if kind.namespaced { namespace } else { "" };
        let list = Read::List {
            kind: kind.kind.to_owned(),
            namespace: scope.to_owned(),
            selector: String::new(),
        };
        match read(snapshot, &guard, list).await {
            Ok(Answer::Text(text)) => {
                let objects: Vec<Value> = serde_json::from_str(&text)?;
                frame
                    .objects
                    .extend(objects.into_iter().filter(tells).map(without_values));
            }
            _ => frame.unreadable.push(kind.kind.to_owned()),
        }
    }
    frame.events = snapshot.events();
    for event in &mut frame.events {
        redacted(event);
    }
    frame.logs = logs(snapshot, &guard, &frame.objects).await;
    let top = Read::Top {
        namespace: namespace.to_owned(),
        pod: String::new(),
    };
    if let Ok(Answer::Usage(usage)) = read(snapshot, &guard, top).await {
        frame.usage = Some(usage);
    }
    Ok(frame)
}

/// What every cluster has by itself says nothing of an incident.
fn tells(object: &Value) -> bool {
    let text = |p| {
        object
            .pointer(p)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let own = object
        .pointer("/metadata/labels/kubernetes.io~1bootstrapping")
        .is_some();
    let local = text("/kind") == "APIService" && object.pointer("/spec/service").is_none();
    let root = text("/kind") == "ConfigMap" && text("/metadata/name") == "kube-root-ca.crt";
    let names = text("/metadata/name");
    let system = text("/kind") == "Namespace" && names.starts_with("kube-");
    !(own || local || root || system)
}

/// Environment values and ConfigMap entries may hold secrets; their names say whether.
fn without_values(mut object: Value) -> Value {
    redacted(&mut object);
    object
}

/// Redact every text, and what stands under a name that tells of a secret.
fn redacted(value: &mut Value) {
    match value {
        Value::String(text) => *text = redact(text),
        Value::Array(items) => items.iter_mut().for_each(redacted),
        Value::Object(map) => {
            let named = map
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(is_secret_name);
            for (key, value) in map {
                match value {
                    Value::String(text) if is_secret_name(key) || (named && key == "value") => {
                        *text = REDACTED.to_owned();
                    }
                    other => redacted(other),
                }
            }
        }
        _ => {}
    }
}

async fn logs(snapshot: &Snapshot, guard: &Guard, objects: &[Value]) -> Vec<Log> {
    let mut logs = Vec::new();
    let pods = objects
        .iter()
        .filter(|o| o.get("kind").and_then(Value::as_str) == Some("Pod"));
    for pod in pods {
        let text = |p| {
            pod.pointer(p)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let statuses = ["/status/containerStatuses", "/status/initContainerStatuses"];
        for status in statuses
            .iter()
            .filter_map(|p| pod.pointer(p)?.as_array())
            .flatten()
        {
            let container = status
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            for previous in [false, true] {
                let wanted = Read::Logs {
                    namespace: text("/metadata/namespace"),
                    pod: text("/metadata/name"),
                    container: container.to_owned(),
                    previous,
                    lines: MAX_LOG_LINES,
                };
                if let Ok(Answer::Text(found)) = read(snapshot, guard, wanted).await
                    && !found.is_empty()
                {
                    logs.push(Log {
                        namespace: text("/metadata/namespace"),
                        pod: text("/metadata/name"),
                        container: container.to_owned(),
                        previous,
                        text: redact(&found),
                    });
                }
            }
        }
    }
    logs
}

/// What the API server says of each fix that would be proposed now, and what a model said.
async fn investigated(
    settings: &Settings,
    model: Option<Arc<Llm>>,
    cluster: &Cluster,
    snapshot: Arc<Snapshot>,
    namespace: &str,
) -> anyhow::Result<(Vec<DryRun>, Vec<Recorded>)> {
    let loaded = load::load(settings).await?;
    let (inventory, events) = (snapshot.inventory(), snapshot.warnings());
    let clock = Clock::default();
    let frozen = AnyCluster::Snapshot(snapshot);
    let config = settings.config.clone();
    let plugins = loaded.plugins.clone();
    let mut services = Services::aside(config.clone(), plugins.clone(), frozen, clock.clone())?;
    services.llm = model;
    let found = scan::run(&services, &inventory, &events).await?;
    let live = AnyCluster::Live(Box::new(cluster.clone()));
    let (mut runs, mut said) = (Vec::new(), Vec::new());
    for scanned in found {
        let incident = &scanned.record.incident;
        if let Some(conversation) = services.store.conversations(&incident.id.0)?.pop() {
            let owner = incident.owner.clone();
            said.push(Recorded {
                owner,
                conversation,
            });
        }
        complain!(
            "found in {}: {} at {}",
            namespace,
            scanned.record.title(),
            rca::time(clock.now())
        );
        let Some(ruled) = scanned.fix else { continue };
        if let Ok(tried) = try_fix(&live, &ruled.fix, scanned.record.incident.opened_at).await {
            let after = live.dry_run(&ruled.fix, &tried.operation).await?;
            runs.push(DryRun {
                fix: ruled.fix,
                after,
            });
        }
    }
    Ok((runs, said))
}
