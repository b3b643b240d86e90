//! The parameters behind the question mark.

use std::collections::HashMap;

use super::refusal::Refusal;
use super::select::Selector;

/// Parameters by name; the last one of a name counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(HashMap<String, String>);

impl Query {
    pub(super) fn parse(text: &str) -> Query {
        Query(
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// Empty where it is missing.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.parse().ok()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.text(name), "true" | "1")
    }

    pub(super) fn dry_run(&self) -> bool {
        self.text("dryRun") == "All"
    }

    pub(super) fn selector(&self) -> Result<Selector, Refusal> {
        Selector::parse(self.text("labelSelector"), self.text("fieldSelector"))
    }
}
