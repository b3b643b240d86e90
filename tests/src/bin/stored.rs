//! Writes a database with incidents in every state of the flow, as the pipeline stores them: what
//! an upgrade is tested with. `stored DIRECTORY` after `make build`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk::run::pipeline::Pipeline;
use k8shawk::services::Services;
use k8shawk::services::clock::Clock;
use k8shawk::services::cluster::AnyCluster;
use k8shawk::services::cluster::replay::Replay;
use k8shawk::services::llm::{Llm, Silent};
use k8shawk::services::plugins::Plugins;
use k8shawk::services::slack::outgoing::Outgoing;
use k8shawk::services::slack::posted::{MessageId, Posted};
use k8shawk::services::slack::thread;
use k8shawk::services::store::{Asked, Ended, Store};
use k8shawk::stages::approve;
use k8shawk::stages::fix;
use k8shawk::stages::triage;
use k8shawk_core::Installation;
use k8shawk_core::approval::Person;
use k8shawk_core::config::Config;
use k8shawk_core::grant::Grant;
use k8shawk_core::llm::{Case, Disclosure, ModelConfig, Provider, Usage};
use k8shawk_core::record::State;
use k8shawk_tests::model_server::{ModelServer, Reply, Script};
use k8shawk_tests::recorded;
use serde_json::json;

/// One recorded incident that was played.
struct Played {
    flow: Arc<Services>,
    pipeline: Pipeline,
    ids: Vec<String>,
}

impl Played {
    fn first(&self) -> Result<&str> {
        Ok(self.ids.first().context("no incident was opened")?)
    }

    fn state(&self) -> Result<State> {
        Ok(self.flow.store.get(self.first()?)?.state)
    }

    fn is(&self, state: State) -> Result<()> {
        let found = self.state()?;
        ensure!(found == state, "it is {found:?}, not {state:?}");
        Ok(())
    }

    fn approve(&self, who: &str) -> Result<()> {
        let shown = self.flow.store.get(self.first()?)?.question();
        let shown = shown.context("nothing is asked")?;
        approve::approve(&self.flow, self.first()?, &Person::named(who), &shown)?;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let directory = std::env::args().nth(1).context("usage: stored DIRECTORY")?;
    let directory = Path::new(&directory);
    std::fs::create_dir_all(directory)?;
    let store = Arc::new(Store::open(&directory.join("k8shawk.sqlite"))?);
    let judges = recorded::judges().await?;
    let config = Config {
        recovery_interval: Duration::from_millis(10),
        approvers: vec!["alice".to_owned(), "bob".to_owned()],
        ..recorded::quick(directory)
    };
    store.birth()?;
    store.remember_reload("triage", "0.1.0 is live", 1_790_000_000_000)?;
    let play = |bundle: &'static str, driven: bool| {
        let (judges, config, store) = (judges.clone(), config.clone(), store.clone());
        async move {
            play(judges, config, store, bundle, driven)
                .await
                .context(bundle)
        }
    };

    play("image-invalid-name", false).await?.is(State::Open)?;
    let waiting = play("service-target-port-name", true).await?;
    waiting.is(State::Waiting)?;
    converse(&waiting).await?;
    let voted = play("stuck-deletion-configmap", true).await?;
    voted.approve("alice")?;
    voted.is(State::Waiting)?;
    play("unschedulable-cpu", true)
        .await?
        .is(State::NeedsHuman)?;

    let approved = play("liveness-path-rollout", true).await?;
    approved.approve("alice")?;
    approved.is(State::Approved)?;
    let executing = play("service-selector-near-miss", true).await?;
    executing.approve("alice")?;
    let record = executing.flow.store.get(executing.first()?)?;
    fix::prepare(&executing.flow, &record).await?;
    executing.is(State::Executing)?;
    let applied = play("unschedulable-cordon", true).await?;
    applied.approve("bob")?;
    for stage in 0..2 {
        let record = applied.flow.store.get(applied.first()?)?;
        match stage {
            0 => fix::prepare(&applied.flow, &record).await?,
            _ => fix::execute(&applied.flow, &record).await?,
        }
    }
    applied.is(State::Applied)?;

    let recovered = play("service-target-port-number", true).await?;
    recovered.approve("alice")?;
    recovered.pipeline.drive(recovered.first()?);
    recovered.pipeline.idle().await;
    recovered.is(State::Recovered)?;
    let dismissed = play("readiness-gate", true).await?;
    let alice = Person::named("alice");
    approve::dismiss(&dismissed.flow, dismissed.first()?, &alice, "known")?;
    dismissed.pipeline.drive(dismissed.first()?);
    dismissed.pipeline.idle().await;
    dismissed.is(State::Dismissed)?;
    play("storm-dependency", true).await?;
    let states: Vec<State> = store.list(false)?.iter().map(|r| r.state).collect();
    ensure!(states.contains(&State::Merged), "{states:?}");
    told(&store)?;
    println!("{states:?}");
    Ok(())
}

async fn play(
    judges: Plugins,
    config: Config,
    store: Arc<Store>,
    bundle: &str,
    driven: bool,
) -> Result<Played> {
    let replay = Replay::new(recorded::read(bundle)?);
    let clock = Clock::default();
    clock.set(replay.time() + 1);
    let (inventory, events) = (replay.inventory(), replay.events());
    let world = AnyCluster::Recorded(replay);
    let mut flow = Services::aside(config, judges, world, clock.clone())?;
    flow.key = store.approval_key()?;
    flow.store = store;
    let flow = Arc::new(flow);
    let now = clock.now();
    let told = events
        .iter()
        .filter_map(|e| inventory.observe_event(e, now));
    let mut ids = Vec::new();
    for observation in inventory.observe_all(now).into_iter().chain(told) {
        if let triage::Grouped::Opened(id) = triage::run(&flow, &observation)? {
            ids.push(id);
        }
    }
    let pipeline = Pipeline::new(flow.clone());
    clock.set(now + 20_000);
    for id in ids.iter().filter(|_| driven) {
        pipeline.drive(id);
        pipeline.idle().await;
    }
    Ok(Played {
        flow,
        pipeline,
        ids,
    })
}

/// What was sent to a model for an incident, and a request that was never answered.
async fn converse(played: &Played) -> Result<()> {
    let id = played.first()?;
    let record = played.flow.store.get(id)?;
    let answer = json!({
        "severity": "high", "class": "other", "reason": "Port", "object": "Service/api",
        "cause": "The port has no name [e1].", "summary": "the port has no name",
        "evidence": [], "proposed_fix": "", "description": "",
    });
    let script = Script::default().with("big", vec![Reply::call("submit_diagnosis", answer)]);
    let server = ModelServer::start(script).await?;
    let (key, url) = Provider::Groq.variables();
    let base = server.url();
    let environment = |name: &str| match name {
        name if name == key => Some("scripted-key-0123456789".to_owned()),
        name if name == url => Some(base.clone()),
        _ => None,
    };
    let config = ModelConfig {
        primary: Some("big".to_owned()),
        fallback: Some("none".to_owned()),
        ..ModelConfig::default()
    };
    let grant = include_str!("../../../deploy/grants/model.toml");
    let grant = Grant::parse(grant).map_err(|why| anyhow::anyhow!("{why:?}"))?;
    let model = Llm::start(config, Arc::new(grant), &environment)?.context("no model")?;
    let findings: Vec<_> = record.finding.iter().cloned().collect();
    let case = Case {
        incident: &record.incident,
        findings: &findings,
        classes: &[],
    };
    let (reader, now) = (played.flow.cluster.reader(), || played.flow.clock.now());
    let outcome = model
        .investigate(&case, reader, &now, Usage::default(), &Silent)
        .await;
    let store = &played.flow.store;
    store.keep_conversation(id, &outcome.conversation, &[])?;
    let lost = Disclosure {
        at: now(),
        host: "model.invalid".to_owned(),
        model: "big".to_owned(),
        bytes: 2,
        body: "{}".to_owned(),
    };
    store.keep_request(id, &lost)?;
    Ok(())
}

/// What was said of them in Slack: most of it sent, the rest waiting.
fn told(store: &Store) -> Result<()> {
    let ours = Installation::of("recorded", None, &store.birth()?);
    for record in store.list(false)? {
        let id = &record.incident.id.0;
        let now = record.changed_at();
        let mut puts = vec![Outgoing::message(id, false)];
        puts.extend(
            thread::posts(&record, &ours)
                .into_iter()
                .map(|p| Outgoing::post(id, p)),
        );
        store.outbox_put("slack", &puts, now)?;
        let posted = Posted {
            id: MessageId {
                channel: "C1".to_owned(),
                ts: format!("{now}.1"),
            },
            digest: "digest".to_owned(),
            replaced: 0,
        };
        posted.keep(store, id)?;
    }
    let due = store.outbox_due("slack", i64::MAX, 100)?;
    for (at, entry) in due.iter().enumerate() {
        store.outbox_begin(entry.number, entry.made_at)?;
        if at % 3 != 0 {
            store.outbox_end(entry, &Ended::Sent("C1".to_owned()))?;
        }
    }
    store.mute("shop", i64::MAX, "U1")?;
    store.asked(&Asked {
        at: 1_790_000_000_000,
        door: "socket",
        person: "mallory",
        incident: "inc-2",
        what: "approve",
        done: false,
        answer: "mallory may not approve this",
    })?;
    Ok(())
}
