//! The story: five recorded incidents at a readable pace, one of which waits for a person.

use k8shawk_core::count;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use k8shawk_core::approval::Person;
use k8shawk_core::bundle::Bundle;
use k8shawk_core::config::Config;
use k8shawk_core::record::{Record, State};
use k8shawk_core::redacted;
use serde_json::Value;

use super::chapters::{Chapter, STORY};
use super::player::{Played, Player};
use super::renamed::renamed;
use super::{document, shown};
use crate::cli::signals::Interrupts;
use crate::cli::{Format, Signalled, Unusable, approve, bundles};
use crate::run::settings::Settings;
use crate::services::socket;
use crate::services::terminal::{Keys, Terminal, plain};

/// Time to read what was said about an incident before it is shown.
const BEFORE: Duration = Duration::from_secs(3);
/// Time to read an incident.
const READ: Duration = Duration::from_secs(6);
/// Time to read what became of it.
const AFTER: Duration = Duration::from_secs(4);

/// Tell the story; `alone` where nobody is to be asked.
pub(super) async fn tell(
    mut settings: Settings,
    alone: bool,
    format: Format,
) -> anyhow::Result<bool> {
    // The plugins and the pipeline are those of every host; what may be fixed is the story's.
    settings.config.grants = Some(settings.home.join("demo").join("grants"));
    let config = Config {
        state: settings.config.state.clone(),
        knowledge_base: settings.config.knowledge_base.clone(),
        ..Config::default()
    };
    let player = Player::new(&settings, config, format).await?;
    let keys = match format {
        Format::Text if Terminal::is_shown() => Keys::of_stdin()?,
        _ => None,
    };
    let story = Story {
        terminal: player.terminal.clone(),
        recordings: settings.home.join("incidents"),
        player,
        paced: format == Format::Text && Terminal::is_shown(),
        alone,
        keys,
    };
    // The story ends with the signal, and so leaves the terminal as it was.
    let mut asked = Interrupts::new();
    let told = tokio::select! {
        told = story.tell() => told,
        signal = asked.next() => Err(Signalled::by(signal).into()),
    };
    match (told, format) {
        (Ok(all), Format::Json) => document(&story.player, &all).map(|()| true),
        (Ok(_), Format::Text) => Ok(true),
        (Err(error), _) => Err(error),
    }
}

/// Who tells it, and how.
struct Story {
    player: Player,
    terminal: Arc<Terminal>,
    /// Directory of the recordings.
    recordings: PathBuf,
    /// True where somebody reads along.
    paced: bool,
    /// True where nobody is to be asked.
    alone: bool,
    /// The keys of the person at the terminal.
    keys: Option<Keys>,
}

impl Story {
    /// From the first chapter to what to try next; the incidents of all chapters.
    async fn tell(&self) -> anyhow::Result<Vec<Record>> {
        self.terminal.print(&"".into());
        self.begin();
        let (mut all, mut documents) = (Vec::new(), Vec::new());
        for (number, chapter) in STORY.iter().enumerate() {
            let records = self.chapter(number + 1, chapter).await?;
            let written = records.iter().filter_map(|record| record.rca.clone());
            documents.extend(written.map(|path| (chapter.title, path)));
            all.extend(records);
        }
        self.end(&all, &documents);
        Ok(all)
    }

    fn begin(&self) {
        self.terminal.paragraph(0, &redacted!(
            "Five incidents, recorded on a real cluster and replayed through the real pipeline: the \
             plugins, database and RCAs are those of `k8shawk run`. Only names were changed. What \
             the API server answers is the recording: no cluster, key or network is used, and no \
             time passes while a fix recovers."
        ));
        if self.paced {
            let keys = match self.keys {
                Some(_) => "any key skips a pause, ctrl-c ends it.",
                None => "ctrl-c ends it.",
            };
            self.terminal
                .paragraph(0, &redacted!("It takes about a minute; {}", keys));
        }
    }

    async fn chapter(&self, number: usize, chapter: &Chapter) -> anyhow::Result<Vec<Record>> {
        let terminal = &self.terminal;
        let head = redacted!("\n── {} of {}: {}", number, STORY.len(), chapter.title);
        terminal.print(&terminal.bold(&head));
        terminal.paragraph(0, &chapter.before.into());
        terminal.print(&"".into());
        self.pause(BEFORE).await;
        let played = self
            .player
            .play(recording(&self.recordings, chapter)?)
            .await?;
        let asked: Vec<Record> = played.asked().collect();
        // A key that is meant as the answer must not end a pause instead.
        if asked.is_empty() || !self.waits_for_keys() {
            self.pause(READ).await;
        }
        for record in asked {
            self.ask(&played, &record).await;
        }
        let records = played.records()?;
        for record in shown(&records) {
            self.conclude(chapter, &record);
        }
        self.pause(AFTER).await;
        Ok(records)
    }

    /// True where a person is asked, by a key.
    fn waits_for_keys(&self) -> bool {
        self.keys.is_some() && !self.alone
    }

    async fn pause(&self, time: Duration) {
        match &self.keys {
            _ if !self.paced => {}
            Some(keys) => keys.pause(time).await,
            None => tokio::time::sleep(time).await,
        }
    }

    /// Ask about a fix, and do as the person says.
    async fn ask(&self, played: &Played, record: &Record) {
        match &self.keys {
            Some(keys) if !self.alone => {
                let who = Person::named(&socket::account());
                match self.answer(keys, record).await {
                    Some(true) => played.approve(record, &who).await,
                    Some(false) => played.dismiss(record, &who).await,
                    None => {}
                }
            }
            _ => {
                let why = match self.alone {
                    true => "--yes",
                    false => "input or output is not a terminal",
                };
                self.terminal.paragraph(
                    0,
                    &redacted!(
                        "Here it waits for a person. There is none to ask ({}), so the demo approves.",
                        why
                    ),
                );
                played.approve(record, &Person::named("demo")).await;
            }
        }
    }

    /// A key of the person: true for yes, false for no; none where the terminal is gone.
    async fn answer(&self, keys: &Keys, record: &Record) -> Option<bool> {
        keys.forget();
        let question = "Your turn: press y to approve, n to dismiss, d for details: the kubectl \
                        line, the whole diff, and the evidence in full.";
        self.terminal.print(&self.terminal.bold(&question.into()));
        loop {
            match keys.next().await?.to_ascii_lowercase() {
                b'y' => return Some(true),
                b'n' => return Some(false),
                b'd' => {
                    if let Some(candidate) = record.candidate() {
                        self.terminal.print(&approve::details(record, candidate));
                    }
                }
                _ => {}
            }
            self.terminal
                .print(&"y approves, n dismisses, d shows details.".into());
        }
    }

    fn conclude(&self, chapter: &Chapter, record: &Record) {
        let said = match record.state {
            state if state == chapter.ends => chapter.after,
            State::Dismissed => "Dismissed: nothing was sent to the cluster.",
            _ => "",
        };
        if record.execution.is_some() {
            self.terminal.print(&"".into());
        }
        self.terminal.paragraph(0, &said.into());
    }

    fn end(&self, all: &[Record], documents: &[(&'static str, String)]) {
        let terminal = &self.terminal;
        terminal.print(&terminal.bold(&"\n── Summary".into()));
        terminal.print(&terminal.table(&shown(all)));
        terminal.print(&terminal.bold(&"\n── The RCAs".into()));
        for (title, path) in documents {
            terminal.print(&redacted!("  {}\n    {}", *title, plain(path)));
        }
        terminal.print(&terminal.bold(&"\n── What to try next".into()));
        for (what, command) in self.next_steps() {
            let command = terminal.bold(&plain(&command));
            terminal.print(&redacted!("  {}\n    {}", plain(&what), command));
        }
        terminal.print(&"  README.md and docs/src say the rest".into());
    }

    /// What a command does, and the command as it works where it is pasted.
    fn next_steps(&self) -> [(String, String); 6] {
        let program = called();
        let files = bundles::named(std::slice::from_ref(&self.recordings));
        let recordings = count(files.map_or(0, |files| files.len()), "recording");
        let database = absolute(&self.player.database());
        let step =
            |what: &str, arguments: &str| (what.to_owned(), format!("{program} {arguments}"));
        [
            step("what is broken in your cluster now; reads only", "scan"),
            step(
                "watch your cluster; beside it `incidents` and `approve ID`",
                "run",
            ),
            (
                "these incidents again, with their history".to_owned(),
                format!(
                    "K8SHAWK_DATABASE={} {program} {}",
                    quoted(&database),
                    "incidents inc-1"
                ),
            ),
            step(
                "what each failure class means and how people fix it",
                "explain",
            ),
            step(
                "a rule of your own on what may be fixed",
                "policy new my-policy",
            ),
            step(&format!("all {recordings}, without a pause"), "demo --all"),
        ]
    }
}

/// How this program was called.
fn called() -> String {
    let name = std::env::args_os().next();
    name.map_or_else(
        || "k8shawk".to_owned(),
        |name| quoted(&name.to_string_lossy()),
    )
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

fn absolute(path: &Path) -> String {
    let absolute = std::path::absolute(path);
    absolute
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}

/// A recording under the names of its chapter.
fn recording(directory: &Path, chapter: &Chapter) -> anyhow::Result<Bundle> {
    let path = directory.join(chapter.recording).with_extension("json");
    let fault = |why: String| Unusable::fault(&path, why);
    let document: Value =
        serde_json::from_str(&bundles::text(&path)?).map_err(|e| fault(e.to_string()))?;
    let subject = document
        .get("subject")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let namespace = subject.split('/').next().unwrap_or_default().to_owned();
    let mut names = vec![(namespace.as_str(), chapter.namespace)];
    names.extend(chapter.names);
    Bundle::parse(&renamed(&document, &names).to_string()).map_err(fault)
}
