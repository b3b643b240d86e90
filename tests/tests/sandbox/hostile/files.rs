//! Files that are no plugin, or more than one: none is loaded, and nothing waits for them.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8shawk_sandbox::{
    Blame, ChildCompiler, Compiler, Outcome, Registry, Reloader, Shelf, Source, precompile,
};
use wasm_encoder::{
    CodeSection, Function, FunctionSection, Instruction, Module, TypeSection, ValType,
};

use super::{Arena, Row};
use crate::workshop::{Guest, Workshop, product};

/// What a compiler of the test may use: a shipped host gives 120 s.
const CPU_SECONDS: u64 = 1;
/// Wall time of a load on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Functions of the compile bomb, and instructions of each: a compiler has work for several seconds.
const BOMB: (u32, usize) = (1000, 1500);
/// A file, how it is put there, who is to blame, and what is said.
type Case = (&'static str, fn(&Path), Blame, &'static str);

const CASES: &[Case] = &[
    (
        "imports-everything",
        |wasm| write(wasm, &imports()),
        Blame::Operator,
        "this host has no such interface",
    ),
    (
        "imports-a-book",
        |wasm| write(wasm, &many_imports()),
        Blame::Operator,
        "and 288 more",
    ),
    (
        "exports-nothing",
        |wasm| write(wasm, &text("(component)")),
        Blame::Guest,
        "it exports nothing",
    ),
    (
        "cut-off",
        |wasm| write(wasm, &Guest::Policy.component()[..9000]),
        Blame::Guest,
        "cut off",
    ),
    (
        "200-mb",
        |wasm| File::create(wasm).unwrap().set_len(200 << 20).unwrap(),
        Blame::Operator,
        "larger than 65536 KiB",
    ),
    (
        "cwasm",
        |wasm| write(wasm, &precompile(Guest::Policy.component()).unwrap()),
        Blame::Guest,
        "compiled machine code",
    ),
    (
        "core-module",
        |wasm| write(wasm, &text("(module)")),
        Blame::Guest,
        "core module",
    ),
    (
        "async",
        |wasm| write(wasm, &text(ASYNC)),
        Blame::Guest,
        "the component-model async feature",
    ),
    (
        "link-to-device",
        |wasm| symlink("/dev/zero", wasm).unwrap(),
        Blame::Operator,
        "not a regular file",
    ),
    (
        "link-to-itself",
        |wasm| symlink(wasm, wasm).unwrap(),
        Blame::Operator,
        "symbolic links",
    ),
    (
        "link-to-secrets",
        |wasm| symlink("/etc/passwd", wasm).unwrap(),
        Blame::Guest,
        "a text file, not a component",
    ),
    (
        "link-to-nothing",
        |wasm| symlink("/nowhere", wasm).unwrap(),
        Blame::Operator,
        "No such file",
    ),
    (
        "huge-memory",
        |wasm| {
            write(
                wasm,
                &policy("(core module $m (memory 65536)) (core instance (instantiate $m))"),
            )
        },
        Blame::Guest,
        "a memory of 4096 MiB",
    ),
    (
        "more-memory",
        |wasm| {
            write(
                wasm,
                &policy("(core module $m (memory 600)) (core instance (instantiate $m))"),
            )
        },
        Blame::Operator,
        "memory_mib = 38",
    ),
    (
        "many-instances",
        |wasm| {
            write(
                wasm,
                &policy(&format!(
                    "(core module $m) {}",
                    "(core instance (instantiate $m))".repeat(200)
                )),
            )
        },
        Blame::Guest,
        "cannot be compiled",
    ),
];

const ASYNC: &str = r#"(component
    (core module $m
        (func (export "f"))
        (func (export "c") (param i32 i32 i32) (result i32) i32.const 0))
    (core instance $i (instantiate $m))
    (func (export "f") async (canon lift (core func $i "f") async)))"#;

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

fn text(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A component that exports something under the name of the policy point.
fn policy(beside: &str) -> Vec<u8> {
    text(&format!(
        r#"(component {beside} (instance $i) (export "k8shawk:policy/policy@0.1.0" (instance $i)))"#
    ))
}

/// Every interface of this host, of WASI, and others.
fn imports() -> Vec<u8> {
    let names = [
        "k8shawk:host/log@0.1.0",
        "k8shawk:host/clock@0.1.0",
        "k8shawk:kubectl/get@0.1.0",
        "k8shawk:kubectl/exec@0.1.0",
        "k8shawk:kubectl/logs@0.1.0",
        "k8shawk:policy/history@0.1.0",
        "wasi:cli/environment@0.2.0",
        "wasi:http/outgoing-handler@0.2.0",
        "wasi:sockets/tcp@0.2.0",
        "wasi:nn/graph@0.2.0",
        "wasi:cli/environment@0.3.0",
    ];
    let import = |name| format!(r#"(import "{name}" (instance (export "f" (func))))"#);
    policy(&names.map(import).concat())
}

/// Three hundred imports with names of 10 KiB: what is said of them is short.
fn many_imports() -> Vec<u8> {
    let name = "a".repeat(10 << 10);
    let import = |n| format!(r#"(import "evil:p{n}/{name}@0.1.0" (instance (export "f" (func))))"#);
    policy(&(0..300).map(import).collect::<String>())
}

/// A valid component that takes a compiler long.
fn bomb() -> Vec<u8> {
    let (mut types, mut functions, mut code) = (
        TypeSection::new(),
        FunctionSection::new(),
        CodeSection::new(),
    );
    types
        .ty()
        .function([ValType::I64, ValType::I64], [ValType::I64]);
    for _ in 0..BOMB.0 {
        functions.function(0);
        let mut function = Function::new([]);
        function.instruction(&Instruction::LocalGet(0));
        for _ in 0..BOMB.1 {
            function.instruction(&Instruction::LocalGet(1));
            function.instruction(&Instruction::I64Rotl);
            function.instruction(&Instruction::LocalTee(1));
        }
        function.instruction(&Instruction::End);
        code.function(&function);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    let mut component = wasm_encoder::Component::new();
    component.section(&wasm_encoder::ModuleSection(&module));
    component.finish()
}

/// A workshop whose compiler is the product's, with less time.
fn hurried(directory: &Path) -> Workshop {
    let program = directory.join("compiler");
    let script = format!(
        "#!/bin/sh\nulimit -t {CPU_SECONDS}\nexec {} \"$@\"\n",
        product().display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    Workshop::with(Compiler::Child(ChildCompiler::new(program)))
}

/// Every file that is no plugin.
pub async fn attack() -> Vec<Row> {
    let arena = Arena::new().await;
    let mut rows = Vec::new();
    for (name, put, blame, says) in CASES {
        arena.workshop.plugin("mine", Guest::Policy, b"");
        let wasm = arena.workshop.plugins().join("mine/plugin.wasm");
        fs::remove_file(&wasm).unwrap();
        put(&wasm);
        rows.push(refused(&arena, name, (*blame, says)).await);
    }
    rows.push(alike(&arena).await);
    rows.push(twins(&arena).await);
    let directory = tempfile::tempdir().unwrap();
    let arena = Arena::of(hurried(directory.path())).await;
    arena.workshop.plugin("mine", Guest::Policy, &bomb());
    rows.push(
        refused(
            &arena,
            "compile-bomb",
            (Blame::Guest, "cannot be compiled: the compiler was killed"),
        )
        .await,
    );
    rows
}

/// How the plugin `mine` does not load.
async fn refused(arena: &Arena, name: &'static str, (blame, says): (Blame, &str)) -> Row {
    let begun = Instant::now();
    let refused = arena.workshop.prepare("mine").await;
    let took = begun.elapsed();
    let mut row = row(name, took);
    match refused {
        Ok(_) => row.wrong.push("it loads".to_owned()),
        Err(error) => {
            row.ended = error.to_string();
            if error.blame() != blame {
                row.wrong.push(format!("the {} is blamed", error.blame()));
            }
        }
    }
    finish(arena, row, says).await
}

fn row(attack: &'static str, took: Duration) -> Row {
    let (guest, ended, wrong) = ("file", String::new(), Vec::new());
    Row {
        guest,
        attack,
        ended,
        took,
        wrong,
    }
}

async fn finish(arena: &Arena, mut row: Row, says: &str) -> Row {
    // Paths of this machine are no part of the text's length.
    row.ended = row
        .ended
        .replace(&arena.workshop.path().display().to_string(), "");
    if !row.ended.contains(says) {
        row.wrong.push(format!("{says:?} is expected"));
    }
    if row.took > PATIENCE {
        row.wrong.push("took too long".to_owned());
    }
    let ended = row.ended.clone();
    row.told(&ended);
    row.wrong.extend(arena.unhealthy().await);
    row
}

/// An id that looks like another one: its first letter is Cyrillic.
async fn alike(arena: &Arena) -> Row {
    let (id, begun) = ("\u{430}llow", Instant::now());
    arena
        .workshop
        .plugin(id, Guest::Policy, Guest::Policy.component());
    let read = Source::read(&arena.workshop.plugins().join(id), &arena.workshop.grants());
    let mut row = row("id-alike", begun.elapsed());
    match read {
        Ok(_) => row.wrong.push("it loads".to_owned()),
        Err(error) => row.ended = error.to_string(),
    }
    finish(arena, row, "is not made of a-z").await
}

/// One id in both directories: neither of the two is loaded.
async fn twins(arena: &Arena) -> Row {
    let (workshop, begun) = (&arena.workshop, Instant::now());
    workshop.policy("twin", "");
    workshop.plugin("twin", Guest::Triage, Guest::Triage.component());
    let registry = Arc::new(Registry::default());
    let (plugins, policies) = (workshop.plugins(), workshop.policies());
    let mut reloader = Reloader::new(
        workshop.engine.clone(),
        registry.clone(),
        (Shelf::Policies, &policies),
        &workshop.grants(),
    )
    .beside(&plugins);
    let events = reloader.pass().await;
    let mut row = row("two-ids", begun.elapsed());
    if let [event] = &events[..]
        && let Outcome::Refused { reason } = &event.outcome
    {
        row.ended.clone_from(reason);
    }
    if !registry.all().is_empty() {
        row.wrong.push("one of them is live".to_owned());
    }
    finish(arena, row, "two plugins twin").await
}
