//! WASI for components of toolchains that import it whatever the code does: `wasmtime-wasi` with
//! nothing passed in. No files, no network, no environment, no arguments, no input.
//!
//! What would make two calls differ is put over it: time ([`clock`]) and random numbers follow from
//! the call, and waiting takes no time. What is printed goes to the plugin's log ([`output`]).

mod clock;
mod output;
mod shut;

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView, p2};

use self::clock::{Clock, HasTime, Time};
use self::output::Output;
use crate::call::Level;
use crate::call::journal::Journal;

/// The packages that toolchains import.
const PACKAGES: [&str; 7] = [
    "cli",
    "clocks",
    "filesystem",
    HTTP,
    "io",
    "random",
    "sockets",
];
/// The one that `wasmtime-wasi` leaves to others: nobody here may ask it for anything.
const HTTP: &str = "http";
/// The version of them all.
const SPOKEN: &str = "0.2.";
/// Resources that a call may hold at once: streams, timers, what a timer waits for.
const RESOURCES: usize = 2048;
/// Bytes that a guest may ask the random numbers for at once.
const RANDOM: u64 = 64 << 10;

/// What one call knows of WASI.
pub(crate) struct Wasi {
    ctx: WasiCtx,
    table: ResourceTable,
    clock: Clock,
    output: [Output; 2],
}

impl Wasi {
    /// `began` is the time of the call, `seed` the source of its random numbers.
    pub(crate) fn new(began: Duration, seed: u64, journal: &Journal) -> Self {
        let clock = Clock::new(began);
        let output = [Level::Info, Level::Warn].map(|level| Output::new(level, journal.clone()));
        let [stdout, stderr] = output.clone();
        let random = |other: u64| Xoshiro256PlusPlus::seed_from_u64(seed ^ other);
        let ctx = WasiCtx::builder()
            .stdout(stdout)
            .stderr(stderr)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .wall_clock(clock.clone())
            .secure_random(random(0))
            .insecure_random(random(1))
            .insecure_random_seed(u128::from(seed))
            .max_random_size(RANDOM)
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES);
        Wasi {
            ctx,
            table,
            clock,
            output,
        }
    }

    /// What `wasmtime-wasi` works on.
    pub(crate) fn view(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.ctx,
            table: &mut self.table,
        }
    }

    fn time(&mut self) -> Time<'_> {
        Time {
            clock: &self.clock,
            table: &mut self.table,
        }
    }

    /// Log what was printed without an end of line. Too much of it is counted as dropped.
    pub(crate) fn end_lines(&self) {
        for output in &self.output {
            output.end();
        }
    }
}

/// The state of a call that has WASI.
pub(crate) trait HasWasi: WasiView {
    /// Made at the first look: a component that calls none of it pays nothing.
    fn wasi(&mut self) -> &mut Wasi;
}

/// Link WASI where the component imports any of it; false where it does not. A call then has
/// functions that wait, and must be made with `call_async`.
pub(crate) fn link<T: HasWasi>(
    linker: &mut Linker<T>,
    component: &Component,
) -> wasmtime::Result<bool> {
    let engine = component.engine();
    let imported = component.component_type();
    let imported: Vec<_> = imported
        .imports(engine)
        .filter_map(|(name, item)| Some((name, parse(name)?, item)))
        .collect();
    if imported.is_empty() {
        return Ok(false);
    }
    p2::add_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<T, HasTime>(linker, |call| call.wasi().time())?;
    linker.allow_shadowing(false);
    for (name, (package, ..), item) in imported {
        if package == HTTP {
            shut::link(linker, name, &item.ty, engine)?;
        }
    }
    Ok(true)
}

/// True for an interface of WASI, of whatever version.
pub(crate) fn is_wasi(import: &str) -> bool {
    import.starts_with("wasi:")
}

/// Why an interface of WASI is not linked.
pub(crate) fn unknown(import: &str) -> Option<String> {
    match parse(import) {
        Some((package, _)) if !PACKAGES.contains(&package) => {
            let packages = PACKAGES.join(", ");
            Some(format!(
                "{import}: this host has no such interface; of WASI there are {packages}"
            ))
        }
        Some((_, version)) if version.starts_with(SPOKEN) => None,
        _ => Some(format!(
            "{import}: this host speaks WASI {SPOKEN}x only; build the component for it, or \
             without WASI"
        )),
    }
}

/// Package and version of `wasi:package/interface@version`.
fn parse(import: &str) -> Option<(&str, &str)> {
    let (package, rest) = import.strip_prefix("wasi:")?.split_once('/')?;
    let (_, version) = rest.split_once('@')?;
    Some((package, version))
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
