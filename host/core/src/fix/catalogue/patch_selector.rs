//! `patch-selector`: set a Service's selector.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::edit::{line, named, replace, set};
use super::entry::{Act, Before, Entry, Found, Planned, Risk, Sends};
use crate::fix::{Action, FixError, Parameters};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "patch-selector",
    targets: &[(&["Service"], Sends::Replace)],
    reads: &[],
    parameters: "`selector` (`key=value,key=value`)",
    risk: Risk::Medium,
    like: "`kubectl set selector`",
    parse: |values| {
        let selector = parse_selector(values)?;
        Ok(PatchSelector { selector }.into())
    },
};

/// The labels that a Service selects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatchSelector {
    /// Labels, all of which a pod must have.
    pub selector: BTreeMap<String, String>,
}

impl Act for PatchSelector {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("selector", self.text())]
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        replace(found.current, |object| {
            set(object, &["spec", "selector"], json!(self.selector));
            Ok(())
        })
    }

    fn inverse(&self, before: &Before<'_>) -> Option<Action> {
        let mut selector = self.selector.clone();
        for line in &before.diff.lines {
            let Some(label) = line.path.strip_prefix("spec.selector.") else {
                continue;
            };
            match &line.before {
                Some(value) => selector.insert(label.to_owned(), value.clone()),
                None => selector.remove(label),
            };
        }
        Some(PatchSelector { selector }.into())
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let (object, selector) = (named(target), self.text());
        line(target, format!("set selector {object} '{selector}'"))
    }
}

impl PatchSelector {
    /// `key=value,key=value`.
    fn text(&self) -> String {
        let pairs: Vec<String> = self
            .selector
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        pairs.join(",")
    }
}

fn parse_selector(values: &mut Parameters<'_>) -> Result<BTreeMap<String, String>, FixError> {
    let text = values.text("selector")?;
    let plain = |t: &str| {
        t.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._/".contains(c))
    };
    text.split(',')
        .map(|pair| match pair.split_once('=') {
            Some((key, value)) if !key.is_empty() && plain(key) && plain(value) => {
                Ok((key.to_owned(), value.to_owned()))
            }
            _ => Err(values.fault(format!("selector {text:?} is not key=value,key=value"))),
        })
        .collect()
}
