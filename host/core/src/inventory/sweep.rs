//! A look at everything, in parts: whoever looks has other things to do in between.

use std::collections::HashSet;
use std::ops::Bound::{Excluded, Unbounded};

use super::wire::Text;
use super::{Inventory, Observation, shape::Entry};

/// How far a look at everything has come.
#[derive(Debug, Default)]
pub struct Sweep {
    /// Kind, namespace and name of the last object that was looked at.
    last: Option<(&'static str, Text, Text)>,
    /// Signals that were seen.
    ids: HashSet<String>,
}

impl Inventory {
    /// What the status of the next objects shows, each signal id once in a sweep; none where all
    /// were looked at. What comes or goes in between is seen or not, as if it came or went then.
    pub fn observe_next(
        &self,
        sweep: &mut Sweep,
        objects: usize,
        now_ms: i64,
    ) -> Option<Vec<Observation>> {
        let mut looked = 0;
        let mut all = Vec::new();
        let mut last = None;
        for entry in self.after(&sweep.last).take(objects) {
            looked += 1;
            let seen = self.observe_entry(entry, now_ms);
            all.extend(
                seen.into_iter()
                    .filter(|seen| sweep.ids.insert(seen.signal.id.clone())),
            );
            let (namespace, name) = (&entry.meta.namespace, &entry.meta.name);
            last = Some((entry.kind.kind, namespace.clone(), name.clone()));
        }
        sweep.last = last.or(sweep.last.take());
        (looked > 0).then_some(all)
    }

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
