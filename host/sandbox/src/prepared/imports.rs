//! Which interfaces a component gets, and what to write where it lacks one.

use k8shawk_core::grant::Grant;
use k8shawk_core::point::Point;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};

use crate::call::Call;
use crate::call::wasi;
use crate::capability::Capability;
use crate::read::LoadError;
use crate::read::Manifest;
use crate::read::some;

/// The version of the WIT that this host speaks.
const SPOKEN: &str = "0.1";

/// What of a plugin's wishes the grant allows.
pub(crate) fn granted(manifest: &Manifest, grant: &Grant) -> Vec<Capability> {
    manifest
        .wants
        .iter()
        .copied()
        .filter(|c| c.is_granted(grant))
        .collect()
}

/// A linker that holds these capabilities and nothing else.
pub(crate) fn linker(
    engine: &wasmtime::Engine,
    capabilities: &[Capability],
) -> wasmtime::Result<Linker<Call>> {
    let mut linker = Linker::new(engine);
    for capability in capabilities {
        capability.link(&mut linker)?;
    }
    Ok(linker)
}

/// Check a component's imports and exports against its point, its manifest and its grant, so
/// that an operator reads what to do, and not what is missing for the linker.
///
/// # Errors
/// [`LoadError::World`] or [`LoadError::Import`], the latter with every missing interface.
pub(crate) fn check(
    component: &Component,
    manifest: &Manifest,
    grant: &Grant,
) -> Result<(), LoadError> {
    exports(component, manifest.point)?;
    let engine = component.engine();
    let faults: Vec<String> = component
        .component_type()
        .imports(engine)
        .filter(|(_, import)| calls_the_host(engine, &import.ty))
        .filter_map(|(name, _)| missing(name, manifest, grant))
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(LoadError::Import { faults })
    }
}

/// An import that holds nothing but types asks for nothing.
fn calls_the_host(engine: &wasmtime::Engine, import: &ComponentItem) -> bool {
    match import {
        ComponentItem::ComponentInstance(instance) => instance
            .exports(engine)
            .any(|(_, item)| !matches!(item.ty, ComponentItem::Type(_))),
        ComponentItem::Type(_) => false,
        _ => true,
    }
}

fn exports(component: &Component, point: Point) -> Result<(), LoadError> {
    let wanted = point.interface();
    let names: Vec<String> = component
        .component_type()
        .exports(component.engine())
        .map(|(n, _)| n.to_owned())
        .collect();
    let found = names
        .iter()
        .map(|n| split(n))
        .find(|(name, _)| *name == wanted);
    match found {
        Some((_, version)) if is_spoken(version) => Ok(()),
        Some((name, version)) => Err(LoadError::Version {
            needed: format!("{wanted}@{SPOKEN}.x"),
            found: format!("{name}@{version}"),
        }),
        None => Err(LoadError::World {
            needed: format!("{wanted}@{SPOKEN}.x"),
            found: if names.is_empty() {
                "nothing".to_owned()
            } else {
                some(&names, ", ")
            },
        }),
    }
}

fn missing(import: &str, manifest: &Manifest, grant: &Grant) -> Option<String> {
    let (name, version) = split(import);
    if wasi::is_wasi(name) {
        return wasi::unknown(import);
    }
    let point = manifest.point;
    let Some(capability) = Capability::of_interface(name) else {
        return Some(format!(
            "{import}: this host has no such interface; {}",
            importable(point)
        ));
    };
    if !is_spoken(version) {
        return Some(format!("{import}: this host speaks {name}@{SPOKEN}.x only"));
    }
    let (word, id) = (capability.word(), &manifest.id);
    if !capability.fits(point) {
        return Some(format!(
            "{import}: {} cannot use it; {}",
            point.plugin(),
            importable(point)
        ));
    }
    if !manifest.wants.contains(&capability) {
        return Some(format!(
            "{import}: write {word:?} into `wants` of {id}/plugin.toml"
        ));
    }
    if !capability.is_granted(grant) {
        let verb = capability.verbs().first().map_or("", |verb| verb.as_str());
        return Some(format!(
            "{import}: not granted; write an [[allow]] with verbs = [{verb:?}] into {id}.toml \
             of the grants"
        ));
    }
    None
}

/// What there is for a point.
fn importable(point: Point) -> String {
    let words: Vec<&str> = Capability::of(point).map(Capability::word).collect();
    format!("there are {}, and WASI 0.2", words.join(", "))
}

fn split(name: &str) -> (&str, &str) {
    name.split_once('@').unwrap_or((name, ""))
}

fn is_spoken(version: &str) -> bool {
    version
        .strip_prefix(SPOKEN)
        .is_some_and(|patch| patch.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::PluginVersion;

    fn triage(wants: &[&str]) -> Manifest {
        let (id, version) = ("mine".to_owned(), PluginVersion::parse("1").unwrap());
        Manifest {
            id,
            version,
            point: Point::Analysis,
            wants: Capability::of(Point::Analysis)
                .filter(|c| wants.contains(&c.word()))
                .collect(),
            build: None,
        }
    }

    fn message(import: &str, wants: &[&str]) -> String {
        missing(import, &triage(wants), &Grant::default()).unwrap_or_default()
    }

    #[test]
    fn says_what_to_write_where_a_capability_is_missing() {
        let import = "k8shawk:kubectl/get@0.1.0";
        assert!(message(import, &[]).contains("`wants` of mine/plugin.toml"));
        assert!(message(import, &["get"]).contains("[[allow]]"));
    }

    #[test]
    fn links_log_without_a_grant_where_it_is_wanted() {
        assert_eq!(message("k8shawk:host/log@0.1.7", &["log"]), "");
        assert_ne!(message("k8shawk:host/log@0.1.0", &[]), "");
    }

    #[test]
    fn names_a_newer_interface_and_a_foreign_one() {
        assert!(message("k8shawk:host/log@0.2.0", &["log"]).contains("0.1.x only"));
        assert!(message("k8shawk:host/log@0.10.0", &["log"]).contains("0.1.x only"));
        assert!(message("k8shawk:host/exec@0.1.0", &[]).contains("no such interface"));
        assert!(message("wasi:cli/environment@0.3.0", &[]).contains("WASI 0.2.x only"));
        assert_eq!(message("wasi:cli/environment@0.2.0", &[]), "");
        assert!(message("k8shawk:host/clock@0.1.0", &[]).contains("cannot use it"));
    }
}
