//! A script, spoken: an MP3 file from Sarvam, or from `espeak-ng` and `lame` on this machine.
//!
//! The voice plugin writes the script. Speech never matters as much as text: whatever fails
//! here is told and holds nothing up.

pub mod mp3;
mod offline;
mod sarvam;
mod setup;

use std::path::{Path, PathBuf};

use k8shawk_core::Severity;
use k8shawk_core::redact::Redacted;
use thiserror::Error;

use crate::services::private_files;

pub use sarvam::{Sarvam, Voice};
pub use setup::Setup;

/// Characters of a script.
pub const LONGEST: usize = 500;

/// Why there is no audio.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpeechError {
    /// A program is not installed: install it.
    #[error("{0} is not installed")]
    NoProgram(&'static str),
    /// The key or the settings are refused: a person is needed.
    #[error("the speech service refused: {0}")]
    Refused(String),
    /// The service is away or too busy: try again.
    #[error("the speech service did not answer: {0}")]
    Away(String),
    /// What came back cannot be played: try again.
    #[error("the audio cannot be played: {0}")]
    Unplayable(String),
    /// The file cannot be written: try again.
    #[error("{0}")]
    File(String),
    /// There is nothing to say.
    #[error("the script is empty")]
    Empty,
}

impl SpeechError {
    /// True where trying again changes nothing.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            SpeechError::NoProgram(_) | SpeechError::Refused(_) | SpeechError::Empty
        )
    }
}

/// Language of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Tamil.
    Tamil,
    /// Tamil and English mixed, in Latin letters.
    Tanglish,
}

impl Language {
    /// From the configuration's word; English where it is none of them.
    pub fn of(word: &str) -> Language {
        match word {
            "tamil" => Language::Tamil,
            "tanglish" => Language::Tanglish,
            _ => Language::English,
        }
    }
}

/// Who speaks.
#[derive(Debug, Clone)]
pub enum Engine {
    /// Sarvam's service.
    Sarvam(Box<Sarvam>),
    /// `espeak-ng` and `lame` of this machine.
    Offline,
}

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Options {
    /// Least severity that is spoken.
    pub threshold: Severity,
    /// Minutes of the day, in UTC, from and to which nothing is spoken; none by default.
    pub quiet: Option<(u16, u16)>,
    /// The knowledge base, in which `voice-messages` lies.
    pub knowledge_base: PathBuf,
    /// True where audio stays on disk after it was uploaded.
    pub keep: bool,
}

/// Speaks.
#[derive(Debug)]
pub struct Speech {
    engine: Engine,
    options: Options,
}

/// Audio that was checked: it can be played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken(Vec<u8>);

impl Spoken {
    /// Check audio.
    ///
    /// # Errors
    /// [`SpeechError::Unplayable`].
    pub fn check(bytes: Vec<u8>) -> Result<Spoken, SpeechError> {
        mp3::check(&bytes).map_err(SpeechError::Unplayable)?;
        Ok(Spoken(bytes))
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// At most [`LONGEST`] characters, cut at a word.
pub fn fit(script: &Redacted) -> Redacted {
    script.escaped(shortened)
}

fn shortened(script: &str) -> String {
    let flat: Vec<&str> = script.split_whitespace().collect();
    let flat = flat.join(" ");
    if flat.chars().count() <= LONGEST {
        return flat;
    }
    let cut: String = flat.chars().take(LONGEST + 1).collect();
    match cut.rsplit_once(' ') {
        Some((whole, _)) => whole.to_owned(),
        None => cut.chars().take(LONGEST).collect(),
    }
}

impl Speech {
    /// With an engine.
    pub fn new(engine: Engine, options: Options) -> Speech {
        Speech { engine, options }
    }

    /// True where an incident of this severity is spoken at this moment (milliseconds).
    pub fn wants(&self, severity: Severity, now: i64) -> bool {
        severity >= self.options.threshold && !self.is_quiet(now)
    }

    fn is_quiet(&self, now: i64) -> bool {
        let Some((from, to)) = self.options.quiet else {
            return false;
        };
        let minute = u16::try_from(now.div_euclid(60_000).rem_euclid(1440)).unwrap_or(0);
        if from < to {
            (from..to).contains(&minute)
        } else {
            minute >= from || minute < to
        }
    }

    /// True where audio stays on disk.
    pub fn keeps(&self) -> bool {
        self.options.keep
    }

    /// Speak.
    ///
    /// # Errors
    /// [`SpeechError`].
    pub async fn speak(&self, script: &str, language: Language) -> Result<Spoken, SpeechError> {
        let script = fit(&Redacted::of(script));
        if script.is_empty() {
            return Err(SpeechError::Empty);
        }
        let bytes = match &self.engine {
            Engine::Sarvam(sarvam) => sarvam.speak(&script, language).await?,
            Engine::Offline => offline::speak(&script, language).await?,
        };
        Spoken::check(bytes)
    }

    /// Write `voice-messages/YYYY-MM-DD/voice_<name>_<timestamp>.mp3` beside, then rename it.
    ///
    /// # Errors
    /// [`SpeechError::File`].
    pub fn save(&self, spoken: &Spoken, name: &str, at: i64) -> Result<PathBuf, SpeechError> {
        let path = self
            .options
            .knowledge_base
            .join("voice-messages")
            .join(file_name(name, at));
        let fault =
            |e: std::io::Error| SpeechError::File(format!("cannot write {}: {e}", path.display()));
        private_files::directory(path.parent().unwrap_or(Path::new("."))).map_err(fault)?;
        let beside = path.with_extension("mp3.new");
        private_files::write(&beside, spoken.bytes()).map_err(fault)?;
        std::fs::rename(&beside, &path).map_err(fault)?;
        Ok(path)
    }
}

/// `YYYY-MM-DD/voice_<name>_<timestamp>.mp3`; the name has letters, digits, `-` and `.` only.
pub fn file_name(name: &str, at: i64) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '.' {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().take(80).map(plain).collect();
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    format!(
        "{}/voice_{}_{}.mp3",
        at.strftime("%Y-%m-%d"),
        name.trim_matches('.'),
        at.strftime("%Y%m%dT%H%M%S%3fZ")
    )
}

#[cfg(test)]
mod tests;
