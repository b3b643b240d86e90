//! The floor of the sandbox: a component of a point that is given all that its calls are given, looks at nothing and
//! answers a constant. What a call of it costs is no plugin's.

use std::fs;
use std::path::Path;

use anyhow::Result;
use k8shawk_sandbox::{Additions, Engine, Plugin, Point, Source, component};
use k8shawk_scaffold::{adapter, component_type};

/// Its id, and the name of its directory.
pub(super) const ID: &str = "empty";

/// What it is given is laid behind each other, from the same place again for each call. The answer is the zeroes at 16:
/// the first case of a verdict (allow) and of a judgement (pass).
const MODULE: &str = r#"(module
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and
            (i32.sub (i32.add (global.get $free) (local.get $align)) (i32.const 1))
            (i32.sub (i32.const 0) (local.get $align))))
        (global.set $free (i32.add (local.get $at) (local.get $new)))
        (local.get $at))
    (func (export "INTERFACE@0.1.0#judge") (param i32) (result i32) (i32.const 16))
    (func (export "cabi_post_INTERFACE@0.1.0#judge") (param i32) (global.set $free (i32.const 1024))))"#;

/// Writes the empty component of the triage or the policy point below a directory.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(point: Point, directory: &Path) -> Result<()> {
    let module = wat::parse_str(MODULE.replace("INTERFACE", &point.interface()))?;
    let additions = Additions {
        world: component_type(point),
        preview1: adapter(),
    };
    let plugin = directory.join(ID);
    fs::create_dir_all(&plugin)?;
    let manifest = format!("id = \"{ID}\"\nversion = \"0.1.0\"\npoint = \"{point}\"\nwants = []\n");
    fs::write(plugin.join("plugin.toml"), manifest)?;
    fs::write(
        plugin.join(format!("{ID}.wasm")),
        component(&module, additions)?,
    )?;
    Ok(())
}

/// The empty component of a point, prepared.
///
/// # Errors
/// It does not load.
pub(super) async fn prepared(engine: &Engine, point: Point) -> Result<Plugin> {
    let directory = tempfile::tempdir()?;
    write(point, directory.path())?;
    let source = Source::read(&directory.path().join(ID), directory.path())?;
    Ok(Plugin::prepare(engine, &source).await?)
}
