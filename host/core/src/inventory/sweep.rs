//! A sweep over everything, in parts: the caller has other things to do in between.

use std::collections::HashSet;
use std::ops::Bound::{Excluded, Unbounded};

use super::objects::Objects;
use super::observation::Observation;
use super::shape::Entry;
use super::wire::Text;

/// How far a look at everything has come.
#[derive(Debug, Default)]
pub struct Sweep {
    /// Kind, namespace and name of the last object that was looked at.
    last: Option<(&'static str, Text, Text)>,
    /// Signals that were seen.
    ids: HashSet<String>,
}

impl Sweep {
    /// The next objects; none where all were looked at.
    pub(super) fn next<'a>(&mut self, of: &'a Objects, number: usize) -> Option<Vec<&'a Entry>> {
        let entries: Vec<&Entry> = of.after(&self.last).take(number).collect();
        let last = entries.last()?;
        let (namespace, name) = (last.meta.namespace.clone(), last.meta.name.clone());
        self.last = Some((last.kind.kind, namespace, name));
        Some(entries)
    }

    /// True where a signal is seen for the first time in this sweep.
    pub(super) fn is_new(&mut self, seen: &Observation) -> bool {
        self.ids.insert(seen.signal.id.clone())
    }
}

impl Objects {
    /// The objects behind one, in the order of a sweep.
    fn after(
        &self,
        last: &Option<(&'static str, Text, Text)>,
    ) -> Box<dyn Iterator<Item = &Entry> + '_> {
        let Some((kind, namespace, name)) = last.clone() else {
            let all = self
                .kinds
                .values()
                .flat_map(|namespaces| namespaces.values());
            return Box::new(all.flat_map(|names| names.values()));
        };
        let of_namespace = self
            .kinds
            .get(kind)
            .and_then(|namespaces| namespaces.get(&namespace))
            .into_iter()
            .flat_map(move |names| names.range::<Text, _>((Excluded(name.clone()), Unbounded)));
        let of_kind = self
            .kinds
            .get(kind)
            .into_iter()
            .flat_map(move |all| all.range::<Text, _>((Excluded(namespace.clone()), Unbounded)))
            .flat_map(|(_, names)| names);
        let of_others = self
            .kinds
            .range::<&'static str, _>((Excluded(kind), Unbounded))
            .flat_map(|(_, namespaces)| namespaces.values())
            .flatten();
        let entries = of_namespace.chain(of_kind).chain(of_others);
        Box::new(entries.map(|(_, entry)| entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Inventory;
    use serde_json::json;

    /// Pods that failed, of several namespaces, and the nodes that they are not on.
    fn inventory() -> Inventory {
        let mut inventory = Inventory::new();
        for number in 0..25 {
            let namespace = format!("ns-{}", number % 3);
            let metadata = json!({"name": format!("web-{number}"), "namespace": namespace, "uid": format!("u{number}")});
            let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
                "status": {"phase": "Failed", "reason": "Evicted"}});
            inventory.apply(&pod);
        }
        inventory
    }

    #[test]
    fn the_parts_of_a_sweep_are_the_whole() {
        let inventory = inventory();
        let whole = inventory.observe_all(0);
        assert!(whole.len() >= 25, "{whole:?}");
        for part in [1, 2, 7, 25, 1000] {
            let (mut sweep, mut parts) = (Sweep::default(), Vec::new());
            while let Some(seen) = inventory.observe_next(&mut sweep, part, 0) {
                parts.extend(seen);
            }
            assert_eq!(parts, whole, "in parts of {part}");
        }
    }

    #[test]
    fn objects_that_go_in_between_do_not_end_it() {
        let mut inventory = inventory();
        let mut sweep = Sweep::default();
        let first = inventory.observe_next(&mut sweep, 5, 0).unwrap();
        for seen in &first {
            inventory.remove(&seen.signal.object);
        }
        let mut rest = 0;
        while let Some(seen) = inventory.observe_next(&mut sweep, 5, 0) {
            rest += seen.len();
        }
        assert_eq!(rest, inventory.observe_all(0).len());
    }
}
