//! `k8shawk demo`: recorded incidents through the real pipeline, without a cluster and without keys.
//!
//! Alone it tells the [story](story) of five of them; `--all`, or bundles by name, plays every
//! recording without a pause.

mod chapters;
mod player;
mod renamed;
mod story;

use k8shawk_core::count;
use std::path::PathBuf;

use k8shawk_core::approval::Person;
use k8shawk_core::record::{Record, State};
use serde_json::Value;

use super::{Demo, Format, bundles, output};
use crate::run::settings::Settings;
use crate::services::incident_json;
use crate::services::terminal::{Terminal, lines, plain};

use player::Player;

/// The story, or every recording.
pub async fn demo(settings: Settings, arguments: Demo) -> anyhow::Result<bool> {
    let format = arguments.output;
    if arguments.all {
        recordings(settings, vec![], format).await
    } else if !arguments.bundles.is_empty() {
        recordings(settings, arguments.bundles, format).await
    } else {
        story::tell(settings, arguments.yes, format).await
    }
}

/// Every bundle the whole way: noticed, explained, approved, applied, checked, documented.
async fn recordings(
    settings: Settings,
    mut arguments: Vec<PathBuf>,
    format: Format,
) -> anyhow::Result<bool> {
    if arguments.is_empty() {
        arguments = vec![settings.home.join("incidents")];
    }
    let files = bundles::named(&arguments)?;
    let player = Player::new(&settings, settings.config.clone(), format).await?;
    let terminal = &player.terminal;
    let mut all = Vec::new();
    for file in &files {
        let bundle = bundles::read(file)?;
        let head = format!("── {} (Kubernetes {})", bundle.title, bundle.kubernetes);
        terminal.print(&terminal.dim(&plain(&head)));
        let played = player.play(bundle).await?;
        for record in played.asked() {
            played.approve(&record, &Person::named("demo")).await;
        }
        all.extend(played.records()?);
    }
    match format {
        Format::Json => document(&player, &all)?,
        Format::Text => conclude(&player, &all, files.len()),
    }
    Ok(true)
}

/// The incidents as one JSON document.
fn document(player: &Player, all: &[Record]) -> anyhow::Result<()> {
    let cluster = player.installation.cluster();
    let incident = |r: &Record| incident_json::incident(r, cluster);
    output::document(&Value::Array(all.iter().map(incident).collect()))
}

/// Those that are not part of another, and did not end by themselves.
fn shown(all: &[Record]) -> Vec<Record> {
    let hidden = |r: &&Record| !matches!(r.state, State::Merged | State::Cleared);
    all.iter().filter(hidden).cloned().collect()
}

fn conclude(player: &Player, all: &[Record], bundles: usize) {
    let in_state = |state: State| all.iter().filter(|r| r.state == state).count();
    let shown = shown(all);
    let terminal = Terminal::stdout();
    terminal.print(&terminal.table(&shown));
    terminal.print(&lines(&format!(
        "\n{} of {}: {} recovered by an approved fix, {} waiting for approval, {} without a safe fix.\nRCAs: {}",
        count(shown.len(), "incident"),
        count(bundles, "recording"),
        in_state(State::Recovered),
        in_state(State::Waiting),
        in_state(State::NeedsHuman),
        player.rcas().display()
    )));
}
