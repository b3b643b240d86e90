//! `espeak-ng` speaks, `lame` makes it small. Text goes in by standard input, never by a shell.

use std::process::Stdio;
use std::time::Duration;

use k8shawk_core::redact::Redacted;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

use super::{Language, SpeechError};

/// Longest time for one script.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest audio.
const MAX_AUDIO: u64 = 8 << 20;

fn voice(language: Language) -> &'static str {
    match language {
        Language::Tamil => "ta",
        // Tanglish is written in Latin letters.
        Language::English | Language::Tanglish => "en",
    }
}

fn start(command: &mut Command, name: &'static str) -> Result<Child, SpeechError> {
    command
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => SpeechError::NoProgram(name),
            _ => SpeechError::Away(format!("{name}: {e}")),
        })
}

/// Speak a script.
pub(super) async fn speak(script: &Redacted, language: Language) -> Result<Vec<u8>, SpeechError> {
    tokio::time::timeout(PATIENCE, run(script, language))
        .await
        .map_err(|_| SpeechError::Away("espeak-ng took too long".to_owned()))?
}

async fn run(script: &Redacted, language: Language) -> Result<Vec<u8>, SpeechError> {
    let lost = |e: std::io::Error| SpeechError::Away(e.to_string());
    let mut speaks = start(
        Command::new("espeak-ng")
            .args(["--stdin", "--stdout", "-s", "150", "-v", voice(language)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped()),
        "espeak-ng",
    )?;
    let sound: Stdio = match speaks.stdout.take() {
        Some(out) => out.try_into().map_err(lost)?,
        None => Stdio::null(),
    };
    let mut packs = start(
        Command::new("lame")
            .args(["--quiet", "-b", "64", "-m", "m", "-", "-"])
            .stdin(sound)
            .stdout(Stdio::piped()),
        "lame",
    )?;
    if let Some(mut input) = speaks.stdin.take() {
        input
            .write_all(script.as_str().as_bytes())
            .await
            .map_err(lost)?;
    }
    let mut audio = Vec::new();
    if let Some(out) = packs.stdout.take() {
        let mut bounded = tokio::io::AsyncReadExt::take(out, MAX_AUDIO);
        tokio::io::AsyncReadExt::read_to_end(&mut bounded, &mut audio)
            .await
            .map_err(lost)?;
    }
    let (spoke, packed) = (
        speaks.wait().await.map_err(lost)?,
        packs.wait().await.map_err(lost)?,
    );
    if spoke.success() && packed.success() {
        Ok(audio)
    } else {
        Err(SpeechError::Away(format!(
            "espeak-ng {spoke}, lame {packed}"
        )))
    }
}
