//! Who speaks, as the operator configured it and as this machine can.

use std::path::PathBuf;

use k8shawk_core::config::{Speaker, VoiceConfig, VoiceEngine};
use secrecy::{ExposeSecret, SecretString};

use super::{Engine, Options, Sarvam, Speech, Voice, sarvam};
use crate::services::http_client;

/// Programs that speak offline.
const PROGRAMS: [&str; 2] = ["espeak-ng", "lame"];

/// Who speaks, or why nobody does.
pub enum Setup {
    /// Somebody, in a line for people.
    Speaks(Box<Speech>, String),
    /// Nobody, and why.
    Silent(String),
}

impl Setup {
    /// Choose.
    ///
    /// # Errors
    /// What is configured and cannot work.
    pub fn choose(
        config: &VoiceConfig,
        key: Option<SecretString>,
        knowledge_base: PathBuf,
    ) -> Result<Setup, String> {
        let (engine, who) = match (config.engine, key) {
            (VoiceEngine::Off, _) => return Ok(Setup::Silent("off".to_owned())),
            (VoiceEngine::Sarvam, None) => {
                return Err("voice.engine is sarvam, but SARVAM_API_KEY is not set".to_owned());
            }
            (VoiceEngine::Auto | VoiceEngine::Sarvam, Some(key)) => sarvam(config, &key)?,
            (VoiceEngine::Auto | VoiceEngine::Espeak, _) => {
                if let Some(lacks) = PROGRAMS.iter().find(|p| !is_installed(p)) {
                    return Ok(Setup::Silent(format!("none: {lacks} is not installed")));
                }
                (Engine::Offline, "espeak-ng".to_owned())
            }
        };
        let options = Options {
            threshold: config.severity,
            quiet: config.quiet_hours,
            knowledge_base,
            keep: config.keep,
        };
        let said = format!(
            "{who}, {}, from severity {}{}",
            config.language,
            config.severity,
            quiet(config)
        );
        Ok(Setup::Speaks(Box::new(Speech::new(engine, options)), said))
    }
}

fn sarvam(config: &VoiceConfig, key: &SecretString) -> Result<(Engine, String), String> {
    let voice = |s: &Speaker, language| Voice::new(&s.speaker, &s.model, language);
    let service = Sarvam {
        english: voice(&config.english, "en-IN"),
        tamil: voice(&config.tamil, "ta-IN"),
        language_field: config.language_field.clone(),
        ..Sarvam::new(
            http_client::for_calls(sarvam::PATIENCE)?,
            &config.sarvam_url,
            key.expose_secret(),
        )
    };
    let chosen = match config.language.as_str() {
        "english" => &service.english,
        _ => &service.tamil,
    };
    let who = format!("Sarvam ({}, {})", chosen.speaker, chosen.model);
    Ok((Engine::Sarvam(Box::new(service)), who))
}

fn quiet(config: &VoiceConfig) -> String {
    let time = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
    match config.quiet_hours {
        Some((from, to)) => format!(", quiet from {} to {} UTC", time(from), time(to)),
        None => String::new(),
    }
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(engine: VoiceEngine, key: Option<&str>) -> Result<Setup, String> {
        let config = VoiceConfig {
            engine,
            quiet_hours: Some((22 * 60, 7 * 60)),
            ..VoiceConfig::default()
        };
        Setup::choose(&config, key.map(SecretString::from), PathBuf::new())
    }

    #[test]
    fn a_key_chooses_sarvam_and_off_is_off() {
        let Ok(Setup::Speaks(_, said)) = choose(VoiceEngine::Auto, Some("k")) else {
            panic!("nobody speaks");
        };
        assert_eq!(
            said,
            "Sarvam (priya, bulbul:v3), english, from severity medium, quiet from 22:00 to 07:00 UTC"
        );
        assert!(matches!(
            choose(VoiceEngine::Off, Some("k")),
            Ok(Setup::Silent(_))
        ));
        assert!(choose(VoiceEngine::Sarvam, None).is_err());
    }
}
