//! Base URLs, with or without their `/v1` part.

use k8shawk_core::llm::Provider;
use reqwest::Url;

/// Where requests may go: the first that is served is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Candidates, the likeliest first.
    pub urls: Vec<Url>,
    /// Host and port.
    pub host: String,
}

impl Endpoint {
    /// The endpoint of a base URL.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn parse(provider: Provider, base: &str) -> Result<Endpoint, String> {
        let base = base.trim();
        let url = Url::parse(base).map_err(|e| format!("{base:?} is not a URL: {e}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{base:?} is neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a base URL must not contain a password".to_owned());
        }
        let name = url
            .host_str()
            .ok_or_else(|| format!("{base:?} has no host"))?;
        let host = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        let last = match provider {
            Provider::Anthropic => "messages",
            Provider::Groq | Provider::OpenAi => "chat/completions",
        };
        let root = url.path().trim_end_matches('/').to_owned();
        let root = root.strip_suffix(&format!("/{last}")).unwrap_or(&root);
        let urls = roots(provider, root)
            .iter()
            .map(|root| {
                let mut full = url.clone();
                full.set_path(&format!("{root}/{last}"));
                full
            })
            .collect();
        Ok(Endpoint { urls, host })
    }
}

/// Groq's own SDK puts `/openai/v1` behind a bare host; everybody else `/v1`.
fn roots(provider: Provider, root: &str) -> Vec<String> {
    let last = root.rsplit('/').next().unwrap_or_default();
    let version = last
        .strip_prefix('v')
        .is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()));
    if version {
        return vec![root.to_owned()];
    }
    let mut roots = vec![format!("{root}/v1"), root.to_owned()];
    if provider == Provider::Groq && root.is_empty() {
        roots.insert(0, "/openai/v1".to_owned());
    }
    roots
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        Provider::Groq,
        "https://api.groq.com",
        "https://api.groq.com/openai/v1/chat/completions"
    )]
    #[case(
        Provider::Groq,
        "https://api.groq.com/openai/v1/",
        "https://api.groq.com/openai/v1/chat/completions"
    )]
    #[case(
        Provider::Groq,
        "https://api.groq.com/openai",
        "https://api.groq.com/openai/v1/chat/completions"
    )]
    #[case(
        Provider::OpenAi,
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8000/v1/chat/completions"
    )]
    #[case(
        Provider::OpenAi,
        "http://127.0.0.1:8000/v1",
        "http://127.0.0.1:8000/v1/chat/completions"
    )]
    #[case(
        Provider::OpenAi,
        "https://a.example/v1/chat/completions",
        "https://a.example/v1/chat/completions"
    )]
    #[case(
        Provider::Anthropic,
        "https://api.anthropic.com",
        "https://api.anthropic.com/v1/messages"
    )]
    #[case(
        Provider::Anthropic,
        "https://api.anthropic.com/v1/",
        "https://api.anthropic.com/v1/messages"
    )]
    fn a_base_url_works_with_and_without_its_version(
        #[case] provider: Provider,
        #[case] base: &str,
        #[case] full: &str,
    ) {
        let endpoint = Endpoint::parse(provider, base).unwrap();
        assert_eq!(endpoint.urls[0].as_str(), full);
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        for bad in ["", "localhost:80", "ftp://x", "http://u:p@h/v1"] {
            assert!(Endpoint::parse(Provider::OpenAi, bad).is_err(), "{bad}");
        }
    }
}
