//! Sarvam's text-to-speech service.

use k8shawk_core::redact::Redacted;
use k8shawk_core::shorten;
use std::time::Duration;

use base64::Engine as _;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{Language, SpeechError};

/// Longest wait for one answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// Largest answer that is read.
const MAX_ANSWER: usize = 16 << 20;

/// A speaker with the model that has it, and the code of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// Speaker, such as `priya`.
    pub speaker: String,
    /// Model, such as `bulbul:v3`.
    pub model: String,
    /// Language, such as `en-IN`.
    pub language: String,
}

impl Voice {
    /// A voice.
    pub fn new(speaker: &str, model: &str, language: &str) -> Voice {
        Voice {
            speaker: speaker.to_owned(),
            model: model.to_owned(),
            language: language.to_owned(),
        }
    }
}

/// The service.
#[derive(Clone)]
pub struct Sarvam {
    /// HTTP client.
    pub http: reqwest::Client,
    /// Bare base, such as `https://api.sarvam.ai`.
    pub base: String,
    /// Key; never printed.
    pub key: SecretString,
    /// For English.
    pub english: Voice,
    /// For Tamil and Tanglish.
    pub tamil: Voice,
    /// Name of the field with the language; where it is refused, the other one is tried.
    pub language_field: String,
}

impl std::fmt::Debug for Sarvam {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sarvam")
            .field("base", &self.base)
            .field("english", &self.english)
            .field("tamil", &self.tamil)
            .finish_non_exhaustive()
    }
}

impl Sarvam {
    /// The service with its usual voices.
    pub fn new(http: reqwest::Client, base: &str, key: &str) -> Sarvam {
        Sarvam {
            http,
            base: base.trim_end_matches('/').to_owned(),
            key: SecretString::from(key.trim()),
            english: Voice::new("priya", "bulbul:v3", "en-IN"),
            tamil: Voice::new("anushka", "bulbul:v2", "ta-IN"),
            language_field: "language_code".to_owned(),
        }
    }

    /// Speak a script.
    pub(super) async fn speak(
        &self,
        script: &Redacted,
        language: Language,
    ) -> Result<Vec<u8>, SpeechError> {
        let voice = match language {
            Language::English => &self.english,
            Language::Tamil | Language::Tanglish => &self.tamil,
        };
        let other = match self.language_field.as_str() {
            "language_code" => "target_language_code",
            _ => "language_code",
        };
        // The service's versions differ in this field's name, and say so with 400 or 422.
        match self.ask(script, voice, &self.language_field).await {
            Err(NotSpoken {
                malformed: true, ..
            }) => self.ask(script, voice, other).await,
            answer => answer,
        }
        .map_err(|fault| fault.error)
    }

    async fn ask(
        &self,
        script: &Redacted,
        voice: &Voice,
        field: &str,
    ) -> Result<Vec<u8>, NotSpoken> {
        let mut body = json!({
            "text": script.as_str(),
            "speaker": voice.speaker,
            "model": voice.model,
            "output_audio_codec": "mp3",
            "speech_sample_rate": 22050,
        });
        if let Some(map) = body.as_object_mut() {
            map.insert(field.to_owned(), json!(voice.language));
        }
        let request = self
            .http
            .post(format!("{}/text-to-speech", self.base))
            .header("api-subscription-key", self.key.expose_secret())
            .header("content-type", "application/json")
            .timeout(PATIENCE)
            .body(body.to_string());
        let mut response = request.send().await.map_err(away)?;
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(away)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_ANSWER {
                return Err(SpeechError::Unplayable("the answer is too large".to_owned()).into());
            }
        }
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status == 200 {
            return Ok(decode(&answer)?);
        }
        Err(refusal(status, &answer))
    }
}

/// Why it was not spoken; `malformed` where another field name may help.
struct NotSpoken {
    error: SpeechError,
    malformed: bool,
}

impl From<SpeechError> for NotSpoken {
    fn from(error: SpeechError) -> NotSpoken {
        NotSpoken {
            error,
            malformed: false,
        }
    }
}

fn away(error: reqwest::Error) -> NotSpoken {
    SpeechError::Away(error.without_url().to_string()).into()
}

fn refusal(status: u16, answer: &Value) -> NotSpoken {
    let text = |pointer| answer.pointer(pointer).and_then(Value::as_str);
    let message = shorten(text("/error/message").unwrap_or("no reason given"), 200);
    let why = format!("HTTP {status}: {message}");
    let quota = text("/error/code") == Some("insufficient_quota_error");
    let error = match status {
        429 if !quota => SpeechError::Away(why),
        500..=599 => SpeechError::Away(why),
        _ => SpeechError::Refused(why),
    };
    NotSpoken {
        error,
        malformed: matches!(status, 400 | 422),
    }
}

fn decode(answer: &Value) -> Result<Vec<u8>, SpeechError> {
    let parts = answer.get("audios").and_then(Value::as_array);
    let mut audio = Vec::new();
    for part in parts.into_iter().flatten().filter_map(Value::as_str) {
        let bytes = base64::engine::general_purpose::STANDARD.decode(part);
        audio.extend(bytes.map_err(|e| SpeechError::Unplayable(e.to_string()))?);
    }
    Ok(audio)
}
