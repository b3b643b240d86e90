//! WASI 0.2 with every door shut, for components of toolchains that import it whatever the code
//! does.
//!
//! There are no files, no network, no environment and no arguments. Time and randomness are a
//! function of the call ([`time`], [`random`]), and what is printed goes to the plugin's log
//! ([`streams`]). Waiting takes no time. Whatever else is imported traps when it is called: most
//! of it needs a file or a socket first, and nobody gets one.

mod random;
mod shut;
mod sockets;
mod streams;
mod time;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceTable, ResourceType};

use crate::lent::Call;

/// The packages that toolchains import.
const PACKAGES: [&str; 7] = [
    "cli",
    "clocks",
    "filesystem",
    "http",
    "io",
    "random",
    "sockets",
];
/// The version of them all.
const SPOKEN: &str = "0.2.";
/// Timers that a call may keep at once.
const TIMERS: usize = 1024;

/// What one call knows of WASI.
pub(crate) struct Wasi {
    time: time::Time,
    random: random::Random,
    output: streams::Output,
    table: ResourceTable,
}

impl Wasi {
    /// `began_ns` is the time that the call is told, `seed` what its random numbers follow from.
    pub(crate) fn new(began_ns: u64, seed: u64) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(TIMERS);
        Wasi {
            time: time::Time::new(began_ns),
            random: random::Random::new(seed),
            output: streams::Output::default(),
            table,
        }
    }
}

/// True for an interface of WASI, of whatever version.
pub(crate) fn is_wasi(import: &str) -> bool {
    import.starts_with("wasi:")
}

/// Why an interface of WASI is not even linked shut.
pub(crate) fn unknown(import: &str) -> Option<String> {
    match parse(import) {
        Some((package, _, _)) if !PACKAGES.contains(&package) => {
            Some(format!("{import}: this host has no such interface"))
        }
        Some((_, _, version)) if version.starts_with(SPOKEN) => None,
        _ => Some(format!(
            "{import}: this host speaks WASI {SPOKEN}x only; build the component for it, or \
             without WASI"
        )),
    }
}

/// Package, interface and version of `wasi:package/interface@version`.
fn parse(import: &str) -> Option<(&str, &str, &str)> {
    let (package, rest) = import.strip_prefix("wasi:")?.split_once('/')?;
    let (interface, version) = rest.split_once('@')?;
    Some((package, interface, version))
}

/// Link what the component imports of WASI; true where it imports any of it.
pub(crate) fn link(linker: &mut Linker<Call>, component: &Component) -> wasmtime::Result<bool> {
    let engine = component.engine();
    let mut any = false;
    for (name, import) in component.component_type().imports(engine) {
        let (Some((package, interface, _)), ComponentItem::ComponentInstance(instance)) =
            (parse(name), import.ty)
        else {
            continue;
        };
        any = true;
        let mut linked = linker.instance(name)?;
        for (item, kind) in instance.exports(engine) {
            match kind.ty {
                ComponentItem::ComponentFunc(_) => {
                    function(&mut linked, name, (package, interface), item)?;
                }
                ComponentItem::Resource(_) => resource(&mut linked, item)?,
                _ => {}
            }
        }
    }
    Ok(any)
}

type Linked<'a> = LinkerInstance<'a, Call>;

fn function(
    linked: &mut Linked<'_>,
    import: &str,
    interface: (&str, &str),
    item: &str,
) -> wasmtime::Result<()> {
    let done = match interface {
        ("cli", "stdin" | "stdout" | "stderr") | ("io", "streams") => {
            streams::function(linked, item)?
        }
        ("clocks", _) | ("io", "poll") => time::function(linked, interface.1, item)?,
        ("random", _) => random::function(linked, item)?,
        ("sockets", _) => sockets::function(linked, item)?,
        _ => false,
    };
    if done || shut::function(linked, interface, item)? {
        return Ok(());
    }
    let what = format!("{import}#{item}");
    linked.func_new(item, move |_, _, _, _| {
        Err(wasmtime::Error::msg(format!(
            "{what} was called, and WASI is linked with every door shut"
        )))
    })
}

/// Interfaces share these by name. Those of which nobody gets one need no type of their own.
fn resource(linked: &mut Linked<'_>, item: &str) -> wasmtime::Result<()> {
    match item {
        "pollable" => linked.resource(
            item,
            ResourceType::host::<time::Timer>(),
            |mut store, rep| time::forget(store.data_mut(), rep),
        ),
        "input-stream" => linked.resource(item, ResourceType::host::<streams::Input>(), keep),
        "output-stream" => linked.resource(item, ResourceType::host::<streams::Stream>(), keep),
        "network" => linked.resource(item, ResourceType::host::<sockets::Network>(), keep),
        _ => linked.resource(item, ResourceType::host::<()>(), keep),
    }
}

/// Nothing is behind the resource.
#[allow(
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "the shape that a destructor has"
)]
fn keep(_: wasmtime::StoreContextMut<'_, Call>, _: u32) -> wasmtime::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_the_packages_of_0_2_and_names_the_others() {
        for known in ["wasi:cli/environment@0.2.0", "wasi:http/types@0.2.12"] {
            assert_eq!(unknown(known), None);
        }
        let text = |import| unknown(import).unwrap_or_default();
        assert!(text("wasi:cli/environment@0.3.0").contains("0.2.x only"));
        assert!(text("wasi:cli/environment@0.20.0").contains("0.2.x only"));
        assert!(text("wasi:cli/environment").contains("0.2.x only"));
        assert!(text("wasi:nn/graph@0.2.0").contains("no such interface"));
    }
}
