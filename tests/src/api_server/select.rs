//! Label and field selectors of requests.

use serde_json::Value;

use super::refusal::Refusal;

/// One demand on a text that may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Demand {
    Is(String),
    IsNot(String),
    Exists,
    IsMissing,
}

/// What an object must be like.
#[derive(Debug, Clone, Default)]
pub(super) struct Selector {
    labels: Vec<(String, Demand)>,
    fields: Vec<(String, Demand)>,
}

fn demands(text: &str) -> Result<Vec<(String, Demand)>, Refusal> {
    if text.contains('(') {
        return Err(Refusal::bad(format!(
            "unable to parse requirement: {text:?}"
        )));
    }
    let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
    let parsed = parts.map(|part| {
        if let Some((key, value)) = part.split_once("!=") {
            return (key.to_owned(), Demand::IsNot(value.to_owned()));
        }
        if let Some((key, value)) = part.split_once('=') {
            return (
                key.to_owned(),
                Demand::Is(value.trim_start_matches('=').to_owned()),
            );
        }
        match part.strip_prefix('!') {
            Some(key) => (key.to_owned(), Demand::IsMissing),
            None => (part.to_owned(), Demand::Exists),
        }
    });
    Ok(parsed.collect())
}

impl Demand {
    fn is_met(&self, found: Option<&str>) -> bool {
        match self {
            Demand::Is(wanted) => found == Some(wanted),
            Demand::IsNot(unwanted) => found != Some(unwanted),
            Demand::Exists => found.is_some(),
            Demand::IsMissing => found.is_none(),
        }
    }
}

impl Selector {
    /// The selectors of a query.
    pub(super) fn parse(labels: &str, fields: &str) -> Result<Selector, Refusal> {
        Ok(Selector {
            labels: demands(labels)?,
            fields: demands(fields)?,
        })
    }

    pub(super) fn fits(&self, object: &Value) -> bool {
        let label = |key: &str| object["metadata"]["labels"][key].as_str();
        let field = |path: &str| {
            let found = path.split('.').fold(object, |at, key| &at[key]);
            // Unlike a label, a field that is not set is empty.
            found.as_str().or(Some(""))
        };
        self.labels.iter().all(|(key, d)| d.is_met(label(key)))
            && self.fields.iter().all(|(path, d)| d.is_met(field(path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_fit_as_those_of_the_api_server_do() {
        let object =
            json!({"metadata": {"name": "a", "labels": {"app": "web"}}, "type": "Warning"});
        for (labels, fields, fits) in [
            ("app=web", "", true),
            ("app==web", "metadata.name=a", true),
            ("app", "type!=Normal", true),
            ("!app", "", false),
            ("app!=web", "", false),
            ("tier=x", "", false),
            ("tier=", "", false),
            ("tier!=x", "", true),
            ("", "type=Normal", false),
            ("", "spec.nodeName=", true),
        ] {
            let selector = Selector::parse(labels, fields).unwrap();
            assert_eq!(selector.fits(&object), fits, "{labels} {fields}");
        }
        assert!(Selector::parse("app in (a,b)", "").is_err());
    }
}
