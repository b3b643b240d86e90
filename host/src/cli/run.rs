//! `k8shawk run`.

use k8shawk_core::count;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use k8shawk_core::config::Config;
use k8shawk_core::inventory::Counts;
use k8shawk_core::redacted;
use k8shawk_core::{Installation, Inventory};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::signals::Interrupts;
use super::sinks::Rows;
use super::{Misuse, Unusable};
use crate::run::commands::HostCommands;
use crate::run::endpoints::{self, Sources};
use crate::run::load::{self, Loaded};
use crate::run::patrol::Patrol;
use crate::run::pipeline::Pipeline;
use crate::run::retain;
use crate::run::settings::Settings;
use crate::run::versions;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::{self, Change, Cluster, Drops};
use crate::services::commands::Commands;
use crate::services::http_server::HttpServer;
use crate::services::llm::Llm;
use crate::services::private_files;
use crate::services::progress;
use crate::services::sinks::{Parts, Sinks};
use crate::services::socket::{self, Control};
use crate::services::store::Store;
use crate::services::tasks::{Supervisor, Task};
use crate::services::telemetry::Telemetry;
use crate::services::terminal::{self, Terminal, plain};
use crate::services::{Services, Unsent};

/// Longest time in which stages that run at the end may end: a pod has 30 s by default.
const GRACE: Duration = Duration::from_secs(15);

/// Watch and serve until SIGINT or SIGTERM.
pub async fn run(settings: Settings, telemetry: Telemetry) -> anyhow::Result<bool> {
    let mut asked = Interrupts::new();
    let config = settings.config.clone();
    let planned = super::sinks::read(&settings).map_err(|faults| Misuse(faults.join("; ")))?;
    let terminal = Arc::new(Terminal::stdout());
    let store = open(&config)?.watched_by(telemetry.clone());
    let store = Arc::new(store.shown_by(terminal.clone()));
    telemetry.born(store.birth()?);
    let model = super::model::start(&settings, telemetry.model())?;
    let clock = Clock::default();
    let slack = planned.slack(&config, store.clone(), clock.clone())?;
    let http = HttpServer::bind(config.http_address, config.http_port).await?;
    let (mut loaded, cluster, counts, installation) = tokio::select! {
        prepared = prepare(&settings, &store) => prepared?,
        _ = asked.next() => return Ok(true),
    };
    loaded.plugins.telemetry = telemetry.clone();
    let witnessed = versions::witness(&mut loaded.plugins, config.recorded_calls);
    loaded.require(&settings, &store);
    loaded.plugins.required.note(clock.now())?;
    let mut rows = planned.rows(&config);
    let missing = planned.missing(&config);
    rows.extend(missing.map(|names| ("SLACK", format!("NOT USED: {names} not set"))));
    rows.push(("http", http.address().to_string()));
    let name = redacted!("k8shawk {}", env!("CARGO_PKG_VERSION"));
    terminal.print(&terminal.bold(&name));
    terminal.print(&terminal::lines(&summary(
        &settings, &cluster, counts, &loaded, &model, rows,
    )));
    let services = Arc::new(Services {
        config: config.clone(),
        key: store.approval_key()?,
        unsent: Unsent::default(),
        store: store.clone(),
        plugins: loaded.plugins.clone(),
        llm: model,
        cluster: AnyCluster::Live(Box::new(cluster.clone())),
        terminal,
        clock,
        telemetry: telemetry.clone(),
        installation: installation.clone(),
    });
    let pipeline = Arc::new(Pipeline::new(services));
    let stop = CancellationToken::new();
    let grants = settings.grants();
    let commands: Arc<dyn Commands> = Arc::new(HostCommands::new(pipeline.clone(), grants));
    let supervisor = Supervisor::new(telemetry.clone(), stop.clone());
    let control = socket::bind(&config.socket()).await?;
    let (sender, receiver) = mpsc::channel(config.queue);
    let drops = Arc::new(Drops::default());
    let sources = Sources {
        telemetry: telemetry.clone(),
        store,
        plugins: loaded.plugins.registry.clone(),
        required: loaded.plugins.required.clone(),
        drops: drops.clone(),
        queue: sender.downgrade(),
        clock: pipeline.services.clock.clone(),
    };
    let routes = slack.router().merge(endpoints::router(Arc::new(sources)));
    doors(&supervisor, http, routes, control, &commands, &telemetry);
    let parts = Parts {
        store: pipeline.services.store.clone(),
        clock: pipeline.services.clock.clone(),
        installation: installation.clone(),
    };
    let mut sinks = Sinks::open(planned.telling, &parts);
    slack.start(installation, &commands, &mut sinks, &supervisor);
    sinks.start(&supervisor);
    let clock = pipeline.services.clock.clone();
    loaded.watch(pipeline.services.store.clone(), clock, &supervisor);
    witnessed.start(&pipeline.services, &supervisor);
    let (services, until) = (pipeline.services.clone(), stop.clone());
    supervisor.keep(Task::Retain, move || {
        retain::run(services.clone(), until.clone())
    });
    let resumed = pipeline.resume()?;
    if resumed > 0 {
        info!(resumed, "incidents from before the start");
    }
    follow(&supervisor, cluster, &config, sender, drops.clone());
    let mut inventory = Inventory::unlisted();
    if let Some(namespace) = &config.namespace {
        inventory.scope_to(namespace);
    }
    progress::start();
    let patrol = Patrol::new(pipeline.clone(), inventory, drops);
    supervisor.vital(Task::Patrol, patrol.run(receiver, stop.clone()));
    let lost = tokio::select! {
        _ = asked.next() => None,
        why = supervisor.lost() => Some(why),
    };
    progress::end();
    info!("stopping");
    stop.cancel();
    end(&pipeline, &supervisor, &mut asked).await;
    let ended = tokio::task::spawn_blocking(move || telemetry.end());
    let _ = ended.await;
    match lost {
        None => Ok(true),
        Some(why) => Err(Lost(why).into()),
    }
}

/// A task that cannot be restarted ended: stored work resumes at the next start.
#[derive(Debug, thiserror::Error)]
#[error("{0}; every incident is stored; start it again")]
struct Lost(String);

/// Serve HTTP and the Unix socket.
fn doors(
    supervisor: &Supervisor,
    http: HttpServer,
    routes: Router,
    control: Control,
    commands: &Arc<dyn Commands>,
    telemetry: &Telemetry,
) {
    let (http, to, stop) = (Arc::new(http), telemetry.clone(), supervisor.stop().clone());
    supervisor.keep(Task::Http, move || {
        let (http, routes, to, stop) = (http.clone(), routes.clone(), to.clone(), stop.clone());
        async move { http.serve(routes, to, stop).await }
    });
    let (control, commands) = (Arc::new(control), commands.clone());
    let (to, stop) = (telemetry.clone(), supervisor.stop().clone());
    supervisor.keep(Task::Control, move || {
        let (control, commands, to, stop) =
            (control.clone(), commands.clone(), to.clone(), stop.clone());
        async move { control.serve(commands, to, stop).await }
    });
}

/// Follow the cluster.
fn follow(
    supervisor: &Supervisor,
    cluster: Cluster,
    config: &Config,
    sender: mpsc::Sender<Change>,
    drops: Arc<Drops>,
) {
    let (namespace, stop) = (config.namespace.clone(), supervisor.stop().clone());
    supervisor.keep(Task::Relay, move || {
        let (cluster, namespace, sender) = (cluster.clone(), namespace.clone(), sender.clone());
        let (drops, stop) = (drops.clone(), stop.clone());
        async move { cluster::watch(&cluster, namespace, sender, drops, stop).await }
    });
}

/// What takes time before the watch begins.
async fn prepare(
    settings: &Settings,
    store: &Arc<Store>,
) -> anyhow::Result<(Loaded, Cluster, Counts, Installation)> {
    let config = &settings.config;
    let connecting = Cluster::connect(config);
    let (loaded, cluster) = tokio::join!(load::load_for_host(settings, store), connecting);
    let (loaded, cluster) = (loaded?, cluster?);
    let counts = cluster.census(config.namespace.as_deref()).await?;
    let uid = cluster.system_uid().await?;
    let installation = Installation::of(cluster.name(), uid.as_deref(), &store.birth()?);
    store.installed(&installation)?;
    Ok((loaded, cluster, counts, installation))
}

/// Running stages finish, or resume at the next start; a second signal does not wait.
async fn end(pipeline: &Pipeline, supervisor: &Supervisor, asked: &mut Interrupts) {
    let ending = async {
        let ((), driven) = tokio::join!(supervisor.end(GRACE), pipeline.stop(GRACE));
        if !driven {
            info!("unfinished work resumes at the next start");
        }
    };
    tokio::select! {
        () = ending => {}
        _ = asked.next() => info!("not waiting any longer; unfinished work resumes at the next \
                                    start"),
    }
}

/// The store, before anything that takes time: nothing works without it.
fn open(config: &Config) -> anyhow::Result<Store> {
    places(config)?;
    private_files::directory(&config.state).map_err(|why| Unusable::fault(&config.state, why))?;
    let database = config.database();
    private_files::tighten(&config.state, &database, &config.knowledge_base());
    Ok(Store::of_host(&database)?)
}

/// That what is written has a place.
///
/// # Errors
/// Wrong use, with the setting of the place.
pub fn places(config: &Config) -> anyhow::Result<()> {
    let places = [
        (
            "state directory",
            "directory, K8SHAWK_STATE",
            config.state.clone(),
        ),
        (
            "knowledge base",
            "knowledge_base, K8SHAWK_KNOWLEDGE_BASE",
            config.knowledge_base().join("rca"),
        ),
    ];
    for (what, setting, path) in places {
        if let Err(why) = private_files::usable(&path) {
            let what = format!(
                "cannot use the {what} {} ([state] {setting}): {why}",
                path.display()
            );
            return Err(Misuse(what).into());
        }
    }
    Ok(())
}

fn summary(
    settings: &Settings,
    cluster: &Cluster,
    counts: Counts,
    loaded: &Loaded,
    model: &Option<Arc<Llm>>,
    rows: Rows,
) -> String {
    let config = &settings.config;
    let mut lines = Vec::new();
    let mut row = |name: &str, value: String| lines.push(format!("  {name:<10} {}", plain(&value)));
    row(
        "cluster",
        format!("{} ({})", cluster.name(), cluster.version()),
    );
    row(
        "",
        [
            count(counts.nodes, "node"),
            count(counts.pods, "pod"),
            count(counts.namespaces, "namespace"),
            count(counts.services, "service"),
            count(counts.deployments, "deployment"),
        ]
        .join(", "),
    );
    row(
        "watching",
        match &config.namespace {
            Some(namespace) => format!("namespace {namespace}"),
            None => "all namespaces".to_owned(),
        },
    );
    for live in loaded.plugins.registry.all() {
        let plugin = live.plugin();
        let digest = plugin.digest().get(..12).unwrap_or_default().to_owned();
        let (id, version) = (live.id(), &plugin.manifest().version);
        row(
            "plugin",
            format!("{id} {version} ({}, {digest})", live.point().as_str()),
        );
        if let Some(waiting) = live.waiting() {
            row("", waiting.status().told());
        }
    }
    for refused in loaded.refused() {
        row("NOT LOADED", refused);
    }
    for missing in loaded.plugins.required.missing() {
        row(
            "DENIED",
            format!("every fix, because of policy {}", missing.told()),
        );
    }
    row("model", super::model::shown(model.as_ref()));
    row("grants", settings.grants().display().to_string());
    row(
        "approvers",
        if config.approvers.is_empty() {
            "anyone with access to the socket, for low and medium risk; nobody for high risk"
                .to_owned()
        } else {
            config.approvers.join(", ")
        },
    );
    for (name, value) in rows {
        row(name, value);
    }
    row("socket", shown(&config.socket()));
    row("database", shown(&config.database()));
    row("RCAs", shown(&config.knowledge_base().join("rca")));
    row(
        "look with",
        "k8shawk incidents, k8shawk incidents ID, k8shawk approve ID".to_owned(),
    );
    lines.push(String::new());
    lines.join("\n")
}

fn shown(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}
