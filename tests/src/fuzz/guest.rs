//! A guest of each point whose memory is what the host sends it: in the first text of its arguments,
//! two letters for each byte.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use k8shawk_core::point::Point;
use k8shawk_sandbox::{Additions, Compiler, Engine, EngineOptions, Plugin, component, load};
use k8shawk_scaffold::component_type;
use tokio::runtime::Runtime;

/// Where the guest's result is.
pub(super) const RESULT: usize = 1024;
/// Where its texts and lists are.
pub(super) const REST: usize = 4096;
/// Reads that the analysis guest asks for.
pub(super) const READS: usize = 4;
/// Bytes of one: its number, three texts, two words.
pub(super) const READ: usize = 36;

/// What the guests are granted.
pub(super) const GRANT: &str = r#"
[limits]
deadline_ms = 5000
memory_mib = 2
[[allow]]
verbs = ["get", "list", "describe", "logs", "top", "events"]
kinds = ["Pod", "Node"]
namespaces = ["dev-*", "!dev-db"]
"#;

/// The guests, and what runs them.
pub(super) struct Guests {
    plugins: Vec<Plugin>,
    pub(super) runtime: Runtime,
}

impl Guests {
    /// Made at the first call.
    pub(super) fn get() -> &'static Guests {
        static MADE: OnceLock<Guests> = OnceLock::new();
        MADE.get_or_init(|| match made() {
            Ok(guests) => guests,
            Err(error) => unreachable!("the guests cannot be made: {error:#}"),
        })
    }

    /// The one of a point.
    pub(super) fn of(&self, point: Point) -> &Plugin {
        let found = self.plugins.iter().find(|plugin| plugin.point() == point);
        found.unwrap_or(&self.plugins[0])
    }
}

fn made() -> anyhow::Result<Guests> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let directory = tempfile::tempdir()?;
    let engine = Engine::new(&EngineOptions {
        precompiled: None,
        compiler: Compiler::InProcess,
        on_demand: false,
        cache: None,
    })?;
    let mut plugins = Vec::new();
    for point in Point::ALL {
        written(point, directory.path())?;
        let place = directory.path().join(point.to_string());
        plugins.push(runtime.block_on(load(&engine, &place, directory.path()))?);
    }
    Ok(Guests { plugins, runtime })
}

fn written(point: Point, directory: &Path) -> anyhow::Result<()> {
    let place = directory.join(point.to_string());
    fs::create_dir(&place)?;
    let reads = point == Point::Analysis;
    let wants = if reads {
        r#"["get", "describe", "logs", "top", "events"]"#
    } else {
        "[]"
    };
    let manifest =
        format!("id = \"{point}\"\nversion = \"1\"\npoint = \"{point}\"\nwants = {wants}\n");
    fs::write(place.join("plugin.toml"), manifest)?;
    fs::write(directory.join(format!("{point}.toml")), GRANT)?;
    let additions = Additions {
        world: component_type(point),
        preview1: &[],
    };
    let module = wat::parse_str(module(point, reads))?;
    fs::write(place.join("plugin.wasm"), component(&module, additions)?)?;
    Ok(())
}

fn module(point: Point, reads: bool) -> String {
    let (call, first) = match point {
        Point::Triage | Point::Policy => ("judge", 0),
        Point::Analysis => ("analyse", 0),
        Point::Fix => ("propose", 0),
        // In front of the finding is the severity.
        Point::Voice => ("script", 4),
    };
    let (imports, ask) = if reads { (IMPORTS, ASK) } else { ("", "") };
    format!(
        r#"(module {imports}
            (memory (export "memory") 16)
            (global $free (mut i32) (i32.const 131072))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
                (local.set $at (i32.and (i32.const -8) (i32.add (i32.const 7) (global.get $free))))
                (global.set $free (i32.add (local.get $at) (local.get 3)))
                (local.get $at))
            (func $nibble (param $at i32) (result i32)
                (i32.sub (i32.load8_u (local.get $at)) (i32.const 97)))
            (func $unpack (param $from i32) (param $count i32) (local $to i32)
                (loop $more (if (i32.lt_u (local.get $to) (local.get $count)) (then
                    (i32.store8 (local.get $to) (i32.or
                        (i32.shl (call $nibble (local.get $from)) (i32.const 4))
                        (call $nibble (i32.add (local.get $from) (i32.const 1)))))
                    (local.set $from (i32.add (local.get $from) (i32.const 2)))
                    (local.set $to (i32.add (local.get $to) (i32.const 1)))
                    (br $more)))))
            (func (export "k8shawk:{point}/{point}@0.1.0#{call}") (param $given i32) (result i32)
                (local $at i32)
                (call $unpack (i32.load offset={first} (local.get $given))
                    (i32.div_u (i32.load offset={} (local.get $given)) (i32.const 2)))
                {ask}
                (i32.const {RESULT})))"#,
        first + 4
    )
}

const IMPORTS: &str = r#"
    (import "k8shawk:kubectl/get@0.1.0" "get" (func $r0 (param i32 i32 i32 i32 i32 i32 i32)))
    (import "k8shawk:kubectl/get@0.1.0" "list" (func $r1 (param i32 i32 i32 i32 i32 i32 i32)))
    (import "k8shawk:kubectl/describe@0.1.0" "describe" (func $r2 (param i32 i32 i32 i32 i32 i32 i32)))
    (import "k8shawk:kubectl/events@0.1.0" "events" (func $r3 (param i32 i32 i32 i32 i32 i32 i32)))
    (import "k8shawk:kubectl/logs@0.1.0" "logs" (func $r4 (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (import "k8shawk:kubectl/top@0.1.0" "top" (func $r5 (param i32 i32 i32 i32 i32)))
    (type $three (func (param i32 i32 i32 i32 i32 i32 i32)))
    (table funcref (elem $r0 $r1 $r2 $r3))"#;

/// Ask for the reads at the start of the image; 255 is none.
const ASK: &str = r#"
    (loop $next
        (if (i32.lt_u (i32.load8_u (local.get $at)) (i32.const 4)) (then
            (call_indirect (type $three)
                (i32.load offset=4 (local.get $at)) (i32.load offset=8 (local.get $at))
                (i32.load offset=12 (local.get $at)) (i32.load offset=16 (local.get $at))
                (i32.load offset=20 (local.get $at)) (i32.load offset=24 (local.get $at))
                (i32.const 131000) (i32.load8_u (local.get $at)))))
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 4)) (then
            (call $r4
                (i32.load offset=4 (local.get $at)) (i32.load offset=8 (local.get $at))
                (i32.load offset=12 (local.get $at)) (i32.load offset=16 (local.get $at))
                (i32.load offset=20 (local.get $at)) (i32.load offset=24 (local.get $at))
                (i32.load offset=28 (local.get $at)) (i32.load offset=32 (local.get $at))
                (i32.const 131000))))
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 5)) (then
            (call $r5
                (i32.load offset=4 (local.get $at)) (i32.load offset=8 (local.get $at))
                (i32.load offset=12 (local.get $at)) (i32.load offset=16 (local.get $at))
                (i32.const 131000))))
        (local.set $at (i32.add (local.get $at) (i32.const 36)))
        (br_if $next (i32.lt_u (local.get $at) (i32.const 144))))"#;
