//! Bindings for C and Go, made from `wit/` with the host: their authors need no wit-bindgen.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_component::{StringEncoding, metadata};

/// Where plugins are called; each has a package of its name.
const POINTS: [&str; 5] = ["triage", "analysis", "fix", "policy", "voice"];
/// What the packages of the points use.
const SHARED: [&str; 3] = ["incident", "host", "kubectl"];
/// The module that Go bindings import, and where it is in the crate that generates them.
const RUNTIME: &str = "src/pkg";

fn main() -> Result<()> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let wit = Path::new("../../wit");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", wit.display());
    let mut code = String::new();
    for point in POINTS {
        let text = fs::read_to_string(wit.join(point).join(format!("{point}.wit")))?;
        let directory = out.join(point);
        let world = world(point, &imports(&text, point));
        lay_out(wit, &directory.join("wit"), point, &world)?;
        let (resolve, world) = resolved(&directory.join("wit"))?;
        let generate = |generator| generated(resolve.clone(), world, generator);
        let c = table(
            &directory.join("c"),
            generate(wit_bindgen_c::Opts::default().build())?,
        )?;
        let go = table(
            &directory.join("go"),
            generate(wit_bindgen_go::Opts::default().build())?,
        )?;
        // What makes a component of a module: all that a plugin of the point may import, and its export.
        let section = metadata::encode(&resolve, world, StringEncoding::UTF8, None, false)?;
        let section = kept(&directory.join("component-type"), &section)?;
        writeln!(
            code,
            "const {}: Bindings = Bindings {{ c: {c}, go: {go}, world: {section} }};",
            point.to_uppercase()
        )?;
    }
    let runtime = table(&out.join("go-runtime"), go_runtime()?)?;
    writeln!(code, "const GO_RUNTIME: Table = {runtime};")?;
    let adapter = kept(&out.join("preview1.wasm"), &adapter(wit, &out)?)?;
    writeln!(code, "const ADAPTER: &[u8] = {adapter};")?;
    fs::write(out.join("bindings.rs"), code)?;
    Ok(())
}

/// The imports of a point's own world, by their full names.
fn imports(text: &str, point: &str) -> Vec<String> {
    let lines = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("import "));
    lines
        .map(|import| import.trim_end_matches(';'))
        .map(|import| match import.contains(':') {
            true => import.to_owned(),
            false => format!("k8shawk:{point}/{import}@0.1.0"),
        })
        .collect()
}

fn world(point: &str, imports: &[String]) -> String {
    let mut text = "package local:plugin;\n\nworld plugin {\n".to_owned();
    for import in imports {
        let _ = writeln!(text, "    import {import};");
    }
    let _ = writeln!(text, "    export k8shawk:{point}/{point}@0.1.0;\n}}");
    text
}

/// `world.wit` and `deps/`, the layout that every tool reads.
fn lay_out(wit: &Path, to: &Path, point: &str, world: &str) -> Result<()> {
    for package in SHARED.into_iter().chain([point]) {
        let deps = to.join("deps").join(package);
        fs::create_dir_all(&deps)?;
        let file = format!("{package}.wit");
        fs::copy(wit.join(package).join(&file), deps.join(&file))?;
    }
    fs::write(to.join("world.wit"), world)?;
    Ok(())
}

/// The world of a `wit/` directory.
fn resolved(wit: &Path) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], None)?;
    Ok((resolve, world))
}

fn generated(
    mut resolve: Resolve,
    world: WorldId,
    mut generator: Box<dyn WorldGenerator>,
) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Files::default();
    generator.generate(&mut resolve, world, &mut files)?;
    Ok(files
        .iter()
        .map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))
        .collect())
}

/// What stands between C or Go and the host: it imports the log, and nothing else.
fn adapter(wit: &Path, out: &Path) -> Result<Vec<u8>> {
    println!("cargo::rerun-if-changed=preview1.wat");
    let directory = out.join("preview1");
    fs::create_dir_all(directory.join("deps/host"))?;
    fs::copy(
        wit.join("host/host.wit"),
        directory.join("deps/host/host.wit"),
    )?;
    let world =
        "package local:adapter;\n\nworld adapter {\n    import k8shawk:host/log@0.1.0;\n}\n";
    fs::write(directory.join("world.wit"), world)?;
    let (resolve, world) = resolved(&directory)?;
    let mut module = wat::parse_file("preview1.wat")?;
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        StringEncoding::UTF8,
        false,
    )?;
    Ok(module)
}

/// The Go files of the module that the bindings import, from the crate that generates them.
fn go_runtime() -> Result<Vec<(String, Vec<u8>)>> {
    let root = source_of("wit-bindgen-go")?.join(RUNTIME);
    let mut files = Vec::new();
    for name in [
        "go.mod",
        "LICENSE",
        "wit/types/option.go",
        "wit/types/result.go",
        "wit/types/tuple.go",
        "wit/types/unit.go",
        "wit/types/future.go",
        "wit/types/stream.go",
        "wit/runtime/runtime.go",
        "wit/runtime/empty.s",
        "wit/async/async.go",
        "wit/async/empty.s",
    ] {
        let bytes = fs::read(root.join(name)).with_context(|| format!("{RUNTIME}/{name}"))?;
        files.push((name.to_owned(), bytes));
    }
    Ok(files)
}

/// Where cargo unpacked a dependency of this script. `cargo metadata` would know it too, but it wants
/// the dependencies of every platform, which are not downloaded for a build.
fn source_of(name: &str) -> Result<PathBuf> {
    let lock = "../../Cargo.lock";
    println!("cargo::rerun-if-changed={lock}");
    let text = fs::read_to_string(lock)?;
    let (_, after) = text
        .split_once(&format!("name = \"{name}\"\nversion = \""))
        .with_context(|| format!("{lock} does not name {name}"))?;
    let version = after.split('"').next().unwrap_or_default();
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir()
            .context("no home directory")?
            .join(".cargo"),
    };
    let sources = home.join("registry/src");
    let registries = fs::read_dir(&sources).with_context(|| sources.display().to_string())?;
    registries
        .filter_map(|registry| Some(registry.ok()?.path().join(format!("{name}-{version}"))))
        .find(|source| source.is_dir())
        .with_context(|| format!("{name} {version} is not in {}", sources.display()))
}

/// A table of names and bytes as Rust.
fn table(directory: &Path, files: Vec<(String, Vec<u8>)>) -> Result<String> {
    let mut code = "&[".to_owned();
    for (name, bytes) in files {
        write!(
            code,
            "({name:?}, {}), ",
            kept(&directory.join(&name), &bytes)?
        )?;
    }
    code.push(']');
    Ok(code)
}

/// Bytes as Rust: kept in a file that is included.
fn kept(path: &Path, bytes: &[u8]) -> Result<String> {
    fs::create_dir_all(path.parent().context("no parent")?)?;
    fs::write(path, bytes)?;
    Ok(format!("include_bytes!({path:?})"))
}
