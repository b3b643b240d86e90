//! Modules that import one another in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{Imports, Module};

/// What a module imports outside of its own ancestors.
fn across<'i>(imports: &'i Imports, from: &Module) -> Vec<&'i Module> {
    let all = imports.get(from).into_iter().flat_map(BTreeMap::keys);
    all.filter(|to| !from.starts_with(to)).collect()
}

fn reached<'i>(imports: &'i Imports, from: &Module) -> BTreeSet<&'i Module> {
    let mut reached = BTreeSet::new();
    let mut next = across(imports, from);
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(across(imports, module));
        }
    }
    reached
}

/// Every circle, as the modules of it.
pub fn among(imports: &Imports) -> BTreeSet<BTreeSet<&Module>> {
    let all = imports
        .keys()
        .map(|module| (module, reached(imports, module)));
    let reach: BTreeMap<&Module, BTreeSet<&Module>> = all.collect();
    let leads = |from: &Module, to: &Module| reach.get(from).is_some_and(|r| r.contains(to));
    let mut circles = BTreeSet::new();
    for (module, reached) in &reach {
        let back = reached.iter().copied().filter(|to| leads(to, module));
        let circle: BTreeSet<&Module> = back.collect();
        if !circle.is_empty() {
            circles.insert(circle);
        }
    }
    circles
}

/// A circle with the name that each of its modules takes from another.
pub fn told(imports: &Imports, circle: &BTreeSet<&Module>) -> String {
    let mut arrows = Vec::new();
    for from in circle {
        for to in across(imports, from) {
            if circle.contains(to) {
                let name = &imports[*from][to];
                arrows.push(format!(
                    "{} takes {name} from {}",
                    from.join("/"),
                    to.join("/")
                ));
            }
        }
    }
    arrows.join("\n")
}
