//! Files into a thread: the spoken summary, and documents that are too long for a message.

use std::path::{Path, PathBuf};
use std::time::Duration;

use k8shawk_sandbox::files;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::{Sent, outcome, soon, stored};
use crate::services::outbox::Outcome;
use crate::services::slack::Slack;
use crate::services::slack::api::{Class, Upload};
use crate::services::slack::posted::{MessageId, Posted};
use crate::services::speech::{self, Language};
use crate::services::store::Entry;

/// Attempts at speaking before it is given up: a voice never matters as much as a message.
const TRIES: u32 = 5;

/// The largest audio of a summary of a minute or two, bytes.
const AUDIO: u64 = 64 << 20;

/// What was done of an upload.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    /// The audio on disk.
    path: Option<PathBuf>,
    /// The file at Slack, not shared yet.
    file: Option<String>,
}

impl Slack {
    fn keep(&self, entry: &Entry, progress: &Progress) -> Sent<()> {
        let text = serde_json::to_string(progress).unwrap_or_default();
        self.store
            .outbox_progress(entry.number, &text)
            .map_err(|f| stored(&f))
    }

    pub(super) async fn speak(
        &self,
        entry: &Entry,
        incident: &str,
        script: &str,
        language: &str,
    ) -> Sent<String> {
        let Some(speech) = &self.speech else {
            return Err(Outcome::Dropped("no voice configured".to_owned()));
        };
        let record = self.record(incident)?;
        self.audible(&record)?;
        let Some(posted) = self.posted(incident)? else {
            return Err(soon("message not posted yet"));
        };
        let progress: Progress = serde_json::from_str(&entry.progress).unwrap_or_default();
        let path = match progress.path.filter(|p| p.is_file()) {
            Some(path) => path,
            None => {
                let spoken = speech.speak(script, Language::of(language)).await;
                let spoken = spoken.map_err(|fault| unspoken(entry, &fault))?;
                let name = &record.incident.owner.name;
                let saved = speech.save(&spoken, name, record.incident.opened_at);
                let path = saved.map_err(|fault| unspoken(entry, &fault))?;
                let kept = Progress {
                    path: Some(path.clone()),
                    file: None,
                };
                self.keep(entry, &kept)?;
                path
            }
        };
        let file = path.clone();
        let reading = tokio::task::spawn_blocking(move || files::read(&file, AUDIO));
        let read = reading.await.map_err(|e| soon(&e.to_string()))?;
        let bytes = read.map_err(|e| soon(&e.to_string()))?;
        let name = path
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or("voice.mp3")
            .to_owned();
        let title = format!(
            "Spoken summary of {incident} ({})",
            self.options.installation.cluster()
        );
        let sent = self
            .file_at(entry, &posted, (&name, &title, bytes), script, Some(&path))
            .await;
        if sent.is_ok() && !speech.keeps() {
            remove(&path);
        }
        sent
    }

    pub(super) async fn file(
        &self,
        entry: &Entry,
        posted: &Posted,
        file: (&str, &str, Vec<u8>),
        alternative: &str,
    ) -> Sent<String> {
        self.file_at(entry, posted, file, alternative, None).await
    }

    /// Upload and share. Its id is stored in between: after a crash nothing is shared twice.
    async fn file_at(
        &self,
        entry: &Entry,
        posted: &Posted,
        (name, title, bytes): (&str, &str, Vec<u8>),
        alternative: &str,
        path: Option<&Path>,
    ) -> Sent<String> {
        let known: Progress = serde_json::from_str(&entry.progress).unwrap_or_default();
        if let (Some(file), Some(_)) = (&known.file, entry.begun_at) {
            match self.api.is_shared(file, &posted.id.channel).await {
                Ok(true) => return Ok("shared already".to_owned()),
                Ok(false) => {}
                Err(error) if error.class() == Class::App => {
                    warn!(%error, "checking whether a file was shared failed");
                    return Ok("possibly shared".to_owned());
                }
                Err(error) if error.class() == Class::Other => {}
                Err(error) => return Err(outcome(&error)),
            }
        }
        let upload = Upload {
            name,
            title,
            bytes,
            alternative,
        };
        let file = self
            .api
            .upload(upload)
            .await
            .map_err(|e| without_doubt(outcome(&e)))?;
        let progress = Progress {
            path: path.map(Path::to_owned),
            file: Some(file.clone()),
        };
        self.keep(entry, &progress)?;
        let MessageId { channel, ts } = &posted.id;
        let shared = self.api.share(&file, title, channel, ts, title).await;
        shared
            .map(|()| "shared".to_owned())
            .map_err(|e| outcome(&e))
    }
}

/// Bytes that nobody sees yet may be sent again.
fn without_doubt(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Outage { why, .. } => Outcome::Outage {
            why,
            unknown: false,
        },
        other => other,
    }
}

fn unspoken(entry: &Entry, fault: &speech::SpeechError) -> Outcome {
    let why = fault.to_string();
    if fault.is_final() || entry.tries + 1 >= TRIES {
        return Outcome::Dropped(why);
    }
    Outcome::Later {
        after: Duration::from_secs(10 << entry.tries.min(5)),
        why,
    }
}

fn remove(path: &Path) {
    if let Err(fault) = std::fs::remove_file(path) {
        warn!(%fault, "deleting the audio failed");
    }
}
