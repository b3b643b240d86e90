//! Proposals of WebAssembly that no supported language needs are refused at load.

use k8shawk_sandbox::{Blame, LoadError};

use crate::workshop::{Guest, Workshop};

/// A core module for each proposal, within a component: enough for a compiler to be reached.
const REFUSED: &[(&str, &str)] = &[
    ("threads", "(memory 1 1 shared)"),
    (
        "atomics",
        "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
    ),
    ("tail calls", "(func $f (return_call $f))"),
    ("memory of 64 bits", "(memory i64 1)"),
    ("table of 64 bits", "(table i64 1 funcref)"),
    ("exceptions", "(tag $t) (func (throw $t))"),
    (
        "typed function references",
        "(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))",
    ),
    (
        "garbage collection",
        "(type $s (struct (field i32))) (func (drop (struct.new_default $s)))",
    ),
    (
        "SIMD",
        "(func (param v128) (drop (i8x16.add (local.get 0) (local.get 0))))",
    ),
    (
        "relaxed SIMD",
        "(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))",
    ),
    (
        "stack switching",
        "(type $f (func)) (type $c (cont $f)) (func (param (ref $c)) (resume $c (local.get 0)))",
    ),
    (
        "wide arithmetic",
        "(func (result i64 i64) (i64.mul_wide_u (i64.const 1) (i64.const 1)))",
    ),
    ("pages of another size", "(memory 1 (pagesize 1))"),
];

/// What the toolchains of the supported languages do use; that of C does not make several results,
/// but says that it may.
const USED: &[(&str, &str)] = &[
    (
        "bulk memory",
        "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))",
    ),
    (
        "several results",
        "(func (result i32 i32) (i32.const 1) (i32.const 2))",
    ),
    (
        "references",
        "(func $f) (elem declare func $f) (func (drop (ref.is_null (ref.func $f))))",
    ),
    (
        "constants that add",
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
    ),
    (
        "tables by their number",
        "(import \"m\" \"a\" (table 0 funcref)) (import \"m\" \"b\" (table $b 0 funcref))
         (func (call_indirect $b (i32.const 0)))",
    ),
    (
        "globals that change",
        "(global (export \"g\") (mut i32) (i32.const 0))",
    ),
    (
        "several memories",
        "(import \"m\" \"a\" (memory 0)) (import \"m\" \"b\" (memory $b 0))
         (func (drop (i32.load $b (i32.const 0))))",
    ),
    (
        "extension of signs",
        "(func (param i32) (drop (i32.extend8_s (local.get 0))))",
    ),
    (
        "saturation",
        "(func (param f32) (drop (i32.trunc_sat_f32_s (local.get 0))))",
    ),
];

async fn refusal(module: &str) -> LoadError {
    let workshop = Workshop::new();
    let text = format!("(component (core module {module}))");
    let component = wat::parse_str(text).unwrap();
    workshop.plugin("hostile", Guest::Triage, &component);
    match workshop.prepare("hostile").await {
        Ok(_) => panic!("it exports no point"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn proposals_that_no_language_needs_are_refused_at_load() {
    for (name, module) in REFUSED {
        let error = refusal(module).await;
        assert!(
            matches!(error, LoadError::Component { .. }),
            "{name}: {error}"
        );
        assert_eq!(error.blame(), Blame::Guest);
    }
}

/// They get past the compiler, and fail only as they are no plugin.
#[tokio::test]
async fn proposals_that_languages_use_are_compiled() {
    for (name, module) in USED {
        let error = refusal(module).await;
        assert!(matches!(error, LoadError::World { .. }), "{name}: {error}");
    }
}
