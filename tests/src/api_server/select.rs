//! Label and field selectors of requests.

use k8shawk_core::selector::Selector as Demands;
use serde_json::Value;

use super::refusal::Refusal;

/// What an object must be like: texts of demands on its labels and on its fields.
#[derive(Debug, Clone, Default)]
pub(super) struct Selector {
    labels: String,
    fields: String,
}

fn demands(text: &str) -> Result<Demands<'_>, Refusal> {
    let sets = || Refusal::bad(format!("unable to parse requirement: {text:?}"));
    Demands::parse(text).ok_or_else(sets)
}

impl Selector {
    /// The selectors of a query.
    pub(super) fn parse(labels: &str, fields: &str) -> Result<Selector, Refusal> {
        demands(labels)?;
        demands(fields)?;
        Ok(Selector {
            labels: labels.to_owned(),
            fields: fields.to_owned(),
        })
    }

    pub(super) fn fits(&self, object: &Value) -> bool {
        let label = |key: &str| object["metadata"]["labels"][key].as_str();
        let field = |path: &str| {
            let found = path.split('.').fold(object, |at, key| &at[key]);
            // Unlike a label, a field that is not set is empty.
            found.as_str().or(Some(""))
        };
        demands(&self.labels).is_ok_and(|wanted| wanted.fits(label))
            && demands(&self.fields).is_ok_and(|wanted| wanted.fits(field))
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
