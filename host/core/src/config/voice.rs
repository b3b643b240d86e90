//! What the operator configures of the spoken summary. The key is no part of it.

use crate::severity::Severity;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoiceEngine {
    /// Sarvam where there is a key, else the programs of this machine.
    Auto,
    /// Sarvam's service.
    Sarvam,
    /// `espeak-ng` and `lame`.
    Espeak,
    /// Nobody.
    Off,
}

/// A speaker of Sarvam, with the model that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// Speaker.
    pub speaker: String,
    /// Model.
    pub model: String,
}

impl Speaker {
    fn new(speaker: &str, model: &str) -> Speaker {
        Speaker {
            speaker: speaker.to_owned(),
            model: model.to_owned(),
        }
    }
}

/// The spoken summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceConfig {
    /// `english`, `tamil` or `tanglish`.
    pub language: String,
    /// Who speaks.
    pub engine: VoiceEngine,
    /// Least severity that is spoken.
    pub severity: Severity,
    /// Minutes of the day, in UTC, from and to which nothing is spoken.
    pub quiet_hours: Option<(u16, u16)>,
    /// True where audio stays on disk after its upload.
    pub keep: bool,
    /// Bare base of Sarvam's service.
    pub sarvam_url: String,
    /// Speaker of English.
    pub english: Speaker,
    /// Speaker of Tamil and Tanglish.
    pub tamil: Speaker,
    /// Field that names the language.
    pub language_field: String,
}

impl Default for VoiceConfig {
    fn default() -> Self {
        VoiceConfig {
            language: "english".to_owned(),
            engine: VoiceEngine::Auto,
            severity: Severity::Medium,
            quiet_hours: None,
            keep: false,
            sarvam_url: "https://api.sarvam.ai".to_owned(),
            english: Speaker::new("priya", "bulbul:v3"),
            tamil: Speaker::new("anushka", "bulbul:v2"),
            language_field: "language_code".to_owned(),
        }
    }
}

pub(super) fn language(text: &str) -> Result<String, String> {
    match text.to_lowercase().as_str() {
        "english" | "en" | "en-in" => Ok("english".to_owned()),
        "tamil" | "ta" | "ta-in" => Ok("tamil".to_owned()),
        "tanglish" => Ok("tanglish".to_owned()),
        _ => Err(format!("{text:?} is none of english, tamil, tanglish")),
    }
}

pub(super) fn engine(text: &str) -> Result<VoiceEngine, String> {
    match text {
        "auto" => Ok(VoiceEngine::Auto),
        "sarvam" => Ok(VoiceEngine::Sarvam),
        "espeak" => Ok(VoiceEngine::Espeak),
        "off" => Ok(VoiceEngine::Off),
        _ => Err(format!("{text:?} is none of auto, sarvam, espeak, off")),
    }
}

pub(super) fn severity(text: &str) -> Result<Severity, String> {
    const ALL: [Severity; 5] = [
        Severity::Info,
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];
    ALL.into_iter()
        .find(|s| s.as_str() == text)
        .ok_or_else(|| format!("{text:?} is none of info, low, medium, high, critical"))
}

pub(super) fn field(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    if !text.is_empty() && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is not the name of a field"))
    }
}

/// `22:00-07:00` as minutes of the day.
pub(super) fn hours(text: &str) -> Result<(u16, u16), String> {
    let fault = || format!("{text:?} is not a time range such as 22:00-07:00");
    let minute = |t: &str| {
        let (hour, minute) = t.trim().split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then(|| hour * 60 + minute)
    };
    let (from, to) = text.split_once('-').ok_or_else(fault)?;
    match (minute(from), minute(to)) {
        (Some(from), Some(to)) if from != to => Ok((from, to)),
        _ => Err(fault()),
    }
}
