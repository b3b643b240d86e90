//! Lists, in pages where they are asked for so.

use serde_json::{Value, json};

use super::State;
use super::path::Addressed;
use super::query::Query;
use super::refusal::Refusal;

impl State {
    /// A list of what the selectors fit.
    pub(super) fn list(&self, target: &Addressed, query: &Query) -> Result<Value, Refusal> {
        let selector = query.selector()?;
        let version = self.objects.version();
        let token = query.text("continue");
        let (at, after) = match token.split_once('|') {
            Some((at, after)) => (at.parse().map_err(|_| Refusal::expired())?, after),
            None => (version, ""),
        };
        if at < self.objects.compacted() {
            return Err(Refusal::expired());
        }
        let found = self.objects.of(target.kind.kind, &target.namespace);
        let mut found = found
            .map(|(key, object)| (format!("{}/{}", key.namespace, key.name), object))
            .filter(|(name, object)| **name > *after && selector.fits(object));
        let limit = query.number("limit").filter(|limit| *limit > 0);
        let limit = limit.map_or(usize::MAX, |l| usize::try_from(l).unwrap_or(usize::MAX));
        let (mut items, mut last) = (Vec::new(), String::new());
        for (name, object) in found.by_ref().take(limit) {
            items.push(item(object));
            last = name;
        }
        let mut metadata = json!({"resourceVersion": at.to_string()});
        let rest = found.count();
        if rest > 0 {
            metadata["continue"] = json!(format!("{at}|{last}"));
            metadata["remainingItemCount"] = json!(rest);
        }
        Ok(
            json!({"kind": format!("{}List", target.kind.kind), "metadata": metadata,
            "apiVersion": target.kind.api_version(), "items": items}),
        )
    }
}

/// The items of a list do not say their kind.
fn item(object: &Value) -> Value {
    let mut item = object.clone();
    if let Some(fields) = item.as_object_mut() {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    item
}
