//! `k8shawk incidents` and `dismiss`.

use std::path::{Path, PathBuf};

use k8shawk_core::config::Config;
use serde_json::Value;

use super::output::{complain, say};
use super::{DEMO, Format, Incidents, Misuse, output};
use crate::run::settings::Settings;
use crate::services::incident_json;
use crate::services::socket::{self, Ask};
use crate::services::store::{Store, Unreadable};
use crate::services::terminal::{Terminal, plain};
use crate::stages::approve::not_waiting;
use k8shawk_core::rca::time;
use k8shawk_core::record::{Record, State};
use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;

/// List incidents, or show one.
pub fn show(settings: &Settings, args: &Incidents) -> anyhow::Result<bool> {
    args.id.iter().try_for_each(|id| is_id(id))?;
    let path = settings.config.database();
    let Some(store) = Store::open_existing(&path)? else {
        if args.output == Format::Json && args.id.is_none() {
            output::document(&Value::Array(Vec::new()))?;
        }
        complain!("k8shawk: {}", NoDatabase::at(path));
        return Ok(args.id.is_none());
    };
    match &args.id {
        Some(id) if args.disclosed => super::model::disclosed(&store, id, args.output),
        Some(id) => one(&store, id, args.output),
        None => list(&store, args, &path),
    }
}

/// That a word can be an incident's: `inc-17` or `17`.
pub fn is_id(text: &str) -> anyhow::Result<()> {
    let number = text.strip_prefix("inc-").unwrap_or(text);
    match !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(()),
        false => Err(Misuse(format!(
            "{text:?} is not an incident id such as inc-17 or 17; `k8shawk incidents` lists them"
        ))
        .into()),
    }
}

fn list(store: &Store, args: &Incidents, path: &Path) -> anyhow::Result<bool> {
    let mut records = store.list(false)?;
    records.retain(|r| args.all || !matches!(r.state, State::Merged | State::Cleared));
    if args.output == Format::Json {
        let cluster = cluster(store)?;
        let incident = |r| incident_json::incident(r, &cluster);
        output::document(&Value::Array(records.iter().map(incident).collect()))?;
    } else if records.is_empty() {
        // A host that never reached its cluster leaves a database in which nothing is.
        match store.installation()? {
            Some(_) => complain!(
                "no incidents; `--all` shows those too that ended by themselves or are part of another"
            ),
            None => complain!(
                "k8shawk: the database {} is empty: no `k8shawk run` has reached a cluster with it; \
                 `k8shawk check` says what is missing",
                path.display()
            ),
        }
    } else {
        let terminal = Terminal::stdout();
        terminal.print(&terminal.queue(&records));
    }
    for one in store.unreadable()? {
        complain!("k8shawk: {}", unreadable(&one));
    }
    Ok(true)
}

/// What people call the cluster of the host that wrote it; empty where it was another version.
fn cluster(store: &Store) -> anyhow::Result<String> {
    let installation = store.installation()?;
    Ok(installation.map_or(String::new(), |i| i.cluster().to_owned()))
}

/// An incident that cannot be read, in a line.
fn unreadable(one: &Unreadable) -> Redacted {
    let state = match one.state.as_str() {
        "" => String::new(),
        state => format!(" (it was {state})"),
    };
    let line = match one.at {
        Some(at) => format!(
            "{}{state} cannot be read: {}; set aside {}, its text is in the table quarantine",
            one.id,
            one.why,
            time(at)
        ),
        None => format!(
            "{} cannot be read: {}; a running host sets it aside",
            one.id, one.why
        ),
    };
    plain(&line)
}

fn one(store: &Store, id: &str, format: Format) -> anyhow::Result<bool> {
    let record = match store.find(id) {
        Ok(record) => record,
        Err(fault) => {
            let mut set_aside = store.unreadable()?.into_iter();
            let named = |one: &Unreadable| one.id == id || one.id == format!("inc-{id}");
            let Some(found) = set_aside.find(named) else {
                return Err(fault.into());
            };
            complain!("k8shawk: {}", unreadable(&found));
            return Ok(false);
        }
    };
    if format == Format::Json {
        output::document(&incident_json::incident(&record, &cluster(store)?))?;
        return Ok(true);
    }
    let terminal = Terminal::stdout();
    terminal.print(&terminal.block(&record));
    for refusal in &record.refusals {
        terminal.print(&redacted!("  refused read: {}", plain(refusal)));
    }
    for refused in store.refused(&record.incident.id.0)? {
        let (at, who) = (time(refused.at), &refused.person);
        let line = format!("{at} refused {who} {}: {}", refused.what, refused.answer);
        terminal.print(&redacted!("  {}", plain(&line)));
    }
    for step in &record.history {
        let (words, rest) = step.told();
        let (at, words) = (plain(&time(step.at)), terminal.bold(&words.into()));
        terminal.print(&redacted!("  {} {}{}", at, words, plain(&rest)));
    }
    if let Some(rca) = &record.rca {
        terminal.print(&redacted!("  RCA: {}", plain(rca)));
    }
    Ok(true)
}

/// The incident, as the host of this directory stored it.
///
/// # Errors
/// [`NoDatabase`], and those of the store.
pub fn find(settings: &Settings, id: &str) -> anyhow::Result<Record> {
    let path = settings.config.database();
    match Store::open_existing(&path)? {
        Some(store) => Ok(store.find(id)?),
        None => Err(NoDatabase::at(path).into()),
    }
}

/// Nothing was ever stored where a command looks.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no database at {}: start `k8shawk run` here, or say where it runs with --config FILE \
     or K8SHAWK_STATE=DIRECTORY{demo}",
    path.display()
)]
struct NoDatabase {
    path: PathBuf,
    /// Where the incidents of the demo are, if it was played here.
    demo: String,
}

impl NoDatabase {
    /// No file of that name.
    fn at(path: PathBuf) -> NoDatabase {
        let demo = Config {
            state: path.with_file_name(DEMO),
            ..Config::default()
        };
        let demo = demo.database();
        let demo = match demo.is_file() {
            true => format!(
                ". To see the demo's incidents: K8SHAWK_DATABASE={} k8shawk incidents",
                demo.display()
            ),
            false => String::new(),
        };
        NoDatabase { path, demo }
    }
}

/// Dismiss an incident.
pub async fn dismiss(settings: &Settings, id: String, reason: String) -> anyhow::Result<bool> {
    is_id(&id)?;
    let record = find(settings, &id)?;
    if !record.state.awaits_people() {
        complain!("k8shawk: {}", not_waiting(&record));
        return Ok(false);
    }
    ask(settings, Ask::Dismiss { id, reason }).await
}

/// Ask the running host and print its answer.
pub async fn ask(settings: &Settings, question: Ask) -> anyhow::Result<bool> {
    let answer = socket::ask(&settings.config.socket(), &question).await?;
    if answer.done {
        say!("{}", plain(&answer.message));
    } else {
        complain!("k8shawk: {}", plain(&answer.message));
    }
    Ok(answer.done)
}
