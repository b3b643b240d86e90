//! Keys and endpoints from the environment: one key is enough to choose the provider.

use k8shawk_core::llm::{ModelConfig, Provider, RungSetup};
use secrecy::SecretString;
use thiserror::Error;

use super::endpoint::Endpoint;

/// Why there is no model although one is configured. Said at start.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// A base URL is none: the variable is named.
    #[error("{variable}: {why}")]
    BaseUrl {
        /// Variable.
        variable: &'static str,
        /// What is wrong.
        why: String,
    },
    /// The configured provider has no key: nothing leaves.
    #[error("model.provider is {provider}, but {variable} is not set")]
    NoKey {
        /// Provider.
        provider: Provider,
        /// Variable of its key.
        variable: &'static str,
    },
    /// The HTTP client does not start.
    #[error("the HTTP client does not start: {0}")]
    Client(String),
}

/// Who is asked, with which key.
pub struct Access {
    /// Provider.
    pub provider: Provider,
    /// Key.
    pub key: SecretString,
    /// Where.
    pub endpoint: Endpoint,
}

/// The provider that the configuration names, else the first that has a key. None where there is
/// no key at all.
///
/// # Errors
/// [`ModelError`].
pub fn access(
    config: &ModelConfig,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Access>, ModelError> {
    let value = |name: &str| {
        environment(name)
            .map(|v| v.trim().to_owned())
            .filter(|v| !v.is_empty())
    };
    let candidates = match &config.provider {
        Some(provider) => std::slice::from_ref(provider),
        None => Provider::ALL,
    };
    for provider in candidates {
        let (key, url) = provider.variables();
        let Some(secret) = value(key) else { continue };
        let base = value(url).unwrap_or_else(|| provider.base_url().to_owned());
        let endpoint = Endpoint::parse(*provider, &base)
            .map_err(|why| ModelError::BaseUrl { variable: url, why })?;
        return Ok(Some(Access {
            provider: *provider,
            key: SecretString::from(secret),
            endpoint,
        }));
    }
    match config.provider {
        Some(provider) => Err(ModelError::NoKey {
            provider,
            variable: provider.variables().0,
        }),
        None => Ok(None),
    }
}

/// The word for no second model: an empty environment variable is as good as an absent one.
const NO_MODEL: &str = "none";

/// The models to ask, the best first.
pub fn rungs(config: &ModelConfig, access: &Access) -> Vec<RungSetup> {
    let (primary, fallback) = access.provider.models();
    let first = config.primary.clone().unwrap_or_else(|| primary.to_owned());
    let second = config
        .fallback
        .clone()
        .unwrap_or_else(|| fallback.to_owned());
    let rung = |model: String, price| RungSetup {
        provider: access.provider,
        reasoning_names: access.endpoint.host == "api.openai.com",
        host: access.endpoint.host.clone(),
        model,
        price,
    };
    let mut rungs = vec![rung(first.clone(), config.price)];
    if second != NO_MODEL && !second.is_empty() && second != first {
        rungs.push(rung(second, config.fallback_price));
    }
    rungs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(
        pairs: &[(&str, &str)],
        provider: Option<Provider>,
    ) -> Result<Option<(Provider, String)>, ModelError> {
        let config = ModelConfig {
            provider,
            ..ModelConfig::default()
        };
        let environment = |name: &str| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Ok(access(&config, &environment)?.map(|a| (a.provider, a.endpoint.host)))
    }

    #[test]
    fn one_key_is_enough_to_choose_the_provider() {
        assert_eq!(chosen(&[], None), Ok(None));
        assert_eq!(chosen(&[("GROQ_API_KEY", "  ")], None), Ok(None));
        let anthropic = chosen(&[("ANTHROPIC_API_KEY", "k")], None)
            .unwrap()
            .unwrap();
        assert_eq!(anthropic, (Provider::Anthropic, "api.anthropic.com".into()));
        let both = [
            ("OPENAI_API_KEY", "k"),
            ("OPENAI_BASE_URL", "http://h:1"),
            ("ANTHROPIC_API_KEY", "k"),
        ];
        assert_eq!(
            chosen(&both, None).unwrap().unwrap(),
            (Provider::OpenAi, "h:1".into())
        );
        let named = chosen(&both, Some(Provider::Anthropic)).unwrap().unwrap();
        assert_eq!(named.0, Provider::Anthropic);
        let error = chosen(&both, Some(Provider::Groq)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "model.provider is groq, but GROQ_API_KEY is not set"
        );
    }

    #[test]
    fn there_is_a_second_model_unless_it_is_told_not_to_be() {
        let environment = |name: &str| (name == "GROQ_API_KEY").then(|| "k".to_owned());
        let models = |fallback: Option<&str>| {
            let config = ModelConfig {
                fallback: fallback.map(str::to_owned),
                ..ModelConfig::default()
            };
            let access = access(&config, &environment).unwrap().unwrap();
            rungs(&config, &access)
                .into_iter()
                .map(|rung| rung.model)
                .collect::<Vec<_>>()
        };
        assert_eq!(models(None).len(), 2);
        assert_eq!(models(Some("m")).last().unwrap(), "m");
        assert_eq!(models(Some("none")).len(), 1);
    }
}
