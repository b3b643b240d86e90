//! Which interfaces a component gets, and what to write where it lacks one.

use k8shawk_core::grant::{Capability, Grant};
use k8shawk_core::point::Point;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, Linker};

use crate::call::Call;
use crate::call::wasi;
use crate::capability::{CAPABILITIES, interface, verbs, word};
use crate::read::LoadError;
use crate::read::Manifest;
use crate::wit::imports::k8shawk::{host, kubectl, policy};

/// The version of the WIT that this host speaks.
const SPOKEN: &str = "0.1";

/// What of a plugin's wishes the grant allows.
pub(crate) fn granted(manifest: &Manifest, grant: &Grant) -> Vec<Capability> {
    manifest
        .wants
        .iter()
        .copied()
        .filter(|c| is_granted(*c, grant))
        .collect()
}

fn is_granted(capability: Capability, grant: &Grant) -> bool {
    let verbs = verbs(capability);
    verbs.is_empty() || verbs.iter().any(|verb| grant.uses(*verb))
}

/// A linker that holds these capabilities and nothing else.
pub(crate) fn linker(
    engine: &wasmtime::Engine,
    capabilities: &[Capability],
) -> wasmtime::Result<Linker<Call>> {
    type Own = HasSelf<Call>;
    let mut linker = Linker::new(engine);
    let l = &mut linker;
    for capability in capabilities {
        match capability {
            Capability::Log => host::log::add_to_linker::<_, Own>(l, |c| c)?,
            Capability::Settings => host::settings::add_to_linker::<_, Own>(l, |c| c)?,
            Capability::Clock => host::clock::add_to_linker::<_, Own>(l, |c| c)?,
            Capability::Origin => policy::origin::add_to_linker::<_, Own>(l, |c| c)?,
            Capability::Catalogue => policy::catalogue::add_to_linker::<_, Own>(l, |c| c)?,
            Capability::Get => kubectl::get::add_to_linker::<_, Own>(l, |c| c)?,
            Capability::Describe => kubectl::describe::add_to_linker::<_, Own>(l, |c| c)?,
            Capability::Logs => kubectl::logs::add_to_linker::<_, Own>(l, |c| c)?,
            Capability::Top => kubectl::top::add_to_linker::<_, Own>(l, |c| c)?,
            Capability::Events => kubectl::events::add_to_linker::<_, Own>(l, |c| c)?,
        }
    }
    Ok(linker)
}

/// Check a component's imports and exports against its point, its manifest and its grant, so
/// that an operator reads what to do and not what the linker lacks.
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
        Some((name, version)) => Err(LoadError::World {
            needed: format!("{wanted}@{SPOKEN}.x"),
            found: format!("{name}@{version}, a version that this host does not speak"),
        }),
        None => Err(LoadError::World {
            needed: format!("{wanted}@{SPOKEN}.x"),
            found: if names.is_empty() {
                "nothing".to_owned()
            } else {
                names.join(", ")
            },
        }),
    }
}

fn missing(import: &str, manifest: &Manifest, grant: &Grant) -> Option<String> {
    let (name, version) = split(import);
    if wasi::is_wasi(name) {
        return wasi::unknown(import);
    }
    let Some(capability) = CAPABILITIES.into_iter().find(|c| interface(*c) == name) else {
        return Some(format!("{import}: this host has no such interface"));
    };
    if !is_spoken(version) {
        return Some(format!("{import}: this host speaks {name}@{SPOKEN}.x only"));
    }
    let (word, point, id) = (word(capability), manifest.point, &manifest.id);
    if !point.may_import().contains(&capability) {
        return Some(format!("{import}: a {point} plugin cannot use it"));
    }
    if !manifest.wants.contains(&capability) {
        return Some(format!(
            "{import}: write {word:?} into `wants` of {id}/plugin.toml"
        ));
    }
    if !is_granted(capability, grant) {
        return Some(format!(
            "{import}: not granted; write an [[allow]] with verbs = [{word:?}] into {id}.toml \
             of the grants"
        ));
    }
    None
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

    fn triage(wants: &[Capability]) -> Manifest {
        let (id, version) = ("mine".to_owned(), "1".to_owned());
        Manifest {
            id,
            version,
            point: Point::Analysis,
            wants: wants.to_vec(),
        }
    }

    fn message(import: &str, wants: &[Capability]) -> String {
        missing(import, &triage(wants), &Grant::default()).unwrap_or_default()
    }

    #[test]
    fn says_what_to_write_where_a_capability_is_missing() {
        let import = "k8shawk:kubectl/get@0.1.0";
        assert!(message(import, &[]).contains("`wants` of mine/plugin.toml"));
        assert!(message(import, &[Capability::Get]).contains("[[allow]]"));
    }

    #[test]
    fn links_log_without_a_grant_where_it_is_wanted() {
        assert_eq!(message("k8shawk:host/log@0.1.7", &[Capability::Log]), "");
        assert_ne!(message("k8shawk:host/log@0.1.0", &[]), "");
    }

    #[test]
    fn names_a_newer_interface_and_a_foreign_one() {
        assert!(message("k8shawk:host/log@0.2.0", &[Capability::Log]).contains("0.1.x only"));
        assert!(message("k8shawk:host/log@0.10.0", &[Capability::Log]).contains("0.1.x only"));
        assert!(message("k8shawk:host/exec@0.1.0", &[]).contains("no such interface"));
        assert!(message("wasi:cli/environment@0.3.0", &[]).contains("WASI 0.2.x only"));
        assert_eq!(message("wasi:cli/environment@0.2.0", &[]), "");
        assert!(message("k8shawk:host/clock@0.1.0", &[]).contains("cannot use it"));
    }
}
